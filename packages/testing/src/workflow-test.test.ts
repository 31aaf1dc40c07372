import { beforeEach, describe, expect, test } from "vitest";
import { testWorkflow, type WorkflowTest } from "./index.js";

const entry = new URL("../fixtures/conversation.ts", import.meta.url);
let t: WorkflowTest;
beforeEach(async () => {
  t = await testWorkflow(entry, { stepTimeoutMs: 2000 });
});

interface Question {
  question: string;
  ref: string;
  asked: number;
}
const question = (): Question => t.values<Question>("questions").at(-1) as Question;

describe("testWorkflow", () => {
  test("starts, resumes and ends a workflow, its state going through bytes", () => {
    const [first] = t.start({ play: "echo", questions: ["a", "b"] });
    expect(first).toMatchObject({
      topic: "questions",
      key: "test",
      value: '{"question":"a","ref":"0:answer:1","asked":1}',
    });
    expect(t.status()).toBe("running");
    expect(t.pending()).toEqual(["0:answer:1"]);
    expect(t.state()?.length).toBeLessThan(700);
    t.resume("0:answer:1", 1);
    t.restart();
    t.resume(question(), 2);
    expect(t.result()).toEqual([1, 2]);
    expect(t.status()).toBe("completed");
    expect(t.state()).toBeNull();
  });

  test("module variables belong to the thread", () => {
    t.start({ play: "echo", questions: ["a", "b"] }, { thread: "one" });
    t.start({ play: "echo", questions: ["a"] }, { thread: "two" });
    t.resume("0:answer:1", 1, { thread: "one" });
    expect(t.values<Question>("questions").map(({ asked }) => asked)).toEqual([1, 1, 2]);
  });

  test("an error payload is thrown as it is", () => {
    t.start({ play: "echo", questions: ["a"] });
    t.reject(question(), "no");
    expect(t.error()).toBe("no");
    expect(t.status()).toBe("failed");
    expect(() => t.result()).toThrow(/has not completed: failed, no/);
  });

  test("the clock stands still until it is moved, and timers fire on the way", () => {
    const start = t.now;
    t.start({ play: "nap", ms: 1000 });
    t.advance(999);
    expect(t.status()).toBe("running");
    t.advance(1);
    expect(t.result()).toBe(start + 1000);
  });

  test("a timer fires at its own time, however far the clock is moved", () => {
    const start = t.now;
    t.start({ play: "nap", ms: 1000 });
    t.advance(60_000);
    expect(t.result()).toBe(start + 1000);
    expect(t.now).toBe(start + 60_000);
  });

  test("a timer that is taken back does not fire", () => {
    t.start({ play: "patience", ms: 1000 });
    t.resume(question(), "here");
    expect(t.result()).toBe("here");
    expect(t.scheduler.pending).toEqual([]);
    expect(t.advance(5000)).toEqual([]);
  });

  test("a timeout ends the wait", () => {
    t.start({ play: "patience", ms: 1000 });
    t.advance(1000);
    expect(t.error()).toContain("TimeoutError");
  });

  test("records that a workflow sends to workflow-resume are delivered", () => {
    t.start({ play: "spawn", children: ["c1", "c2"] });
    expect(t.status("c1")).toBe("running");
    t.advance(10);
    expect(t.status("c1")).toBe("completed");
    expect(t.status("c2")).toBe("completed");
  });

  test("time, thread, step and config are those of the step", async () => {
    t = await testWorkflow(entry, { thread: "t9", now: new Date(5000), config: { level: 3 } });
    t.start({ play: "time" });
    t.advance(500);
    t.resume(question());
    expect(t.result()).toEqual({ now: 5500, thread: "t9", step: "1", config: { level: 3 } });
    expect(t.console).toMatchObject([
      { level: expect.any(String), text: "random true", function: "main", file: "fixtures/conversation.ts", line: 42 },
    ]);
  });

  test("output to an undeclared topic pauses the thread, and nothing of the step is visible", () => {
    const outputs = t.start({ play: "undeclared" });
    expect(outputs.map(({ topic }) => topic)).toEqual(["workflow-status"]);
    expect(t.status()).toBe("paused");
    const { error } = t.steps[0] ?? {};
    expect(error?.code).toBe("KWF_UNDECLARED_TOPIC");
    expect(error?.message).toContain('"nowhere"');
    expect(error?.message).toContain("fixtures/conversation.ts:47");
  });

  test("a value that cannot be saved pauses the thread and names the path to it", () => {
    t.start({ play: "unsaved" });
    expect(t.status()).toBe("paused");
    const { error } = t.steps[0] ?? {};
    expect(error?.code).toMatch(/^KWF_/);
    expect(error?.message).toContain("shared");
  });

  test("an endless loop pauses the thread", async () => {
    t = await testWorkflow(entry, { stepTimeoutMs: 200 });
    t.start({ play: "spin" });
    expect(t.steps[0]?.error?.code).toBe("KWF_STEP_TIMEOUT");
    t.start({ play: "nap", ms: 5 }, { thread: "other" });
    t.advance(5);
    expect(t.status("other")).toBe("completed");
  });

  test("cancel runs the workflow's own cleanup", () => {
    t.start({ play: "nap", ms: 1000 });
    t.cancel("enough");
    expect(t.status()).toBe("cancelled");
    expect(t.scheduler.pending).toEqual([]);
  });

  test("a thread is shown with its async stack", () => {
    t.start({ play: "patience", ms: 1000 });
    expect(t.show()).toMatch(
      /^waits for 0:answer:1\n {2}at ask \(fixtures\/conversation.ts:11:\d+\)\n {7}return await answer;\n(?: {7}.*\n)+ {2}in Promise\.race/,
    );
    expect(() => t.result()).toThrow(/has not completed: it waits for 0:answer:1\n {2}at ask/);
    t.resume("0:answer:1");
    expect(t.show()).toBe("");
  });

  test("outputs are expected one after the other, each once", () => {
    t.start({ play: "echo", questions: ["a", "b"] });
    const first = t.expectOutput<Question>("questions", { question: "a", ref: "0:answer:1", asked: 1 });
    expect(() => t.expectOutput("questions")).toThrow(
      /no further record came to "questions"[\s\S]*waits for 0:answer:1/,
    );
    t.resume(first);
    expect(() => t.expectOutput("questions", { question: "c" })).toThrow(/strictly deep-equal/);
  });

  test("input and result have the module's types", async () => {
    const typed = await testWorkflow<typeof import("../fixtures/conversation.js")>(entry);
    typed.start({ play: "echo", questions: [] });
    const result: unknown = typed.result();
    expect(result).toEqual([]);
    // @ts-expect-error: there is no such play
    typed.start({ play: "sing" });
    // @ts-expect-error: the workflow needs an input
    typed.start();
    const cart = await testWorkflow<typeof import("../../../demos/ecommerce-cart/src/index.js")>(
      new URL("../../../demos/ecommerce-cart/src/index.ts", import.meta.url),
    );
    cart.start();
    cart.start({ abandonedCartTimeoutMS: 5 }, { thread: "other" });
    cart.advance(5);
    const bought = cart.result("other");
    expect(bought === "abandoned" || bought.email).toBe(true);
  });
});
