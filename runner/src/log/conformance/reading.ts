import { describe, expect, test } from "vitest";
import { LogClosed, OffsetOutOfRange, ProducerEnded } from "../errors.js";
import { Bench, eventually, type Factory, readAll, record, valuesOf } from "./log-under-test.js";

const numbers = (count: number) => Array.from({ length: count }, (_, n) => `${n}`);

export function readingConformance(factory: Factory): void {
  describe("reading", () => {
    const bench = new Bench(factory);

    test("a record comes back as it was written", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const headers = [
        ["trace", Buffer.from([0, 255])],
        ["twice", "1"],
        ["none", null],
        ["twice", "2"],
      ] as const;
      await log.produce([
        { topic, partition: 0, key: "ключ", value: Buffer.from([0, 1, 0x80]), headers, timestamp: 1_600_000_000_123 },
        { topic, partition: 0, key: null, value: "" },
        { topic, partition: 0, key: Buffer.alloc(0), value: null, timestamp: 5 },
      ]);
      const [first, second, third] = await readAll(log, { topic, partition: 0 });
      expect(first).toEqual({
        offset: 0,
        timestamp: 1_600_000_000_123,
        key: Buffer.from("ключ"),
        value: Buffer.from([0, 1, 0x80]),
        headers: headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value as string)]),
      });
      expect(second).toMatchObject({ offset: 1, key: null, value: Buffer.alloc(0), headers: [] });
      expect(third).toMatchObject({ offset: 2, timestamp: 5, key: Buffer.alloc(0), value: null });
    });

    test("a topic may have the log's own clock", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { settings: { "message.timestamp.type": "LogAppendTime" } });
      const before = Date.now();
      await log.produce([{ ...record(topic, "a"), timestamp: 5 }]);
      const transaction = (await log.fence(bench.under.unique("id"))).begin();
      transaction.send([{ ...record(topic, "b"), timestamp: 5 }]);
      await transaction.commit();
      const times = (await readAll(log, { topic, partition: 0 })).map(({ timestamp }) => timestamp);
      expect(times).toHaveLength(2);
      // The clock of a container may differ a little.
      for (const time of times) expect(time).toBeGreaterThan(before - 60_000);
    });

    test("what a topic compresses is read as it was written", async () => {
      const log = bench.open();
      const text = "a sentence that comes back and comes back. ".repeat(3_000);
      for (const codec of ["gzip", "snappy", "lz4", "zstd"]) {
        const topic = await bench.topic(log, { word: codec, settings: { "compression.type": codec } });
        const values = [...numbers(500), text, ""];
        await log.produce(values.map((value) => record(topic, value)));
        expect(await valuesOf(log, topic), codec).toEqual(values);
      }
    });

    test("read starts at any offset, also inside a batch, and gives no record before it", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      await log.produce(numbers(10).map((value) => record(topic, value)));
      for (let from = 0; from <= 10; from++) {
        expect(await valuesOf(log, topic, { from })).toEqual(numbers(10).slice(from));
      }
    });

    test("a read that brings less than all goes on where it ended", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      for (const value of numbers(20)) await log.produce([record(topic, value)]);
      expect(await valuesOf(log, topic, { maxBytes: 1 })).toEqual(numbers(20));
    });

    test("many readers at whose partitions nothing happens for a while each hear of what then happens, once", async () => {
      const log = bench.open();
      const topics = [await bench.topic(log, { partitions: 3 }), await bench.topic(log, { partitions: 3 })];
      const places = topics.flatMap((topic) => [0, 1, 2].map((partition) => ({ topic, partition })));
      const heard = places.map((): string[] => []);
      const readers = places.map((where) => log.reader({ ...where, from: 0 }));
      const quiet = places.map(() => 0);
      const reading = readers.map(async (reader, index) => {
        while (heard[index]!.length < 3) {
          const { records } = await reader.read();
          if (records.length === 0) quiet[index] = quiet[index]! + 1;
          else quiet[index] = 0;
          heard[index]!.push(...records.map(({ value }) => `${value}`));
        }
      });
      for (const word of ["a", "b", "c"]) {
        await eventually(() => quiet.every((times) => times > 3));
        for (const [index, { topic, partition }] of places.entries()) {
          await log.produce([record(topic, `${word}${index}`, partition)]);
          if (index % 2 === 0) await eventually(() => heard[index]!.includes(`${word}${index}`));
        }
        quiet.fill(0);
      }
      await Promise.all(reading);
      expect(heard).toEqual(places.map((_, index) => ["a", "b", "c"].map((word) => `${word}${index}`)));
    });

    test("seek goes back and forth, and a read that waits goes along", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      await log.produce(numbers(10).map((value) => record(topic, value)));
      const reader = log.reader({ topic, partition: 0, from: 10, maxWaitMs: 500 });
      const waiting = reader.read();
      reader.seek(8);
      expect((await waiting).records.map(({ offset }) => offset)).toEqual([8, 9]);
      expect(reader.position).toBe(10);
      reader.seek(3);
      expect(reader.position).toBe(3);
      const part = await reader.read();
      expect(part.records.map(({ offset }) => offset)).toEqual([3, 4, 5, 6, 7, 8, 9]);
      expect(part).toMatchObject({ nextOffset: 10, endOffset: 10, stableOffset: 10 });
    });

    test("nothing is given while it is paused, and nothing is lost by it", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 50 });
      await reader.read();
      reader.pause();
      let given = false;
      const waiting = reader.read().then((part) => {
        given = true;
        return part;
      });
      await log.produce([record(topic, "a")]);
      const witness = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 50 });
      while (witness.position < 1) await witness.read();
      expect(given).toBe(false);
      reader.resume();
      const records = [...(await waiting).records];
      while (records.length === 0) records.push(...(await reader.read()).records);
      expect(records.map(({ value }) => value?.toString())).toEqual(["a"]);
    });

    test("a reader at the end hears of the next record", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 100 });
      expect((await reader.read()).records).toEqual([]);
      await bench.open().produce([record(topic, "a")]);
      const values: string[] = [];
      while (values.length === 0) for (const { value } of (await reader.read()).records) values.push(`${value}`);
      expect(values).toEqual(["a"]);
    });

    test("a position before the log is an error that says what was lost, and is not reset", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      await log.produce(numbers(5).map((value) => record(topic, value)));
      await bench.under.deleteBefore({ topic, partition: 0 }, 3);
      expect(await log.startOffsets([{ topic, partition: 0 }])).toEqual([3]);
      const reader = log.reader({ topic, partition: 0, from: 1 });
      await expect(reader.read()).rejects.toMatchObject({ code: "offset-out-of-range", offset: 1, start: 3, end: 5 });
      expect(reader.position).toBe(1);
      await expect(reader.read()).rejects.toThrow(/records 1 to 2 are lost/);
      reader.seek(3);
      expect((await reader.read()).records).toHaveLength(2);
    });

    test("a position behind the log is an error too", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      await log.produce([record(topic, "a")]);
      const reader = log.reader({ topic, partition: 0, from: 2 });
      await expect(reader.read()).rejects.toBeInstanceOf(OffsetOutOfRange);
      await expect(reader.read()).rejects.toThrow(/made anew/);
    });

    test("a position in a topic that was made anew is an error, however many records the new one has", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const { id } = (await log.describeTopics([topic])).get(topic)!;
      await log.produce(numbers(3).map((value) => record(topic, value)));
      const reading = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 50 });
      expect((await reading.read()).nextOffset).toBe(3);
      await bench.under.deleteTopic(topic);
      await eventually(async () => !(await log.topicNames()).includes(topic));
      const other = bench.open();
      await other.createTopics([{ name: topic, partitions: 1 }]);
      await other.produce(numbers(5).map((value) => record(topic, value)));
      expect((await other.describeTopics([topic])).get(topic)!.id).not.toBe(id);
      const error = { code: "offset-out-of-range", message: expect.stringMatching(/made anew/) };
      const read = async () => {
        for (;;) await reading.read();
      };
      await expect(read()).rejects.toMatchObject({ ...error, offset: 3 });
      const named = log.reader({ topic, partition: 0, from: 2, topicId: id });
      await expect(named.read()).rejects.toMatchObject({ ...error, offset: 2 });
      expect((await log.reader({ topic, partition: 0, from: 2 }).read()).records).toHaveLength(3);
    });

    test("a topic that is missing is waited for, and shows as a trouble", async () => {
      const log = bench.open();
      const topic = bench.under.unique("later");
      const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 50 });
      const waiting = reader.read();
      while (log.troubles().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(log.troubles()[0]).toMatchObject({ what: `read ${topic}-0`, error: { code: "topic-missing" } });
      await bench.open().createTopics([{ name: topic, partitions: 1 }]);
      expect((await waiting).records).toEqual([]);
      await reader.close();
      expect(log.troubles()).toEqual([]);
    });

    test("close ends a read that waits", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 60_000 });
      const waiting = reader.read();
      await reader.close();
      await expect(waiting).rejects.toBeInstanceOf(LogClosed);
      await expect(reader.read()).rejects.toBeInstanceOf(LogClosed);
    });

    test("close of the log ends everything that is open in it", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 60_000 });
      const producer = await log.fence(bench.under.unique("id"));
      const waiting = reader.read();
      await log.close();
      await expect(waiting).rejects.toBeInstanceOf(LogClosed);
      expect(() => producer.begin()).toThrow(ProducerEnded);
      await expect(log.produce([record(topic, "x")])).rejects.toBeInstanceOf(LogClosed);
      await expect(log.clusterId()).rejects.toBeInstanceOf(LogClosed);
      await log.close();
    });

    test("a reader gets behind what compaction emptied, up to the end", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, {
        settings: {
          "cleanup.policy": "compact",
          "segment.ms": "10",
          "min.cleanable.dirty.ratio": "0.001",
          "delete.retention.ms": "1",
        },
      });
      const where = { topic, partition: 0 };
      const producer = await log.fence(bench.under.unique("id"));
      const write = async (value: string) => {
        const transaction = producer.begin();
        transaction.send([{ ...where, key: "one", value }]);
        await transaction.commit();
      };
      // Compaction takes what is older than the last segment, and every write may begin one.
      let first: number | undefined;
      for (let n = 0; first === undefined || first === 0; n++) {
        await write(`${n}`);
        first = (await readAll(log, where))[0]?.offset;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const [end] = await log.endOffsets([where], "uncommitted");
      for (let from = 0; from <= end!; from += Math.max(1, Math.floor(end! / 8))) {
        const records = await readAll(log, where, { from });
        expect(records.every(({ offset }) => offset >= from)).toBe(true);
      }
    });
  });
}
