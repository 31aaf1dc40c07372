import { generate } from "@babel/generator";
import { parseExpression } from "@babel/parser";
import * as t from "@babel/types";
import { describe, expect, test } from "vitest";
import { lowerProgram } from "../../test/machine/harness.js";
import { makeKit } from "../../test/machine/kit.js";
import { lowerSuspendable, type Suspendable, type SuspendableOptions } from "./index.js";

function machineOf(source: string): string {
  const { code } = lowerProgram(source);
  return code.slice(code.indexOf("function M1"), code.indexOf("_k.R("));
}

/** The parts around a function expression, evaluated: a factory as the closure pass makes it. */
function factory(
  source: string,
  options: Partial<SuspendableOptions>,
  build: (fn: t.Expression) => t.Expression,
): string {
  const node = parseExpression(source);
  const fn = (t.isObjectExpression(node) ? node.properties[0] : node) as Suspendable;
  const lowered = lowerSuspendable(fn, {
    id: 1,
    kit: "_k",
    isAsync: fn.async ?? false,
    isGenerator: !t.isArrowFunctionExpression(fn) && (fn.generator ?? false),
    self: t.identifier("self"),
    ...options,
  });
  let made: t.Expression;
  if (t.isObjectMethod(fn)) {
    made = t.objectExpression([t.objectMethod("method", fn.key, lowered.params, lowered.body)]);
  } else if (t.isArrowFunctionExpression(fn)) {
    made = t.arrowFunctionExpression(lowered.params, lowered.body);
  } else {
    made = t.functionExpression(null, lowered.params, lowered.body);
  }
  return generate(t.program([...lowered.declarations, t.returnStatement(build(made))])).code;
}

// biome-ignore lint/suspicious/noExplicitAny: what a program under test evaluates to
function evaluate(code: string, globals: Record<string, unknown> = {}): any {
  return new Function("_k", ...Object.keys(globals), `"use strict"; ${code}`)(makeKit(), ...Object.values(globals));
}

const plain = (fn: t.Expression) => fn;

describe("the output", () => {
  test("keeps code without suspension points as it is", () => {
    const code = machineOf(`async function main(a, b) {
      const x = await f(a, b);
      for (let i = 0; i < x; i++) { if (i === 3) continue; log(i); }
      return x;
    }`);
    expect(code).toMatchInlineSnapshot(`
      "function M1($, v, m) {
        for (;;) try {
          if (m === 1) {
            m = 0;
            throw v;
          }
          switch ($._l) {
            case 0:
              $._l = 1;
              v = f($.a, $.b);
              return _k.await($, v);
            case 1:
              $.x = v;
              for (let i = 0; i < $.x; i++) {
                if (i === 3) continue;
                log(i);
              }
              return _k.ret($, $.x);
          }
        } catch (e) {
          v = e;
          return _k.thr($, v);
        }
      }
      "
    `);
  });

  test("is a single try when nothing suspends", () => {
    expect(machineOf(`async function main(a) { if (a) return 1; throw a; }`)).toMatchInlineSnapshot(`
      "function M1($, v, m) {
        try {
          if ($.a) return _k.ret($, 1);
          throw $.a;
        } catch (e) {
          v = e;
          return _k.thr($, v);
        }
      }
      "
    `);
  });

  test("holds what was read before an await only if it may change", () => {
    const code = machineOf(`async function main(a, b) { return o.m(a, b, 1, g, await 0, (b = 1)); }`);
    expect(code).toMatchInlineSnapshot(`
      "function M1($, v, m$) {
        for (;;) try {
          if (m$ === 1) {
            m$ = 0;
            throw v;
          }
          switch ($._l) {
            case 0:
              $._0 = o;
              $._1 = $._0.m;
              $._2 = g;
              $._l = 1;
              return _k.await($, 0);
            case 1:
              return _k.ret($, _k.call($._1, $._0, [$.a, $.b, 1, $._2, v, $.b = 1], "o.m"));
          }
        } catch (e) {
          v = e;
          return _k.thr($, v);
        }
      }
      "
    `);
  });
});

describe("the wrapper", () => {
  test("copies captures, this, arguments and parameters", async () => {
    const code = factory(
      `{ async name(a, ...b) { await 0; return [this.x, arguments.length, a, b, s1.y]; } }`,
      { captures: ["s1"] },
      (o) => t.arrowFunctionExpression([t.identifier("s1")], o),
    );
    const { name } = evaluate(code)({ y: "captured" });
    expect(await name.call({ x: 1 }, 2, 3, 4)).toEqual([1, 3, 2, [3, 4], "captured"]);
    expect(name.length).toBe(1);
  });

  test("an arrow stays an arrow, with or without a block", async () => {
    const f = evaluate(factory(`async (a) => (await a) + 1`, {}, plain));
    expect(await f(1)).toBe(2);
    expect(f.length).toBe(1);
    const g = evaluate(
      factory(`async (a) => { return (await a) + this.x; }`, {}, (fn) =>
        t.callExpression(
          t.memberExpression(
            t.functionExpression(null, [], t.blockStatement([t.returnStatement(fn)])),
            t.identifier("call"),
          ),
          [t.identifier("self")],
        ),
      ),
      { self: { x: 5 } },
    );
    expect(await g(1)).toBe(6);
  });

  test("a generator is made by the function itself", () => {
    const self = {};
    const f = evaluate(factory(`function* (a) { yield a; }`, {}, plain), { self });
    expect([...f(1)]).toEqual([1]);
  });

  test("names of the function that look like the machine's own do not collide", async () => {
    const f = evaluate(
      factory(
        `async ($, v, m, e, next) => { const _0 = v + (await m) + e; return [$, _0, next, v, m, e, outer]; }`,
        {},
        plain,
      ),
      { outer: 9 },
    );
    expect(await f(1, 2, 3, 4, 5)).toEqual([1, 9, 5, 2, 3, 4, 9]);
    const g = evaluate(
      factory(`async () => { for (const x of [1]) { await 0; v.push($, m); } return v; }`, {}, plain),
      { v: [], $: 1, m: 2 },
    );
    expect(await g()).toEqual([1, 2]);
  });

  test("the function itself may have the name of the machine's frame", () => {
    const code = factory(`function* (a) { yield a; }`, { self: t.identifier("$") }, plain);
    const f = evaluate(code.replace("return function", "const $ = function").concat("\nreturn $;"));
    expect([...f(1)]).toEqual([1]);
  });

  describe("with a prologue", () => {
    const statements = (source: string) =>
      (parseExpression(`function () { ${source} }`) as t.FunctionExpression).body.body;
    const prologue = (length: number) => ({
      args: "args",
      length,
      statements: statements(`let a = args[0]; let { b = fail() } = args[1]; let rest = args.slice(2);`),
    });

    test("an async function rejects with its error", async () => {
      const f = evaluate(
        factory(`async function () { await 0; return [a, b, rest]; }`, { prologue: prologue(2) }, plain),
        {
          fail: () => {
            throw new Error("no b");
          },
        },
      );
      expect(f.length).toBe(2);
      expect(await f(1, { b: 2 }, 3, 4)).toEqual([1, 2, [3, 4]]);
      await expect(f(1, {})).rejects.toThrow("no b");
    });

    test("a generator throws its error at the call", () => {
      const f = evaluate(factory(`function* () { yield [a, b, rest]; }`, { prologue: prologue(0) }, plain), {
        self: {},
        fail: () => {
          throw new Error("no b");
        },
      });
      expect(f.length).toBe(0);
      expect([...f(1, { b: 2 }, 3, 4)]).toEqual([[1, 2, [3, 4]]]);
      expect(() => f(1, {})).toThrow("no b");
    });
  });
});

describe("what is told about a function", () => {
  test("slots, locals and awaits with their positions", () => {
    const { functions } = lowerProgram(
      `async function main(a) {\n  const x = await a;\n  for await (const y of x) log(await y, arguments);\n}`,
    );
    const { slots, locals, awaits } = functions.get("main")!;
    expect(slots).toEqual(["arguments", "a", "x", "y", "_0", "_1"]);
    expect(locals).toEqual([
      ["a", "a"],
      ["x", "x"],
      ["y", "y"],
    ]);
    expect(awaits.map(({ label, kind, node }) => [label, kind, node.loc?.start.line, node.loc?.start.column])).toEqual([
      [1, "await", 2, 12],
      [3, "for await", 3, 2],
      [5, "await", 3, 31],
      [8, "close", 3, 2],
    ]);
  });
});
