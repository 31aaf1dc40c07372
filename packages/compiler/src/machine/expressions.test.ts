// biome-ignore-all lint/suspicious/noTemplateCurlyInString: programs under test
import { describe, expect, test } from "vitest";
import { trace } from "../../test/machine/harness.js";

/** Helpers of every program: traced values and objects. */
const prelude = `
  let count = 0;
  function t(n, value) { log("eval", n, typeof value === "object" || typeof value === "function" ? typeof value : value); return value; }
  function f(...args) { log("f", this === undefined, ...args); return args.length; }
  function C(...args) { log("C", new.target === C, ...args); this.args = args; }
  function key(name) { return { toString() { log("key", name); return name; } }; }
  function watched(name, target) {
    return new Proxy(target, {
      get(o, k, r) { if (typeof k !== "symbol") log("get", name, k); return Reflect.get(o, k, r); },
      set(o, k, v, r) { log("set", name, k, v); return Reflect.set(o, k, v, r); },
      has(o, k) { log("has", name, k); return k in o; },
      deleteProperty(o, k) { log("delete", name, k); return delete o[k]; },
    });
  }
  const o = watched("o", { a: 1, b: { c: 2, d: null }, n: null, m(...args) { log("m", this === o, ...args); return args; }, s: "str" });
  let g = 5;
  function setG(value) { g = value; return value; }
`;

/** Each \`$(e)\` is tried as a call, as an await and (in generators) as a yield. */
const expressions = [
  "$(1) + $(2) * $(3)",
  "$(1) + g + $(setG(7)) + g",
  "g + $(setG(8))",
  "x + $(x = 4) + x + $(x = 5) + x",
  "x++ + $(x) + x--",
  "-$(1) + +$('2') + ~$(3)",
  "!$(1)",
  "typeof $(1)",
  "void $(1)",
  "typeof undeclared + $(1)",
  "$('a') in $(o)",
  "$({}) instanceof $(C)",
  "$(1) && $(2)",
  "$(0) && $(2)",
  "$(1) || $(2)",
  "$(0) || $(2)",
  "$(null) ?? $(2)",
  "$(0) ?? $(2)",
  "($(0) || $(1)) && ($(null) ?? $(2))",
  "[$(1) && $(0), $(3) || $(4)]",
  "$(1) ? $(2) : $(3)",
  "$(0) ? $(2) : $(3)",
  "[1, $(1) ? $(2) : $(3), $(4)]",
  "($(1), $(2))",
  "[($(1), x), $(2)]",
  "(0, o.m)($(1))",
  "($(0), o.m)(1)",
  "delete ($(0), o.b)",
  "f($(1), g, $(setG(2)), ...$([3, 4]), $(5))",
  "f(...[1, 2], $(3))",
  "$(f)($(1))",
  "o.m($(1), x, $(x = 2), x)",
  "o['m']($(1))",
  "o[$('m')]($(1))",
  "o[key('m')]($(1))",
  "$(o).m(1)",
  "$(o).m($(1))",
  "$(o)[$('m')](...$([1, 2]))",
  "o.b.c.toFixed($(1))",
  "new C($(1), ...$([2]), x)",
  "new ($(C))($(1))",
  "new (class1())($(1))",
  "new o.missing($(1))",
  "f($(1)).missing($(2))",
  "o.missing($(2))",
  "undeclared($(2))",
  "x($(2))",
  "o.b.c = $(3)",
  "o[$('a')] = $(3)",
  "$(o)[$('a')] = $(3)",
  "o[key('a')] = $(3)",
  "$(o).a = g",
  "o.n.x = $(1)",
  "x = $(3)",
  "[x = $(3), x += $(4), x]",
  "g = $(9)",
  "g += $(setG(20))",
  "x += $(1)",
  "x += $(x = 10)",
  "x += x + $(x = 10) + x",
  "o.a += $(1)",
  "o[$('a')] += $(1)",
  "$(o)[key('a')] += $(1)",
  "$(o).a -= 1",
  "$(o)[$('a')] **= $(2)",
  "x &&= $(1)",
  "x ||= $(1)",
  "x ??= $(1)",
  "y ??= $(1)",
  "y ||= $(y)",
  "y &&= $(1)",
  "o.n ??= $(1)",
  "o.a ??= $(1)",
  "o[$('n')] ??= $(1)",
  "$(o)[$('a')] &&= $(1)",
  "$(o).n ||= x",
  "$(o).b[$('d')] ??= $(1)",
  "[o.a ||= $(1), o.n ||= $(2)]",
  "$(o).a++",
  "--$(o)[$('a')]",
  "o[$('a')]++",
  "delete $(o).a",
  "delete o[$('a')]",
  "[$(1), , $(2), ...$([3]), g, $(setG(1)), g]",
  "[...o.s, $(1)]",
  "({ a: $(1), [$('b')]: $(2), g, ...$({ z: 1 }), [key('k')]: $(setG(3)), g2: g })",
  "({ x, [key('k')]: $(x = 2), y: x, ...o.b, w: $(1) })",
  "({ ...o.b, w: $(1), __proto__: $({ inherited: 1 }) }).inherited",
  "({ ['__proto__']: $(1) })",
  "Object.keys({ __proto__, x: $(1) })",
  "Object.keys({ x: $(1), __proto__ })",
  "({ 'a b': $(1), 1: $(2), [3]: $(4) })",
  "`a${$(1)}b${g}c${$(setG(2))}d${g}e`",
  "`${key('p')}${$(1)}`",
  "`${$(1)}`",
  "`x${$(1)}${$(2)}${x}`",
  "tag`a${$(1)}b${x}\\n${$(2)}`",
  "o.m`a${$(1)}b`",
  "$(tag)`a${1}b`",
  "o?.b.c + $(1)",
  "$(o)?.b?.[$('c')]",
  "$(null)?.b[$('c')].d",
  "o.n?.[$('c')].d($(1))",
  "o.b?.[$('c')].toFixed($(1))",
  "o.m?.($(1))",
  "o?.m($(1))",
  "o.n?.m($(1))",
  "o.n?.m?.($(1)) ?? $(2)",
  "o.missing?.($(1))",
  "o?.[$('m')]?.($(1)).length",
  "o?.m($(1))?.[$(0)]",
  "(o?.m)($(1))",
  "(o.n?.m)($(1))",
  "(o?.[$('m')])($(1))",
  "f?.($(1))",
  "f?.($(1))?.toFixed($(2))",
  "y?.($(1))",
  "x?.($(1))",
  "delete o?.[$('a')]",
  "delete o.n?.[$('a')]",
  "delete $(o)?.b[$('c')]",
  "$(o)?.b.c",
  "$(null)?.b.c",
  "this === undefined && $(1)",
  "arguments.length + $(1)",
  "new.target === undefined && $(1)",
  "-1 + $(1) + -x",
  "[[1, x], $(x = 3), { x, y: [x] }]",
  "f([1, x], { x }, $(x = 3))",
  "/a/.test($('a'))",
  "1n + $(2n)",
  "$(Promise.resolve(4))",
  "({ then(r) { log('then'); r(5); } })",
  "$({ then(r) { log('then'); r(5); } })",
];

const before = `let x = 3; let y; const z = 1; const __proto__ = { p: 1 };`;
const extra = `
  function class1() { log("class1"); return C; }
  function tag(strings, ...values) { log("tag", this === undefined, strings.length, strings.raw.join("|"), ...values); return strings[0]; }
`;

function variants(expression: string, forms: ((n: number, e: string) => string)[]): string[] {
  const holes = expression.split("$(").length - 1;
  const total = holes > 3 ? 8 : 2 ** holes;
  return Array.from({ length: total }, (_, mask) => {
    let n = 0;
    return replaceHoles(expression, (inner) => {
      const bit = (mask >> Math.min(n, 2)) & 1;
      n++;
      return forms[bit]!(n, inner);
    });
  });
}

/** Replaces \`$(...)\` with balanced parentheses. */
function replaceHoles(text: string, make: (inner: string) => string): string {
  const start = text.indexOf("$(");
  if (start < 0) return text;
  let depth = 0;
  let end = start + 1;
  for (; end < text.length; end++) {
    if (text[end] === "(") depth++;
    if (text[end] === ")" && --depth === 0) break;
  }
  const made = make(text.slice(start + 2, end));
  return text.slice(0, start) + made + replaceHoles(text.slice(end + 1), make);
}

const plain = (n: number, e: string) => `t(${n}, ${e})`;

async function same(source: string): Promise<void> {
  const native = await trace(source, false);
  expect(await trace(source, true), source).toEqual(native);
}

describe("an expression with suspension points evaluates as written", () => {
  test.each(expressions)("async: %s", async (expression) => {
    const all = variants(expression, [plain, (n, e) => `(await t(${n}, ${e}))`]);
    for (const variant of all) {
      await same(`${prelude}${extra}
        async function main() { ${before} const result = ${variant}; log("x", x, "y", y); return result; }`);
    }
    await same(`${prelude}${extra}
      async function main() {
        ${before}
        try { ${all.at(-1)}; } catch (error) { log("caught", error.name); }
        log("x", x, "g", g);
        if (${all.at(-1)}) log("truthy");
        return x;
      }`);
  });

  test.each(expressions)("generator: %s", async (expression) => {
    for (const variant of variants(expression, [plain, (n, e) => `(yield t(${n}, ${e}))`])) {
      await same(`${prelude}${extra}
        function* generate() { ${before} const result = ${variant}; log("x", x, "y", y); return result; }
        function main() {
          const iterator = generate();
          let step = iterator.next();
          while (!step.done) step = iterator.next(step.value);
          return step.value;
        }`);
    }
  });

  test.each(expressions)("async generator: %s", async (expression) => {
    for (const variant of variants(expression, [
      (n, e) => `(await t(${n}, ${e}))`,
      (n, e) => `(yield t(${n}, ${e}))`,
    ])) {
      await same(`${prelude}${extra}
        async function* generate() { ${before} return ${variant}; }
        async function main() {
          const iterator = generate();
          let step = await iterator.next();
          while (!step.done) step = await iterator.next(step.value);
          return step.value;
        }`);
    }
  });
});
