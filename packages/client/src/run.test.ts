import type { LogRecord, Sign } from "kwf/client-kit";
import { expect, test } from "vitest";
import { Expected } from "./outcomes.js";
import { Run } from "./run.js";

const PLACE = { partition: 1, offset: 7 };

/** What the runner writes of thread "t". */
function sign(
  topic: Sign["topic"],
  value: string | null,
  headers: Record<string, string> = { "kwf-run": "1:7" },
): Sign {
  const record: LogRecord = {
    ...{ offset: 0, timestamp: 0, key: Buffer.from("t") },
    value: value === null ? null : Buffer.from(value),
    headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
  };
  return { topic, record };
}
const status = (state: string, headers?: Record<string, string>) => sign("status", JSON.stringify({ state }), headers);
const letter = (headers: Record<string, string>) =>
  sign("deadLetter", null, { "kwf-topic": "workflow-resume", "kwf-partition": "1", "kwf-offset": "7", ...headers });

/** The signs come before the place of the start is known, or after it. */
function runOf(signs: Sign[], when: "early" | "late", anyRun = false) {
  let over = 0;
  const expected = new Expected("t", () => {
    over += 1;
  });
  if (when === "early") for (const one of signs) expected.see(one);
  expected.at(PLACE, anyRun);
  if (when === "late") for (const one of signs) expected.see(one);
  return { run: new Run("t", PLACE, expected), expected, over: () => over };
}

test.each(["early", "late"] as const)("ends that are read %s", async (when) => {
  const done = runOf([sign("result", '{"a":1}'), status("completed")], when);
  expect(await done.run.result()).toEqual({ a: 1 });
  expect(done.over()).toBe(1);
  const nothing = runOf([status("completed"), sign("result", null)], when);
  expect(await nothing.run.result()).toBeUndefined();
  const failed = runOf([sign("error", '"Error: boom"'), status("failed")], when);
  await expect(failed.run.result()).rejects.toMatchObject({ code: "KWF_FAILED", error: "Error: boom" });
  const removed = runOf([sign("status", null)], when);
  await expect(removed.run.result()).rejects.toMatchObject({ code: "KWF_REMOVED", thread: "t" });
  const duplicate = runOf([letter({ "kwf-reason": "duplicate-start", "kwf-message": "it lives" })], when);
  await expect(duplicate.run.result()).rejects.toMatchObject({ code: "KWF_ALREADY_RUNNING", message: "it lives" });
  const refused = runOf([letter({ "kwf-reason": "bad-json", "kwf-message": "no JSON" })], when);
  await expect(refused.run.result()).rejects.toMatchObject({ code: "KWF_START_REFUSED", reason: "bad-json" });
});

test.each(["early", "late"] as const)("what is told of others, %s, is not this run's end", async (when) => {
  const other = { "kwf-run": "1:3", "kwf-step": "6" };
  const signs = [
    sign("result", '"other"', other),
    status("completed", other),
    letter({ "kwf-topic": "reserve", "kwf-reason": "service-failed" }),
    letter({ "kwf-offset": "8", "kwf-reason": "unknown-thread" }),
    letter({ "kwf-partition": "0", "kwf-reason": "unknown-thread" }),
  ];
  const { run, expected, over } = runOf(signs, when);
  expect(over()).toBe(0);
  expected.see(sign("result", '"own"'));
  expected.see(status("completed"));
  expect(await run.result()).toBe("own");
});

test("with any run, the one that ends after the start counts", async () => {
  const live = { "kwf-run": "1:3", "kwf-step": "9" };
  const { run } = runOf([sign("result", '"live"', live), status("completed", live)], "late", true);
  expect(await run.result()).toBe("live");
});

test("waiting that cannot go on says why, also to who asks later", async () => {
  const { run, expected, over } = runOf([], "late");
  expected.fail(new Error("topic workflow-result does not exist"));
  await expect(run.result()).rejects.toMatchObject({
    code: "KWF_WAIT_ENDED",
    message: "what becomes of t is not known: topic workflow-result does not exist",
  });
  expect(over()).toBe(1);
});
