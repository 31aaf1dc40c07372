import { join } from "node:path";
import { type BuildFailure, build as esbuild, type Message, type Metafile } from "esbuild";
import { BuildError, compareDiagnostics, type Diagnostic } from "./diagnostic.js";
import { fromEsbuild } from "./esbuild-messages.js";
import { nodeBuiltins } from "./node-builtins.js";
import { ownSource } from "./own-source.js";
import { type Project, projectPath } from "./project.js";
import type { RuntimeBundle } from "./runtime-bundle.js";
import { moduleTable, type RawSourceMap, type SourceModule } from "./source-modules.js";
import { canBeLookedPast, standIns } from "./stand-ins.js";
import { workflowModule } from "./workflow-module.js";

/** The program as one ES module, TypeScript lowered, before it is made resumable. */
export interface Program {
  code: string;
  /** Path of the entry file. */
  entry: string;
  /** From `code` to the original files; `sources` are relative to the project's root. */
  map: RawSourceMap;
  /** One for each entry of `map.sources`. */
  modules: SourceModule[];
  /** The files it was made from, absolute. */
  inputs: string[];
  /** Imports that lead nowhere, awaits outside of functions: the rest of the program is there, to be looked at. */
  errors: Diagnostic[];
  warnings: Diagnostic[];
}

/** @throws BuildError */
export async function bundleProgram(project: Project, runtime: RuntimeBundle): Promise<Program> {
  const { outputFiles, metafile, warnings, errors } = await runTolerantly(project, runtime);
  const code = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
  const map = JSON.parse(outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "{}") as RawSourceMap;
  const modules = moduleTable(project, map, metafile.inputs, ownSource(project, metafile.inputs));
  const inputs = Object.keys(metafile.inputs).flatMap((path) => (path.includes(":") ? [] : [join(project.root, path)]));
  const entry = projectPath(project, project.entry);
  return { code, entry, map, modules, inputs, errors: errors.map(fromEsbuild), warnings: diagnosticsOf(warnings) };
}

/** What the checks of the program say better. */
const diagnosticsOf = (warnings: readonly Message[]): Diagnostic[] =>
  warnings.filter(({ id }) => id !== "direct-eval").map(fromEsbuild);

interface BundlerOutput {
  outputFiles: { path: string; text: string }[];
  metafile: Metafile;
  warnings: Message[];
  errors: Message[];
}

/**
 * Where nothing is wrong but what can be looked past, it is looked past: so that the author is told everything at once, and not
 * first what the bundler minds.
 */
async function runTolerantly(project: Project, runtime: RuntimeBundle): Promise<BundlerOutput> {
  try {
    return await runEsbuild(project, runtime, []);
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>;
    if (errors === undefined) throw error;
    let found = errors;
    if (errors.every(canBeLookedPast)) {
      try {
        return { ...(await runEsbuild(project, runtime, errors)), errors };
      } catch (second) {
        found = [...errors, ...((second as Partial<BuildFailure>).errors ?? [])];
      }
    }
    const { warnings = [] } = error as Partial<BuildFailure>;
    throw new BuildError(found.map(fromEsbuild).sort(compareDiagnostics), diagnosticsOf(warnings));
  }
}

function runEsbuild(project: Project, runtime: RuntimeBundle, known: readonly Message[]): Promise<BundlerOutput> {
  return esbuild({
    absWorkingDir: project.root,
    entryPoints: [projectPath(project, project.entry)],
    outfile: "bundle.js",
    bundle: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "neutral",
    // Only what the transform does not know is lowered: everything else keeps its own meaning and its own names.
    target: "esnext",
    supported: { using: false, decorators: false, "top-level-await": known.length > 0, "import-meta": false },
    keepNames: false,
    treeShaking: true,
    charset: "utf8",
    legalComments: "inline",
    sourcemap: "external",
    sourcesContent: true,
    mainFields: ["browser", "module", "main"],
    conditions: ["kwf", "browser", "module"],
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [workflowModule(project, runtime), ...(known.length > 0 ? [standIns(known)] : []), nodeBuiltins(project)],
    logLevel: "silent",
  });
}
