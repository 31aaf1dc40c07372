import { describe, expect, test } from "vitest";
import type { LogRecord } from "../log/log.js";
import { changesOf, decodeTimer, dueKey, encodeTimer, firing, readDueKey, requestOf } from "./timer.js";

const record = (key: string | Buffer | null, value: string | Buffer | null): LogRecord => ({
  offset: 7,
  timestamp: 1_000,
  key: key === null ? null : Buffer.from(key as string),
  value: value === null ? null : Buffer.from(value as string),
  headers: [["traceparent", Buffer.from("00-a-b-01")]],
});

describe("a record", () => {
  test.each([
    ["5000", 6_000],
    ["1", 1_001],
    ["0.5", 1_001],
    ["@5000", 5_000],
    ["@0", 0],
  ])("with value %s sets a timer for %i", (value, at) => {
    expect(requestOf(record("t|p", value))).toMatchObject({ key: "t|p", timer: { key: "t|p", at, offset: 7, value } });
  });

  test.each(["0", "00", "0.0", "", null])("with value %j takes it back", (value) => {
    expect(requestOf(record("t|p", value))).toEqual({ key: "t|p" });
  });

  test.each([
    ["bad-key", null, "1"],
    ["bad-key", "", "1"],
    ["bad-key", "nobar", "1"],
    ["bad-key", "|payload", "1"],
    ["bad-key", Buffer.from([0xff, 0x7c]), "1"],
    ["not-understood", "t|p", "soon"],
    ["not-understood", "t|p", "-1"],
    ["not-understood", "t|p", " 1"],
    ["not-understood", "t|p", "1e3"],
    ["not-understood", "t|p", "@"],
    ["not-understood", "t|p", "@99999999999999999999"],
    ["bad-value", "t|p", Buffer.from([0xff])],
  ] as [string, string | Buffer | null, string | Buffer][])(
    "is refused as %s: key %j, value %j",
    (reason, key, value) => {
      expect(requestOf(record(key, value))).toMatchObject({ reason, message: expect.any(String) });
    },
  );

  test("what was expected and what was found is said", () => {
    expect(requestOf(record("nobar", "1"))).toMatchObject({
      message: expect.stringMatching(/<thread id>\|<payload>.*"nobar"/),
    });
    expect(requestOf(record("t|p", "soon"))).toMatchObject({ message: expect.stringMatching(/milliseconds.*"soon"/) });
  });
});

const timer = {
  key: 't1|{"a":"x|y"}|',
  at: 2 ** 52,
  offset: 3,
  value: "5",
  headers: [["h", Buffer.from([0xff])]] as const,
};

test("fires the payload behind the first bar, with the headers that came", () => {
  expect(firing(timer)).toEqual({ key: "t1", value: '{"a":"x|y"}|', headers: timer.headers });
});

test("comes back from the changelog as it was; what is no timer is refused by name", () => {
  expect(decodeTimer(timer.key, encodeTimer(timer))).toEqual(timer);
  for (const bytes of ["", "{}", '{"v":2}']) {
    expect(() => decodeTimer("t|p", Buffer.from(bytes))).toThrow(
      expect.objectContaining({ code: "changelog-foreign", message: expect.stringContaining("t|p") }),
    );
  }
});

test("lies in the index by time, then by the order in which it was set", () => {
  const places = [
    { key: "b|", at: 9, offset: 0 },
    { key: "a|", at: 10, offset: 5 },
    { key: "z|", at: 255, offset: 4 },
    { key: "a|", at: 256, offset: 3 },
    { key: "a|", at: 256, offset: 256 },
    { key: "a|", at: 2 ** 40, offset: 1 },
  ];
  expect(places.map(dueKey).sort(Buffer.compare).map(readDueKey)).toEqual(places);
});

test("a changelog record is the timer and its place; a tombstone only takes the timer", () => {
  const key = Buffer.from(timer.key);
  expect(changesOf(key, encodeTimer(timer)).map(({ value }) => value === null)).toEqual([false, false]);
  expect(changesOf(key, null)).toHaveLength(1);
});
