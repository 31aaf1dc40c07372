import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { BuildResult, Diagnostic } from "@kwf/compiler";
import { Command } from "commander";
import { ExitCode } from "../exit-code.js";
import { count } from "../terminal/table.js";
import { fileProblem, UsageError } from "../usage-error.js";

interface Options {
  output: string;
  check?: boolean;
  lines?: boolean;
  json?: boolean;
}

export function buildCommand(): Command {
  return new Command("build")
    .description("compile a workflow and its dependencies to one bundle")
    .argument("<entry>", "the file that exports the workflow (default export, else `main`)")
    .option("-o, --output <file>", "where to write the bundle", "dist/bundle.js")
    .option("--check", "print diagnostics only, write nothing")
    .option("--lines", "a line for each diagnostic: `file:line:column: error code: message`")
    .option("--json", "print diagnostics, or the bundle's hash, as one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  kwf build src/index.ts -o dist/bundle.js
  kwf build src/index.ts --check
  kwf build src/index.ts --check --lines

Exit codes: 0 built, 1 errors in the program, 2 wrong usage.`,
    )
    .action(run);
}

interface Findings {
  readonly errors: readonly (Diagnostic | LoadFailure)[];
  readonly warnings: readonly Diagnostic[];
}

/** Of module code that throws: its places are in the message. */
interface LoadFailure {
  readonly code: string;
  readonly message: string;
}

async function run(entry: string, options: Options): Promise<void> {
  // Compiler and engine take longer to load than the other commands take to run.
  const { BuildError, build } = await import("@kwf/compiler");
  const { diagnosticsHere } = await import("../dev/diagnostics-here.js");
  let result: BuildResult;
  try {
    result = await build(entry);
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    const { diagnostics, warnings } = error;
    if (diagnostics[0]?.code === "no-entry" && options.json !== true) throw new UsageError(error.message);
    return say({ errors: diagnosticsHere(entry, diagnostics), warnings: diagnosticsHere(entry, warnings) }, options);
  }
  const { code, hash } = result;
  const warnings = diagnosticsHere(entry, result.warnings);
  const failure = await loadFailure(code);
  if (failure !== undefined) return say({ errors: [failure], warnings }, options);
  if (options.check !== true) await write(options.output, code);
  await say({ errors: [], warnings }, options, { hash, bytes: Buffer.byteLength(code) });
}

async function say(
  { errors, warnings }: Findings,
  { check = false, lines = false, json = false, output }: Options,
  built?: { hash: string; bytes: number },
): Promise<void> {
  if (errors.length > 0) process.exitCode = ExitCode.failed;
  if (json) return console.log(JSON.stringify({ errors, warnings, ...built }));
  const { diagnosticLine, formatDiagnostic } = await import("@kwf/compiler");
  const format = lines ? diagnosticLine : formatDiagnostic;
  const texts = [
    ...warnings.map((warning) => format(warning, "warning")),
    ...errors.map((error) => format(error as Diagnostic)),
  ];
  if (texts.length > 0) console.error(texts.join(lines ? "\n" : "\n\n"));
  const counts = [
    ...(errors.length > 0 ? [count(errors.length, "error")] : []),
    ...(warnings.length > 0 ? [count(warnings.length, "warning")] : []),
  ];
  if (counts.length > 0 && (check || errors.length > 0)) console.error(`${lines ? "" : "\n"}${counts.join(", ")}`);
  if (built !== undefined && !check) console.error(`${output}: ${built.hash}, ${Math.ceil(built.bytes / 1024)} KB`);
}

/** Runs the module code once: a bundle that cannot be loaded would pause every thread. */
async function loadFailure(code: string): Promise<LoadFailure | undefined> {
  const { EngineError, loadBundle } = await import("@kwf/engine");
  try {
    void loadBundle(code, { log: () => {} }).realm;
    return undefined;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { code: error.code, message: error.message };
  }
}

async function write(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  } catch (error) {
    throw new UsageError(fileProblem("write", file, error).message, ExitCode.failed);
  }
}
