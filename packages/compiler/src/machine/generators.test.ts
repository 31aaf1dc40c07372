import { describe, expect, test } from "vitest";
import { trace } from "../../test/machine/harness.js";
import { isAsInNode20 } from "../../test/machine/older-iteration.js";

const prelude = `
  function t(n, value) { log("eval", n, value); return value; }
  function iterable(n, length, options = {}) {
    return {
      [Symbol.iterator]() {
        log("iter", n);
        let index = 0;
        const result = (name, value) => {
          log(name, n, value);
          if (options[name] === "throws") throw new Error(name + " throws");
          if (options[name] === "primitive") return 1;
          return options[name] ?? { get done() { log("done", n); return index > length; }, get value() { log("value", n); return name + index++; } };
        };
        const iterator = { next: (value) => { index++; return result("next", value); } };
        if (options.throw !== null) iterator.throw = (value) => result("throw", value);
        if (options.return !== null) iterator.return = (value) => result("return", value);
        if (options.async) for (const name of Object.keys(iterator)) {
          const sync = iterator[name];
          iterator[name] = async (value) => sync(value);
        }
        return iterator;
      },
      get [Symbol.asyncIterator]() { return options.async ? this[Symbol.iterator] : undefined; },
    };
  }
  function* inner() { try { const x = yield "i1"; log("sent", x); yield "i2"; } catch (e) { log("inner caught", e); yield "i3"; } finally { log("inner finally"); yield "i4"; } return "inner result"; }
  async function* asyncInner() { try { const x = yield "i1"; log("sent", x); await 0; yield "i2"; } catch (e) { log("inner caught", e); yield "i3"; } finally { log("inner finally"); yield "i4"; } return "inner result"; }
`;

const bodies: Record<string, string> = {
  "yields in sequence": `const a = yield 1; log("a", a); const b = yield a; return [a, b];`,
  "yield without operand": `log(yield); yield; return;`,
  "no yield": `log("body"); return 1;`,
  "yield in expressions": `return (yield 1) + (yield 2) * t("x", yield 3);`,
  "yield in try": `try { yield 1; } catch (e) { log("caught", e); yield 2; }`,
  "yield in finally": `try { yield 1; yield 2; } finally { log("f"); yield 3; log("g"); }`,
  "nested finally": `try { try { yield 1; } finally { yield 2; } yield 3; } catch (e) { yield 4; } finally { yield 5; }`,
  "finally returns": `try { yield 1; } finally { return 2; }`,
  "finally breaks": `for (;;) { try { yield 1; } finally { break; } } yield 2; return 3;`,
  "finally continues": `for (let i = 0; i < 2; i++) { try { yield i; } finally { continue; } } yield "end";`,
  "finally throws": `try { yield 1; } finally { throw new Error("f"); }`,
  "a return that is overridden inside a finally": `try { return 1; } finally { do try { return 2; } finally { break; } while (false); log("f"); }`,
  "a jump that is overridden inside a finally": `for (;;) { try { return 1; } finally { try { try { break; } finally { throw 9; } } catch (e) { log(e); } } }`,
  "an iterator that overrides a return inside a finally": `try { return 1; } finally { try { for (const x of iterable(1, 3, { return: "throws" })) return 2; } catch (e) { log(e); } }`,
  "structured finally": `try { yield 1; } finally { try { t("f", 1); } finally { log("g"); } }`,
  loop: `for (let i = 0; i < 3; i++) { const x = yield i; if (x === "stop") break; }`,
  "for-of": `for (const x of iterable(1, 3)) yield x;`,
  "for-of whose return throws": `for (const x of iterable(1, 3, { return: "throws" })) yield x;`,
  "for-of whose return is no object": `for (const x of iterable(1, 3, { return: "primitive" })) yield x;`,
  "for-of in try": `try { for (const x of iterable(1, 3, { return: "throws" })) { try { yield x; } finally { yield "f"; } } } catch (e) { log("caught", e); yield "c"; } finally { log("end"); }`,
  "nested for-of": `for (const x of iterable(1, 2)) for (const y of iterable(2, 1)) yield [x, y];`,
  destructuring: `const [a = yield 1, b = yield 2] = iterable(1, 3, { next: { done: false, value: undefined } }); return [a, b];`,
  "destructuring targets": `const o = {}; [o[yield "k"], ...o[yield "r"]] = iterable(1, 2); return o;`,
  "destructuring closes badly": `try { const [a = yield 1] = iterable(1, 3, { next: { done: false, value: undefined }, return: "throws" }); } finally { yield 2; }`,
  "object destructuring": `const { a = yield 1, [yield 2]: b, ...c } = { x: 1, y: 2 }; return [a, b, c];`,
  "yield*": `const r = yield* inner(); log("r", r); return r;`,
  "yield* of an array": `yield* [1, 2]; return yield* "ab";`,
  "yield* in try": `try { yield* inner(); } catch (e) { log("outer caught", e); yield "c"; } finally { yield "f"; }`,
  "yield* of a plain iterator": `const r = yield* iterable(1, 2); return r;`,
  "yield* without throw": `try { yield* iterable(1, 2, { throw: null }); } catch (e) { log(e.name); yield "c"; }`,
  "yield* without throw, return fails": `try { yield* iterable(1, 2, { throw: null, return: "throws" }); } catch (e) { log(e.name); yield "c"; }`,
  "yield* without return": `try { yield* iterable(1, 2, { return: null }); } finally { yield "f"; }`,
  "yield* throws": `yield* iterable(1, 2, { throw: "throws", return: "throws" });`,
  "yield* primitives": `yield* iterable(1, 2, { throw: "primitive", return: "primitive" });`,
  "yield* not done": `yield* iterable(1, 3, { return: { done: false, value: "go on" }, throw: { done: true, value: "done" } }); yield "after";`,
  "yield* of nothing": `yield* null;`,
  "yield* as operand": `return [t(1, 1), yield* inner(), yield 5];`,
  "yield* in for-of": `for (const x of iterable(1, 2)) yield* [x, "and"];`,
  "yield in switch": `switch (yield 1) { case yield 2: yield 3; default: yield 4; }`,
  labelled: `a: for (const x of iterable(1, 2)) { for (const y of iterable(2, 2)) { if ((yield y) === "stop") break a; continue a; } }`,
  "return with finally": `try { return yield 1; } finally { yield 2; }`,
  throw: `throw yield 1;`,
};

const asyncBodies: Record<string, string> = {
  ...bodies,
  "yields promises": `yield Promise.resolve(1); try { yield Promise.reject(new Error("p")); } catch (e) { log("caught", e); } return Promise.resolve(2);`,
  "returns a rejection": `try { return Promise.reject(new Error("r")); } catch (e) { log("caught", e); return 1; } finally { log("f"); }`,
  awaits: `const a = await t(1, 1); yield a; yield await 2; return await 3;`,
  "yield* async": `const r = yield* asyncInner(); log("r", r); return r;`,
  "yield* async plain": `const r = yield* iterable(1, 2, { async: true }); return r;`,
  "yield* async without throw": `try { yield* iterable(1, 2, { async: true, throw: null }); } catch (e) { log(e.name); yield "c"; }`,
  "yield* async without throw and return": `try { yield* iterable(1, 2, { async: true, throw: null, return: null }); } catch (e) { log(e.name); yield "c"; }`,
  "yield* async without throw, return fails": `try { yield* iterable(1, 2, { async: true, throw: null, return: "throws" }); } catch (e) { log(e.name, e.message); yield "c"; }`,
  "yield* async without throw, return primitive": `try { yield* iterable(1, 2, { async: true, throw: null, return: "primitive" }); } catch (e) { log(e.name, e.message); yield "c"; }`,
  "yield* async without return": `try { yield* iterable(1, 2, { async: true, return: null }); } finally { yield "f"; }`,
  "yield* async throws": `yield* iterable(1, 2, { async: true, throw: "throws", return: "throws" });`,
  "yield* async primitives": `yield* iterable(1, 2, { async: true, throw: "primitive", return: "primitive", next: "primitive" });`,
  "yield* async not done": `yield* iterable(1, 3, { async: true, return: { done: false, value: "go on" }, throw: { done: true, value: "done" } }); yield "after";`,
  "for await": `for await (const x of iterable(1, 3, { async: true })) yield x;`,
  "for await closing fails": `try { for await (const x of iterable(1, 3, { async: true, return: "throws" })) yield x; } finally { yield "f"; }`,
  "for await with finally": `try { for await (const x of iterable(1, 3, { async: true })) try { yield x; } finally { await t("f", 0); yield "f"; } } finally { yield "g"; }`,
  "for await nested": `for (const y of iterable(0, 2)) for await (const x of iterable(1, 3, { async: true })) for await (const z of [1]) yield [x, y, z];`,
};

/** How the driver resumes: \`next\` up to a step, then something else, then \`next\` to the end. */
const drives = [
  "next",
  "throw 0",
  "return 0",
  "throw 1",
  "return 1",
  "throw 2",
  "return 2",
  "return 1 throw 2",
  "throw 1 return 2",
  "return 1 return 2",
  "throw 1 throw 2",
];

const driver = (isAsync: boolean) => `
  const plan = new Map();
  const words = drive.split(" ");
  for (let i = 0; i + 1 < words.length; i += 2) plan.set(Number(words[i + 1]), words[i]);
  const iterator = generate();
  for (let step = 0, result; step < 12; step++) {
    const mode = plan.get(step) ?? "next";
    try {
      result = ${isAsync ? "await" : ""} iterator[mode](mode === "throw" ? new Error("thrown " + step) : mode + step);
      log("step", mode, result.done, result.value);
    } catch (error) {
      log("step", mode, "failed", error);
    }
  }
`;

describe("a generator answers next, throw and return at every yield", () => {
  test.each(Object.entries(bodies))("%s", async (_, body) => {
    for (const drive of drives) {
      const source = `${prelude} function* generate() { ${body} } function main() { ${driver(false)} }`;
      expect(await trace(source, true, { drive }), drive).toEqual(await trace(source, false, { drive }));
    }
  });
});

describe("an async generator answers next, throw and return at every yield", () => {
  test.each(Object.entries(asyncBodies))("%s", async (name, body) => {
    for (const drive of drives.filter((one) => isAsInNode20(name, one.includes("throw")))) {
      const source = `${prelude} async function* generate() { ${body} } async function main() { ${driver(true)} }`;
      expect(await trace(source, true, { drive }), drive).toEqual(await trace(source, false, { drive }));
    }
  });

  const queued = Object.entries(asyncBodies).filter(([name]) => isAsInNode20(name));
  test.each(queued)("with requests queued: %s", async (_, body) => {
    const source = `${prelude} async function* generate() { ${body} }
      function main() {
        const iterator = generate();
        const ask = (mode, value) => iterator[mode](value).then((r) => log("ok", mode, value, r), (e) => log("failed", mode, value, e));
        return Promise.all([ask("next", 1), ask("next", 2), ask("throw", 3), ask("next", 4), ask("return", 5), ask("next", 6), ask("return", Promise.reject(7)), ask("throw", 8)]);
      }`;
    expect(await trace(source, true)).toEqual(await trace(source, false));
  });
});
