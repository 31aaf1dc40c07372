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
  const compiled = compileProgram(program, positions, warnings);
  const main = workflowIn(compiled.exports) as string;
  const { map, modules, entry: path } = program;
  const metadata = bundleMetadata(
    options.name ?? project.name,
    compiled,
    modules,
    positions,
    map.sourcesContent ?? [],
    path,
  );
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

/** @throws BuildError with everything that is wrong, not with the first. */
function compileProgram(program: Program, positions: OriginalPositions, warnings: Diagnostic[]): CompileResult {
  const errors: Diagnostic[] = [...program.errors];
  const giveUp = () => new BuildError(distinct(errors).sort(compareDiagnostics), warnings.sort(compareDiagnostics));
  try {
    return compile(program.code, {
      sourceType: "module",
      kit: "_k",
      sourceFileName: "bundled.js",
      originalName: (name, line, column) => positions.originalName(name, line, column),
      writtenAt: (line, column) => positions.writtenAt(line, column),
      inspect: (ast, analysis, exports) => {
        const checks = checkProgram(ast, analysis, positions, exports.manifest);
        errors.push(...checks.errors, ...analysis.refused.map((error) => diagnosticOf(error, positions)));
        warnings.push(...checks.warnings);
        warnings.sort(compareDiagnostics);
        if (workflowIn(exports) === undefined) errors.push(noWorkflow(program));
        if (errors.length > 0) throw giveUp();
      },
      moduleOf: (line, column) => {
        const index = positions.moduleIndex(line, column);
        return index === undefined ? { index: -1, own: false } : { index, own: program.modules[index]?.own === true };
      },
    });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    errors.push(...[error, ...error.others].map((one) => diagnosticOf(one, positions)));
    throw giveUp();
  }
}

/** What the compiler refuses, at the author's own place. */
function diagnosticOf({ code, message, hint, line, column }: CompileError, positions: OriginalPositions): Diagnostic {
  const kind: DiagnosticCode = code === "KWF_SYNTAX" ? "syntax" : "unsupported";
  return positions.locate({ code: kind, message, ...(hint === undefined ? {} : { hint }) }, line, column);
}

/** One for each place: what the checks say of it comes first, and says more than the compiler's refusal. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const places = new Set<string>();
  return diagnostics.filter(({ file, line, column, message }) => {
    const place = line === undefined ? message : `${file}:${line}:${column}`;
    return !places.has(place) && places.add(place);
  });
}

const workflowIn = (exports: Readonly<Record<string, string>>): string | undefined => exports.default ?? exports.main;

const noWorkflow = ({ entry }: Program): Diagnostic => ({
  code: "no-workflow",
  message: "the entry file exports no workflow",
  file: entry,
  hint: "export the async function that is the workflow: `export default async function main(input) { … }`",
});
