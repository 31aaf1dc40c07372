// Owns the question whether a random program behaves as it should: written to a folder, run in every way, compared.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { build } from "@kwf/compiler";
import { live } from "../live.js";
import { native } from "../native.js";
import { freshRealms, interleaved, oneRealm, restored } from "../restored.js";
import type { Trace } from "../trace.js";
import type { Tree } from "./tree.js";
import { programText } from "./writer.js";

/** Helpers of random programs: a source file, wherever this runs from. */
export const HELPERS = fileURLToPath(new URL("../../fixtures/random.ts", import.meta.url));

export interface Disagreement {
  readonly run: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** undefined: all runs of the program agree. */
export async function disagreement(entry: string, cancels: boolean): Promise<Disagreement | undefined> {
  let code: string;
  try {
    ({ code } = await build(entry));
  } catch (error) {
    return { run: "built", expected: "a bundle", found: { failed: String(error) } };
  }
  const expected = await trace(() => (cancels ? live(code) : native(entry)));
  const runs: [string, () => Promise<unknown>, unknown][] = [
    ["restored in fresh realms", () => restored(freshRealms(code)), expected],
    ["restored, in turns with another thread", () => interleaved(oneRealm(code), 2), [expected, expected]],
  ];
  if (!cancels) runs.unshift(["compiled", () => live(code), expected]);
  for (const [run, go, all] of runs) {
    const found = await trace(go);
    if (!isDeepStrictEqual(found, all)) return { run, expected: all, found };
  }
  return undefined;
}

/** What a run says; that it cannot go on is an answer too. */
async function trace<T = Trace>(run: () => Promise<T>): Promise<T | { failed: string }> {
  try {
    return await run();
  } catch (error) {
    return { failed: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

export async function disagreementOf(
  trees: readonly Tree[],
  folder: string,
  cancels: boolean,
): Promise<Disagreement | undefined> {
  mkdirSync(folder, { recursive: true });
  const entry = join(folder, "input.ts");
  writeFileSync(entry, programText(trees, { cancels, helpers: HELPERS.replace(/\.ts$/, ".js") }));
  return disagreement(entry, cancels);
}
