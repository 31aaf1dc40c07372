import { describe, expect, test } from "vitest";
import { LineError, parseLine } from "./input-line.js";

const defaults = { offset: (topic: string) => (topic === "workflow-resume" ? 4 : 7), timestamp: 1000 };

describe("parseLine", () => {
  test("fills in what a line leaves out", () => {
    expect(parseLine('{"key":"t","value":"new:"}', defaults)).toEqual({
      topic: "workflow-resume",
      record: { key: "t", value: "new:", offset: "4", partition: 0, timestamp: 1000 },
    });
    expect(parseLine('{"topic":"orders","value":"1"}', defaults)).toEqual({
      topic: "orders",
      record: { key: null, value: "1", offset: "7", partition: 0, timestamp: 1000 },
    });
  });

  test("takes offset, timestamp, partition and headers from the line", () => {
    const line = '{"key":"t","value":null,"offset":"12","timestamp":5,"partition":3,"headers":{"a":"b"}}';
    expect(parseLine(line, defaults).record).toEqual({
      key: "t",
      value: null,
      offset: "12",
      partition: 3,
      timestamp: 5,
      headers: { a: "b" },
    });
  });

  test("a record without key or value is the engine's to judge", () => {
    expect(parseLine("{}", defaults).record).toMatchObject({ key: null, value: null });
  });

  test.each([
    ["not JSON", "{"],
    ["an array", "[]"],
    ["a key that is no string", '{"key":1}'],
    ["a value that is no string", '{"key":"t","value":{"ref":"a"}}'],
    ["a negative offset", '{"key":"t","offset":-1}'],
    ["a partition that is no number", '{"key":"t","partition":"0"}'],
    ["a timestamp that is no number", '{"key":"t","timestamp":"now"}'],
    ["a topic that is no string", '{"topic":1}'],
    ["headers that are no strings", '{"key":"t","headers":{"a":1}}'],
  ])("refuses %s", (_, line) => {
    expect(() => parseLine(line, defaults)).toThrow(LineError);
  });
});
