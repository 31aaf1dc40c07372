import { describe, expect, test } from "vitest";
import { trace } from "../../test/machine/harness.js";
import { isAsInNode20 } from "../../test/machine/older-iteration.js";

const prelude = `
  function t(n, value) { log("eval", n, value === null || typeof value !== "object" ? value : "object"); return value; }
  function fail(n) { log("fail", n); throw new Error("error " + n); }
  function iterable(n, values, options = {}) {
    return {
      [Symbol.iterator]() {
        log("iter", n);
        let index = 0;
        const iterator = {
          next() { log("next", n); if (options.nextFails === index) throw new Error("next"); return index < values.length ? { value: values[index++], done: false } : { value: undefined, done: true }; },
        };
        if (!options.noReturn) iterator.return = (...args) => { log("return", n, args.length); if (options.returnFails) throw new Error("return"); return options.returns ?? {}; };
        if (options.returnNotObject) iterator.return = () => { log("return", n); return 1; };
        return iterator;
      },
    };
  }
  function asyncIterable(n, values, options = {}) {
    return {
      [Symbol.asyncIterator]() {
        log("aiter", n);
        let index = 0;
        const iterator = {
          async next() { log("next", n); if (options.nextFails === index) throw new Error("next"); return index < values.length ? { value: values[index++], done: false } : { value: undefined, done: true }; },
        };
        if (!options.noReturn) iterator.return = async (...args) => { log("return", n, args.length); if (options.returnFails) throw new Error("return"); return options.returns ?? {}; };
        if (options.returnNotObject) iterator.return = () => { log("return", n); return 1; };
        if (options.returnThrows) iterator.return = () => { log("return", n); throw new Error("return throws"); };
        return iterator;
      },
    };
  }
`;

const bodies: Record<string, string> = {
  "if and else": `if (await t(1, true)) log("yes"); else log("no"); if (await t(2, 0)) await t(3); else if (t(4, 1)) { await t(5); } else log("never"); if (t(6, 0)) { await 0; log("x"); } if (t(7, 1)) log("seven"); else await t(8);`,
  "if with returns": `if (await t(1, true)) return 1; else return 2;`,
  while: `let i = 0; while (await t("test", i < 3)) { i++; if (i === 2) continue; log("body", i); } return i;`,
  "while true": `let i = 0; while (true) { if (await t(1, i++ > 2)) break; } return i;`,
  "do while": `let i = 0; do { i++; if (i === 2) continue; await t("body", i); if (i > 5) break; } while (await t("test", i < 4)); return i;`,
  "do while false": `do { await t(1); continue; } while (t("test", false)); do { await 1; break; } while (fail(1));`,
  for: `for (let i = 0, n = await t("n", 4); await t("test", i < n); await t("update", i++)) { if (i === 1) continue; if (i === 3) break; log("body", i); }`,
  "for without parts": `let i = 0; for (;;) { if (i > 2) break; await t(i); i++; }`,
  "structured loops inside": `let sum = 0; for (let i = 0; i < 3; i++) { for (let j = 0; j < 3; j++) { if (j === 1) continue; sum += j; } await t("sum", sum); } return sum;`,
  "jumps out of structured loops": `outer: for (let i = 0; i < 4; i++) { await t(i); for (let j = 0; j < 3; j++) { if (i === 1) continue outer; if (i === 3) break outer; for (const k of [1, 2]) { if (i === 2) continue outer; log(i, j, k); } } } log("after");`,
  "return out of structured loops": `await 0; for (const x of iterable(1, [1, 2, 3])) { while (true) { if (x === 2) return t("r", x); break; } }`,
  "structured for-of whose close fails": `await 0; try { for (const x of iterable(1, [1], { returnFails: true })) return t("r", x); } catch (error) { log(error); await 1; }`,
  "structured for-of left by break and continue": `await 0; outer: for (let i = 0; i < 2; i++) { await i; for (const x of iterable(1, [1, 2])) { if (i) break outer; continue outer; } }`,
  "let starts anew": `for (let i = 0; i < 2; i++) { let x; log(x); x = i; await x; } `,
  "var keeps": `for (var i = 0; i < 2; i++) { var x; log(x); x = await i; } return [i, x];`,
  "labelled blocks": `a: { b: { await t(1); if (t(2, 1)) break a; break b; } log("no"); } c: if (await t(3, 1)) { break c; } d: { log("d"); break d; } return 1;`,
  "labelled continue": `a: for (let i = 0; i < 3; i++) { b: for (let j = 0; ; j++) { await 0; if (j === 1) continue a; if (i === 2) break a; log(i, j); continue b; } }`,
  "nested labels": `a: b: c: for (const x of [1, 2, 3]) { await x; if (x === 1) continue a; if (x === 2) continue c; break b; }`,
  switch: `for (const x of [0, 1, 2, 3, 4]) switch (await t("d", x)) { case 0: log("zero"); case 1: log("one"); break; default: await t("default"); case 3: log("three"); continue; case 4: { await 1; } }`,
  "switch with tests that suspend": `for (const x of [0, 1, 2, 3]) { switch (x) { case await t("a", 0): log("zero"); break; default: log("default"); case t("b", 1): log("one"); break; case await t("c", 2): log("two"); } }`,
  "switch default in front": `for (const x of [0, 1, 2]) { switch (x) { default: await t("default"); case 1: log("one"); break; case 2: await 2; log("two"); } }`,
  "switch without match": `switch (await t(1, 9)) { case 1: await 1; } switch (2) { case await 3: log("no"); } switch (await 1) {}`,
  "switch tests structured": `switch (await t(1, 2)) { case t(2, 1): case t(3, 2): log("two"); break; case t(4, 3): log("never"); }`,
  "switch body returns": `switch (t(1, 2)) { case 2: { let z = await 5; return z; } }`,
  "structured switch": `for (let i = 0; i < 4; i++) { await i; switch (i) { case 0: continue; case 1: break; case 2: { log("two"); break; } default: return i; } log("after", i); }`,
  "try catch": `try { await t(1); fail(2); } catch (error) { log(error); await t(3); } log("after");`,
  "catch rejection": `try { await Promise.reject(new Error("no")); } catch ({ message }) { log(message); }`,
  "catch without binding": `try { await 1; fail(1); } catch { log("caught"); }`,
  "catch rethrows": `try { try { await 1; fail(1); } catch (error) { await 2; throw error; } } catch (outer) { log("outer", outer); }`,
  "error in await operand": `try { await fail(1); } catch (error) { log(error); }`,
  finally: `try { await t(1); } finally { await t(2); } try { fail(3); } finally { log("f"); await t(4); }`,
  "finally overrides return": `try { return await t(1, 1); } finally { await 0; return 2; }`,
  "finally overrides throw": `for (const x of [1, 2]) { try { await 0; fail(x); } finally { if (x === 1) continue; await t("b"); break; } } return "ok";`,
  "return through finally": `try { try { return await t(1, 1); } finally { await t(2); } } finally { log(3); }`,
  "return value kept": `let x = 1; try { await 0; return x; } finally { x = await 2; try { return await t("inner", 5); } finally { if (x === 2) x = 3; } }`,
  "return value survives nested try": `try { await 0; return 1; } finally { try { await t(1); } finally { await t(2); } }`,
  "pending return dropped by inner break": `l: try { await 0; return 1; } finally { await 0; break l; } return 2;`,
  "break through finally": `for (let i = 0; i < 3; i++) { try { await i; if (i === 1) break; log("body", i); } finally { await t("f", i); } }`,
  "continue through nested finally": `a: for (let i = 0; i < 3; i++) { try { try { await i; if (i === 1) continue a; log("body"); } finally { log("f1"); await 0; } log("end"); } finally { log("f2", i); } }`,
  "break outer through loops and finally": `a: for (const x of iterable("x", [1, 2])) { try { for (const y of iterable("y", [1, 2])) { try { await 0; break a; } finally { await t("inner"); } } } finally { await t("outer"); } }`,
  "finally in catch": `try { fail(1); } catch (e) { try { await 0; throw new Error("second"); } finally { log("f", e); await 0; } } finally { await t("last"); }`,
  "catch and finally": `try { try { await 0; fail(1); } catch (e) { log(e); return await t("r"); } finally { log("f"); await 0; } } finally { log("g"); }`,
  "throw in finally": `try { try { await 0; return 1; } finally { await 0; fail("f"); } } catch (e) { log(e); return 2; }`,
  "structured finally with jumps": `a: for (let i = 0; i < 4; i++) { await i; try { if (i === 0) continue; if (i === 1) continue a; if (i === 2) break a; } finally { log("f", i); } }`,
  "structured finally with return": `await 0; try { return t("r", 1); } finally { log("f"); }`,
  "structured finally overrides": `await 0; for (;;) { try { return t("r", 1); } finally { break; } } try { try { return 1; } finally { fail("f"); } } catch (e) { log(e); } return 2;`,
  "structured jump overridden": `a: for (let i = 0; i < 2; i++) { await i; try { for (let j = 0; j < 2; j++) { try { break a; } finally { log("f", i, j); continue; } } fail("x"); } catch (e) { log("caught", e); } }`,
  "structured jump, finally throws": `try { a: for (let i = 0; i < 2; i++) { await i; try { try { break a; } finally { fail(i); } } catch (e) { log("inner", e); } } } catch (e) { log("outer", e); }`,
  "structured catch with return": `await 0; try { return t(1, 1); } catch { log("no"); }`,
  "for-of": `for (const x of iterable(1, [1, 2, 3])) { await x; log(x); } log("end");`,
  "for-of break": `for (const x of iterable(1, [1, 2, 3])) { await x; if (x === 2) break; } log("end");`,
  "for-of return": `for (const x of iterable(1, [1, 2, 3])) { if (x === 2) return await t("r", x); }`,
  "for-of throw": `try { for (const x of iterable(1, [1, 2, 3], { returnFails: true })) { await x; fail(x); } } catch (e) { log(e); }`,
  "for-of close fails": `try { for (const x of iterable(1, [1, 2, 3], { returnFails: true })) { await x; break; } } catch (e) { log(e); } try { for (const x of iterable(2, [1], { returnNotObject: true })) { await x; return 1; } } catch (e) { log(e); }`,
  "for-of next fails": `try { for (const x of iterable(1, [1, 2], { nextFails: 1 })) { await x; } } catch (e) { log(e); }`,
  "for-of without return": `for (const x of iterable(1, [1, 2], { noReturn: true })) { await x; break; }`,
  "for-of nested": `a: for (const x of iterable(1, [1, 2])) { for (const y of iterable(2, [1, 2])) { await y; if (x === 1) continue a; if (y === 2) break a; } }`,
  "for-of over a string and a map": `for (const c of "ab") log(await c); for (const [k, v] of new Map([[1, 2]])) log(await k, v);`,
  "for-of not iterable": `try { for (const x of await 5) await x; } catch (e) { log(e); }`,
  "for-of targets": `const o = {}; let y; for (o.a of [1, 2]) await o.a; for (o[await t("k", "b")] of iterable(1, [3])) log(o.b); for (y of [4]) await y; for ([y, o.c = await t("d", 7)] of iterable(2, [[5], [6, 8]])) log(y, o.c); for (var { z = await t("z", 1) } of [{}, { z: 2 }]) log(z); return [o, y, z];`,
  "for-of target fails": `const o = null; try { for (o.x of iterable(1, [1])) await 0; } catch (e) { log(e.name); }`,
  "for-of continue in finally": `for (const x of iterable(1, [1, 2, 3])) { try { await 0; if (x == 2) break; } finally { if (x === 2) continue; } }`,
  "for await": `for await (const x of asyncIterable(1, [1, Promise.resolve(2), 3])) { log(x); } log("end");`,
  "for await break": `for await (const x of asyncIterable(1, [1, 2, 3])) { if (x === 2) break; } log("end");`,
  "for await return": `for await (const x of asyncIterable(1, [1, 2, 3])) { if (x === 2) return t("r", x); }`,
  "for await throw": `try { for await (const x of asyncIterable(1, [1, 2, 3], { returnFails: true })) fail(x); } catch (e) { log(e); }`,
  "for await throw with throwing return": `try { for await (const x of asyncIterable(1, [1, 2, 3], { returnThrows: true })) fail(x); } catch (e) { log(e); }`,
  "for await close fails": `try { for await (const x of asyncIterable(1, [1, 2, 3], { returnFails: true })) break; } catch (e) { log(e); } try { for await (const x of asyncIterable(2, [1], { returnNotObject: true })) { return 1; } } catch (e) { log(e); }`,
  "for await next fails": `try { for await (const x of asyncIterable(1, [1, 2], { nextFails: 1 })) log(x); } catch (e) { log(e); }`,
  "for await without return": `for await (const x of asyncIterable(1, [1, 2], { noReturn: true })) break; for await (const x of asyncIterable(1, [1, 2], { noReturn: true })) fail(x);`,
  "for await over sync": `for await (const x of [1, Promise.resolve(2)]) log(x); try { for await (const x of iterable(1, [Promise.reject(new Error("r"))])) log(x); } catch (e) { log(e); }`,
  "for await outer continue": `a: for (const y of [1, 2]) for await (const x of asyncIterable(y, [1, 2])) { if (y === 1) continue a; for await (const z of asyncIterable("z", [1])) { try { break a; } finally { await t("f"); } } }`,
  "for in": `for (const k in { a: 1, b: 2, c: 3 }) { if (k === "b") continue; log(await k); } for (var j in [1, 2]) { await 0; break; } for (const k in null) await 0; return j;`,
  "for in deletes": `const o = { a: 1, b: 2, c: 3 }; for (const k in o) { await 0; delete o.b; log(k); }`,
  "for in targets": `const o = {}; for (o[await t("k", "x")] in { p: 1 }) await 0; for (const [c = await t("never")] in { qr: 1 }) log(c); a: for (const x of [1, 2]) for (const k in { y: 1 }) { await 0; continue a; } return o;`,
  "structured for in": `await 0; for (const k in { a: 1 }) { if (k) return k; }`,
  "destructuring objects": `const { a, b = await t("b", 2), c: { d = await t("d", 3) } = await t("c", {}), ...rest } = t("source", { a: 1, x: 9, y: 8 }); return [a, b, d, rest];`,
  "destructuring computed keys": `const { [await t("k", "a")]: a, [t("k2", "b")]: b = await t("b"), c, ...rest } = { a: 1, c: 2, d: 3, e: 4 }; return [a, b, c, rest];`,
  "destructuring null": `try { const { [await t("never", "a")]: a } = null; } catch (e) { log(e.name); } try { const { a = await t("never") } = undefined; } catch (e) { log(e.name); } try { const { a, b = await t("never") } = null; } catch (e) { log(e.name); } try { let a; ({ ...a[await t("never")] } = null); } catch (e) { log(e.name); }`,
  "destructuring arrays": `const [a, , b = await t("b", 2), [c = await t("c", 3)] = await t("cs", []), ...rest] = iterable(1, [1, 9, undefined, undefined, 4, 5]); return [a, b, c, rest];`,
  "destructuring closes": `const [a = await t("a", 1)] = iterable(1, [undefined, 2]); const [b = await t("b", 1), c] = iterable(2, []); return [a, b, c];`,
  "destructuring default fails": `try { const [a = await fail(1)] = iterable(1, [undefined]); } catch (e) { log(e); } try { const [a = await fail(1)] = iterable(1, [undefined], { returnFails: true }); } catch (e) { log(e); } try { const [a, b = await fail(1)] = iterable(1, [1]); } catch (e) { log(e); }`,
  "destructuring next fails": `try { const [a = await t("a"), b] = iterable(1, [undefined], { nextFails: 1 }); } catch (e) { log(e); } try { const [a = await t("a"), ...b] = iterable(1, [undefined], { nextFails: 1 }); } catch (e) { log(e); }`,
  "destructuring close fails": `try { const [a = await t("a")] = iterable(1, [undefined], { returnFails: true }); } catch (e) { log(e); }`,
  "destructuring assignment": `const o = {}; let x; const r = ({ a: o.a = await t("a", 1), b: o[await t("k", "b")] = t("d", 2), c: x, ...o[await t("rk", "rest")] } = t("s", { c: 3, d: 4 })); return [o, x, r];`,
  "destructuring array targets": `const o = {}; let x; const r = [o[await t("k", "a")], o[t("k2", "b")] = await t("d", 2), x, { y: o.y = await t("y", 5) }, ...o[await t("rk", "rest")]] = t("s", [1, undefined, 3, {}, 4, 5]); return [o, x, r];`,
  "destructuring target fails": `try { [fail("target")[await t("k")]] = iterable(1, [1]); } catch (e) { log(e); } try { [null[await t("k")]] = iterable(1, [1]); } catch (e) { log(e.name); }`,
  "destructuring returns in catch parameter": `try { await 0; throw { a: 1 }; } catch ({ a, b = await t("b", 2) }) { return [a, b]; }`,
  "destructuring of an await": `const { a, b: [c] } = await t("s", { a: 1, b: [2] }); let d; [d] = await t("d", [3]); ({ d } = { d: await t("e", 4) }); return [a, c, d];`,
  "destructuring names of their own keys": `const [v = await t("v", 1), m = await 2] = []; const e = 3; const $ = await 4; const next = 5; return [v, m, e, $, next];`,
  "names like the header's": `const _l = await 1; const _0 = await 2, _p = 3, __proto__ = await 4, _r = 5; return [_l, _0, _p, __proto__, _r];`,
  "await sequence": `await 1; await 2; await 3; log(await 4, await 5);`,
  "return await": `return await t(1, 1);`,
  "return a promise": `return Promise.resolve(t(1, 1));`,
  "return a rejection": `try { return Promise.reject(new Error("later")); } catch (e) { log("never"); }`,
  "return awaited rejection": `try { return await Promise.reject(new Error("now")); } catch (e) { log(e); }`,
  "throw awaited": `throw await t(1, new Error("thrown"));`,
  "dead code": `return 1; await 2; for (const x of [1]) { await x; }`,
  "dead code after jumps": `for (;;) { await 0; break; await 1; } l: { break l; await 2; } if (await 1) { return 5; } else { throw 6; } await 7;`,
  "empty statements": `;; if (await 1); for (const x of [1]) ; while (await 0); {} l: ;`,
  directives: `"use strict"; await 0; return this;`,
  "variables in structured blocks": `{ const a = t(1, 1); let b = a + 1; log(b); } await 0; { let c = 1; c++; for (let i = 0; i < 2; i++) { const d = i; c += d; } log(c); } if (t(2, 1)) { var kept = 5; let e = 6; log(e); } await 0; return kept;`,
  "var in structured loops": `await 0; for (var i = 0; i < 2; i++) { var { a, b = a } = { a: i }; } for (var x of [1, 2]); for (var k in { z: 1 }); for (var [p, q] of [[1, 2]]) log(p, q); await 0; return [i, a, b, x, k, p, q];`,
  "this and arguments": `log(this === undefined, arguments.length); await 0; return [arguments.length, this === undefined];`,
  "chained loops with many awaits": `let s = ""; for (const a of "ab") for (const b of "cd") for (let i = 0; i < (await 2); i++) { s += a + (await b) + i; } return s;`,
};

const comparable = Object.entries(bodies).filter(([name]) => isAsInNode20(name));

describe("a statement with suspension points runs as written", () => {
  test.each(comparable)("%s", async (_, body) => {
    const source = `${prelude} async function main() { ${body} }`;
    expect(await trace(source, true)).toEqual(await trace(source, false));
  });

  test.each(comparable)("in an async generator: %s", async (_, body) => {
    const source = `${prelude} async function* generate() { ${body} }
      async function main() {
        const iterator = generate();
        for (let step; !step?.done; ) { step = await iterator.next(); log("step", step); }
      }`;
    expect(await trace(source, true)).toEqual(await trace(source, false));
  });

  const sync = Object.entries(bodies).filter(([, body]) => !/for await|fail|Promise/.test(body));
  test.each(sync)("in a generator: %s", async (_, body) => {
    const made = body
      .replace(/await (fail\(\d\)|t\([^()]*(\([^()]*\))?[^()]*\)|-?[\w$]+)/g, "(yield $1)")
      .replaceAll("await ", "yield ");
    const source = `${prelude} function* generate() { ${made} }
      function main() {
        const iterator = generate();
        let step = iterator.next();
        while (!step.done) { log("yielded", step.value); step = iterator.next(step.value); }
        return step.value;
      }`;
    expect(await trace(source, true)).toEqual(await trace(source, false));
  });
});
