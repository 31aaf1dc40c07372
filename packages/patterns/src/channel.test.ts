import { testWorkflow, type WorkflowTest } from "@kwf/testing";
import { beforeEach, expect, test } from "vitest";
import type { Play } from "../fixtures/channel.js";

let t: WorkflowTest;
beforeEach(async () => {
  t = await testWorkflow(new URL("../fixtures/channel.ts", import.meta.url));
});

const start = (play: Play) => t.start(play);
const say = (text: unknown, id = "main") => t.resume(id, text);

test("messages that arrive while the workflow is busy wait, in order", () => {
  start("busy");
  say("a");
  say("b");
  t.restart();
  say("c");
  t.resume("0:work:1");
  expect(t.result()).toEqual([3, "a", "b", "c"]);
  expect(t.steps.map(({ fate }) => fate)).not.toContain("late");
});

test("a race that a timer won takes no message", () => {
  start("impatient");
  t.advance(100);
  say("a", "inbox");
  say("b", "inbox");
  expect(t.result()).toEqual([null, "a", "b"]);
  expect(t.scheduler.pending).toEqual([]);
});

test("receivers that wait at once get one message each", () => {
  start("two");
  say("a");
  expect(t.status()).toBe("running");
  say("b");
  expect(t.result()).toEqual([["a", "b"], 0]);
});

test("a receiver that gives up leaves the message to the one that waits", () => {
  start("oneGivesUp");
  t.advance(100);
  say("a");
  expect(t.result()).toEqual(["TimeoutError", "a"]);
});

test("two channels are waited for at once, and nothing is dropped", () => {
  start("twoChannels");
  say("r", "right");
  say("l", "left");
  t.resume("0:work:1");
  say("r2", "right");
  expect(t.result()).toEqual([["l", "r", "r2"], "nothing"]);
});

test("a message that is an error is thrown where it is received, and the next one comes through", () => {
  start("errors");
  t.reject("main", { code: 7 });
  say("a");
  expect(t.result()).toEqual([{ code: 7 }, "a"]);
});

test("messages are kept while a cancelled workflow cleans up", () => {
  start("cleanup");
  t.cancel();
  say("a");
  t.resume(t.pending().find((id) => id.includes("cleanup")));
  expect(t.values("log")).toEqual(["cancelled", "a came meanwhile"]);
});

test("a channel is iterated", () => {
  start("iterate");
  for (const n of [1, 20, 3, 0]) say(n);
  expect(t.status()).toBe("running");
  t.resume(t.pending().find((id) => id.includes("slow")));
  expect(t.result()).toEqual([1, 20, 3]);
});

test("an open channel does not keep a thread alive", () => {
  start("ends");
  expect(t.result()).toBe("nothing was received");
});

test("what has been received leaves nothing behind", () => {
  start("iterate");
  const bytes: number[] = [];
  for (let i = 0; i < 40; i++) {
    say(i % 10 === 0 ? 1 : 2);
    bytes.push(t.state()?.length ?? 0);
  }
  // The numbers themselves are kept by the workflow: two bytes each.
  expect((bytes[39] as number) - (bytes[9] as number)).toBeLessThanOrEqual(30 * 2 + 4);
});
