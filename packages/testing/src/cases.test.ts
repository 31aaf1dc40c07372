import { beforeEach, describe, expect, test } from "vitest";
import type { Play } from "../fixtures/cases.js";
import { testWorkflow, type WorkflowTest } from "./index.js";

let t: WorkflowTest;
beforeEach(async () => {
  t = await testWorkflow(new URL("../fixtures/cases.ts", import.meta.url));
});

const start = (play: Play): unknown => t.start(play);
const ref = (name: string): string | undefined =>
  t.values<{ name: string; ref: string }>("ask").findLast((asked) => asked.name === name)?.ref;
const reply = (name: string, value?: unknown): void => void t.resume(ref(name), value);
const refuse = (name: string, error: unknown): void => void t.reject(ref(name), error);
const logged = (): unknown[] => t.values("log");
const waiting = (): (string | undefined)[] => t.pending().map((id) => id.split(":")[1]);

describe("one thread", () => {
  test("keeps state while it waits, and none when it has returned", () => {
    start("oneAwait");
    expect(t.values("ask")).toEqual([{ name: "a", ref: "0:a:1" }]);
    expect(t.state()).not.toBeNull();
    reply("a", 5);
    expect(t.state()).toBeNull();
    expect(t.outputs("workflow-result")).toMatchObject([{ key: "test", value: '{"answer":5}' }]);
  });

  test("nested async calls return through their levels", () => {
    start("nested");
    reply("a", 1);
    reply("b", 2);
    expect(t.result()).toEqual([20, 35]);
  });

  test("branches are answered in any order, and values come back in source order", () => {
    start("parallel");
    expect(waiting()).toEqual(["a", "b", "c"]);
    reply("c", 3);
    reply("a", 1);
    expect(logged()).toEqual([]);
    reply("b", 2);
    expect(logged()).toEqual(["all there"]);
    expect(t.result()).toEqual(["a=1", "b=2", "c=3"]);
  });

  test("an error payload is thrown as it is; no value is undefined", () => {
    start("errors");
    refuse("object", { code: 7 });
    refuse("string", "no");
    refuse("null", null);
    reply("nothing");
    expect(t.result()).toEqual([{ code: 7 }, "no", null, "undefined"]);
  });

  test("late, repeated and unknown replies change nothing and are counted", () => {
    start("late");
    reply("a", 1);
    const before = t.state();
    t.resume(ref("a"), "again");
    t.resume("0:other:9", 1);
    t.resume("never made", 1);
    expect(t.state()).toBe(before);
    expect(t.steps.slice(2).map(({ fate, outputs }) => [fate, outputs.length])).toEqual([
      ["late", 0],
      ["late", 0],
      ["unmatched", 0],
    ]);
    reply("b", 2);
    expect(t.result()).toEqual([1, 2]);
  });

  test("a record for an unknown thread is dead-lettered", () => {
    t.resume("0:a:1", 1, { thread: "nobody" });
    expect(t.outputs()).toMatchObject([
      { topic: "workflow-dead-letter", key: "nobody", headers: { "kwf-reason": "unknown-thread" } },
    ]);
  });

  test("new: and init: leave a live thread alone and start one that has ended", () => {
    start("oneAwait");
    t.send('new:"oneAwait"');
    t.send('init:"oneAwait"');
    expect(t.values("ask")).toHaveLength(1);
    expect(t.steps.map(({ fate }) => fate)).toEqual(["started", "dead-lettered", "ignored"]);
    reply("a", 1);
    t.send('init:"oneAwait"');
    expect(t.values("ask")).toHaveLength(2);
    reply("a", 1);
    t.send('new:"oneAwait"');
    expect(t.values("ask")).toHaveLength(3);
  });

  test("what a workflow throws goes to workflow-error", () => {
    start("boom");
    reply("a");
    expect(t.outputs("workflow-error")).toMatchObject([{ key: "test", value: '"Error: boom"' }]);
    expect(t.outputs("workflow-error")[0]?.headers?.["kwf-error"]).toContain("fixtures/cases.ts:");
    t.start("throwsString", { thread: "two" });
    expect(t.outputs("workflow-error")[1]).toMatchObject({ key: "two", value: '"timeout"' });
  });

  test("the result is withheld while a branch that nobody awaits is pending", () => {
    start("withheld");
    expect(t.status()).toBe("running");
    expect(waiting()).toEqual(["side"]);
    expect(t.outputs("workflow-result")).toEqual([]);
    reply("side", "x");
    expect(logged()).toEqual(["side x"]);
    expect(t.result()).toBe("done");
  });

  test("a ref that was taken from the thread's life does not keep it", () => {
    start("background");
    expect(t.result()).toBe("done");
  });
});

describe("cancellation", () => {
  test("losers of a race clean up before the code behind it runs", () => {
    start("race");
    reply("fast", 1);
    expect(logged()).toEqual(["slow cancelled"]);
    expect(waiting()).toEqual(["slow-cleanup"]);
    reply("slow-cleanup");
    expect(logged()).toEqual(["slow cancelled", "slow cleaned up", "behind the race"]);
    expect(t.result()).toBe(1);
  });

  test("a rejection in all cancels the siblings that are not settled, and compensation runs", () => {
    start("allRejects");
    reply("a");
    refuse("c", "full");
    expect(logged()).toEqual(["b cancelled", "undo a"]);
    expect(t.result()).toBe("full");
  });

  test("the first fulfilment in any cancels the rest", () => {
    start("any");
    refuse("a", "no");
    reply("c", 3);
    expect(logged()).toEqual(["b cancelled"]);
    expect(t.result()).toBe(3);
  });

  test("any rejects with all errors when none is fulfilled", () => {
    start("any");
    for (const name of ["a", "c", "b"]) refuse(name, `no ${name}`);
    expect(t.result()).toEqual(["AggregateError", ["no a", "no b", "no c"]]);
  });

  test("allSettled cancels nobody", () => {
    start("allSettled");
    refuse("b", "no");
    reply("a", 1);
    expect(waiting()).toEqual(["c"]);
    reply("c", 3);
    expect(logged()).toEqual([]);
    expect(t.result()).toEqual([1, "no: no", 3]);
  });

  test("a timeout over a nested all cancels only what is still pending", () => {
    start("timeoutOverAll");
    reply("a", 1);
    t.advance(1000);
    expect(logged()).toEqual(["b cancelled"]);
    expect(t.result()).toBe("Error: late");
  });

  test("shielded work is not cancelled", () => {
    start("shielded");
    reply("other", 1);
    expect(logged()).not.toContain("kept cancelled");
    expect(waiting()).toContain("kept");
    reply("kept", 2);
    expect(t.result()).toBe("end");
  });

  test("an explicit scope cancels what was started in it", () => {
    start("scoped");
    reply("when");
    expect(logged()).toEqual(["inside cancelled"]);
    reply("outside", "o");
    expect(t.result()).toEqual(["cancelled", "o"]);
  });

  test("swallowing the token is handling it, and holds the parent until it is done", () => {
    start("swallowed");
    reply("y", "why");
    expect(logged()).toEqual(["swallowed"]);
    expect(waiting()).toEqual(["instead"]);
    expect(t.status()).toBe("running");
    reply("instead", 1);
    expect(t.result()).toBe("why");
  });

  test("code that has swallowed a token can be cancelled again", () => {
    start("swallowedTwice");
    reply("first");
    expect(logged()).toEqual(["swallowed"]);
    expect(waiting()).toEqual(["second", "later"]);
    reply("second");
    expect(logged()).toEqual(["swallowed", "cancelled"]);
    expect(t.status()).toBe("completed");
  });

  test("a wait that was cancelled can be answered late without effect", () => {
    start("allRejects");
    const cancelled = ref("b");
    reply("a");
    t.send('new:"oneAwait"', { thread: "other" });
    refuse("c", "full");
    t.resume(cancelled, "late");
    expect(t.outputs("workflow-dead-letter")).toMatchObject([{ headers: { "kwf-reason": "unknown-thread" } }]);
    start("race");
    const slow = ref("slow");
    reply("fast", 1);
    t.resume(slow, "late");
    expect(t.steps.at(-1)).toMatchObject({ fate: "late", outputs: [] });
  });
});
