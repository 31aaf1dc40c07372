import { expect, test } from "vitest";
import type { LogRecord } from "../log/log.js";
import type { StepOutcome } from "../steps/step-batch.js";
import { PLAIN, terminalStyle } from "../terminal/style.js";
import { stepLines } from "./step-lines.js";

const record = (value: string): LogRecord => ({
  offset: 3,
  timestamp: new Date(2026, 0, 1, 9, 8, 7).getTime(),
  key: Buffer.from("t"),
  value: Buffer.from(value),
  headers: [],
});
const outcome = (more: Partial<StepOutcome> = {}): StepOutcome => ({
  status: "running",
  outputs: [],
  fate: "delivered",
  pending: [],
  console: [],
  unhandled: [],
  micros: { load: 0, run: 0, save: 0 },
  ...more,
});

test("a step in lines: what came, what was printed, what went out, what it waits for", () => {
  const lines = stepLines(
    record("new:1"),
    "t",
    outcome({
      outputs: [
        { topic: "asked", key: "t", value: "{}" },
        { topic: "workflow-scheduler", key: "t|x", value: "100" },
        { topic: "workflow-status", key: "t", value: "{}" },
      ],
      pending: ["3:a:1", "b"],
      console: [{ level: "warn", text: "careful", file: "src/index.ts", line: 7 }],
      unhandled: ["Error: nobody"],
    }),
    PLAIN,
  );
  expect(lines).toEqual([
    "09:08:07 in  t  new:1",
    "         log src/index.ts:7  warn: careful",
    "         out asked  {}",
    "         out workflow-scheduler  t|x  100",
    "         !   unhandled rejection: Error: nobody",
    "         …   waits for 3:a:1, b",
  ]);
});

test("an error is printed with its lines in the source, a dead letter with its reason", () => {
  const stack =
    "TypeError: no\n    at helper (src/helper.ts:2:54)\n    at src/index.ts:9:3\n    at native\n    at main (src/index.ts:6:19)";
  const failed = outcome({
    status: "failed",
    outputs: [
      {
        topic: "workflow-error",
        key: "t",
        value: '"TypeError: no"',
        headers: { "kwf-error": JSON.stringify({ stack }) },
      },
    ],
  });
  expect(stepLines(record("x"), "t", failed, PLAIN).slice(1)).toEqual([
    '         out workflow-error  "TypeError: no"',
    "             at helper (src/helper.ts:2:54)",
    "             at src/index.ts:9:3",
    "             at main (src/index.ts:6:19)",
    "         …   failed",
  ]);
  const letter = { topic: "workflow-dead-letter", key: "t", value: "x", headers: { "kwf-message": "nobody knows it" } };
  expect(
    stepLines(record("x"), "t", outcome({ status: undefined, fate: "dead-lettered", outputs: [letter] }), PLAIN).slice(
      1,
    ),
  ).toEqual(["         out workflow-dead-letter  x", "         !   nobody knows it", "         …   dead letter"]);
});

test.each([
  [{ status: "completed" }, "completed"],
  [{ status: undefined }, "gone"],
  [{ fate: "late" }, "answered already: nothing happens"],
  [{ status: "paused", fate: "held", failed: true, error: { code: "KWF_X", message: "m" } }, "paused: m [KWF_X]"],
  [{ status: "paused", fate: "held", error: { code: "KWF_X", message: "m" } }, "waits behind the pause"],
] as const)("%j ends with what it means", (more, last) => {
  expect(stepLines(record("x"), "t", outcome(more as Partial<StepOutcome>), PLAIN).at(-1)).toBe(`         …   ${last}`);
});

test("a terminal has colours and a width; a pipe has neither, unless it is told to", () => {
  expect(terminalStyle({}, {})).toBe(PLAIN);
  expect(terminalStyle({}, { FORCE_COLOR: "1" }).bold("x")).toBe("\u001b[1mx\u001b[0m");
  expect(terminalStyle({ isTTY: true, columns: 70 }, { NO_COLOR: "1" }).bold("x")).toBe("x");
  const [line] = stepLines(
    record("y".repeat(200)),
    "t",
    outcome(),
    terminalStyle({ isTTY: true, columns: 70 }, { NO_COLOR: "1" }),
  );
  expect(line).toHaveLength(70);
  expect(line?.endsWith("…")).toBe(true);
});
