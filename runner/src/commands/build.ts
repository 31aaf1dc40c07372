import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { BuildResult } from "@kwf/compiler";
import { EngineError, loadBundle } from "@kwf/engine";
import { Command } from "commander";
import { ExitCode } from "../exit-code.js";
import { fileProblem, UsageError } from "../usage-error.js";

interface Options {
  output: string;
  check?: boolean;
  json?: boolean;
}

export function buildCommand(): Command {
  return new Command("build")
    .description("compile a workflow and its dependencies to one bundle")
    .argument("<entry>", "the file that exports the workflow (default export, else `main`)")
    .option("-o, --output <file>", "where to write the bundle", "dist/bundle.js")
    .option("--check", "print diagnostics only, write nothing")
    .option("--json", "print diagnostics, or the bundle's hash, as one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  kwf build src/index.ts -o dist/bundle.js
  kwf build src/index.ts --check

Exit codes: 0 built, 1 errors in the program, 2 wrong usage.`,
    )
    .action(run);
}

async function run(entry: string, options: Options): Promise<void> {
  // The compiler takes longer to load than the other commands take to run.
  const { BuildError, build, formatDiagnostics } = await import("@kwf/compiler");
  let result: BuildResult;
  try {
    result = await build(entry);
  } catch (error) {
    if (!(error instanceof BuildError)) throw isMissing(error) ? fileProblem("read", entry, error) : error;
    const { diagnostics, warnings } = error;
    if (options.json === true) console.log(JSON.stringify({ errors: diagnostics, warnings }));
    else {
      if (warnings.length > 0) console.error(`${formatDiagnostics(warnings, "warning")}\n`);
      console.error(formatDiagnostics(diagnostics));
      console.error(`\n${diagnostics.length === 1 ? "1 error" : `${diagnostics.length} errors`}`);
    }
    process.exitCode = ExitCode.failed;
    return;
  }
  const { code, hash, warnings } = result;
  const failure = loadFailure(code);
  if (failure !== undefined) {
    if (options.json === true) console.log(JSON.stringify({ errors: [failure], warnings }));
    else
      console.error(
        [
          ...warnings.map((warning) => formatDiagnostics([warning], "warning")),
          `error: ${failure.message} [${failure.code}]`,
        ].join("\n\n"),
      );
    process.exitCode = ExitCode.failed;
    return;
  }
  if (options.check !== true) await write(options.output, code);
  if (options.json === true)
    console.log(JSON.stringify({ errors: [], warnings, hash, bytes: Buffer.byteLength(code) }));
  else {
    if (warnings.length > 0) console.error(formatDiagnostics(warnings, "warning"));
    if (options.check !== true)
      console.error(`${options.output}: ${hash}, ${Math.ceil(Buffer.byteLength(code) / 1024)} KB`);
  }
}

/** Runs the module code once: a bundle that cannot be loaded would pause every thread. */
function loadFailure(code: string): { code: string; message: string } | undefined {
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

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";
