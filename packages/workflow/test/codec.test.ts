import { describe, expect, it } from "vitest";
import { across } from "./realm-pair.js";

describe("functions of the program", () => {
  const program = `
    function S1() { this.n = undefined; }
    _k.S(1, S1, ["n"]);
    const F10 = (s) => _k.f(10, ({ add: (a) => a + ++s.n }).add, [s]);
    const F11 = (s) => _k.f(11, ({ get: () => s.n }).get, [s]);
    const F12 = () => _k.f(12, function Point(x) { this.x = x; }, []);
    _k.F(10, [F10, F11, F12]);
    var make = (n) => { const s = new S1(); s.n = n; return { add: F10(s), get: F11(s) }; };
    var Point = () => F12();
  `;
  it("share their scopes", () => {
    expect(
      across(
        "const c = make(1); c.add(1); return c",
        "return [value.add(10), value.get(), value.add.name, value.add.length]",
        program,
      ),
    ).toEqual([13, 3, "add", 1]);
  });
  it("keep identity of prototype and constructor", () => {
    expect(
      across(
        "const P = Point(); return { p: new P(3), P }",
        "return [value.p instanceof value.P, value.p.constructor === value.P, value.p.x]",
        program,
      ),
    ).toEqual([true, true, 3]);
    expect(
      across(
        "const P = Point(); P.prototype.m = make(1).get; P.own = 1; return { P, p: new P(3) }",
        "return [value.p instanceof value.P, value.p.constructor === value.P, value.p.m(), value.P.own, Object.keys(value.P)]",
        program,
      ),
    ).toEqual([true, true, 1, 1, ["own"]]);
  });
});

describe("bound functions, proxies", () => {
  it("bound", () => {
    expect(
      across(
        "const o = { f: 1 }; o.g = Math.max.bind(o, 5); return o",
        "return [value.g(3), value.g(9), value.g.name, value.g.length]",
      ),
    ).toEqual([5, 9, "bound max", 1]);
  });
  it("proxy", () => {
    expect(
      across(
        "const t = {a: 1}; const p = new Proxy(t, { get: undefined }); return {t, p}",
        "value.t.a = 7; return [value.p.a, value.p !== value.t]",
      ),
    ).toEqual([7, true]);
    expect(
      across(
        "return Proxy.revocable({a: 1}, {})",
        "const a = value.proxy.a; value.revoke(); try { value.proxy.a } catch (e) { return [a, e.name] }",
      ),
    ).toEqual([1, "TypeError"]);
  });
});
