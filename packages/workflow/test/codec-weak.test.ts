import { describe, expect, it } from "vitest";
import { across, Realm } from "./realm-pair.js";

describe("weak collections", () => {
  it("keep entries whose key is alive, and only those", () => {
    const make = `const k = { k: 1 }; const m = new WeakMap([[k, "kept"]]); m.set({}, "lost"); const s = new WeakSet([k, {}]);
      return { k, m, s }`;
    expect(across(make, "return [value.m.get(value.k), value.s.has(value.k)]")).toEqual(["kept", true]);
    expect(new Realm().save(make)).not.toContain("lost");
  });

  it("are ephemerons: a value may bring the next key to life", () => {
    const make = `const first = {}, second = {}, third = {}; const inner = new WeakMap([[third, "deep"]]);
      const m = new WeakMap([[second, { third, inner }], [first, second]]); return { m, first }`;
    const look = `const { third, inner } = value.m.get(value.m.get(value.first)); return inner.get(third)`;
    expect(across(make, look)).toBe("deep");
  });

  it("do not keep a deleted entry", () => {
    const make = "const k = {}; const m = new WeakMap([[k, 1]]); m.delete(k); return { k, m }";
    expect(across(make, "return value.m.has(value.k)")).toBe(false);
  });

  it("hold functions, proxies, frozen objects and symbols as keys", () => {
    const make = `const keys = [Math.max.bind(null), new Proxy({}, {}), Object.freeze({}), Symbol("s")];
      return { keys, m: new WeakMap(keys.map((key, i) => [key, i])) }`;
    expect(across(make, "return value.keys.map((key) => value.m.get(key))")).toEqual([0, 1, 2, 3]);
  });

  it("hold roots as keys", () => {
    const make = "return new WeakMap([[Math, 1], [root, 2]])";
    const program = "let root = { r: 1 }; _k.M(0, true, { get root() { return root } });";
    const first = new Realm(program);
    const text = first.save(make);
    const second = new Realm(program).load(text);
    expect(second.look("return [value.get(Math), value.get(root)]")).toEqual([1, 2]);
    const again = second.run("save({ value })") as string;
    expect(new Realm(program).load(again).look("return [value.get(Math), value.get(root)]")).toEqual([1, 2]);
  });

  it("of a dependency's module keep what belongs to the thread: lowered private fields", () => {
    // What published packages look like where `#count` was lowered.
    const program = `
      let _count = new WeakMap(), _brand = new WeakSet();
      class Counter { constructor() { _count.set(this, 0); _brand.add(this); } up() {
        if (!_brand.has(this)) throw new TypeError("no Counter");
        const n = _count.get(this) + 1; _count.set(this, n); return n; } }
      _k.M(0, false, { get _count() { return _count }, get _brand() { return _brand }, get Counter() { return Counter } });`;
    const make = "const c = new Counter(); c.up(); new Counter(); return { list: [c] }";
    expect(across(make, "return [value.list[0].up(), value.list[0] instanceof Counter]", program)).toEqual([2, true]);
  });
});
