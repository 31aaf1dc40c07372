import { beforeEach, expect, test } from "vitest";
import { playScenario, type Scenario, testWorkflow, timer, type WorkflowTest } from "./index.js";

let t: WorkflowTest;
beforeEach(async () => {
  t = await testWorkflow(new URL("../fixtures/conversation.ts", import.meta.url), { stepTimeoutMs: 2000 });
});

const question = { question: "a", ref: "0:answer:1", asked: 1 };
const nap = (delay: number, out: Scenario["acts"][number]["out"]): Scenario => ({
  name: "nap",
  thread: "n",
  acts: [
    { start: { play: "nap", ms: 5 }, out: [timer("0:sleep:1", delay, "n")] },
    { advance: 5, out },
  ],
});
const woken = String(Date.UTC(2020, 0, 1) + 5);

test("a scenario passes when exactly its records come out", () => {
  playScenario(t, nap(5, [["workflow-result", woken]]));
  playScenario(t, {
    name: "two threads",
    acts: [
      { start: { play: "echo", questions: ["a"] }, out: [["questions", { ...question, ref: "2:answer:1" }]] },
      {
        start: { play: "echo", questions: ["a"] },
        thread: "two",
        out: [["questions", { ...question, ref: "3:answer:1" }]],
      },
      { resume: "3:answer:1", error: "no", thread: "two", out: [["workflow-error", '"no"']] },
      { send: "init:5", out: [] },
      { send: "{not JSON", out: [["workflow-dead-letter", "{not JSON"]] },
      { cancel: "enough", out: [["workflow-error", '"CancelToken: enough"']] },
    ],
    ends: "cancelled",
  });
});

test("a record too few, another one, or another end fails it, and the act is named", () => {
  expect(() => playScenario(t, nap(5, []))).toThrow(/act 1: \{"advance":5\}/);
  expect(() => playScenario(t, { ...nap(6, []), thread: "m" })).toThrow(/act 0: \{"start":\{"play":"nap","ms":5\}\}/);
  const ended = nap(5, [["workflow-result", woken]]);
  expect(() => playScenario(t, { ...ended, thread: "o", acts: [], ends: "failed" })).toThrow(/thread "o" in the end/);
});

test("a scenario without acts that ends in nothing is told", () => {
  expect(() => playScenario(t, { name: "empty", acts: [] })).toThrow(/thread "test" in the end/);
});
