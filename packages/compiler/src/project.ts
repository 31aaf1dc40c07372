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
}

/** @throws BuildError (`no-entry`) where no file is, or none that may be read */
export function findProject(entry: string): Project {
  const file = entryFile(entry);
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) return { root: folder, entry: file, name: packageName(manifest) ?? basename(folder) };
    if (folder === dirname(folder)) return { root: dirname(file), entry: file, name: basename(dirname(file)) };
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

function packageName(manifest: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown };
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
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
