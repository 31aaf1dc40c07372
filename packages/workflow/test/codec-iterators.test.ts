import { describe, expect, it } from "vitest";
import { across, Realm } from "./realm-pair.js";

// What the compiler makes of `target.method(argument)` where the method's name is one that makes iterators.
const program = `let iterate = (target, method, argument) => _k.it(argument === undefined ? target[method]() : target[method](argument), target, method, argument);
let rest = (iterator) => [...iterator];`;
const check = (make: string, look: string) => across(make, look, program);

describe("native iterators in flight", () => {
  for (const [method, left] of [
    ["values", ["b", "c"]],
    ["keys", [1, 2]],
    [
      "entries",
      [
        [1, "b"],
        [2, "c"],
      ],
    ],
  ] as const) {
    it(`array ${method}`, () => {
      const make = `const a = ["a", "b", "c"]; const i = iterate(a, "${method}"); i.next(); return { i, a }`;
      expect(check(make, "return rest(value.i)")).toEqual(left);
      expect(check(make, "value.a.push('d'); return rest(value.i).length")).toBe(3);
    });
  }

  it("an array's at its end goes on when elements are added, an exhausted one does not", () => {
    const make = `const a = [1, 2]; const end = iterate(a, "values"); end.next(); end.next();
      const over = iterate(a, Symbol.iterator); rest(over); return { end, over, a }`;
    const look = "value.a.push(3); return [rest(value.end), rest(value.over), value.a]";
    expect(check(make, look)).toEqual([[3], [], [1, 2, 3]]);
  });

  it("typed arrays, frozen arrays", () => {
    const make = `const t = iterate(new Uint8Array([1, 2, 3]), "entries"); t.next();
      const f = iterate(Object.freeze([7, 8]), "values"); f.next(); return { t, f }`;
    expect(check(make, "return [rest(value.t), rest(value.f)]")).toEqual([
      [
        [1, 2],
        [2, 3],
      ],
      [8],
    ]);
  });

  for (const method of ["values", "keys", "entries"] as const) {
    it(`map ${method}, with deletes and additions`, () => {
      const make = `const m = new Map([[1, "a"], [2, "b"], [3, "c"], [4, "d"]]); const i = iterate(m, "${method}");
        i.next(); i.next(); m.delete(1); m.delete(3); m.set(5, "e"); return { i, m }`;
      const want = {
        values: ["d", "e", "f"],
        keys: [4, 5, 6],
        entries: [
          [4, "d"],
          [5, "e"],
          [6, "f"],
        ],
      };
      expect(check(make, "value.m.set(6, 'f'); return rest(value.i)")).toEqual(want[method]);
    });
  }

  it("an exhausted one of a map or set stays exhausted, one at the end does not", () => {
    const make = `const s = new Set([1, 2]); const end = iterate(s, "values"); end.next(); end.next();
      const over = iterate(s, "values"); rest(over); const fresh = iterate(s, "entries"); return { s, end, over, fresh }`;
    const look = "value.s.add(3); return [rest(value.end), rest(value.over), rest(value.fresh), [...value.s]]";
    expect(check(make, look)).toEqual([
      [3],
      [],
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      [1, 2, 3],
    ]);
  });

  it("strings, by code points", () => {
    const make = "const i = iterate('a\\u{1F600}b\\u{1F600}', Symbol.iterator); i.next(); i.next(); return i";
    expect(check(make, "return rest(value)")).toEqual(["b", "\u{1F600}"]);
  });

  it("matches of an expression", () => {
    const make = `const i = iterate("a1b22c333", "matchAll", /[a-z](\\d+)/g); i.next(); return i`;
    expect(check(make, "return rest(value).map((m) => [m[0], m[1], m.index])")).toEqual([
      ["b22", "22", 2],
      ["c333", "333", 5],
    ]);
    const other = `const i = iterate(/x?/gu, Symbol.matchAll, "axb"); i.next(); return { i, done: iterate("a", "matchAll", "b") }`;
    expect(check(other, "return [rest(value.i).map((m) => m.index), rest(value.done)]")).toEqual([[1, 2, 3], []]);
  });

  it("is saved again after it was restored", () => {
    const first = new Realm(program).save(
      "const m = new Map([[1, 1], [2, 2], [3, 3]]); const i = iterate(m, 'keys'); i.next(); return i",
    );
    const second = new Realm(program).load(first);
    second.run("value.next()");
    const text = second.run("save({ value })") as string;
    expect(new Realm(program).load(text).look("return rest(value)")).toEqual([3]);
  });

  it("keeps identity and is the native kind", () => {
    const make = "const i = iterate([1], 'values'); return [i, i]";
    expect(check(make, "return [value[0] === value[1], Object.prototype.toString.call(value[0])]")).toEqual([
      true,
      "[object Array Iterator]",
    ]);
  });

  it("walks over arguments, boxed text and objects like arrays", () => {
    const make = `const args = (function () { return arguments })(1, 2, 3);
      const list = [args, Object("abc"), { length: 3, 0: "x", 1: "y", 2: "z", [Symbol.iterator]: Array.prototype.values }]
        .map((target) => iterate(target, Symbol.iterator));
      for (const i of list) i.next(); return list`;
    expect(check(make, "return value.map(rest)")).toEqual([
      [2, 3],
      ["b", "c"],
      ["y", "z"],
    ]);
  });

  it("does not believe a user's own method", () => {
    const make =
      "const o = new (class extends Map { values() { return [9].values() } })(); return iterate(o, 'values')";
    expect(() => new Realm(program).save(make)).toThrow(/iterator made outside compiled code/);
  });
});
