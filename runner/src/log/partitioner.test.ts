import { expect, test } from "vitest";
import { murmur2, partitionOf } from "./partitioner.js";

// The first six are of the Java client's own tests (org.apache.kafka.common.utils.UtilsTest), the rest was printed by it.
test.each([
  ["21", -973932308],
  ["foobar", -790332482],
  ["a-little-bit-long-string", -985981536],
  ["a-little-bit-longer-string", -1486304829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
  ["abc", 479470107],
  ["", 275646681],
  ["key-0", 29210041],
  ["key-3", -1839136101],
  ["ключ", 2122343024],
])("murmur2 of %j is Java's", (key, hash) => {
  expect(murmur2(Buffer.from(key))).toBe(hash);
});

test("a key lands where the Java client puts it", () => {
  expect(partitionOf("foobar", 10)).toBe((-790332482 & 0x7fffffff) % 10);
  expect(partitionOf("21", 7)).toBe((-973932308 & 0x7fffffff) % 7);
});

test("text and its UTF-8 bytes are the same key", () => {
  for (const key of ["ключ", "ключ-2", "🐟"])
    expect(partitionOf(key, 1_000)).toBe(partitionOf(Buffer.from(key), 1_000));
});
