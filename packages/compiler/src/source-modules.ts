import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Metafile } from "esbuild";
import { isVirtual } from "./own-source.js";
import { type Project, packageOf, projectPath } from "./project.js";

export interface RawSourceMap {
  version: 3;
  file?: string;
  sources: (string | null)[];
  sourcesContent?: (string | null)[];
  names: string[];
  mappings: string;
}

/** One file of the original program. */
export interface SourceModule {
  /** Relative to the project's root. */
  path: string;
  /** Written by the author of the workflow, as opposed to a dependency (design: own source). */
  own: boolean;
  /** Its module state belongs to each thread: own source, and what the project says of packages. */
  ofThread: boolean;
}

/**
 * The files that a bundle's map names. A package that was compiled before it was published is named by its original files where it
 * ships a map; those are as much its author's as the file that was bundled.
 */
export function moduleTable(
  project: Project,
  map: RawSourceMap,
  inputs: Metafile["inputs"],
  own: ReadonlySet<string>,
): SourceModule[] {
  let nested: Map<string, string> | undefined;
  return map.sources.map((source) => {
    const path = source ?? "";
    if (!(path in inputs) && !isVirtual(path)) nested ??= nestedSources(project, inputs);
    const file = nested?.get(path) ?? path;
    const isOwn = own.has(file);
    return { path, own: isOwn, ofThread: isOwn || project.threadState.includes(packageOf(file) ?? "") };
  });
}

/** Original file -> bundled file, from the maps that the bundled files point to. */
function nestedSources(project: Project, inputs: Metafile["inputs"]): Map<string, string> {
  const found = new Map<string, string>();
  for (const input of Object.keys(inputs)) {
    if (isVirtual(input)) continue;
    const file = resolve(project.root, input);
    const map = readNestedMap(file);
    for (const source of map?.sources ?? []) {
      if (source === null) continue;
      found.set(projectPath(project, join(dirname(file), map?.sourceRoot ?? "", source)), input);
    }
  }
  return found;
}

function readNestedMap(file: string): (RawSourceMap & { sourceRoot?: string }) | undefined {
  try {
    const url = /\/\/[#@] ?sourceMappingURL=(\S+)\s*$/.exec(readFileSync(file, "utf8"))?.[1];
    if (url === undefined) return undefined;
    const data = /^data:application\/json[^,]*;base64,(.*)$/.exec(url)?.[1];
    const text =
      data === undefined ? readFileSync(join(dirname(file), url), "utf8") : Buffer.from(data, "base64").toString();
    return JSON.parse(text);
  } catch {
    // A package without the map it announces is as good as one without a map.
    return undefined;
  }
}
