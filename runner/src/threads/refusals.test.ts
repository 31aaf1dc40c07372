import type { OutputRecord } from "@kwf/engine";
import { beforeEach, describe, expect, test } from "vitest";
import { LogUnreachable, NotAuthorized, RecordRefused, RecordTooLarge, TopicMissing } from "../log/errors.js";
import { Names } from "../names.js";
import { StepsDied } from "../steps/steps.js";
import { type Attempt, Refusals } from "./refusals.js";

const names = new Names("p-", "g");
const where = { topic: "p-out", partition: 0 };
let refusals: Refusals;
beforeEach(() => {
  refusals = new Refusals(names, 8);
});

const output = (topic: string): OutputRecord => ({ topic, key: "k", value: "v" });
/** Records at offsets 10, 11, …, each with an output to its topic. */
function attempt(...topics: string[]): Attempt {
  const arrived = topics.map((_, index) => ({
    record: { offset: 10 + index, timestamp: 0, key: null, value: null, headers: [] },
    input: { key: "k", value: null, offset: String(10 + index), partition: 0, timestamp: 0 },
  }));
  const records = topics.map((topic) => ({ topic: names.topic(topic), partition: 0, key: "k", value: "v" }));
  const position = { topic: names.changelog(), partition: 0, key: "|position", value: "" };
  return {
    arrived,
    outputs: topics.map((topic) => [output(topic)]),
    transaction: { records: [...records, position], owners: [...topics.map((_, index) => index), -1] },
  };
}

describe("too large", () => {
  test("pauses the thread of the step that made it; the second time its record is not kept either", () => {
    const error = new RecordTooLarge("big", where, 1);
    expect(refusals.learn(error, attempt("out", "out"))).toBe(true);
    expect(refusals.verdictOf(11)).toEqual({ code: "KWF_RECORD_TOO_LARGE", message: "big" });
    expect(refusals.verdictOf(10)).toBeUndefined();
    expect(refusals.learn(error, attempt("out", "out"))).toBe(true);
    expect(refusals.verdictOf(11)).toMatchObject({ withoutCopy: true });
    expect(refusals.learn(error, attempt("out", "out"))).toBe(false);
  });

  test("a dead letter becomes a reference", () => {
    const error = new RecordTooLarge("big", where, 0);
    expect(refusals.learn(error, attempt("workflow-dead-letter"))).toBe(true);
    expect([...refusals.references]).toEqual([10]);
    expect(refusals.verdictOf(10)).toBeUndefined();
    expect(refusals.learn(error, attempt("workflow-dead-letter"))).toBe(false);
  });

  test("so does the copy of a record that waits; where that does not help, there is none", () => {
    const error = new RecordTooLarge("big", where, 0);
    const made = attempt("out");
    const copy = { topic: names.changelog(), partition: 0, key: "|held|k|0000000000000010", value: "v" };
    const tried = { ...made, transaction: { records: [copy], owners: [0] } };
    expect(refusals.learn(error, tried)).toBe(true);
    expect([...refusals.references]).toEqual([10]);
    expect(refusals.verdictOf(10)).toBeUndefined();
    expect(refusals.learn(error, tried)).toBe(true);
    expect(refusals.learn(error, tried)).toBe(true);
    expect(refusals.verdictOf(10)).toMatchObject({ withoutCopy: true });
  });

  test("the position is nobody's fault", () => {
    expect(refusals.learn(new RecordTooLarge("big", where, 2), attempt("out", "out"))).toBe(false);
  });
});

test("refused by the broker: halves, down to the one", () => {
  const error = new RecordRefused("no", where);
  for (const [count, limit] of [
    [8, 4],
    [4, 2],
    [3, 1],
  ] as const) {
    expect(refusals.learn(error, attempt(...Array<string>(count).fill("out")))).toBe(true);
    expect(refusals.limitAt(10)).toBe(limit);
  }
  expect(refusals.learn(error, attempt("out"))).toBe(true);
  expect(refusals.verdictOf(10)).toEqual({ code: "KWF_RECORD_REFUSED", message: "no" });
  refusals.passed(11);
  expect(refusals.verdictOf(10)).toBeUndefined();
  expect(refusals.limitAt(11)).toBe(2);
});

test("a missing topic or permission pauses only who writes there", () => {
  expect(refusals.learn(new TopicMissing("gone", "p-rare"), attempt("out", "rare", "out", "rare"))).toBe(true);
  expect([10, 11, 12, 13].map((offset) => refusals.verdictOf(offset)?.topic)).toEqual([
    undefined,
    "p-rare",
    undefined,
    "p-rare",
  ]);
  const denied = new NotAuthorized("no", { kind: "topic", name: "p-out" });
  expect(refusals.learn(denied, attempt("out", "rare"))).toBe(true);
  expect(refusals.verdictOf(10)?.code).toBe("KWF_NOT_AUTHORIZED");
});

test("trouble with the runner's own topics, and whatever else is unknown, is doubt", () => {
  expect(refusals.learn(new TopicMissing("gone", names.status), attempt("workflow-status"))).toBe(false);
  expect(refusals.learn(new NotAuthorized("no", { kind: "transactional id", name: "x" }), attempt("out"))).toBe(false);
  expect(refusals.learn(new LogUnreachable("?"), attempt("out"))).toBe(false);
  expect(refusals.learn(new Error("?"), attempt("out"))).toBe(false);
});

describe("steps that kill what runs them", () => {
  test("the second death is the verdict; what lies before runs without it", () => {
    const died = new StepsDied(2, "out of memory");
    expect(refusals.learn(died, attempt("out", "out", "out"))).toBe(true);
    expect(refusals.limitAt(10)).toBe(2);
    expect(refusals.verdictOf(12)).toBeUndefined();
    expect(refusals.learn(died, attempt("out", "out", "out"))).toBe(true);
    expect(refusals.verdictOf(12)).toMatchObject({ code: "KWF_STEP_DIED" });
  });

  test("after an unclean end of the process: one at a time, and who was alone twice", () => {
    refusals.unclean({ offset: 10, count: 3, deaths: 0 });
    expect([9, 10, 12].map((offset) => refusals.limitAt(offset))).toEqual([1, 1, 1]);
    expect(refusals.limitAt(13)).toBe(8);
    expect(refusals.deathsAt(10)).toBe(0);
    refusals.unclean({ offset: 10, count: 1, deaths: 0 });
    expect(refusals.deathsAt(10)).toBe(1);
    expect(refusals.verdictOf(10)).toBeUndefined();
    refusals.unclean({ offset: 10, count: 1, deaths: 1 });
    expect(refusals.verdictOf(10)).toMatchObject({ code: "KWF_STEP_DIED" });
  });

  test("death between two steps is nobody's", () => {
    expect(refusals.learn(new StepsDied(undefined, "closed"), attempt("out"))).toBe(false);
  });
});
