import { describe, expect, test } from "vitest";
import type { Subscription } from "../assignment.js";
import type { TopicPartition } from "../log.js";
import { readAssignment, readSubscription, writeAssignment, writeSubscription } from "./group-protocol.js";

const where = (topic: string, ...partitions: number[]): TopicPartition[] =>
  partitions.map((partition) => ({ topic, partition }));
const member = (topics: string[], owned: TopicPartition[] = [], generation = 1): Subscription => ({
  topics,
  metadata: "",
  owned,
  generation,
});

describe("what members write", () => {
  test("is read by members", () => {
    const own = member(["a", "b"], [...where("a", 0, 2), ...where("b", 1)], 7);
    expect(readSubscription(writeSubscription({ ...own, metadata: "host:1" }))).toEqual({ ...own, metadata: "host:1" });
    const given = [...where("a", 3, 1), ...where("б", 0)];
    expect(readAssignment(writeAssignment(given))).toEqual(given);
    expect(readAssignment(writeAssignment([]))).toEqual([]);
  });

  test("of others is not taken for one's own", () => {
    for (const bytes of [
      null,
      Buffer.alloc(0),
      Buffer.from([0, 0, 0, 0, 0, 0, 255, 255, 255, 255]),
      Buffer.from("{}"),
      Buffer.alloc(40, 1),
    ]) {
      expect(readSubscription(bytes)).toBeUndefined();
    }
  });
});
