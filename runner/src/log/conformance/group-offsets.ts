import { describe, expect, test } from "vitest";
import { LogUnreachable, ProducerEnded, ProducerFenced } from "../errors.js";
import { type GroupOffset, type Log, partitionKey } from "../log.js";
import { Bench, eventually, type Factory, record, valuesOf } from "./log-under-test.js";

export function groupOffsetsConformance(factory: Factory): void {
  describe("offsets of a group in a transaction", () => {
    const bench = new Bench(factory);
    const at = (topic: string, offset: number, partition = 0): GroupOffset => ({ topic, partition, offset });
    const offsetOf = async (log: Log, group: string, topic: string, partition = 0) =>
      (await log.groupOffsets(group, [{ topic, partition }])).get(partitionKey({ topic, partition }));

    test("they are there with the records, and the last of a partition counts", async () => {
      const log = bench.open();
      const [input, output] = [await bench.topic(log, { partitions: 2 }), await bench.topic(log)];
      const group = bench.under.unique("group");
      const producer = await log.fence(bench.under.unique("id"));
      const transaction = producer.begin();
      transaction.commitOffsets(group, [at(input, 3), at(input, 7, 1)]);
      transaction.send([record(output, "x")]);
      await transaction.flush();
      transaction.commitOffsets(group, [at(input, 4)]);
      expect(await offsetOf(log, group, input)).toBeUndefined();
      await transaction.commit();
      expect(await valuesOf(log, output)).toEqual(["x"]);
      expect(await offsetOf(log, group, input)).toBe(4);
      expect(await offsetOf(log, group, input, 1)).toBe(7);
      const next = producer.begin();
      next.commitOffsets(group, [at(input, 5)]);
      next.send([record(output, "y")]);
      await next.commit();
      expect(await offsetOf(log, group, input)).toBe(5);
    });

    test("a transaction may have nothing else, one right after the other, for several groups", async () => {
      const log = bench.open();
      const input = await bench.topic(log);
      const [one, two] = [bench.under.unique("group"), bench.under.unique("group")];
      const producer = await log.fence(bench.under.unique("id"));
      for (let n = 1; n <= 20; n++) {
        const transaction = producer.begin();
        transaction.commitOffsets(one, [at(input, n)]);
        transaction.commitOffsets(two, [at(input, 2 * n)]);
        await transaction.commit();
      }
      expect([await offsetOf(log, one, input), await offsetOf(log, two, input)]).toEqual([20, 40]);
    });

    test("an aborted transaction leaves them as they were", async () => {
      const log = bench.open();
      const [input, output] = [await bench.topic(log), await bench.topic(log)];
      const group = bench.under.unique("group");
      const id = bench.under.unique("id");
      const before = (await log.fence(id)).begin();
      before.commitOffsets(group, [at(input, 1)]);
      await before.commit();
      const aborted = (await log.fence(id)).begin();
      aborted.send([record(output, "x")]);
      aborted.commitOffsets(group, [at(input, 9)]);
      await aborted.flush();
      await aborted.abort();
      await log.fence(id);
      expect(await offsetOf(log, group, input)).toBe(1);
      expect(await valuesOf(log, output)).toEqual([]);
    });

    test("an owner that was fenced commits none, with records or without", async () => {
      const [old, young] = [bench.open(), bench.open()];
      const [input, output] = [await bench.topic(old), await bench.topic(old)];
      const group = bench.under.unique("group");
      const id = bench.under.unique("id");
      const stalled = (await old.fence(id)).begin();
      stalled.send([record(output, "old")]);
      await stalled.flush();
      stalled.commitOffsets(group, [at(input, 8)]);
      const after = await young.fence(id);
      await expect(stalled.commit()).rejects.toBeInstanceOf(ProducerFenced);
      expect(await offsetOf(young, group, input)).toBeUndefined();

      const late = after.begin();
      late.commitOffsets(group, [at(input, 9)]);
      const right = (await old.fence(id)).begin();
      await expect(late.commit()).rejects.toBeInstanceOf(ProducerFenced);
      expect(() => after.begin()).toThrow(ProducerEnded);
      right.commitOffsets(group, [at(input, 2)]);
      await right.commit();
      expect(await offsetOf(young, group, input)).toBe(2);
      expect(await valuesOf(young, output)).toEqual([]);
    });

    for (const [what, expected] of [
      ["request", 1],
      ["answer", 2],
    ] as const) {
      test(`commit, ${what} lost: after the next fence records and offset say the same`, async () => {
        const log = bench.open();
        const [input, output] = [await bench.topic(log), await bench.topic(log)];
        const group = bench.under.unique("group");
        const id = bench.under.unique("id");
        const write = async (n: number) => {
          const transaction = (await log.fence(id)).begin();
          transaction.send([record(output, `${n}`)]);
          transaction.commitOffsets(group, [at(input, n)]);
          if (n === 2) bench.under.lose(log, "commit", what);
          await transaction.commit();
        };
        await write(1);
        await expect(write(2)).rejects.toBeInstanceOf(LogUnreachable);
        await log.fence(id);
        expect(await offsetOf(log, group, input)).toBe(expected);
        expect((await valuesOf(log, output)).at(-1)).toBe(`${expected}`);
      });
    }

    test("a group with members takes them, whatever its generation, and keeps them when the members have left", async () => {
      const log = bench.open();
      const input = await bench.topic(log);
      const group = bench.under.unique("group");
      let generations = 0;
      const listener = {
        rebalancing: async () => {},
        assigned: async () => {
          generations += 1;
        },
        failed: () => {},
      };
      const member = log.join({ group, topics: [input], heartbeatMs: 200, listener });
      await eventually(() => generations > 0);
      const transaction = (await log.fence(bench.under.unique("id"))).begin();
      transaction.commitOffsets(group, [at(input, 6)]);
      await transaction.commit();
      await member.leave();
      expect(await offsetOf(log, group, input)).toBe(6);
    });
  });
}
