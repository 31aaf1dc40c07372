import { describe, expect, test } from "vitest";
import { partitionOf } from "../partitioner.js";
import { Bench, type Factory, readAll, record, valuesOf } from "./log-under-test.js";

export function producingConformance(factory: Factory): void {
  describe("producing without a transaction", () => {
    const bench = new Bench(factory);

    test("a record goes to the partition of its key", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 5 });
      const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`);
      const produced = await log.produce(keys.map((key) => ({ topic, key, value: key })));
      expect(produced.map(({ partition }) => partition)).toEqual(keys.map((key) => partitionOf(key, 5)));
      for (let partition = 0; partition < 5; partition++) {
        const own = (await readAll(log, { topic, partition })).map(({ key }) => `${key}`);
        expect(own).toEqual(keys.filter((key) => partitionOf(key, 5) === partition));
      }
    });

    test("each call hears of its own records, and only the one that asked for too much is refused", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { settings: { "max.message.bytes": "2000" } });
      const [a, b, c] = await Promise.allSettled([
        log.produce([record(topic, "a1"), record(topic, "a2")]),
        log.produce([record(topic, "b".repeat(2_000))]),
        log.produce([record(topic, "c1")]),
      ]);
      expect(a).toMatchObject({ status: "fulfilled" });
      expect(b).toMatchObject({ status: "rejected", reason: { code: "record-too-large", index: 0 } });
      expect(c).toMatchObject({ status: "fulfilled" });
      const offsets = (a as PromiseFulfilledResult<{ offset: number }[]>).value.map(({ offset }) => offset);
      const values = await valuesOf(log, topic);
      expect(offsets.map((offset) => values[offset])).toEqual(["a1", "a2"]);
      expect(values).toHaveLength(3);
    });

    test("more than a batch may hold keeps its order", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { settings: { "max.message.bytes": "4000" } });
      const values = Array.from({ length: 300 }, (_, n) => `${n} ${"x".repeat(100)}`);
      await log.produce(values.map((value) => record(topic, value)));
      expect(await valuesOf(log, topic)).toEqual(values);
    });
  });
}
