import { beforeEach, expect, test } from "vitest";
import { testWorkflow, type WorkflowTest } from "./index.js";

const entry = new URL("../fixtures/input-topics.ts", import.meta.url);
let t: WorkflowTest;
beforeEach(async () => {
  t = await testWorkflow(entry);
});

const order = (id: string, amount = 5) => ({ key: "ada", value: JSON.stringify({ id, amount }) });

test("the manifest names its input topics", () => {
  expect(t.bundle.manifest).toEqual({ outputTopics: ["shipments"], inputTopics: ["orders", "payments", "wrong"] });
});

test("records start a thread and resume it", () => {
  t.input("orders", order("o-1"));
  expect(t.status("o-1")).toBe("running");
  t.input("payments", { key: "o-1", value: '{"paid":5}' });
  expect(t.result("o-1")).toEqual({ paid: 5 });
  expect(t.values("shipments")).toMatchObject([{ order: { amount: 5, customer: "ada" }, payment: { paid: 5 } }]);
  t.input("orders", order("o-2"));
  t.input("payments", { key: "o-2", value: null });
  expect(t.error("o-2")).toBe("withdrawn");
});

test("what the bridge writes names where it comes from, and keeps the trace", () => {
  const headers = { traceparent: "00-1", other: "2" };
  t.input("orders", { ...order("o-1"), headers: { test: "yes" } });
  t.input("orders", { ...order("o-1"), headers });
  expect(t.inputs.at(-1)?.output).toMatchObject({
    topic: "workflow-resume",
    key: "o-1",
    headers: { "kwf-source": "orders/0/1", traceparent: "00-1" },
  });
  expect(t.outputs("workflow-status")[0]?.headers).toMatchObject({ traceparent: "00-1" });
});

test("an event that comes again changes nothing", () => {
  t.input("orders", order("o-1"));
  t.input("orders", order("o-1", 7));
  expect(t.steps.map(({ fate }) => fate)).toEqual(["started", "ignored"]);
  expect(t.outputs("workflow-dead-letter")).toEqual([]);
});

test("null skips a record", () => {
  expect(t.input("orders", { ...order("o-1"), headers: { test: "yes" } })).toEqual([]);
  expect(t.inputs).toMatchObject([{ fate: "skipped" }]);
  expect(t.steps).toEqual([]);
});

test("a mapping that throws gives a dead letter with the record as it came", () => {
  t.input("orders", { key: "ada", value: "not JSON", headers: { own: "1" } });
  expect(t.outputs()).toEqual([
    {
      topic: "workflow-dead-letter",
      key: "ada",
      value: "not JSON",
      headers: {
        own: "1",
        "kwf-reason": "mapping-failed",
        "kwf-message": expect.stringMatching(/^manifest\.inputTopics\["orders"\] threw SyntaxError: .*not JSON/),
        "kwf-topic": "orders",
        "kwf-partition": "0",
        "kwf-offset": "0",
      },
    },
  ]);
  expect(t.inputs[0]?.refusal?.stack).toContain("fixtures/input-topics.ts:16");
  t.input("payments", { value: "1" });
  expect(t.outputs("workflow-dead-letter")[1]?.headers).toMatchObject({ "kwf-reason": "mapping-answer" });
});

test("a mapping sees the record's time and the same chance again, and leaves nothing behind", async () => {
  t.input("orders", { ...order("o-1"), timestamp: 1234 });
  t.input("orders", { ...order("o-2"), timestamp: 1234 });
  const [one, two] = t.inputs.map(({ output }) => JSON.parse(output!.value!.slice("init:".length)));
  expect(one).toMatchObject({ at: 1234, now: 1234, seen: 1 });
  expect(two).toMatchObject({ seen: 1 });
  expect(one.random).not.toBe(two.random);
  t.input("payments", { key: "o-1", value: "1" });
  expect(t.values<{ seen: number }>("shipments")[0]?.seen).toBe(0);
  expect(t.console.map(({ text }) => text)).toEqual(["order o-1 1", "order o-2 1"]);
  const again = await testWorkflow(entry);
  again.input("orders", { ...order("o-1"), timestamp: 1234 });
  expect(again.inputs[0]?.output).toEqual(t.inputs[0]?.output);
});

test("a mapping has the config, and nothing of a thread", async () => {
  t = await testWorkflow(entry, { config: { level: 3 } });
  t.input("wrong", { value: "config" });
  expect(t.inputs[0]?.output).toMatchObject({ key: "c", value: 'init:{"level":3}' });
  t.input("wrong", { value: "output" });
  expect(t.inputs[1]?.refusal?.message).toMatch(/OutsideStepError: W.output was called where no thread runs/);
  expect(t.outputs("shipments")).toEqual([]);
});

test("what a mapping leaves to run is nobody's", () => {
  t.input("wrong", { value: "later" });
  expect(t.inputs).toMatchObject([{ fate: "skipped" }]);
  t.input("orders", order("o-1"));
  expect(t.steps[0]?.unhandled).toEqual([]);
});

test("a mapping that loops is stopped", async () => {
  t = await testWorkflow(entry, { stepTimeoutMs: 200 });
  t.input("wrong", { value: "spin" });
  expect(t.inputs[0]?.refusal?.message).toMatch(/ran longer than 200 ms/);
  t.input("orders", order("o-1"));
  expect(t.status("o-1")).toBe("running");
});

test("a topic that is no input is told", () => {
  expect(() => t.input("other", { value: "" })).toThrow(/"other" is no input topic.*orders, payments, wrong/);
});
