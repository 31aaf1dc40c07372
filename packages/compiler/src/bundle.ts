import { join } from "node:path";
import type { BuildContext, BuildFailure, BuildOptions, Message, Metafile } from "esbuild";
import { commonjs } from "./commonjs.js";
import { BuildError, compareDiagnostics, type Diagnostic } from "./diagnostic.js";
import { fromEsbuild } from "./esbuild-messages.js";
import { nodeBuiltins } from "./node-builtins.js";
import { ownSource } from "./own-source.js";
import { type Project, packageOf, projectPath } from "./project.js";
import type { RuntimeBundle } from "./runtime-bundle.js";
import { moduleTable, type RawSourceMap, type SourceModule } from "./source-modules.js";
import { canBeLookedPast, standIns } from "./stand-ins.js";
import { requiredHashes } from "./structure/required-modules.js";
import { workflowModule } from "./workflow-module.js";

const { build: esbuild, context: esbuildContext } = commonjs("esbuild") as typeof import("esbuild");

/** The program as one ES module, TypeScript lowered, before it is made resumable. */
export interface Program {
  code: string;
  /** Path of the entry file. */
  entry: string;
  /** From `code` to the original files; `sources` are relative to the project's root. */
  map: RawSourceMap;
  /** One for each entry of `map.sources`. */
  modules: SourceModule[];
  /** By path of a file: hash of all that it has of CommonJS modules. */
  required: ReadonlyMap<string, string>;
  /** The files it was made from, absolute. */
  inputs: string[];
  /** Imports that lead nowhere, awaits outside of functions: the rest of the program is there, to be looked at. */
  errors: Diagnostic[];
  warnings: Diagnostic[];
}

/** One that reads again only what has changed. */
export interface Bundler {
  /** @throws BuildError */
  bundle(project: Project, runtime: Promise<RuntimeBundle>): Promise<Program>;
  close(): Promise<void>;
}

/** @throws BuildError */
export const bundleOnce: Bundler["bundle"] = async (project, runtime) =>
  programOf(project, await tolerantly((known) => esbuild(optionsOf(project, runtime, known))));

/** Of that project, as long as it stays where it is. */
export function bundlerOf(project: Project): Bundler {
  let context: Promise<BuildContext<Options>> | undefined;
  return {
    bundle: async (now, runtime) => {
      context ??= esbuildContext(optionsOf(project, runtime, []));
      const { rebuild } = await context;
      const output = await tolerantly((known) =>
        known.length === 0 ? rebuild() : esbuild(optionsOf(project, runtime, known)),
      );
      return programOf(now, output);
    },
    close: async () => (await context)?.dispose(),
  };
}

function programOf(project: Project, { outputFiles, metafile, warnings, errors }: BundlerOutput): Program {
  const code = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
  const map = JSON.parse(outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "{}") as RawSourceMap;
  const modules = moduleTable(project, map, metafile.inputs, ownSource(project, metafile.inputs));
  const inputs = Object.keys(metafile.inputs).flatMap((path) => (path.includes(":") ? [] : [join(project.root, path)]));
  const entry = projectPath(project, project.entry);
  const texts = new Map(map.sources.map((path, n) => [path ?? "", map.sourcesContent?.[n] ?? ""]));
  const required = requiredHashes(project.root, metafile.inputs, texts);
  return {
    code,
    entry,
    map,
    modules,
    required,
    inputs,
    errors: errors.map(fromEsbuild),
    warnings: [...diagnosticsOf(warnings), ...unknownPackages(project, modules)],
  };
}

/** What package.json says of packages that the program has nothing of. */
const unknownPackages = ({ threadState }: Project, modules: readonly SourceModule[]): Diagnostic[] =>
  threadState
    .filter((name) => !modules.some(({ path }) => packageOf(path) === name))
    .map((name) => ({
      code: "thread-state",
      message: `kwf.threadState names ${name}, and the program has nothing of a package of that name`,
      file: "package.json",
    }));

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
async function tolerantly(run: (known: readonly Message[]) => Promise<BundlerOutput>): Promise<BundlerOutput> {
  try {
    return await run([]);
  } catch (error) {
    const { errors } = error as Partial<BuildFailure>;
    if (errors === undefined) throw error;
    let found = errors;
    if (errors.every(canBeLookedPast)) {
      try {
        return { ...(await run(errors)), errors };
      } catch (second) {
        found = [...errors, ...((second as Partial<BuildFailure>).errors ?? [])];
      }
    }
    const { warnings = [] } = error as Partial<BuildFailure>;
    throw new BuildError(found.map(fromEsbuild).sort(compareDiagnostics), diagnosticsOf(warnings));
  }
}

type Options = ReturnType<typeof optionsOf>;

function optionsOf(project: Project, runtime: Promise<RuntimeBundle>, known: readonly Message[]) {
  return {
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
  } satisfies BuildOptions;
}
