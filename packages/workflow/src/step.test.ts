import { describe, expect, it } from "vitest";
import { Workflow } from "../test/workflow-realm.js";

describe("a step", () => {
  it("goes on behind each await, in a realm made anew", () => {
    const w = new Workflow(`
      const main = coroutine(1, [
        (x) => { x.input = x.args[0]; return W.ref("first"); },
        (x, value) => { x.first = value; return W.ref(); },
        (x, value) => done([x.input, x.first, value]),
      ]);
    `);
    expect(w.start({ n: 1 }).pending).toEqual(["0:first:1"]);
    expect(w.resume("0:first:1", "a").pending).toEqual(["1:ref:1"]);
    const end = w.resume("1:ref:1");
    expect([end.status, end.result, w.state]).toEqual(["completed", [{ n: 1 }, "a", null], null]);
  });

  it("throws an error payload as it is", () => {
    const w = new Workflow(`
      const main = coroutine(1, [() => W.ref(), undefined, (x, e) => { out(JSON.stringify(e)); return go(0); }], { 1: 2 });
    `);
    w.start();
    for (const payload of [{ code: 1 }, "text", null]) {
      const id = payload === null ? "2:ref:1" : typeof payload === "string" ? "1:ref:1" : "0:ref:1";
      expect(w.fail(id, payload).out).toEqual([JSON.stringify(payload)]);
    }
  });

  it("counts answers nobody waits for, and changes nothing", () => {
    const w = new Workflow(`const main = coroutine(1, [() => W.ref(), () => W.ref(), () => done(1)]);`);
    w.start();
    w.resume("0:ref:1");
    const before = w.state;
    expect([w.resume("0:ref:1").delivered, w.resume("9:ref:1").delivered]).toEqual(["late", "unmatched"]);
    expect(w.state).toBe(before);
  });

  it("withholds the result while a ref keeps the thread alive, not while one in the background is pending", () => {
    const w = new Workflow(
      `const main = coroutine(1, [() => { W.refId("loose"); W.refId("bg").unref(); return done(7); }]);`,
    );
    const first = w.start();
    expect([first.status, first.pending]).toEqual(["running", ["loose", "bg"]]);
    const end = w.resume("loose");
    expect([end.status, end.result, end.pending]).toEqual(["completed", 7, []]);
  });

  it("ends with a rejection that nobody handled, and says so as soon as it is there", () => {
    const w = new Workflow(`
      const lost = coroutine(2, [() => W.refId("a"), () => { throw new TypeError("lost"); }]);
      const main = coroutine(1, [() => { lost(); return W.refId("b"); }, () => done(1)]);
    `);
    w.start();
    expect(w.resume("a").unhandled).toEqual(["TypeError: lost"]);
    const end = w.resume("b");
    expect([end.status, end.unhandled, end.error]).toMatchObject([
      "failed",
      [],
      { name: "TypeError", text: "TypeError: lost" },
    ]);
  });

  it("forgets a rejection that is handled in time", () => {
    const w = new Workflow(`
      const main = coroutine(1, [
        (x) => { x.p = Promise.reject("early"); return W.refId("a"); },
        (x) => x.p, undefined,
        (x, e) => done("caught " + e),
      ], { 2: 3 });
    `);
    expect(w.start().unhandled).toEqual(["early"]);
    expect(w.resume("a").result).toBe("caught early");
  });

  it("ends with what main throws, whatever that is", () => {
    const end = (value: string) => new Workflow(`const main = coroutine(1, [() => { throw ${value}; }]);`).start();
    expect(end(`"timeout"`)).toMatchObject({ status: "failed", error: { text: "timeout" } });
    expect(end(`new RangeError("r", { cause: { n: 1 } })`).error).toMatchObject({
      name: "RangeError",
      message: "r",
      cause: { n: 1 },
      text: "RangeError: r",
    });
    expect(end(`{ toString() { throw 1; } }`).error?.text).toMatch(/cannot be converted/);
    expect(new Workflow(`const main = () => { throw "sync"; };`).start().error?.text).toBe("sync");
    expect(new Workflow(`const main = () => { const o = {}; o.o = o; return o; };`).start().error?.name).toBe(
      "TypeError",
    );
  });

  it("gives outputs in order, with thread and config of the step", () => {
    const w = new Workflow(`
      const main = coroutine(1, [
        () => {
          W.output("a", "out");
          W.outputJSON({ n: W.config.n }, "out", "key", { headers: { h: "1" } });
          W.output(null, "workflow-scheduler", W.ref("t").key);
          W.ensureThread({ x: 1 }, "other");
          W.outputJSON(undefined, "out");
          return W.refId("end");
        },
        () => done(W.config.n + W.stepId + W.threadId + Object.isFrozen(W.config)),
      ]);
    `);
    expect(w.start().outputs).toEqual([
      { topic: "out", key: "t", value: "a" },
      { topic: "out", key: "key", value: '{"n":0}', headers: { h: "1" } },
      { topic: "workflow-scheduler", key: 't|{"ref":"0:t:1"}', value: null },
      { topic: "workflow-resume", key: "other", value: 'init:{"x":1}' },
      { topic: "out", key: "t", value: null },
    ]);
    w.resume("0:t:1");
    expect(w.resume("end").result).toBe("22ttrue");
  });

  it("fails for an undeclared topic, also when the error is caught", () => {
    const w = new Workflow(
      `const main = coroutine(1, [() => { try { W.output("x", "nope"); } catch {} return done(1); }]);`,
    );
    expect(() => w.start()).toThrow(expect.objectContaining({ code: "KWF_UNDECLARED_TOPIC", topic: "nope" }));
    expect(() => w.start()).toThrow(/"nope".*outputTopics/);
  });

  it("gives the same ref for an id as long as it is pending", () => {
    const w = new Workflow(`
      const main = coroutine(1, [
        (x) => { out(W.refId("a") === W.refId("a")); x.a = W.refId("a", "own key"); return Promise.all([x.a, W.refId("a")]); },
        (x, both) => { out(JSON.stringify(both)); out(W.refId("a") === x.a); W.refId("a").unref(); return x.a; },
        (x, value) => done(value),
      ]);
    `);
    expect(w.start().out).toEqual(["true"]);
    const end = w.resume("a", 5);
    expect([end.out, end.result]).toEqual([["[5,5]", "false"], 5]);
  });

  it("runs callbacks of queueMicrotask in the queue's order; what they throw is an unhandled rejection", () => {
    const w = new Workflow(`
      const main = coroutine(1, [
        () => { Promise.resolve().then(() => out("1")); queueMicrotask(() => out("2")); queueMicrotask(() => { throw "micro"; }); return W.refId("a"); },
        () => done(1),
      ]);
    `);
    const step = w.start();
    expect([step.out, step.unhandled]).toEqual([["1", "2"], ["micro"]]);
  });
});

describe("loading", () => {
  it("runs what module code has put into the queue, so that every thread finds it done", () => {
    const w = new Workflow(`
      let n = 0;
      const ready = Promise.resolve().then(() => { n += 1; return "ready"; });
      _k.M(0, true, { get n() { return n; }, set n(v) { n = v; }, get ready() { return ready; } });
      const main = coroutine(1, [() => W.refId("a"), () => ready, (x, value) => done(value + n)]);
    `);
    w.start();
    expect(w.resume("a").result).toBe("ready1");
  });

  it("refuses refs and outputs, which need a thread", () => {
    const w = new Workflow(`W.ref("x"); const main = () => {};`);
    expect(() => w.start()).toThrow(expect.objectContaining({ code: "KWF_OUTSIDE_STEP" }));
  });

  it("refuses an entry without a workflow", () => {
    expect(() => new Workflow(`const main = 1;`).start()).toThrow(/exports no workflow/);
  });
});
