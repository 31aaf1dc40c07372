import { beforeEach, expect, test } from "vitest";
import { testWorkflow, type WorkflowTest } from "./index.js";

let t: WorkflowTest;
beforeEach(async () => {
  t = await testWorkflow(new URL("../fixtures/conversation.ts", import.meta.url));
});

test("a service answers every request on its topic", () => {
  t.reply("questions", ({ question, asked }, { key }) => `${question}${asked} of ${key}`);
  t.start({ play: "echo", questions: ["a", "b"] });
  expect(t.result()).toEqual(["a1 of test", "b2 of test"]);
  t.start({ play: "echo", questions: ["a"] }, { thread: "other" });
  expect(t.result("other")).toEqual(["a1 of other"]);
});

test("what a service throws, the await throws", () => {
  t.reply("questions", () => {
    throw "no";
  });
  t.start({ play: "echo", questions: ["a"] });
  expect(t.error()).toBe("no");
  t.reply("questions", () => {
    throw new RangeError("too far");
  });
  t.start({ play: "echo", questions: ["a"] }, { thread: "other" });
  expect(t.outputs("workflow-error").at(-1)?.headers?.["kwf-error"]).toContain("too far");
});

test("a service that is taken away answers nobody, and another one takes its place", () => {
  t.reply("questions", () => 1);
  t.reply("questions");
  t.start({ play: "echo", questions: ["a", "b"] });
  expect(t.pending()).toEqual(["0:answer:1"]);
  t.reply("questions", () => 2);
  t.resume("0:answer:1", "by hand");
  expect(t.result()).toEqual(["by hand", 2]);
});

test("requests of @kwf/patterns are answered too", async () => {
  const topics = await testWorkflow(new URL("../../../demos/queries-updates/src/index.ts", import.meta.url));
  topics.reply("queries-updates-authorize", ({ address }) => address);
  topics.reply("queries-updates-pack", () => undefined);
  topics.reply("queries-updates-ship", ({ address }) => `to ${address}`);
  topics.start({ product: "teapot", address: "here" });
  expect(topics.result()).toMatchObject({ parcel: "to here" });
});

test("a record that asks for nothing is seen by its service all the same", async () => {
  const seen: unknown[] = [];
  const cart = await testWorkflow(new URL("../../../demos/ecommerce-cart/src/index.ts", import.meta.url));
  cart.reply("getCart", (request) => seen.push(request));
  cart.start();
  cart.resume("main", { type: "getCart" });
  expect(seen).toEqual([{ items: [], email: "" }]);
  expect(cart.status()).toBe("running");
});
