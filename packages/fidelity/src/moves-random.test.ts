// Random control flow, saved at every await: the same trace with and without moves to another bundle and back.
// KWF_RANDOM_PROGRAMS says how many, KWF_RANDOM_SEED where to begin.
import { afterAll, beforeAll, expect, it } from "vitest";
import { parseProgram } from "../../compiler/src/parse.js";
import { walk } from "../../compiler/src/walk.js";
import { randomProgram, surroundings } from "../../compiler/test/machine/random-program.js";
import { byItself, byNames, changed, Entries } from "./moved.js";
import { freshRealms, restored } from "./restored.js";

const runs = Number(process.env.KWF_RANDOM_PROGRAMS ?? 3);
const first = Number(process.env.KWF_RANDOM_SEED ?? 1);

let entries: Entries;
beforeAll(() => {
  entries = new Entries();
});
afterAll(() => entries.remove());

const PRELUDE = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["out"] };
const CHECK = "check";
const log = (...all) => W.outputJSON(all, "out");
const pause = async (value) => { const found = await value; await W.ref(); return found; };
${surroundings(60, "await W.ref();")}
export default () => main();
`;

/** Every await waits for an answer from outside as well. */
function pausing(text: string): string {
  const at: [number, string][] = [];
  walk(parseProgram(text, "module").program, (node) => {
    if (node.type !== "AwaitExpression") return;
    at.push([node.argument.start!, "pause("], [node.argument.end!, ")"]);
  });
  let out = text;
  for (const [place, piece] of at.sort(([a], [b]) => b - a)) out = out.slice(0, place) + piece + out.slice(place);
  return out;
}

it.each(Array.from({ length: runs }, (_, n) => first + n))(
  "program %i",
  async (seed) => {
    const text = PRELUDE + pausing(randomProgram(seed, "async"));
    const one = await entries.bundle("program", text);
    const expected = await restored(freshRealms(one.source));
    const stay: string[] = [];
    const noisy = await entries.bundle("program", `export { noise } from "./noise.js";\n${text}`);
    expect(await restored(byItself(one, noisy, stay)), text).toEqual(expected);
    expect(stay, text).toEqual([]);
    const fixed = await entries.bundle("program", changed(text));
    expect(await restored(byNames(one, fixed)), text).toEqual(expected);
  },
  120_000,
);
