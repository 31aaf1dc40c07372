import { testWorkflow } from "@kwf/testing";
import { expect, test } from "vitest";

const entry = new URL("./index.ts", import.meta.url);
const greeting = (key: string, ref: string, name: string) => [
  ["minimal-greeting-request", key, JSON.stringify({ name, ref })],
];
const shown = (records: { topic: string; key: string | null; value: string | null }[]) =>
  records.filter(({ topic }) => topic !== "workflow-status").map(({ topic, key, value }) => [topic, key, value]);

test("asks for a greeting, waits, and returns it", async () => {
  const t = await testWorkflow(entry);
  expect(shown(t.start({ name: "Ada" }))).toEqual(greeting("test", "0:greeting:1", "Ada"));
  expect(t.pending()).toEqual(["0:greeting:1"]);
  t.restart();
  expect(shown(t.resume("0:greeting:1", "Hello"))).toEqual([["workflow-result", "test", '{"greeting":"Hello"}']]);
  expect(t.state()).toBeNull();
});

test("greets the world when it is given no name", async () => {
  const t = await testWorkflow(entry);
  expect(shown(t.start())).toEqual(greeting("test", "0:greeting:1", "world"));
});

test("an answer that comes twice changes nothing", async () => {
  const t = await testWorkflow(entry);
  t.start({ name: "Ada" });
  t.resume("0:greeting:1", "Hello");
  expect(shown(t.resume("0:greeting:1", "Bye")).map(([topic]) => topic)).toEqual(["workflow-dead-letter"]);
  expect(t.result()).toEqual({ greeting: "Hello" });
});
