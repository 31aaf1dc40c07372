import { describe, expect, test } from "vitest";
import { assign, type Subscription } from "./assignment.js";
import { partitionKey, type TopicPartition } from "./log.js";

const where = (topic: string, ...partitions: number[]): TopicPartition[] =>
  partitions.map((partition) => ({ topic, partition }));
const member = (topics: string[], owned: TopicPartition[] = [], generation = 1): Subscription => ({
  topics,
  metadata: "",
  owned,
  generation,
});

function shares(members: Record<string, Subscription>, counts: Record<string, number>): Record<string, string[]> {
  const given = assign(new Map(Object.entries(members)), new Map(Object.entries(counts)));
  return Object.fromEntries([...given].map(([id, own]) => [id, own.map(partitionKey).sort()]));
}

describe("sharing out", () => {
  test("everything goes to one member each, and nobody has two more than another (I1)", () => {
    for (const members of [1, 2, 3, 5, 8]) {
      for (const partitions of [0, 1, 4, 7, 12]) {
        const ids = Array.from({ length: members }, (_, n) => [`m${n}`, member(["a", "b"])]);
        const given = shares(Object.fromEntries(ids), { a: partitions, b: 1 });
        const all = Object.values(given).flat();
        expect(new Set(all).size).toBe(all.length);
        expect(all).toHaveLength(partitions + 1);
        const sizes = Object.values(given).map((own) => own.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }
    }
  });

  test("what was owned stays, and only as much moves as has to (I2)", () => {
    const given = shares({ old: member(["t"], where("t", 0, 1, 2, 3)), new: member(["t"], [], -1) }, { t: 4 });
    expect(given).toEqual({ old: ["t-0", "t-1"], new: ["t-2", "t-3"] });
    expect(shares({ old: member(["t"], where("t", 0, 1)), new: member(["t"], where("t", 2, 3)) }, { t: 4 })).toEqual({
      old: ["t-0", "t-1"],
      new: ["t-2", "t-3"],
    });
    expect(shares({ new: member(["t"], where("t", 2, 3)) }, { t: 4 })).toEqual({ new: ["t-0", "t-1", "t-2", "t-3"] });
  });

  test("of two who claim one, the later generation had it last (I2)", () => {
    const given = shares({ a: member(["t"], where("t", 0, 1), 4), b: member(["t"], where("t", 0, 1), 5) }, { t: 2 });
    expect(given.b).toEqual(["t-0"]);
  });

  test("a member gets only what it asked for, and claims on what is gone are void", () => {
    const given = shares({ a: member(["x"], where("x", 0, 9)), b: member(["x", "y"]) }, { x: 1, y: 3 });
    expect(given).toEqual({ a: ["x-0"], b: ["y-0", "y-1", "y-2"] });
  });

  test("a member that cannot take more does not keep others from being levelled", () => {
    const given = shares(
      { a: member(["x"]), b: member(["x", "y"], [...where("x", 0, 1), ...where("y", 0, 1)]), c: member(["y"]) },
      { x: 2, y: 2 },
    );
    expect(
      Object.values(given)
        .map((own) => own.length)
        .sort(),
    ).toEqual([1, 1, 2]);
  });
});
