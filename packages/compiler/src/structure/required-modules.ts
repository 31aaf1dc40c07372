/**
 * What each file has of CommonJS modules, and these of others, as one hash. What such a module exports is reached through a variable of the
 * file that imports it, whichever file it is of: a thread that holds something of it depends on all of them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { hashOf } from "./source-text.js";

/** By path; of files that import none there is nothing. `texts`: what is known of them. */
export function requiredHashes(
  root: string,
  inputs: Metafile["inputs"],
  texts: ReadonlyMap<string, string>,
): Map<string, string> {
  const hashes = new Map<string, string>();
  const hashOfFile = (path: string): string => {
    const known = hashes.get(path) ?? hashOf(texts.get(path) ?? readFileSync(join(root, path), "utf8"));
    hashes.set(path, known);
    return known;
  };
  const importsOf = (path: string): string[] =>
    (inputs[path]?.imports ?? []).flatMap(({ path: to, external }) => (external || !isFile(to, inputs) ? [] : [to]));
  const found = new Map<string, string>();
  for (const path of Object.keys(inputs)) {
    const open = importsOf(path).filter((to) => inputs[to]!.format === "cjs");
    const seen = new Set(open);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (const to of importsOf(next)) {
        if (seen.has(to)) continue;
        seen.add(to);
        open.push(to);
      }
    }
    if (seen.size > 0) found.set(path, hashOf([...seen].sort().map(hashOfFile).join()));
  }
  return found;
}

const isFile = (path: string, inputs: Metafile["inputs"]): boolean => path in inputs && !path.includes(":");
