import { describe, expect, it } from "vitest";
import { across, Realm } from "./realm-pair.js";

// Hand-written compiler output: closures over scopes, classes in functions, private names.
const program = `
  function S1() { this.n = undefined; this.other = _k.T; }
  _k.S(1, S1, ["n", "other"]);
  const F10 = (s) => _k.f(10, ({ add: (a) => a + ++s.n }).add, [s]);
  const F11 = (s) => _k.f(11, ({ get: () => s.n }).get, [s]);
  const F12 = () => _k.f(12, function Point(x) { this.x = x; }, []);
  const F13 = () => _k.gf(13, ({ gen() { return this; } }).gen, []);
  const F14 = (s) => _k.f(14, ({ read: () => _k.tdz(s.other, "other") }).read, [s]);
  const F15 = () => _k.af(15, ({ work() {} }).work, []);
  let make = (n) => { const s = new S1(); s.n = n; return { add: F10(s), get: F11(s), read: F14(s), s }; };
  let Point = F12, gen = F13, work = F15;

  function S2() { this.secret = _k.T; this.twice = _k.T; this.size = _k.T; this.made = _k.T; }
  _k.S(2, S2, ["secret", "twice", "size", "made"]);
  let evaluated = 0;
  const C20 = (s, h, k) => { const parts = []; const cls = ({ Counter: class Counter {
      constructor(n) { _k.pbrand(this, [s.twice, s.size]); _k.pinit(this, s.secret, n); this.open = 1; }
      next() { _k.pset(this, s.secret, _k.pget(this, s.secret) + 1); return _k.pget(this, s.twice).call(this); }
      get size() { return _k.pget(this, s.size); }
      [k[0]]() { return "computed"; }
      static has(o) { return _k.phas(o, s.secret); }
      static get made() { return s.made; }
      static part(o) { return _k.pget(o, s.twice); }
      [_k.pk[0]]() { return 2 * _k.pget(this, s.secret); }
      get [_k.pk[1]]() { return _k.pget(this, s.secret) * 100; }
      static [_k.si]() { evaluated++; _k.def(this, "field", { f: 1 }); s.made = "now"; }
    } }).Counter;
    return _k.c(20, cls, [s], h, k, [
      ["m", 0, "next"], ["g", 0, "size"], ["m", 0, 0], ["m", 1, "has"], ["g", 1, "made"], ["m", 1, "part"],
      ["m", 0, ["p", 0, "twice"], s.twice], ["g", 0, ["p", 1, "size"], s.size],
    ], parts); };
  let makeCounter = () => { const s = new S2();
    s.secret = _k.priv("secret"); s.twice = _k.priv("twice"); s.size = _k.priv("size");
    return _k.sinit(C20(s, undefined, [_k.key(Symbol.for("computed"))])); };
  const C21 = (h, k) => { const parts = []; const cls = ({ Sub: class Sub extends h {
      constructor(...a) { super(...a); this.sub = true; }
      next() { return ["sub", _k.superGet(cls.prototype, "next", this).call(this)]; }
    } }).Sub;
    return _k.c(21, cls, [], h, k, [["m", 0, "next"]], parts); };
  let derive = (base) => C21(base, []);
  _k.F(10, [F10, F11, F12, F13, F14, F15]);
  _k.F(20, [C20, C21]);
`;
const check = (make: string, look: string) => across(make, look, program);

describe("closures", () => {
  it("share their scopes", () => {
    const look = "return [value.add(10), value.get(), value.add.name, value.add.length, value.s.n]";
    expect(check("const c = make(1); c.add(1); return c", look)).toEqual([13, 3, "add", 1, 3]);
  });

  it("keep the dead zone", () => {
    const look = "try { value.read() } catch (e) { return e.name + ': ' + e.message }";
    expect(check("return make(1)", look)).toBe("ReferenceError: Cannot access 'other' before initialization");
    expect(check("const c = make(1); c.s.other = undefined; return c", "return value.read() === undefined")).toBe(true);
  });

  it("keep own properties, names, and being frozen", () => {
    const make = `const { add } = make(1); add.extra = { add }; Object.defineProperty(add, "name", { value: "sum" });
      return Object.freeze(add)`;
    const look = "return [value.name, value.extra.add === value, Object.isFrozen(value), Reflect.ownKeys(value)]";
    expect(check(make, look)).toEqual(["sum", true, true, ["length", "name", "extra"]]);
  });

  it("keep that a name was deleted", () => {
    expect(check("const { add } = make(1); delete add.name; return add", "return Reflect.ownKeys(value)")).toEqual([
      "length",
    ]);
  });

  it("are of their kind", () => {
    const look = `return [Object.prototype.toString.call(value.w), "prototype" in value.w,
      Object.getPrototypeOf(value.g.prototype) === Object.getPrototypeOf(function* () {}).prototype]`;
    expect(check("return { w: work(), g: gen() }", look)).toEqual(["[object AsyncFunction]", false, true]);
  });
});

describe("constructor functions", () => {
  const instance = "[value.p instanceof value.P, value.p.constructor === value.P, value.p.x, Object.keys(value.P)]";

  it("keep the link between function, prototype and instance", () => {
    expect(check("const P = Point(); return { p: new P(3), P }", `return ${instance}`)).toEqual([true, true, 3, []]);
    expect(check("const P = Point(); return { P, p: new P(3) }", `return ${instance}`)).toEqual([true, true, 3, []]);
    expect(check("const P = Point(); return { p: new P(3), proto: P.prototype, P }", `return ${instance}`)).toEqual([
      true,
      true,
      3,
      [],
    ]);
  });

  it("keep a prototype that was extended or replaced", () => {
    const extend = "const P = Point(); P.prototype.m = make(5).get; return { P, p: new P(3) }";
    expect(check(extend, `return [value.p.m(), ${instance}]`)).toEqual([5, [true, true, 3, []]]);
    const replace = "const P = Point(); P.prototype = { a: 1 }; return { P, p: new P(3) }";
    expect(check(replace, "return [value.p instanceof value.P, value.p.a]")).toEqual([true, 1]);
    const lock = "const P = Point(); Object.defineProperty(P, 'prototype', { writable: false }); return P";
    expect(check(lock, "return Object.getOwnPropertyDescriptor(value, 'prototype').writable")).toBe(false);
  });

  it("write nothing for a prototype that nobody uses", () => {
    expect(new Realm(program).save("return Point()")).toBe('{"value":{"$":"f12"},"$":"K"}');
  });

  it("keep the prototype of a generator function", () => {
    const make = "const g = gen(); return { instance: Object.create(g.prototype), g }";
    expect(check(make, "return Object.getPrototypeOf(value.instance) === value.g.prototype")).toBe(true);
    const other = "const g = gen(); return { g, instance: Object.create(g.prototype) }";
    expect(check(other, "return Object.getPrototypeOf(value.instance) === value.g.prototype")).toBe(true);
  });
});

describe("classes made in functions", () => {
  it("come back with methods, accessors, computed keys and static members, and evaluate nothing", () => {
    const look = `return [value.c.next(), value.c.size, value.c[Symbol.for("computed")](), value.C.has(value.c), value.C.has({}),
      value.C.field, value.C.made, value.c instanceof value.C, value.C.name, evaluated, value.c.open]`;
    const make = "const C = makeCounter(); const c = new C(4); c.next(); return { c, C }";
    expect(check(make, look)).toEqual([12, 600, "computed", true, false, { f: 1 }, "now", true, "Counter", 0, 1]);
  });

  it("keep private members of instances whose class is not there itself", () => {
    const make = "const c = new (makeCounter())(1); return [c, new c.constructor(7)]";
    expect(
      check(make, "return [value[0].next(), value[1].size, value[0].constructor === value[1].constructor]"),
    ).toEqual([4, 700, true]);
  });

  it("keep private names, methods and messages", () => {
    const look = `const say = (f) => { try { return f() } catch (e) { return e.message } };
      return [say(() => value.C.prototype.next.call({})), say(() => Object.getOwnPropertyDescriptor(value.C.prototype, "size").get.call({})),
        value.next === value.C.prototype.next, value.next.name]`;
    expect(check("const C = makeCounter(); return { C, next: C.prototype.next }", look)).toEqual([
      "Cannot read private member #secret from an object whose class did not declare it",
      "Receiver must be an instance of class Counter",
      true,
      "next",
    ]);
  });

  it("name their private methods, also after another rename", () => {
    const make = "const C = makeCounter(); return [new C(1), C]";
    expect(check(make, "return value[1].part(value[0]).name")).toBe("#twice");
    const renamed = `const C = makeCounter(), c = new C(1); Object.defineProperty(C.part(c), "name", { value: "other" });
      return [c, C]`;
    expect(check(renamed, "return value[1].part(value[0]).name")).toBe("other");
  });

  it("inherit", () => {
    const make = "const C = makeCounter(), D = derive(C); return { d: new D(4), D, C }";
    const look = `return [value.d.next(), value.d instanceof value.C, Object.getPrototypeOf(value.D) === value.C,
      Object.getPrototypeOf(value.D.prototype) === value.C.prototype, value.D.has(value.d), value.d.sub]`;
    expect(check(make, look)).toEqual([["sub", 10], true, true, true, true, true]);
  });

  it("inherit from built-ins, functions whose prototype was replaced, bound functions and null", () => {
    const list = "const L = derive(Array); const l = new L(); l.push(1, 2); return { l, L }";
    expect(
      check(list, "return [Array.isArray(value.l), value.l.length, value.l instanceof value.L, value.l.sub]"),
    ).toEqual([true, 2, true, true]);
    const fn = "const P = Point(); P.prototype = { inherited: 1 }; const D = derive(P); return { D, d: new D(2) }";
    expect(check(fn, "return [value.d.inherited, value.d.x, value.d instanceof value.D]")).toEqual([1, 2, true]);
    const error = "const E = derive(Error); return { e: new E('m'), E }";
    expect(check(error, "return [value.e.message, value.e instanceof Error, value.e instanceof value.E]")).toEqual([
      "m",
      true,
      true,
    ]);
    expect(check("return derive(null)", "return Object.getPrototypeOf(value.prototype)")).toBe(null);
  });

  it("keep changes made after the class was evaluated", () => {
    const make = `const C = makeCounter(); C.prototype.next = make(9).get; delete C.has; C.later = 1;
      C.prototype.extra = "e"; return { C, c: new C(1) }`;
    const look = `return [value.c.next(), "has" in value.C, value.C.later, value.c.extra, Reflect.ownKeys(value.C)]`;
    expect(check(make, look)).toEqual([
      9,
      false,
      1,
      "e",
      ["length", "name", "prototype", "made", "part", "field", "later"],
    ]);
  });

  it("keep a prototype that is reached alone", () => {
    const look = "return [value.constructor.prototype === value, value.constructor.name]";
    expect(check("return makeCounter().prototype", look)).toEqual([true, "Counter"]);
  });
});

describe("names", () => {
  it("mean the same whatever was registered before", () => {
    const [one, two] = ["class One { x = 1 }; ", "class Two { y = 2 }; "];
    const register = (order: string) => `${one}${two} ${order}; const make = { One, Two };`;
    const first = `_k.registerClass("one", One, ["x"]); _k.registerClass("two", Two, ["y"])`;
    const second = `_k.registerClass("two", Two, ["y"]); _k.registerClass("one", One, ["x"])`;
    const text = new Realm(register(first)).save("return [new make.One(), new make.Two()]");
    const read = new Realm(register(second)).load(text);
    expect(read.look("return [value[0] instanceof make.One, value[0].x, value[1] instanceof make.Two]")).toEqual([
      true,
      1,
      true,
    ]);
  });
});

describe("functions of the runtime", () => {
  it("bound ones keep target, receiver and arguments, also in cycles", () => {
    const make = "const o = { n: 1 }; o.max = Math.max.bind(o, 5); o.self = make(1).add.bind(null, o); return o";
    const look = "return [value.max(3), value.max(9), value.max.name, value.max.length, value.self.name]";
    expect(check(make, look)).toEqual([5, 9, "bound max", 1, "bound add"]);
  });

  it("bind and proxy each other in long chains", () => {
    const make = `let f = Math.max, p = {}; for (let i = 0; i < 5000; i++) { f = f.bind(null, i % 3); p = new Proxy(p, {}); }
      return { f, p }`;
    expect(check(make, "return [value.f(0), typeof value.p]")).toEqual([2, "object"]);
  });

  it("bound constructors construct", () => {
    const make = "const P = Point(); const B = P.bind(null, 4); return { b: new B(), B, P }";
    expect(check(make, "return [new value.B().x, value.b instanceof value.P, value.b instanceof value.B]")).toEqual([
      4,
      true,
      true,
    ]);
  });

  it("proxies keep target and handler, and run no trap", () => {
    const make = `const log = []; const t = { a: 1 };
      const trap = new Proxy({}, { get(_, name) { log.push(String(name)); return undefined; } });
      const p = new Proxy(t, trap.x === undefined ? {} : {}); log.length = 0;
      return { t, p, log }`;
    expect(check(make, "value.t.a = 7; return [value.p.a, value.p !== value.t, value.log]")).toEqual([7, true, []]);
  });

  it("revocable proxies are revoked by the function that came with them", () => {
    const look = `const { a } = value.proxy; value.revoke(); value.revoke();
      try { value.proxy.a } catch (e) { return [a, e.name] }`;
    expect(check("return Proxy.revocable({ a: 1 }, {})", look)).toEqual([1, "TypeError"]);
    const revoked = "const r = Proxy.revocable(make(1).get, {}); r.revoke(); return r.proxy";
    expect(check(revoked, "try { value() } catch (e) { return [e.name, typeof value] }")).toEqual([
      "TypeError",
      "function",
    ]);
  });
});
