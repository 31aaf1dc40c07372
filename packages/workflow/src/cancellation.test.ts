import { describe, expect, it } from "vitest";
import { type Step, Workflow } from "../test/workflow-realm.js";

// job(name, cleanup): waits for the ref `name`; whatever is thrown there is shown, and cleaned up after if asked for.
const JOB = `
  const job = coroutine(1, [
    (x) => W.refId(x.args[0]),
    (x, value) => done(value),
    (x, error) => {
      x.error = error;
      out(x.args[0] + ": " + (error instanceof W.CancelToken ? "cancelled" : error));
      return x.args[1] ? W.refId(x.args[0] + ".cleanup") : go(3);
    },
    (x) => { if (x.args[1]) out(x.args[0] + ": clean"); throw x.error; },
  ], { 1: 2 }, [3]);
`;
/** main: awaits what `body` gives, says so, and returns it. */
const MAIN = (body: string) => `${JOB}
  const never = fn(10, () => out("never"));
  const last = fn(11, () => out("finally"));
  const timeout = coroutine(4, [() => W.refId("timeout"), () => { throw "timeout"; }]);
  const main = coroutine(2, [
    () => ${body},
    (x, value) => { out("after " + value); return done(value); },
    (x, error) => { out("caught " + (error instanceof W.CancelToken ? "token" : error)); throw error; },
  ], { 0: 2, 1: 2 });
`;
const brief = ({ status, out, pending }: Step): unknown[] => [status, out, pending];

describe("race", () => {
  it("cancels losers at their await, runs their cleanup, then goes on", () => {
    const w = new Workflow(MAIN(`Promise.race([job("a", true), job("b"), job("c", true)])`));
    expect(brief(w.start())).toEqual(["running", [], ["a", "b", "c"]]);
    expect(brief(w.resume("b", "B"))).toEqual([
      "running",
      ["a: cancelled", "c: cancelled"],
      ["a.cleanup", "c.cleanup"],
    ]);
    expect(brief(w.resume("c.cleanup"))).toEqual(["running", ["c: clean"], ["a.cleanup"]]);
    const end = w.resume("a.cleanup");
    expect(brief(end)).toEqual(["completed", ["a: clean", "after B"], []]);
    expect(end.result).toBe("B");
  });

  it("a rejection wins as well", () => {
    const w = new Workflow(MAIN(`Promise.race([job("a"), job("b")])`));
    w.start();
    expect(brief(w.fail("b", "boom"))).toEqual(["failed", ["b: boom", "a: cancelled", "caught boom"], []]);
  });

  it("refs themselves are branches: those that lose are not pending any more", () => {
    const w = new Workflow(MAIN(`Promise.race([W.refId("a"), W.refId("b")])`));
    w.start();
    expect(brief(w.resume("a", 1))).toEqual(["completed", ["after 1"], []]);
  });

  it("a loser that can still run runs on, and meets the token where it is blocked", () => {
    const w = new Workflow(`${JOB}
      const runs = coroutine(3, [() => null, () => null, () => null, () => job("late"), (x, v) => done(v)]);
      const main = coroutine(2, [
        () => Promise.race([Promise.resolve("won"), runs()]),
        (x, value) => { out("after " + value); return done(value); },
      ]);
    `);
    expect(brief(w.start())).toEqual(["completed", ["after won", "late: cancelled"], []]);
  });
});

describe("all", () => {
  it("a rejection cancels the siblings that have not settled, and no others", () => {
    const w = new Workflow(MAIN(`Promise.all([job("a"), job("b", true), job("c")])`));
    w.start();
    expect(brief(w.resume("a", "A"))).toEqual(["running", [], ["b", "c"]]);
    expect(brief(w.fail("c", "boom"))).toEqual(["running", ["c: boom", "b: cancelled"], ["b.cleanup"]]);
    expect(brief(w.resume("b.cleanup"))).toEqual(["failed", ["b: clean", "caught boom"], []]);
  });

  it("gives the values in the order of the source", () => {
    const w = new Workflow(MAIN(`Promise.all([job("a"), job("b")])`));
    w.start();
    w.resume("b", "B");
    expect(w.resume("a", "A").result).toEqual(["A", "B"]);
  });
});

describe("any and allSettled", () => {
  it("the first fulfilment cancels the rest", () => {
    const w = new Workflow(MAIN(`Promise.any([job("a"), job("b", true), job("c")])`));
    w.start();
    expect(brief(w.fail("a", "x"))).toEqual(["running", ["a: x"], ["b", "c"]]);
    expect(brief(w.resume("c", "C"))).toEqual(["running", ["b: cancelled"], ["b.cleanup"]]);
    expect(brief(w.resume("b.cleanup"))).toEqual(["completed", ["b: clean", "after C"], []]);
  });

  it("all rejected gives an AggregateError", () => {
    const w = new Workflow(MAIN(`Promise.any([job("a"), job("b")])`));
    w.start();
    w.fail("b", 2);
    const { error, status } = w.fail("a", 1);
    expect([status, error?.name]).toEqual(["failed", "AggregateError"]);
  });

  it("allSettled cancels nobody", () => {
    const w = new Workflow(MAIN(`Promise.allSettled([job("a"), job("b")]).then(JSON.stringify)`));
    w.start();
    expect(brief(w.fail("a", 1))).toEqual(["running", ["a: 1"], ["b"]]);
    expect(w.resume("b", 2).result).toBe('[{"status":"rejected","reason":1},{"status":"fulfilled","value":2}]');
  });
});

describe("nested", () => {
  it("a timeout that wins over a nested all cancels what is pending, and only that", () => {
    const w = new Workflow(MAIN(`Promise.race([Promise.all([job("a"), job("b"), job("c", true)]), timeout()])`));
    w.start();
    w.resume("a", "A");
    expect(brief(w.resume("timeout"))).toEqual(["running", ["b: cancelled", "c: cancelled"], ["c.cleanup"]]);
    expect(brief(w.resume("c.cleanup"))).toEqual(["failed", ["c: clean", "caught timeout"], []]);
  });

  it("cleanup of one branch does not get the token that another branch's end would bring", () => {
    const w = new Workflow(MAIN(`Promise.race([Promise.all([job("a", true), job("b")]), W.refId("x")])`));
    w.start();
    expect(brief(w.resume("x", 1))).toEqual(["running", ["a: cancelled", "b: cancelled"], ["a.cleanup"]]);
    expect(brief(w.resume("a.cleanup"))).toEqual(["completed", ["a: clean", "after 1"], []]);
  });

  it.each(["all", "race", "any", "allSettled"])("a cancelled %s rejects with the token", (combinator) => {
    const w = new Workflow(`${JOB}
      const branch = coroutine(3, [
        () => Promise.${combinator}([job("a"), job("b")]),
        () => done(out("went on")),
        (x, error) => { out(error instanceof W.CancelToken ? "token" : error.name); throw error; },
      ], { 1: 2 });
      const main = coroutine(2, [() => Promise.race([branch(), W.refId("x")]), (x, v) => done(v)]);
    `);
    w.start();
    expect(brief(w.resume("x"))).toEqual(["completed", ["a: cancelled", "b: cancelled", "token"], []]);
  });

  it("goes through then, finally and new Promise down to the ref", () => {
    const w = new Workflow(
      MAIN(`Promise.race([
        job("a").then(never),
        W.refId("b").finally(last),
        new Promise((resolve, reject) => job("c").then(resolve, reject)),
        W.refId("x"),
      ])`),
    );
    w.start();
    expect(brief(w.resume("x", 1))).toEqual(["completed", ["a: cancelled", "finally", "c: cancelled", "after 1"], []]);
  });
});

describe("who else waits", () => {
  it("a promise with a waiter outside of the branch loses only the branch", () => {
    const w = new Workflow(`${JOB}
      const waits = coroutine(3, [
        (x) => x.args[1],
        (x, value) => done(out(x.args[0] + " got " + value)),
        (x, error) => { out(x.args[0] + " lost " + error.name); throw error; },
      ], { 1: 2 });
      const main = coroutine(2, [
        (x) => { const shared = job("s"); x.outside = waits("outside", shared); return Promise.race([waits("branch", shared), W.refId("x")]); },
        (x) => { out("after"); return x.outside; },
        () => done(1),
      ]);
    `);
    w.start();
    expect(brief(w.resume("x"))).toEqual(["running", ["branch lost CancelToken", "after"], ["s"]]);
    expect(brief(w.resume("s", "S"))).toEqual(["completed", ["outside got S"], []]);
  });

  it("a ref that lost its last waiter is pending again when somebody awaits it", () => {
    const w = new Workflow(`
      const main = coroutine(1, [
        (x) => { x.stop = W.refId("stop"); return go(1); },
        (x) => Promise.race([W.refId("tick"), x.stop]),
        (x, value) => (value === "stop" ? done("stopped") : go(1)),
      ]);
    `);
    w.start();
    expect(brief(w.resume("tick"))).toEqual(["running", [], ["tick", "stop"]]);
    expect(brief(w.resume("tick"))).toEqual(["running", [], ["tick", "stop"]]);
    expect(w.resume("stop", "stop").result).toBe("stopped");
  });

  it("a promise that outlives many races does not collect them", () => {
    const w = new Workflow(`
      const main = coroutine(1, [
        (x) => { x.stopped = Promise.withResolvers(); return go(1); },
        (x) => Promise.race([W.refId("tick"), x.stopped.promise]),
        () => go(1),
      ]);
    `);
    w.start();
    w.resume("tick");
    w.resume("tick");
    const early = w.state!.length;
    for (let i = 0; i < 10; i++) w.resume("tick");
    expect(w.state!.length).toBe(early);
  });

  it("a late answer for a cancelled wait has no effect", () => {
    const w = new Workflow(`${JOB}
      const main = coroutine(2, [() => Promise.race([W.ref("a"), W.ref("b")]), () => W.ref("end"), () => done("end")]);
    `);
    w.start();
    w.resume("0:a:1");
    const late = w.resume("0:b:2");
    expect([late.delivered, ...brief(late)]).toEqual(["late", "running", [], ["1:end:1"]]);
    expect(w.resume("nobody:1").delivered).toBe("unmatched");
  });
});

describe("scopes", () => {
  it("cancelScope cancels what was started in the scope, and waits for its cleanup", () => {
    const w = new Workflow(`${JOB}
      const main = coroutine(2, [
        (x) => {
          x.scope = new W.CancellationScope();
          x.a = W.withCancellationScope(x.scope, () => job("a", true));
          x.b = job("b");
          return W.refId("go");
        },
        (x) => W.cancelScope(x.scope),
        (x) => { out("cancelled"); return x.a; },
        undefined,
        (x, error) => { out("a " + error.name); return x.b; },
        (x, value) => done(value),
      ], { 3: 4 });
    `);
    w.start();
    expect(brief(w.resume("go"))).toEqual(["running", ["a: cancelled"], ["b", "a.cleanup"]]);
    expect(brief(w.resume("a.cleanup"))).toEqual(["running", ["a: clean", "cancelled", "a CancelToken"], ["b"]]);
    expect(w.resume("b", "B").result).toBe("B");
  });

  it("a scope made inside another is cancelled with it", () => {
    const w = new Workflow(`${JOB}
      const main = coroutine(2, [
        (x) => {
          const outer = new W.CancellationScope();
          W.withCancellationScope(outer, () => {
            W.withCancellationScope(new W.CancellationScope(), () => { job("inner").catch(() => {}); });
          });
          return W.cancelScope(outer);
        },
        () => done("end"),
      ]);
    `);
    expect(brief(w.start())).toEqual(["completed", ["inner: cancelled"], []]);
  });

  it.each([
    ["outer", "started", ["a: cancelled"]],
    ["inner", "started", ["a: cancelled"]],
    ["outer", "W.withCancellationScope(undefined, started)", []],
    ["inner", "W.withCancellationScope(undefined, started)", ["a: cancelled"]],
  ])(
    "a scope entered inside another belongs to both, where no shield stands between: %s %s",
    (cancelled, body, out) => {
      const w = new Workflow(`${JOB}
      const ignore = fn(10, () => {});
      const main = coroutine(2, [
        () => {
          const inner = new W.CancellationScope();
          const outer = new W.CancellationScope();
          W.withCancellationScope(outer, () => {
            const started = () => W.withCancellationScope(inner, () => { job("a").catch(ignore); });
            ${body === "started" ? "started()" : body};
          });
          return W.cancelScope(${cancelled});
        },
        () => done("end"),
      ]);
    `);
      expect(w.start().out).toEqual(out);
    },
  );

  it("shielded work is not cancelled, and nobody waits for it", () => {
    const w = new Workflow(
      MAIN(`Promise.race([W.withCancellationScope(undefined, () => job("a")), job("b"), W.refId("x")])`),
    );
    w.start();
    expect(brief(w.resume("x", 1))).toEqual(["running", ["b: cancelled", "after 1"], ["a"]]);
    expect(brief(w.resume("a"))).toEqual(["completed", [], []]);
  });

  it("code that waits for shielded work gets its result and the token after that", () => {
    const w = new Workflow(`${JOB}
      const branch = coroutine(3, [
        () => W.withCancellationScope(undefined, () => job("a")),
        (x, value) => { out("got " + value); return job("more"); },
        () => done(out("never")),
      ]);
      const main = coroutine(2, [() => Promise.race([branch(), W.refId("x")]), () => { out("after"); return done(1); }]);
    `);
    w.start();
    expect(brief(w.resume("x"))).toEqual(["running", [], ["a"]]);
    expect(brief(w.resume("a", "A"))).toEqual(["completed", ["got A", "more: cancelled", "after"], []]);
  });

  it("inside of a shield, combinators cancel as ever", () => {
    const w = new Workflow(`${JOB}
      const main = coroutine(2, [
        () => W.withCancellationScope(undefined, () => Promise.race([job("a"), job("b")])),
        (x, value) => done(value),
      ]);
    `);
    w.start();
    expect(brief(w.resume("b", 1))).toEqual(["completed", ["a: cancelled"], []]);
  });

  it("reactions keep the scope in which they were made", () => {
    const w = new Workflow(`${JOB}
      const startA = fn(10, () => job("a"));
      const endA = fn(11, () => out("end of a"));
      const main = coroutine(2, [
        (x) => {
          x.scope = new W.CancellationScope();
          W.withCancellationScope(x.scope, () => { W.refId("go").then(startA).catch(endA); });
          return W.refId("stop");
        },
        (x) => W.cancelScope(x.scope),
        () => done(1),
      ]);
    `);
    w.start();
    expect(brief(w.resume("go"))).toEqual(["running", [], ["stop", "a"]]);
    expect(brief(w.resume("stop"))).toEqual(["completed", ["a: cancelled", "end of a"], []]);
  });
});

describe("the token", () => {
  it("is handled by whoever swallows it, and holds the combinator until the branch ends", () => {
    const w = new Workflow(`
      const branch = coroutine(3, [
        () => W.refId("a"),
        () => done("not cancelled"),
        () => { out("swallowed"); return W.refId("a2"); },
        (x, value) => done(value),
      ], { 1: 2 });
      const main = coroutine(2, [() => Promise.race([branch(), W.refId("x")]), (x, v) => { out("after " + v); return done(v); }]);
    `);
    w.start();
    expect(brief(w.resume("x", "X"))).toEqual(["running", ["swallowed"], ["a2"]]);
    expect(brief(w.resume("a2"))).toEqual(["completed", ["after X"], []]);
  });

  it("rejects without being an error of the thread when nobody takes it", () => {
    const w = new Workflow(`${JOB}
      const main = coroutine(2, [
        () => { const scope = new W.CancellationScope(); W.withCancellationScope(scope, () => { job("a"); }); return W.cancelScope(scope); },
        () => done("fine"),
      ]);
    `);
    expect(w.start().result).toBe("fine");
  });
});

describe("an operator's cancel", () => {
  it("reaches everything that is not shielded; cleanup runs and is not disturbed by a second one", () => {
    const w = new Workflow(`${JOB}
      const background = coroutine(5, [() => job("background"), () => done(1)]);
      const main = coroutine(2, [
        () => { background(); return Promise.all([job("a", true), W.withCancellationScope(undefined, () => job("s"))]); },
        () => done(1),
      ]);
    `);
    w.start();
    expect(brief(w.cancel("enough"))).toEqual([
      "running",
      ["background: cancelled", "a: cancelled"],
      ["s", "a.cleanup"],
    ]);
    expect(brief(w.cancel())).toEqual(["running", [], ["s", "a.cleanup"]]);
    expect(brief(w.resume("a.cleanup"))).toEqual(["running", ["a: clean"], ["s"]]);
    const end = w.resume("s");
    expect([end.status, end.error?.text]).toEqual(["cancelled", "CancelToken: enough"]);
  });

  it("can be given again once the first one was swallowed", () => {
    const w = new Workflow(`
      const main = coroutine(1, [
        () => W.refId("a"),
        () => done("no"),
        () => go(3),
        () => { out("swallowed"); return W.refId("b"); },
        () => done("no"),
      ], { 1: 2 }, [2]);
    `);
    w.start();
    expect(brief(w.cancel())).toEqual(["running", ["swallowed"], ["b"]]);
    expect(w.cancel().status).toBe("cancelled");
  });

  it("that main swallows lets the thread complete", () => {
    const w = new Workflow(
      `const main = coroutine(1, [() => W.refId("a"), () => done("no"), () => done("own end")], { 1: 2 });`,
    );
    w.start();
    const end = w.cancel();
    expect([end.status, end.result]).toEqual(["completed", "own end"]);
  });
});
