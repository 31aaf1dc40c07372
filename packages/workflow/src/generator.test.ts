import { describe, expect, it } from "vitest";
import { RuntimeRealm } from "../test/workflow-realm.js";

// count(n): yields 1 to n, what next() was given is logged; return and throw are seen at the yield.
const COUNT = `
  function R() { this._l = 0; this._p = undefined; this._w = undefined; this._c = undefined; this.i = 0; this.n = 0; }
  function M($, v, m) {
    try {
      if (m === 1) throw v;
      if (m === 2) { log.push("return " + v); return _k.gret($, v); }
      if ($._l === 1) log.push("sent " + v);
      if ($.i === $.n) return _k.gret($, "end");
      $._l = 1;
      return _k.yield($, ++$.i);
    } catch (e) { log.push("thrown " + e); throw _k.gthr($, e); }
  }
  _k.R(1, R, ["i", "n"], M);
  const count = _k.gf(1, function count(n) { const $ = new R(); $.n = n; return _k.gen(count, $); }, []);
`;

const log = (body: string): unknown => new RuntimeRealm().log(COUNT + body);

describe("generators", () => {
  it("run step by step, from outside and in a loop", () => {
    expect(log(`const g = count(2); log.push(g.next("ignored"), g.next("a"), g.next(), g.next());`)).toEqual([
      "sent a",
      "sent undefined",
      { value: 1, done: false },
      { value: 2, done: false },
      { value: "end", done: true },
      { done: true },
    ]);
    expect(log(`for (const i of count(3)) log.push(i);`)).toContain(3);
  });

  it("see return and throw at the yield, and neither before they have started", () => {
    expect(log(`const g = count(2); g.next(); log.push(g.return(5), g.next());`)).toEqual([
      "return 5",
      { value: 5, done: true },
      { done: true },
    ]);
    expect(
      log(`const g = count(2); g.next(); try { g.throw(6) } catch (e) { log.push(e) } log.push(g.next().done);`),
    ).toEqual(["thrown 6", 6, true]);
    expect(log(`log.push(count(2).return(5)); try { count(2).throw(6) } catch (e) { log.push(e) }`)).toEqual([
      { value: 5, done: true },
      6,
    ]);
  });

  it("refuse to run while they run, and other receivers", () => {
    expect(
      log(`
        let g;
        function RG() { this._l = 0; this._p = undefined; this._w = undefined; this._c = undefined; }
        _k.R(2, RG, [], ($) => { try { g.next(); } catch (e) { throw _k.gthr($, e); } });
        const again = _k.gf(2, function again() { return _k.gen(again, new RG()); }, []);
        g = again();
        try { g.next() } catch (e) { log.push(e.message) }
        try { g.next.call({}) } catch (e) { log.push(e instanceof TypeError) }
      `),
    ).toEqual(["Generator is already running", true]);
  });

  it("take their prototype from the function, as it is at the call", () => {
    expect(
      log(`
        const proto = count.prototype;
        log.push(Object.getPrototypeOf(count(1)) === proto);
        count.prototype = null;
        log.push(Object.getPrototypeOf(count(1)) === Object.getPrototypeOf(proto));
        log.push(Object.prototype.toString.call(count(1)));
      `),
    ).toEqual([true, true, "[object Generator]"]);
  });
});

// A(n): awaits and yields 1 to n; \`finally\` awaits too.
const ASYNC = `
  function R() { this._l = 0; this._p = undefined; this._w = undefined; this._c = undefined; this.i = 0; this.n = 0; this.v = undefined; }
  function M($, v, m) {
    for (;;) try {
      if (m === 1) { m = 0; throw v; }
      if (m === 2) { m = 0; $.v = v; $._l = 4; continue; }
      switch ($._l) {
        case 0: if ($.i === $.n) { return _k.aret($, "end"); } $._l = 1; return _k.await($, Promise.resolve(++$.i));
        case 1: $._l = 0; return _k.ayield($, v);
        case 4: $._l = 5; return _k.await($, $.v);
        case 5: log.push("cleanup"); return _k.aret($, v);
      }
    } catch (e) { return _k.athr($, e); }
  }
  _k.R(1, R, ["i", "n", "v"], M);
  const A = _k.agf(1, function A(n) { const $ = new R(); $.n = n; return _k.agen(A, $); }, []);
  const show = (name) => [(r) => log.push([name, r.value, r.done]), (e) => log.push([name, "threw", String(e)])];
`;
const asyncLog = (body: string): unknown => new RuntimeRealm().log(ASYNC + body);

describe("async generators", () => {
  it("answer requests in the order they came, however many wait", () => {
    expect(asyncLog(`const g = A(2); for (const name of ["a", "b", "c", "d"]) g.next().then(...show(name));`)).toEqual([
      ["a", 1, false],
      ["b", 2, false],
      ["c", "end", true],
      ["d", null, true],
    ]);
  });

  it("await what return is given, before and after they have run", () => {
    expect(
      asyncLog(`
        A(1).return(Promise.resolve(7)).then(...show("new"));
        A(1).return(Promise.reject("no")).then(...show("rejected"));
        const g = A(1);
        g.next().then(...show("next")).then(() => g.return(Promise.resolve(8))).then(...show("started"));
      `),
    ).toEqual([["new", 7, true], ["rejected", "threw", "no"], ["next", 1, false], "cleanup", ["started", 8, true]]);
  });

  it("throw at the yield, and answer the rest of the queue", () => {
    expect(
      asyncLog(`
        const g = A(3);
        g.next().then(...show("a"));
        g.throw("no").then(...show("b"));
        g.next().then(...show("c"));
        A(1).throw("early").then(...show("d"));
      `),
    ).toEqual([
      ["d", "threw", "early"],
      ["a", 1, false],
      ["b", "threw", "no"],
      ["c", null, true],
    ]);
  });

  it("reject, and do not throw, when called on something else", () => {
    expect(asyncLog(`A(1).next.call({}).then(...show("x"));`)).toEqual([
      ["x", "threw", "TypeError: next method called on incompatible receiver #<Object>"],
    ]);
  });
});
