/**
 * From the entry file of a workflow to its bundle. Passes, in order:
 *
 *   project    where the entry belongs to; all paths are relative to that
 *   runtime    the text of @kwf/workflow that the bundle carries
 *   bundle     esbuild: imports resolved, TypeScript lowered, one text
 *   compile    the transform (compile.ts); on its way the checks of what a workflow cannot do: live I/O, undeclared topics
 *   file       runtime, program, metadata and map in one script
 *
 * The same sources give the same bytes, wherever they lie.
 */

import { bundleProgram, type Program } from "./bundle.js";
import { bundleFile, bundleHash } from "./bundle-file.js";
import { type CompileResult, compile } from "./compile.js";
import { CompileError } from "./compile-error.js";
import { composeMaps } from "./composed-map.js";
import { BuildError, compareDiagnostics, type Diagnostic, type DiagnosticCode } from "./diagnostic.js";
import { type BundleMetadata, bundleMetadata } from "./metadata.js";
import { OriginalPositions } from "./original-position.js";
import { checkProgram } from "./program-checks.js";
import { findProject } from "./project.js";
import { runtimeBundle } from "./runtime-bundle.js";
import type { RawSourceMap } from "./source-modules.js";

export interface BuildOptions {
  /** Name of the workflow in metadata; default: the package's name. */
  name?: string;
}

export interface BuildResult {
  /** The bundle's text. */
  code: string;
  hash: string;
  metadata: BundleMetadata;
  /** The source files it was made from, absolute: what a watcher has to look at. */
  inputs: string[];
  warnings: Diagnostic[];
}

/** @throws BuildError */
export async function build(entry: string, options: BuildOptions = {}): Promise<BuildResult> {
  const project = findProject(entry);
  const runtime = await runtimeBundle();
  const program = await bundleProgram(project, runtime);
  const positions = new OriginalPositions(program.map, program.modules);

  const warnings = [...program.warnings];
  const errors: Diagnostic[] = [];
  const compiled = attempt(() => compileProgram(program, positions, errors, warnings), positions, errors);
  warnings.sort(compareDiagnostics);
  if (compiled === undefined || errors.length > 0) throw new BuildError(errors.sort(compareDiagnostics), warnings);

  const main = compiled.exports.default ?? compiled.exports.main;
  if (main === undefined) throw new BuildError([noWorkflow(program)], warnings);
  const { map, modules } = program;
  const metadata = bundleMetadata(options.name ?? project.name, compiled, modules, positions, map.sourcesContent ?? []);
  const code = bundleFile({
    runtime: runtime.expression,
    program: compiled.code,
    map: composeMaps(compiled.map as RawSourceMap, program.map),
    main,
    manifest: compiled.exports.manifest,
    metadata,
  });
  return { code, hash: bundleHash(code), metadata, inputs: program.inputs, warnings };
}

function compileProgram(
  program: Program,
  positions: OriginalPositions,
  errors: Diagnostic[],
  warnings: Diagnostic[],
): CompileResult {
  return compile(program.code, {
    sourceType: "module",
    kit: "_k",
    sourceFileName: "bundled.js",
    originalName: (name, line, column) => positions.originalName(name, line, column),
    inspect: (ast, analysis, exports) => {
      const checks = checkProgram(ast, analysis, positions, exports.manifest);
      errors.push(...checks.errors);
      warnings.push(...checks.warnings);
    },
    moduleOf: (line, column) => {
      const index = positions.moduleIndex(line, column);
      return index === undefined ? { index: -1, own: false } : { index, own: program.modules[index]?.own === true };
    },
  });
}

/** Runs a pass; what it refuses becomes a diagnostic at the author's own place. */
function attempt<T>(pass: () => T, positions: OriginalPositions, errors: Diagnostic[]): T | undefined {
  try {
    return pass();
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    for (const { code, message, hint, line, column } of [error, ...error.others]) {
      const diagnostic: DiagnosticCode = code === "KWF_SYNTAX" ? "syntax" : "unsupported";
      const mistake = { code: diagnostic, message, ...(hint === undefined ? {} : { hint }) };
      const located = positions.locate(mistake, line, column);
      // What the checks have said of a place is not said twice.
      if (!errors.some((e) => e.file === located.file && e.line === located.line && e.column === located.column))
        errors.push(located);
    }
    return undefined;
  }
}

const noWorkflow = ({ entry }: Program): Diagnostic => ({
  code: "no-workflow",
  message: "the entry file exports no workflow",
  file: entry,
  hint: "export the async function that is the workflow: `export default async function main(input) { … }`",
});
