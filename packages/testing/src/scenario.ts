// Owns scenarios: what is done to a workflow and exactly which records come out, as data, so that the same scenario can
// be played in process, on the embedded log and on a Kafka.
// Neighbour: workflow-test.ts plays them in process.
//
// I1. Ids of refs are those of a test of its own: the first record on workflow-resume is 0, and every record counts,
//     timers that fire and records that threads send each other included. Elsewhere offsets are mapped to these.
// I2. What an act puts out is complete and in order. Only workflow-status, which names runs and bundles, is left out.
import { AssertionError, deepStrictEqual } from "node:assert/strict";
import { type OutputRecord, STATUS_TOPIC, type ThreadStatus } from "@kwf/engine";
import type { WorkflowTest } from "./workflow-test.js";

/** What is done to the workflow. */
export type Deed =
  | { start: unknown }
  /** Answers a ref; with `error` instead of `value`, the await throws it. */
  | { resume: string; value?: unknown; error?: unknown }
  /** Milliseconds go by, and timers fire. */
  | { advance: number }
  /** Milliseconds go by while nobody is there: timers that become due fire late, in the next `advance`. */
  | { absent: number }
  /** An operator cancels the thread. */
  | { cancel: string }
  /** Any record on workflow-resume, as it stands: `init:`, a command, or what nobody understands. */
  | { send: string };

/**
 * A record that is expected: topic, value, and the key where it is not the thread. A value that is a string is the
 * text of the record; anything else is its JSON, in this order of properties; `undefined` is a record without a value.
 */
export type Expected = readonly [topic: string, value: unknown, key?: string];

export type Act = Deed & {
  /** Another thread than the scenario's. */
  thread?: string;
  out: readonly Expected[];
};

export interface Scenario {
  name: string;
  /** Default: `test`. */
  thread?: string;
  acts: readonly Act[];
  /** Times are in its records: to be played on a log, it needs a runner whose clock is driven (docs/testing.md). */
  clock?: true;
  /** How the thread stands in the end. Default: `completed`. */
  ends?: ThreadStatus;
}

const THREAD = "test";

/** The record that sets a timer, or takes it back where there are no milliseconds. */
export const timer = (ref: string, delay?: number | Date, thread = THREAD): Expected => [
  "workflow-scheduler",
  delay instanceof Date ? `@${delay.getTime()}` : String(delay ?? 0),
  `${thread}|${JSON.stringify({ ref })}`,
];

/** A request as `topic(...).request` of @kwf/patterns writes it. */
export const request = (topic: string, ref: string, value: unknown, thread = THREAD): Expected => [
  topic,
  { thread, ref, key: `${thread}|${JSON.stringify({ ref })}`, value },
  thread,
];

/**
 * Plays a scenario in process; the process dies between any two acts.
 * @throws AssertionError that names the act after which other records came than expected
 */
export function playScenario<Input>(
  t: WorkflowTest<Input>,
  { acts, thread = THREAD, ends = "completed" }: Scenario,
): void {
  acts.forEach((act, index) => {
    const to = act.thread ?? thread;
    const found = perform(t, act, to).filter(({ topic }) => topic !== STATUS_TOPIC);
    // The title is on both sides, so that the difference names it.
    const title = titleOf(act, index);
    const wanted = act.out.map((expected) => textOf(expected, to));
    explained(t, to, () => deepStrictEqual([title, ...found.map(lineOf)], [title, ...wanted]));
    t.restart();
  });
  explained(t, thread, () => deepStrictEqual(t.status(thread), ends, `thread "${thread}" in the end`));
}

/** An error of `check` says what the thread waits for. */
function explained(t: WorkflowTest, thread: string, check: () => void): void {
  try {
    check();
  } catch (error) {
    const waiting = t.show(thread);
    if (error instanceof AssertionError && waiting !== "") error.message += `\n\nthread "${thread}" ${waiting}`;
    throw error;
  }
}

function perform(t: WorkflowTest, act: Act, thread: string): OutputRecord[] {
  if ("start" in act) return t.start(act.start, { thread });
  if ("advance" in act) return t.advance(act.advance);
  if ("absent" in act) {
    t.now += act.absent;
    return [];
  }
  if ("cancel" in act) return t.cancel(act.cancel, { thread });
  if ("send" in act) return t.send(act.send, { thread });
  if ("error" in act) return t.reject(act.resume, act.error, { thread });
  return t.resume(act.resume, act.value, { thread });
}

type Line = [topic: string, key: string | null, value: string | null];

const lineOf = ({ topic, key, value }: OutputRecord): Line => [topic, key, value];

/** The record as it is written. */
export function textOf([topic, value, key]: Expected, thread: string): Line {
  return [topic, key ?? thread, typeof value === "string" ? value : (JSON.stringify(value) ?? null)];
}

const titleOf = ({ out: _, ...deed }: Act, index: number): string => `act ${index}: ${JSON.stringify(deed)}`;
