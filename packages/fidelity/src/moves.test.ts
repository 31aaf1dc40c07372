// The compiler's fixtures, each thread carried to another bundle of its program before every step, and back: one in which everything has
// other numbers and names, and one in which every function that can wait was changed.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { type Bundle, bundleOf, carry, decodeState, encodeState, loadBundle, moveUnchanged, step } from "@kwf/engine";
import { transformSync } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseProgram } from "../../compiler/src/parse.js";
import { walk } from "../../compiler/src/walk.js";
import { native } from "./native.js";
import { restored, type Stepper } from "./restored.js";

const fixtures = fileURLToPath(new URL("../../compiler/fixtures/", import.meta.url));
const names = readdirSync(fixtures).filter((name) => existsSync(`${fixtures}${name}/input.ts`));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kwf-moves-"));
  writeFileSync(join(folder, "package.json"), '{"name":"moves","type":"module"}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Functions, classes and scopes with the names that programs like, so that everything behind gets other ids and names. */
const NOISE = `
function outer(log, ask) { let n = 0, x = 1; class Counter { #n = n; async up() { await x; return [this.#n, n++]; } } return () => [Counter, log, ask, x]; }
async function* counter(value) { for (const log of value) { let seen = log; yield () => seen++; } }
const [main, seen, c, p, o, f, g, a, b, k, e, C, Base] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13].map((n) => () => n);
export const noise = [outer, counter, main, seen, c, p, o, f, g, a, b, k, e, C, Base, () => outer];
`;

async function bundled(name: string, text: string): Promise<Bundle> {
  const entry = join(folder, `${name}.ts`);
  writeFileSync(entry, text);
  return loadBundle((await build(entry)).code);
}

/** Before every step the thread is taken to the other of the two. */
function toAndFro(
  one: Bundle,
  other: Bundle,
  take: (state: Uint8Array, from: Bundle, to: Bundle) => Uint8Array,
): Stepper {
  return (before, record) => {
    const options = { timeoutMs: 0, seed: record.offset, fresh: true };
    if (before === null) return step(one, null, record, options);
    const from = bundleOf(decodeState(before)) === one.hash ? one : other;
    const to = from === one ? other : one;
    return step(to, take(before, from, to), record, options);
  };
}

const byNames = (state: Uint8Array, from: Bundle, to: Bundle): Uint8Array => {
  const decoded = decodeState(state);
  const record = { key: "t", value: null, offset: "0", partition: 0, timestamp: 0 };
  return encodeState({ ...decoded, continuation: carry(decoded, from, to, {}, record).continuation });
};

describe("a thread moves by itself, at every await, to a bundle with other ids and names:", () => {
  it.each(names)("%s", async (name) => {
    const input = `${fixtures}${name}/input.js`;
    const again = `export { default, manifest } from ${JSON.stringify(input)};\n`;
    const one = await bundled("one", again);
    writeFileSync(join(folder, "noise.js"), NOISE);
    const other = await bundled("other", `export { noise } from "./noise.js";\n${again}`);
    const stay: string[] = [];
    const stepper: Stepper = (before, record) => {
      const home = before === null || bundleOf(decodeState(before)) === one.hash ? one : other;
      const options = { timeoutMs: 0, seed: record.offset, fresh: true, moveTo: home === one ? other : one };
      const answer = step(home, before, record, options);
      if (before !== null && answer.status === "running" && answer.movedTo !== options.moveTo.hash)
        stay.push(whyNot(before, home, options.moveTo));
      return answer;
    };
    expect(await restored(stepper)).toEqual(await native(`${fixtures}${name}/input.ts`));
    expect(stay).toEqual([]);
  });
});

describe("a thread is carried by names, at every await, to a bundle in which every function that waits was changed:", () => {
  it.each(names)("%s", async (name) => {
    const text = javaScript(readFileSync(`${fixtures}${name}/input.ts`, "utf8"), name);
    const [one, other] = [await bundled("before", text), await bundled("after", changed(text))];
    expect(await restored(toAndFro(one, other, byNames))).toEqual(await native(`${fixtures}${name}/input.ts`));
  });
});

function whyNot(state: Uint8Array, from: Bundle, to: Bundle): string {
  const answer = moveUnchanged(decodeState(state).continuation, from, to);
  return "why" in answer ? answer.why : "the step changed nothing";
}

/** Without types, with imports that hold from elsewhere. */
function javaScript(text: string, name: string): string {
  const { code } = transformSync(text, {
    loader: "ts",
    target: "esnext",
    supported: { decorators: false, using: false },
  });
  return code.replaceAll(
    /from "(\.[^"]*)"/g,
    (_, path: string) => `from ${JSON.stringify(join(fixtures, name, path))}`,
  );
}

/** Every function that can wait begins with new variables, which an inner function captures. */
function changed(text: string): string {
  const at: number[] = [];
  walk(parseProgram(text, "module").program, (node) => {
    const fn = node as { async?: boolean; generator?: boolean; body?: { type?: string; start?: number | null } };
    const waits = (fn.async === true || fn.generator === true) && fn.body?.type === "BlockStatement";
    if (waits) at.push(fn.body!.start! + 1);
  });
  let out = text;
  for (const start of at.sort((a, b) => b - a))
    out = `${out.slice(0, start)} const $zero = 0; const $help = () => $zero; ${out.slice(start)}`;
  return out;
}
