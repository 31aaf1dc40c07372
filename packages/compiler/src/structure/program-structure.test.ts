import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { build } from "../build.js";
import { compile } from "../compile.js";
import type { FunctionStructure } from "./program-structure.js";

const functions = (code: string): Map<string, FunctionStructure> =>
  new Map(
    compile(code)
      .structure(1)
      .functions.map((one) => [one.path, one]),
  );
const main = (body: string): FunctionStructure => functions(`async function main(a) {${body}}`).get("main")!;
const same = (a: FunctionStructure, b: FunctionStructure): boolean =>
  a.hash === b.hash && a.frame?.layout === b.frame?.layout;

const BODY = `
  const items = [1, 2];
  let sum = 0;
  for (const item of items) sum += await ask("price of " + item);
  return sum;`;

describe("the hash of a function", () => {
  test.each([
    ["comments", BODY.replace("let sum", "/* so far */ let sum // nothing\n")],
    ["lines and spaces", BODY.replaceAll("\n", "\n\n   ").replace("[1, 2]", "[\n1,\n  2\n]")],
  ])("does not change with %s", (_, body) => {
    expect(same(main(body), main(BODY))).toBe(true);
  });

  test.each([
    ["an await's operand", BODY.replace("price of ", "cost of ")],
    ["white space in a text", BODY.replace("price of ", "price  of ")],
    ["an await more", BODY.replace("return sum", 'await ask("x"); return sum')],
    ["the name of a local", BODY.replaceAll("sum", "total")],
    ["a local more", BODY.replace("let sum", "let n; let sum")],
    ["a literal", BODY.replace("sum = 0", "sum = 1")],
    ["an operator", BODY.replace("+=", "-=")],
    ["a template's text", BODY.replace("sum = 0", "sum = `a`")],
  ])("changes with %s", (_, body) => {
    expect(main(body).hash).not.toBe(main(BODY).hash);
  });

  test("does not change with other functions, those inside included", () => {
    const program = (helper: string, inner: string) => `
      function helper(x) { ${helper} }
      async function other() { await helper(1); ${helper} }
      async function main() { const f = (x) => ${inner}; await f(1); return f; }`;
    const one = functions(program("return x", "x"));
    const two = functions(program("return x + 1", "{ let y = 2; return x + y }"));
    expect(same(one.get("main")!, two.get("main")!)).toBe(true);
    expect(one.get("main/f")!.hash).not.toBe(two.get("main/f")!.hash);
    expect(one.get("other")!.hash).not.toBe(two.get("other")!.hash);
  });

  test("does not change with the ids of what stands before it", () => {
    const text = "function make() { let n = 0; return async () => { n += await ask(n); return class { #x = n; } } }";
    const one = functions(text);
    const two = functions(`const first = () => { let q; return async () => { await q; return () => q; }; };\n${text}`);
    for (const [path, found] of one) expect([path, same(found, two.get(path)!)]).toEqual([path, true]);
    expect([...one.keys()]).toEqual(["make/()", "make/()/()"]);
  });

  test("a local that becomes captured changes the layout of its frame, and nothing else", () => {
    const program = (inner: string) => `async function main() { let n = 0; let f = () => ${inner}; await ask(n, f); }`;
    const one = functions(program("1")).get("main")!;
    const two = functions(program("n")).get("main")!;
    expect(one.hash).toBe(two.hash);
    expect(one.frame!.layout).not.toBe(two.frame!.layout);
  });
});

test("functions are named by nesting, and by rank where they have one name", () => {
  const code = `
    async function a() { for (;;) { await (async () => 1)(); await (async () => 2)(); } }
    class Saga { static async run() {} async run() {} async #run() {} get x() { return () => this; } field = async () => {} }
    const o = { async run() {}, other: async function* inner() { yield 1; } };`;
  expect([...functions(code).keys()].filter((path) => path !== "Saga")).toEqual([
    "a",
    "a/()",
    "a/()'2",
    "Saga/static run",
    "Saga/run",
    "Saga/#run",
    "Saga/get x/()",
    "Saga/.field/field",
    "run",
    "inner",
  ]);
});

test("an await is known with what surrounds it", () => {
  const { blocks, awaits, ways } = main(`
    try {
      for (const x of a) { const y = await one(x); if (y) continue; }
      g(a, await two(() => { secret(); }));
    } catch (error) { return await three(); } finally { await four(); }`).frame!;
  const around = (block: number): string => (block <= 0 ? "" : `${around(blocks[block]![0])} ${blocks[block]![1]}`);
  const shown = awaits.map(([, kind, text, block, , temps = []]) => [
    kind,
    text,
    around(block).replace(/ +/g, " ").trim(),
    temps.map(([, role]) => role).join(),
  ]);
  expect(shown).toEqual([
    ["await", "await one(x)", "try/catch/finally for-of", "next 0,completion,iterator"],
    ["await", "await two(() => {…})", "try/catch/finally", "next 0,completion,"],
    ["await", "await three()", "catch/finally", "next 0,completion"],
    ["await", "await four()", "finally", "next 0,completion"],
  ]);
  expect(ways!.map((some) => some.map(([, meaning]) => meaning).sort())).toEqual([["end", "return", "throw"]]);
});

describe("in a bundle", () => {
  const root = mkdtempSync(join(tmpdir(), "kwf-structure-"));
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const built = async (files: Record<string, string>) => {
    writeFileSync(join(root, "package.json"), '{"name":"structure"}');
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
    return (await build(join(root, "index.ts"))).metadata;
  };
  const ENTRY = `
    import * as W from "@kwf/workflow";
    import { other } from "./other.js";
    const price = { eur: 1 };
    export default async function main(input: number): Promise<number> {
      const timer = await W.ref<number>("timer");
      return [timer, price, other].length + input;
    }`;

  test("the bundler's names, and a module before it, change nothing", async () => {
    const one = await built({ "index.ts": ENTRY, "other.ts": "export const other = 1;" });
    const two = await built({
      "index.ts": ENTRY.replace("const price", "/** in euro */\n    const price"),
      "other.ts": "const price = 2, timer = 3;\nexport const other = () => [price, timer];",
    });
    const [a, b] = [one, two].map(({ structure }) => structure.functions.find(({ path }) => path === "main")!);
    expect(same(a!, b!)).toBe(true);
    const variable = ({ structure, modules }: typeof one, module: string, name: string) =>
      structure.modules[modules.findIndex((path) => path.endsWith(module))]!.variables.find(([, own]) => own === name);
    const [before, after] = [variable(one, "index.ts", "price"), variable(two, "index.ts", "price")];
    expect(before![2]).toBe(after![2]);
    expect(after![0]).not.toBe("price");
    expect(variable(one, "other.ts", "other")![2]).not.toBe(variable(two, "other.ts", "other")![2]);
  });
});
