import { expect, test } from "vitest";
import { partitionOf } from "../log/partitioner.js";
import { placed } from "./home-partition.js";
import { inputOf } from "./input.js";

const PARTITIONS = 8;
const record = (key: string | Buffer, value = "new:") => ({
  offset: 1,
  timestamp: 0,
  key: Buffer.from(key as string),
  value: Buffer.from(value),
  headers: [],
});
const arrived = (key: string | Buffer, value?: string) => {
  const one = record(key, value);
  return { record: one, input: inputOf(one, 0) };
};
const at = (partition: number, living: readonly string[] = []) => ({
  partition,
  partitions: PARTITIONS,
  livingHere: async (threads: readonly string[]) => new Set(threads.filter((thread) => living.includes(thread))),
});

test("what belongs elsewhere says where; what belongs here, or is not understood, does not", async () => {
  const home = partitionOf("a", PARTITIONS);
  const other = Array.from({ length: 100 }, (_, n) => `t${n}`).find((key) => partitionOf(key, PARTITIONS) !== home)!;
  const all = [arrived("a"), arrived(other), arrived(other, "nonsense"), arrived(Buffer.from([0xff])), arrived("x|y")];
  const found = await placed(all, at(home));
  expect(found.map(({ elsewhere }) => elsewhere)).toEqual([
    undefined,
    partitionOf(other, PARTITIONS),
    undefined,
    undefined,
    undefined,
  ]);
  expect(await placed([arrived("a")], at(home))).toHaveLength(1);
});

test("a thread that lives here keeps its records", async () => {
  const wrong = (partitionOf("a", PARTITIONS) + 1) % PARTITIONS;
  const [stays] = await placed([arrived("a")], at(wrong, ["a"]));
  expect(stays?.elsewhere).toBeUndefined();
  const [goes] = await placed([arrived("a")], at(wrong, ["b"]));
  expect(goes?.elsewhere).toBe(partitionOf("a", PARTITIONS));
});
