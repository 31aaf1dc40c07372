import type { OutputRecord } from "@kwf/engine";
import { expect, test } from "vitest";
import { TopicMissing } from "../log/errors.js";
import type { LogRecord } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import { Names } from "../names.js";
import { heldKey } from "./held-records.js";
import { inputOf } from "./input.js";
import { type TransactionParts, transactionRecords, unreadableLetter } from "./transaction-records.js";

const names = new Names("p-", "g");
const record = (offset: number, key: string | Buffer, value: string | Buffer): LogRecord => ({
  offset,
  timestamp: 0,
  key: Buffer.from(key as string),
  value: Buffer.from(value as string),
  headers: [["mine", Buffer.from([0xff])]],
});
const output = (topic: string, key: string, value: string): OutputRecord => ({ topic, key, value });

function made(
  records: LogRecord[],
  outputs: OutputRecord[][],
  states: [string, Uint8Array | null][],
  references: number[] = [],
  held: [string, Buffer][] = [],
) {
  const parts: TransactionParts = {
    names,
    partition: 3,
    partitionsOf: (topic) => {
      if (topic === "p-gone") throw new TopicMissing("gone", topic);
      return 16;
    },
    arrived: records.map((one) => ({ record: one, input: inputOf(one, 3) })),
    outputs,
    states: new Map(states),
    held: new Map(held),
    references: new Set(references),
  };
  return transactionRecords(parts);
}

test("outputs in order, then states, then what waits; each with its owner", () => {
  const state = Buffer.from("s");
  const { records, owners } = made(
    [record(7, "a", "1"), record(8, "b", "2"), record(9, "a", "3")],
    [[output("out", "x", "1"), output("out", "y", "2")], [], [output("out", "x", "3")]],
    [
      ["a", state],
      ["b", null],
    ],
    [],
    [[heldKey("b", 8), state]],
  );
  expect(records.map(({ topic, key, value }) => [topic, key, value])).toEqual([
    ["p-out", "x", "1"],
    ["p-out", "y", "2"],
    ["p-out", "x", "3"],
    ["p-g-run-changelog", "a", state],
    ["p-g-run-changelog", "b", null],
    ["p-g-run-changelog", "|held|b|0000000000000008", state],
  ]);
  expect(owners).toEqual([0, 0, 2, 2, 1, 1]);
  expect(records[0]?.partition).toBe(partitionOf("x", 16));
  expect(records.slice(3).map(({ partition }) => partition)).toEqual([3, 3, 3]);
});

test("a dead letter has the bytes and headers that came, and says why", () => {
  const bad = record(7, Buffer.from([0xff]), Buffer.from([0xfe]));
  const input = inputOf(bad, 3);
  if (!("reason" in input)) throw new Error("it should not be readable");
  const { records } = made([bad], [[unreadableLetter(input, "workflow-resume", 3, bad)]], []);
  expect(records[0]).toMatchObject({
    topic: "p-workflow-dead-letter",
    key: Buffer.from([0xff]),
    value: Buffer.from([0xfe]),
  });
  expect(records[0]?.headers?.[0]).toEqual(["mine", Buffer.from([0xff])]);
  expect(Object.fromEntries(records[0]!.headers!)).toMatchObject({ "kwf-reason": "bad-key", "kwf-offset": "7" });
});

test("one that does not fit becomes a reference", () => {
  const large = record(7, "k", "x".repeat(100));
  const letter = { topic: "workflow-dead-letter", key: "k", value: "?", headers: { "kwf-offset": "7", mine: "1" } };
  const { records } = made([large], [[letter]], [], [7]);
  expect(records[0]?.value).toBeNull();
  const headers = Object.fromEntries(records[0]!.headers!);
  expect(headers).toMatchObject({ "kwf-offset": "7", "kwf-size": "100" });
  expect(headers["kwf-sha256"]).toHaveLength(64);
  expect(headers.mine).toBeUndefined();
});

test("a workflow's own output to the dead letter topic of other records is left as it is", () => {
  const other = { topic: "workflow-dead-letter", key: "k", value: "mine", headers: { "kwf-offset": "1" } };
  expect(made([record(7, "k", "v")], [[other]], []).records[0]?.value).toBe("mine");
});

test("a topic that does not exist is said before anything is sent", () => {
  expect(() => made([record(7, "k", "v")], [[output("gone", "k", "v")]], [])).toThrow(TopicMissing);
});

test("an error's header is cut where it is long, and stays JSON", () => {
  const error = (stack: string) => ({
    ...output("workflow-error", "k", '"e"'),
    headers: { "kwf-error": JSON.stringify({ name: "Error", message: "m", stack }) },
  });
  const { records } = made([record(7, "k", "v")], [[error("short"), error("x".repeat(100_000))]], []);
  const [short, long] = records.map(({ headers }) => headers?.[0]?.[1]?.toString() ?? "");
  expect(JSON.parse(short!)).toEqual({ name: "Error", message: "m", stack: "short" });
  expect(JSON.parse(long!)).toMatchObject({ name: "Error", message: "m", cut: true });
  expect(long!.length).toBeLessThan(20_000);
});
