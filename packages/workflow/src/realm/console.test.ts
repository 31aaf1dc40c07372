import { format as nodeFormat, inspect as nodeInspect } from "node:util";
import { expect, test } from "vitest";
import { format, makeConsole, takeConsole } from "./console.js";
import { inspect } from "./inspect.js";

const circular: Record<string, unknown> = { name: "loop" };

test("values look as in Node", () => {
  class Order {
    id = 7;
    items = ["a"];
  }
  for (const value of [
    1,
    -0,
    10n,
    "it's",
    undefined,
    null,
    Symbol("s"),
    Object.assign([1], { 3: 2 }),
    { a: { b: { c: { d: 1 } } }, "key-x": [[]], [Symbol("k")]: 1 },
    new Map([["k", { v: 1 }]]),
    new Set([1, "two"]),
    new Date(0),
    new Date(Number.NaN),
    /x/g,
    Object.create(null),
    new Order(),
    class Foo {},
    function bar() {},
    () => {},
    {
      get a() {
        return 1;
      },
      set a(_v) {},
      get b() {
        return 1;
      },
    },
    Object(1),
    new Uint8Array([1, 2]),
    { long: "x".repeat(60), longer: "y".repeat(60) },
  ]) {
    // Node 24 writes a symbol as key without brackets.
    expect(inspect(value)).toBe(nodeInspect(value).replace(/([{,] )(Symbol\(\w*\)):/g, "$1[$2]:"));
  }
});

test("format strings mean what they mean in Node", () => {
  for (const args of [
    ["%s is %d years and %i months, %f", "Bob", 42.5, 42.5, "1.5x"],
    ["%j %o %%", { a: 1 }, 1],
    ["%s", { a: { b: 1 } }, "more", { c: 1 }],
    ["100%", 1],
    ["%s %s", "one"],
    [1, "two", { three: 3 }],
    [],
  ]) {
    expect(format(args)).toBe(nodeFormat(...args));
  }
});

test("a circular value and a getter are shown without running code", () => {
  circular.self = circular;
  Object.defineProperty(circular, "danger", {
    enumerable: true,
    get() {
      throw new Error("ran");
    },
  });
  expect(inspect(circular)).toBe("{ name: 'loop', self: [Circular], danger: [Getter] }");
});

test("lines are collected with level, indent and the caller's place, and taken once", () => {
  const console = makeConsole();
  const log = console.log as (text: string) => void;
  function workflowCode(): void {
    log("hello");
  }
  workflowCode();
  console.group?.("group");
  console.warn?.("two\nlines");
  console.assert?.(true, "no");
  console.count?.("c");
  const lines = takeConsole();
  expect(lines.map(({ level, text }) => [level, text])).toEqual([
    ["info", "hello"],
    ["info", "group"],
    ["warn", "  two\n  lines"],
    ["info", "  c: 1"],
  ]);
  expect(lines[0]?.frame).toMatch(/^workflowCode \(.*console\.test\.ts:\d+:\d+\)$/);
  expect(takeConsole()).toEqual([]);
});
