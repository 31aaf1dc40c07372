import { describe, expect, test } from "vitest";
import { ProducerEnded, ProducerFenced } from "../errors.js";
import { Bench, eventually, type Factory, record, valuesOf } from "./log-under-test.js";

export function fencingConformance(factory: Factory): void {
  describe("fencing", () => {
    const bench = new Bench(factory);

    test("a fence alone ends what the producer before it left open (line 5)", async () => {
      const [old, young] = [bench.open(), bench.open()];
      const topic = await bench.topic(old);
      const id = bench.under.unique("id");
      const before = await old.fence(id);
      const open = before.begin();
      open.send([record(topic, "old")]);
      await open.flush();
      const after = await young.fence(id);
      expect(after.epoch.epoch).toBeGreaterThan(before.epoch.epoch);
      // Nothing was sent by the new one yet.
      const where = [{ topic, partition: 0 }];
      await eventually(async () => (await young.endOffsets(where, "committed"))[0] === 2);
      await expect(open.commit()).rejects.toBeInstanceOf(ProducerFenced);
      expect(() => before.begin()).toThrow(ProducerEnded);
      const next = after.begin();
      next.send([record(topic, "young")]);
      await next.commit();
      expect(await valuesOf(young, topic)).toEqual(["young"]);
    });

    test("a stalled owner that wakes can write nothing", async () => {
      const [old, young] = [bench.open(), bench.open()];
      const topic = await bench.topic(old);
      const id = bench.under.unique("id");
      const stalled = (await old.fence(id)).begin();
      stalled.send([record(topic, "before")]);
      await stalled.flush();
      const next = (await young.fence(id)).begin();
      next.send([record(topic, "young")]);
      await next.commit();
      const where = [{ topic, partition: 0 }];
      // Markers come in their own time: two records and what ended their transactions.
      await eventually(async () => (await young.endOffsets(where, "uncommitted"))[0] === 4);
      stalled.send([record(topic, "late")]);
      await expect(stalled.flush()).rejects.toBeInstanceOf(ProducerFenced);
      await expect(stalled.commit()).rejects.toThrow();
      expect(await young.endOffsets(where, "uncommitted")).toEqual([4]);
      expect(await valuesOf(young, topic)).toEqual(["young"]);
    });

    test("a producer that was fenced before it sent anything writes nothing", async () => {
      const [old, young] = [bench.open(), bench.open()];
      const topic = await bench.topic(old);
      const id = bench.under.unique("id");
      const before = await old.fence(id);
      await young.fence(id);
      const late = before.begin();
      late.send([record(topic, "old")]);
      await expect(late.commit()).rejects.toBeInstanceOf(ProducerFenced);
      expect(await young.endOffsets([{ topic, partition: 0 }], "uncommitted")).toEqual([0]);
    });

    test("a late owner fences the right one, whose commit then hears of it (line 7)", async () => {
      const [right, late] = [bench.open(), bench.open()];
      const topic = await bench.topic(right);
      const id = bench.under.unique("id");
      await late.fence(id);
      const open = (await right.fence(id)).begin();
      open.send([record(topic, "right")]);
      await open.flush();
      await late.fence(id);
      await expect(open.commit()).rejects.toBeInstanceOf(ProducerFenced);
      expect(await valuesOf(right, topic)).toEqual([]);
    });

    test("a transaction older than its timeout is ended by the log, and looks like one that was fenced (line 7)", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const producer = await log.fence(bench.under.unique("id"), { transactionTimeoutMs: 500 });
      const open = producer.begin();
      open.send([record(topic, "slow")]);
      await open.flush();
      const where = [{ topic, partition: 0 }];
      await eventually(async () => (await log.endOffsets(where, "committed"))[0] === 2);
      await expect(open.commit()).rejects.toBeInstanceOf(ProducerFenced);
      expect(await valuesOf(log, topic)).toEqual([]);
    });

    test("the signal ends a fence that nobody answers", async () => {
      const log = bench.open();
      await log.clusterId();
      await bench.under.crash(log);
      const stop = new AbortController();
      const fencing = log.fence(bench.under.unique("id"), { signal: stop.signal });
      stop.abort(new Error("enough"));
      await expect(fencing).rejects.toThrow("enough");
    });
  });
}
