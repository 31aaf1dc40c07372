import { expect, it } from "vitest";
import { Realm } from "./realm-pair.js";

const program = `
  function S1() { this.client = undefined; this.other = undefined; }
  _k.S(1, S1, ["client", "other"]);
  function R7() { this._l = 0; this._p = undefined; this._w = undefined; this._c = undefined; this.list = undefined; this._s1 = undefined; }
  _k.registerFrame(7, R7, ["list", "_s1"]);
  const F7 = () => _k.af(7, ({ main() {} }).main, []);
  const F8 = (s) => _k.f(8, ({ retry: () => s.client }).retry, [s]);
  _k.F(7, [F7, F8]);
  const frame = () => new R7(), scope = () => new S1(), closure = F8;
`;
function failure(make: string): unknown {
  return new Realm(program).look(`try { save({ value: (() => { ${make} })() }) } catch (e) { return e.path }`);
}

it("the way to a value begins at the waiting function and goes by the program's names", () => {
  const make = `const f = frame(), s = scope(); s.client = { socket: new SharedArrayBuffer(1) };
    f.list = [0, { "odd name": closure(s) }]; return { a: { f } }`;
  expect(failure(make)).toBe(
    'main -> list[1]["odd name"] -> closure retry -> variable client.socket -> SharedArrayBuffer',
  );
});

it("scopes of the function itself are not on the way", () => {
  const make =
    "const f = frame(); f._s1 = scope(); f._s1.client = new Map([['k', new SharedArrayBuffer(1)]]); return f";
  expect(failure(make)).toBe("main -> client.k -> SharedArrayBuffer");
});

it("the middle of a long way is left out", () => {
  const make = "let at = { end: new SharedArrayBuffer(1) }; for (let i = 0; i < 50000; i++) at = { at }; return at";
  const path = failure(make) as string;
  expect(path).toMatch(/^at(\.at)+\.\.\.(\.at)+\.end -> SharedArrayBuffer$/);
  expect(path.length).toBeLessThan(200);
});
