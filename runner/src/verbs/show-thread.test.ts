import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "@kwf/compiler";
import { type Bundle, loadBundle, step } from "@kwf/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { detailOf, type ThreadDetail } from "../admin/thread-detail.js";
import { terminalStyle } from "../terminal/style.js";
import { describe } from "./show-thread.js";

const SOURCE = `
import * as W from "@kwf/workflow";

export const manifest = { onError: "pause" };

class Money {
  #cents: number;
  constructor(cents: number, readonly currency: string) { this.#cents = cents; }
  async pay(to: string) {
    return (await W.ref<string>("pay")) + to + this.#cents;
  }
}

class Refused extends Error {}

async function* ticks(count: number) {
  for (let i = 0; i < count; i++) yield await W.ref<number>("tick");
}

async function item(index: number) {
  const label = "item " + index;
  return label + (await W.ref("item" + index));
}

async function down(depth: number): Promise<number> {
  return depth === 0 ? await W.ref<number>("deep") : 1 + (await down(depth - 1));
}

const programs: Record<string, () => Promise<unknown>> = {
  async values() {
    const map = new Map<unknown, unknown>([["a", 1], [{ k: 1 }, new Set(["x"])]]);
    const cycle: { name: string; self?: unknown } = { name: "c" };
    cycle.self = cycle;
    const price = new Money(100, "EUR");
    const long = "x".repeat(500);
    const floats = new Float64Array([1.5, NaN]);
    const error = new Refused("no", { cause: new RangeError("far") });
    const holes = [1, , 3];
    const getter = { get x() { return 1; } };
    const bare = Object.assign(Object.create(null), { z: -0 });
    const late = Promise.reject(new Error("late"));
    late.catch(() => {});
    const closure = () => price;
    const outer = { bound: closure.bind(null) };
    const big = 12n;
    const nothing = undefined;
    let after: unknown;
    await W.ref("values");
    after = nothing;
    return [map, cycle, price, long, floats, error, holes, getter, bare, late, outer, big, after];
  },
  async branches() {
    const shared = "only once";
    const sum = await Promise.all([
      new Money(5, "EUR").pay("bob"),
      Promise.race([W.ref("left"), W.ref("right")]),
      (async () => { for await (const t of ticks(2)) return t; })(),
      W.ref("then").then(function add(x) { return x; }).finally(() => {}),
    ]);
    return [shared, sum];
  },
  async thousand() {
    return await Promise.all(Array.from({ length: 1000 }, (_, index) => item(index)));
  },
  async crowd() {
    const gate = W.ref("gate");
    const wait = async () => await gate;
    return await Promise.all(Array.from({ length: 50 }, wait));
  },
  async mailbox() {
    const next = W.ref<string>("mail");
    next.then(function keep() { return next; }, () => {});
    return await next;
  },
  async chain() {
    let list: unknown = null;
    for (let i = 0; i < 100_000; i++) list = { list };
    await W.ref("chain");
    return list;
  },
  async sight() {
    const before = 1;
    {
      const ended = 2;
      await W.ref("in");
      if (ended === 0) return before;
    }
    for (const each of [3, 4]) {
      const inside = each * 10;
      const answer = await W.ref("sight");
      const later = [inside, answer];
      if (later.length === 0) return () => captured;
    }
    const captured = before;
    return captured;
  },
  async deep() {
    return await down(500);
  },
  async hostile() {
    const text = "\\u001b[2J\\u009b\\u202e";
    await W.ref("\\u001b[31mred");
    return text;
  },
  async fails() {
    await W.ref("go");
    throw new TypeError("broken");
  },
};

export default async function main(program: string) {
  return await programs[program]!();
}
`;
const folder = mkdtempSync(join(tmpdir(), "kwf-show-"));
let bundle: Bundle;
beforeAll(async () => {
  const entry = join(folder, "index.ts");
  writeFileSync(entry, SOURCE);
  bundle = loadBundle((await build(entry)).code);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(values: readonly string[]): Uint8Array {
  let state: Uint8Array | null = null;
  values.forEach((value, offset) => {
    const result = step(bundle, state, { key: "t", value, offset: String(offset), partition: 0, timestamp: 1_000 });
    state = result.state;
  });
  return state!;
}
const show = (program: string): ThreadDetail =>
  detailOf("t", run([`new:${JSON.stringify(program)}`]), bundle, { count: 0 })!;
const textOf = (detail: ThreadDetail): string => describe(detail).join("\n");
/** Lines of the variables of the first call, by name. */
const localsOf = ({ pending }: ThreadDetail): Record<string, string> => {
  const frame = pending[0]!.stacks[0]!.find((entry) => entry.type === "frame");
  return Object.fromEntries((frame?.type === "frame" ? frame.locals : []).map(({ name, value }) => [name, value]));
};

test("values say what they are, in a line each", () => {
  const detail = show("values");
  expect(localsOf(detail)).toMatchObject({
    map: 'Map(2) { "a" => 1, { k: 1 } => Set(1) ["x"] }',
    cycle: '{ name: "c", self: [circular] }',
    price: 'Money { currency: "EUR", #cents: 100 }',
    long: `"${"x".repeat(98)}…`,
    floats: "Float64Array(2) [1.5, NaN]",
    error: "Refused: no { cause: RangeError: far }",
    holes: "[1, empty, 3]",
    getter: "{ x: [getter] }",
    bare: "[no prototype] { z: -0 }",
    late: "Promise { rejected: Error: late }",
    big: "12n",
  });
  expect(textOf(detail)).toContain("undefined: nothing, after");
});

test("as JSON they are there to the last, and what is met again is a way to the first", () => {
  const [frame] = show("values").frames!;
  const data = Object.fromEntries(frame!.locals.map(({ name, value }) => [name, value]));
  expect(frame).toMatchObject({ function: "values", file: "index.ts", text: 'await ref("values")' });
  expect(data).toMatchObject({
    map: {
      $: "Map(2)",
      entries: [
        ["a", 1],
        [{ k: 1 }, { $: "Set(1)", items: ["x"] }],
      ],
    },
    cycle: { name: "c", self: { $: "same", as: "frames[0].cycle" } },
    price: { $: "Money", fields: { currency: "EUR", "#cents": 100 } },
    long: "x".repeat(500),
    floats: { $: "Float64Array(2)", items: [1.5, { $: "NaN" }] },
    error: { $: "Refused: no", fields: { cause: { $: "RangeError: far" } } },
    holes: { $: "Array", items: [1, { $: "empty" }, 3] },
    big: { $: "12n" },
    nothing: { $: "undefined" },
  });
});

test("branches lead to the same call, whose variables are printed once", () => {
  const text = textOf(show("branches"));
  expect(text).toMatch(
    /at pay \(index\.ts:10:13\)\n +return \(await W\.ref.*\n +this = Money \{ currency: "EUR", #cents: 5 \}\n/,
  );
  expect(text).toMatch(
    /waits for 0:right:\d\n +in Promise\.race, element 1\n +in Promise\.all, element 1\n +at branches .*, as above\n/,
  );
  expect(text).toMatch(/at ticks \(index\.ts:\d+:\d+\)\n.*\n +count = 2\n +i = 0\n/);
  expect(text).toMatch(/in then.*\n +in finally.*\n +in Promise\.all, element 3\n/);
  expect(text.match(/shared = "only once"/g)).toHaveLength(1);
});

test("a thousand refs can be read", () => {
  const detail = show("thousand");
  const lines = describe(detail);
  expect(lines.length).toBeLessThan(40);
  expect(lines).toContain("  waits for 1,000 refs:");
  expect(lines.at(-1)).toMatch(/^ {2}and for 997 more at the same places: 0:item3:4, .*… 0:item999:1000$/);
  expect(detail.pending).toHaveLength(1000);
  expect(detail.frames?.at(-1)?.locals).toContainEqual({ name: "label", value: "item 999" });
});

test("of many who wait for one ref the first are listed, and that there are more is said", () => {
  const detail = show("crowd");
  expect(detail.pending).toMatchObject([{ id: "0:gate:1", more: true }]);
  expect(detail.pending[0]!.stacks).toHaveLength(20);
  expect(describe(detail).at(-1)).toBe("    and more");
});

test("who awaits comes before callbacks that nobody awaits", () => {
  const stacks = show("mailbox").pending[0]!.stacks.map((stack) => stack.map(({ type }) => type));
  expect(stacks).toEqual([["frame", "frame"], ["reaction"]]);
  expect(describe(show("mailbox")).slice(-2)).toEqual(["    and", "    in then keep (index.ts)"]);
});

test("a list of 100,000 links is cut, and not climbed down", () => {
  const detail = show("chain");
  expect(localsOf(detail).list).toBe("{ list: { list: {…} } }");
  expect(JSON.stringify(detail.frames)).toContain('{"$":"deeper","at":"frames[0].list.list');
});

test("variables are those that the code can see there: of no block that has ended, and of nothing that comes later", () => {
  const values = ['new:"sight"', '{"ref":"0:in:1"}', '{"ref":"1:sight:1","value":5}'];
  const detail = detailOf("t", run(values), bundle, { count: 0 })!;
  expect(localsOf(detail)).toEqual({ before: "1", each: "4", inside: "40" });
  expect(detail.frames![0]!.locals.map(({ name }) => name).sort()).toEqual(["before", "each", "inside"]);
});

test("of a deep recursion both ends are printed", () => {
  const detail = show("deep");
  const lines = describe(detail);
  expect(detail.pending[0]!.stacks[0]).toHaveLength(503);
  expect(lines.length).toBeLessThan(150);
  expect(lines).toContain("    … 463 more calls …");
  expect(lines.join("\n")).toMatch(/at main \(index\.ts:\d+:\d+\)\n.*\n +program = "deep"$/);
});

test("text of the workflow's does nothing to the terminal", () => {
  const style = terminalStyle({ isTTY: true, columns: 80 }, {});
  const text = describe(show("hostile"), style).join("\n");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  expect(text.replace(/\u001b\[\d+m/g, "")).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(text).toContain("0:\\u001b[31mred:1");
});

test("a terminal's lines are as wide as it is", () => {
  const style = terminalStyle({ isTTY: true, columns: 70 }, { NO_COLOR: "1" });
  const lines = describe(show("values"), style);
  expect(Math.max(...lines.slice(1).map((line) => line.length))).toBe(70);
});

test("of a step that failed its error and its record are printed", () => {
  const state = run(['new:"fails"', '{"ref":"0:go:1","value":1}']);
  const first = { offset: 1, value: '{"ref":"0:go:1","value":1}' };
  const text = textOf(detailOf("t", state, bundle, { count: 1, first })!);
  expect(text).toMatch(/^t: paused since /);
  expect(text).toMatch(/paused \(error\) at record 1: TypeError: broken\n/);
  expect(text).toContain('record 1: {"ref":"0:go:1","value":1}');
  expect(text).toContain("at fails (index.ts:");
});
