import { describe, expect, test } from "vitest";
import { body, carried, refused } from "./move-kit.js";

// What becomes of locals and captured variables when a thread is carried to another bundle.

describe("locals", () => {
  const BEFORE = body('let count = input.n; const got = await W.refId("a"); return [count, got];');

  test("a new one that is declared behind the await, or without a value", async () => {
    const t = await carried(
      BEFORE,
      body(
        'let count = input.n; let note; const got = await W.refId("a"); const more = 1; note ??= "none"; return [count, got, note, more];',
      ),
      {},
      { n: 3 },
    );
    t.resume("a", 4);
    expect(t.result()).toEqual([3, 4, "none", 1]);
  });

  test("a new one with a literal, or a function, that nothing can have assigned yet", async () => {
    const t = await carried(
      BEFORE,
      body(
        'let count = input.n; const limit = 5; let tries = 0; const add = (n: number) => n + count + limit; function twice() { return add(1) * 2; } const got = await W.refId("a"); tries++; return [count, got, limit, tries, add(1), twice()];',
      ),
      {},
      { n: 3 },
    );
    t.resume("a", 4);
    expect(t.result()).toEqual([3, 4, 5, 1, 9, 18]);
  });

  test.each([
    ["whose value has to be computed", 'const more = input.n + 1; const got = await W.refId("a");'],
    ["that may have been assigned", 'let more = 0; more++; const got = await W.refId("a");'],
    [
      "that is assigned by a function",
      'let more = 0; const f = () => { more = 2; }; f(); const got = await W.refId("a");',
    ],
  ])("a new one %s is refused, unless the map says what it is", async (_, text) => {
    const after = body(`let count = input?.n; ${text} return [count, got, more];`);
    const before = BEFORE.replace("input.n", "input?.n");
    expect(await refused(before, after)).toContain("more is new at");
    const t = await carried(before, after, { values: { "index.ts:main": { more: { deep: [null, 1] } } } }, { n: 1 });
    t.resume("a", 2);
    expect(t.result()).toEqual([1, 2, { deep: [null, 1] }]);
  });

  test("one that may have been assigned in the round before", async () => {
    const loop = (more: string) => body(`for (let i = 0; i < 2; i++) { await W.refId("a" + i); ${more} }`);
    const text = (head: string, more: string) => loop(more).replace("for (", `${head} for (`);
    expect(await refused(text("", ""), text("let sum = 0;", "sum += i;"))).toContain("sum is new");
  });

  test("a renamed one, by the map; without it the move is refused", async () => {
    const before = BEFORE.replace("input.n", "input?.n");
    const after = before.replaceAll("count", "total");
    expect(await refused(before, after)).toBe(
      'index.ts:main: total is new at `await W.refId("a")`, and count is gone: a map says what it was called ("locals") or what it is ("values")',
    );
    const literal = before.replace("input?.n", "7");
    expect(await refused(literal, literal.replaceAll("count", "total"))).toContain("total is new");
    const t = await carried(before, after, { locals: { "index.ts:main": { count: "total" } } }, { n: 9 });
    t.resume("a", 1);
    expect(t.result()).toEqual([9, 1]);
    expect(await refused(before, after, { locals: { "index.ts:main": { nothing: "total" } } })).toContain(
      "renames nothing",
    );
  });

  test("a renamed parameter is no new one", async () => {
    const text = (name: string) =>
      `export default async function main(${name}: any) { await W.refId("a"); return ${name}; }`;
    expect(await refused(text("order"), text("input"))).toContain(
      'input is new at `await W.refId("a")`, and order is gone',
    );
    const map = { locals: { "index.ts:main": { order: "input" } } };
    const t = await carried(text("order"), text("input"), map, { n: 1 });
    t.resume("a");
    expect(t.result()).toEqual({ n: 1 });
  });

  test("a parameter more is undefined, or its default", async () => {
    const text = (more: string, back: string) =>
      `export default async function main(input: any${more}) { await W.refId("a"); return [input, ${back}]; }`;
    const t = await carried(text("", "0"), text(", b?: number, c = 5", "b, c"), {}, 1);
    t.resume("a");
    expect(t.result()).toEqual([1, null, 5]);
  });

  test("one that is gone", async () => {
    const t = await carried(BEFORE, body('const got = await W.refId("a"); return [input.n, got];'), {}, { n: 1 });
    t.resume("a", 2);
    expect(t.result()).toEqual([1, 2]);
  });

  test("of one name in several blocks", async () => {
    const text = body(
      'const x = 1; { const x = 2; { const x = 3; await W.refId("a"); W.threadId; } log(x); } return x;',
    );
    const kept = `const seen: any[] = []; const log = (x: any) => { seen.push(x); };\n${text.replace("return x", "return [seen, x]")}`;
    const t = await carried(kept, kept.replace("W.threadId", "log(x)"));
    t.resume("a");
    expect(t.result()).toEqual([[3, 2], 1]);
  });
});

describe("captured variables", () => {
  test("a local becomes captured, and one is not captured any more", async () => {
    const before = body('let a = 1; let b = 2; const f = () => b++; f(); await W.refId("a"); return [a, b];');
    const t = await carried(
      before,
      body('let a = 1; let b = 2; const f = () => a++; f(); await W.refId("a"); f(); return [a, b];'),
    );
    t.resume("a");
    expect(t.result()).toEqual([2, 3]);
  });

  test("a function that waits uses another variable of the one around it, whose frame has it", async () => {
    const text = (inner: string) =>
      body(
        `const name = "ada"; let n = 0; const ask = async () => { const got = await W.refId("a"); n++; return ${inner}; }; const got = await ask(); return [got, n, name];`,
      );
    const t = await carried(text("got"), text("[got, name]"));
    t.resume("a", 1);
    expect(t.result()).toEqual([[1, "ada"], 1, "ada"]);
  });

  test("of a function that has returned they are gone", async () => {
    const text = (inner: string) =>
      `function make(name: string) { let n = 1; return async () => { n += (await W.refId("a")) as number; return ${inner}; }; }\n${body('return make("ada")();')}`;
    expect(await refused(text("n"), text("[n, name]"))).toBe(
      "a function of index.ts:make uses name now, which was not captured when it was made",
    );
    const t = await carried(text("n"), text("[n]"));
    t.resume("a", 1);
    expect(t.result()).toEqual([2]);
  });

  test("one scope for all who share it", async () => {
    const text = (extra: string) =>
      body(
        `let n = 0; const up = () => ++n; const down = () => --n; up(); const got = await W.refId("a"); up(); ${extra} return [n, up === down, typeof got];`,
      );
    const t = await carried(text(""), text("down(); up();"));
    t.resume("a");
    expect(t.result()).toEqual([2, false, "undefined"]);
  });
});
