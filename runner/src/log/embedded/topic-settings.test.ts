import { expect, test } from "vitest";
import { TopicSettings } from "./topic-settings.js";

test("what nobody said is as on Kafka, and what was said is in force", () => {
  const plain = new TopicSettings("t", {});
  expect(plain).toMatchObject({
    delete: true,
    compact: false,
    retentionMs: 7 * 86_400_000,
    maxMessageBytes: 1_048_588,
  });
  const own = new TopicSettings("t", { "cleanup.policy": "compact, delete", "retention.ms": "-1" });
  expect(own).toMatchObject({ delete: true, compact: true, retentionMs: -1, tombstoneRetentionMs: 86_400_000 });
  expect(own.all.get("retention.ms")).toBe("-1");
  expect(own.all.get("segment.ms")).toBe("604800000");
});

test.each([
  ["retention.ms", "-2", "a whole number from -1"],
  ["retention.ms", "1.5", "a whole number from -1"],
  ["min.cleanable.dirty.ratio", "2", "a number from 0 to 1"],
  ["min.cleanable.dirty.ratio", "", "a number from 0 to 1"],
  ["cleanup.policy", "compact;delete", "delete, compact or both"],
  ["message.timestamp.type", "createtime", "CreateTime or LogAppendTime"],
])("%s=%s is refused, and what it can be is said", (name, value, means) => {
  expect(() => new TopicSettings("t", { [name]: value })).toThrow(`topic t: ${name} is ${means}, not "${value}"`);
});

test("names of objects are no settings", () => {
  expect(() => new TopicSettings("t", { constructor: "1" })).toThrow("there is no setting constructor");
});
