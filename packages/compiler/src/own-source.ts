import { resolve } from "node:path";
import type { Metafile } from "esbuild";
import { installedPackage, type Project, projectPath } from "./project.js";

/**
 * Which of the bundled files are the author's own: the entry and whatever it reaches by relative path, alias or linked
 * workspace. A dependency is reached through a bare specifier whose real path lies in node_modules; a package's imports of its own
 * files stay within it, so where the entry file lies does not matter.
 */
export function ownSource(project: Project, inputs: Metafile["inputs"]): Set<string> {
  const home = installedPackage(project.entry);
  const entry = projectPath(project, project.entry);
  const own = new Set<string>([entry]);
  const queue = [entry];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    for (const { path: target, original, external } of inputs[path]?.imports ?? []) {
      if (external === true || own.has(target) || !(target in inputs) || isVirtual(target)) continue;
      if (original === undefined || !isRelative(original)) {
        const holder = installedPackage(resolve(project.root, target));
        if (holder !== undefined && holder !== home) continue;
      }
      own.add(target);
      queue.push(target);
    }
  }
  return own;
}

const isRelative = (specifier: string): boolean =>
  /^\.{0,2}\//.test(specifier) || specifier === "." || specifier === "..";

/** Modules that no file holds: `namespace:path` in esbuild's words. */
export const isVirtual = (path: string): boolean => /^[a-z][a-z-]+:/.test(path);
