import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { BuildError } from "./diagnostic.js";

/** Where a build happens: everything the compiler writes down is relative to `root`, so that no directory of this machine shows. */
export interface Project {
  /** Folder of the package.json nearest to the entry file, else the entry's own folder. */
  root: string;
  /** Absolute, symbolic links resolved. */
  entry: string;
  /** Name of that package, else of the entry's folder. */
  name: string;
  /** `kwf.threadState` of its package.json: packages whose module state belongs to each thread, as that of own source does. */
  threadState: readonly string[];
}

/** @throws BuildError: `no-entry` where no file is, or none that may be read; `thread-state` where package.json says it wrongly */
export function findProject(entry: string): Project {
  const file = entryFile(entry);
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) {
      const { name, kwf } = readManifest(manifest);
      const known = typeof name === "string" ? name : basename(folder);
      return { root: folder, entry: file, name: known, threadState: threadStateOf(kwf) };
    }
    if (folder === dirname(folder))
      return { root: dirname(file), entry: file, name: basename(dirname(file)), threadState: [] };
  }
}

function entryFile(entry: string): string {
  let reason = "it is a folder; the file in it that exports the workflow is wanted";
  try {
    const file = realpathSync(resolve(entry));
    if (!statSync(file).isDirectory()) return file;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    reason = code === "ENOENT" ? "there is no such file" : code === "EACCES" ? "permission denied" : message;
  }
  throw new BuildError([{ code: "no-entry", message: `cannot read ${entry}: ${reason}` }]);
}

function readManifest(file: string): { name?: unknown; kwf?: unknown } {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) ?? {}) as object;
  } catch {
    return {};
  }
}

function threadStateOf(kwf: unknown): readonly string[] {
  const { threadState = [] } = (kwf ?? {}) as { threadState?: unknown };
  if (Array.isArray(threadState) && threadState.every((name) => typeof name === "string")) return threadState;
  const message = `kwf.threadState of package.json is ${JSON.stringify(threadState)}, expected a list of names of packages`;
  throw new BuildError([{ code: "thread-state", message, file: "package.json" }]);
}

/** A path as diagnostics, source maps and metadata write it. */
export function projectPath(project: Project, file: string): string {
  const path = isAbsolute(file) ? relative(project.root, file) : file;
  return path.replaceAll("\\", "/");
}

/** `…/node_modules/name` or `…/node_modules/@scope/name` that holds a file; undefined outside of node_modules. */
export function installedPackage(file: string): string | undefined {
  return /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file.replaceAll("\\", "/"))?.[1];
}

/** `name` or `@scope/name` of the package that holds a file; undefined outside of node_modules. */
export const packageOf = (file: string): string | undefined =>
  installedPackage(`/${file}`)?.split("/node_modules/").at(-1);
