import { describe, expect, test } from "vitest";
import { ProducerEnded, RecordTooLarge } from "../errors.js";
import type { Log, NewRecord, Transaction, TransactionalProducer } from "../log.js";
import { Bench, eventually, type Factory, readAll, record, valuesOf } from "./log-under-test.js";

async function write(transaction: Transaction, ...records: NewRecord[]): Promise<void> {
  transaction.send(records);
  await transaction.flush();
}

export function transactionsConformance(factory: Factory): void {
  describe("transactions", () => {
    const bench = new Bench(factory);
    const fence = (log: Log, timeout?: number): Promise<TransactionalProducer> =>
      log.fence(bench.under.unique("id"), timeout === undefined ? {} : { transactionTimeoutMs: timeout });

    test("a transaction over several topics and partitions is visible as a whole, in order", async () => {
      const log = bench.open();
      const a = await bench.topic(log, { word: "a", partitions: 3 });
      const b = await bench.topic(log, { word: "b" });
      const producer = await fence(log);
      const transaction = producer.begin();
      await write(transaction, record(a, "1", 0), record(a, "2", 2), record(b, "3"));
      await write(transaction, record(a, "4", 0));
      expect(await log.endOffsets([{ topic: a, partition: 0 }], "committed")).toEqual([0]);
      expect(await log.endOffsets([{ topic: a, partition: 0 }], "uncommitted")).toEqual([2]);
      const committed = await transaction.commit();
      expect(await valuesOf(log, a)).toEqual(["1", "4"]);
      expect(await valuesOf(log, a, { partition: 2 })).toEqual(["2"]);
      expect(await valuesOf(log, b)).toEqual(["3"]);
      expect(committed.lastOffset(a, 0)).toBe(1);
      expect(committed.lastOffset(a, 1)).toBeUndefined();
    });

    test("many transactions of one producer, one right after the other (line 9)", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 4 });
      const producer = await fence(log);
      for (let n = 0; n < 100; n++) {
        const transaction = producer.begin();
        transaction.send([0, 1, 2, 3].map((partition) => record(topic, `${n}`, partition)));
        await transaction.commit();
      }
      for (const partition of [0, 1, 2, 3]) {
        expect(await valuesOf(log, topic, { partition })).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`));
      }
    });

    test("a transaction without records asks nothing and can be followed by one with", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const producer = await fence(log);
      expect((await producer.begin().commit()).lastOffset(topic, 0)).toBeUndefined();
      const transaction = producer.begin();
      transaction.send([record(topic, "x")]);
      await transaction.commit();
      expect(await valuesOf(log, topic)).toEqual(["x"]);
    });

    test("more than a batch may hold is cut into batches, in order (line 10)", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const filler = "x".repeat(1_000);
      const values = Array.from({ length: 2_500 }, (_, n) => `${n} ${filler}`);
      const transaction = (await fence(log)).begin();
      transaction.send(values.map((value) => record(topic, value)));
      const committed = await transaction.commit();
      expect(committed.lastOffset(topic, 0)).toBe(2_499);
      expect(await valuesOf(log, topic)).toEqual(values);
    });

    test("a record that cannot fit is refused before anything is sent, named, and costs the producer nothing (line 10)", async () => {
      const log = bench.open();
      const [large, small] = [
        await bench.topic(log),
        await bench.topic(log, { settings: { "max.message.bytes": "2000" } }),
      ];
      const producer = await fence(log);
      const transaction = producer.begin();
      transaction.send([record(large, "x"), record(small, "y".repeat(2_000))]);
      const refused = transaction.commit();
      await expect(refused).rejects.toBeInstanceOf(RecordTooLarge);
      await expect(refused).rejects.toMatchObject({ where: { topic: small, partition: 0 }, index: 1 });
      expect(producer.ended).toBeUndefined();
      const next = producer.begin();
      next.send([record(large, "z"), record(small, "z".repeat(1_800))]);
      await next.commit();
      expect(await valuesOf(log, large)).toEqual(["z"]);
      expect(await valuesOf(log, large, { isolation: "uncommitted" })).toEqual(["z"]);
    });

    test("a refusal of the log ends the producer, names the partition, and the next transaction loses nothing (lines 1, 8)", async () => {
      const log = bench.open();
      const a = await bench.topic(log, { word: "a" });
      const b = await bench.topic(log, { word: "b", settings: { "cleanup.policy": "compact" } });
      const id = bench.under.unique("id");
      const producer = await log.fence(id);
      const first = producer.begin();
      first.send([record(a, "0"), record(b, "0")]);
      await first.commit();
      const second = producer.begin();
      // A record without a key cannot be compacted, and only the log knows.
      second.send([record(a, "x1"), record(a, "x2"), { ...record(b, "x3"), key: null }]);
      await expect(second.commit()).rejects.toMatchObject({
        code: "record-refused",
        where: { topic: b, partition: 0 },
      });
      expect(producer.ended).toMatchObject({ code: "record-refused" });
      expect(() => producer.begin()).toThrow(ProducerEnded);
      const third = (await log.fence(id)).begin();
      third.send([record(a, "y1"), record(a, "y2")]);
      await third.commit();
      expect(await valuesOf(log, a)).toEqual(["0", "y1", "y2"]);
      expect(await valuesOf(log, b)).toEqual(["0"]);
    });

    test("an aborted producer sends no more, and the next one of its id loses nothing (line 1)", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const id = bench.under.unique("id");
      const producer = await log.fence(id);
      const transaction = producer.begin();
      await write(transaction, record(topic, "x1"), record(topic, "x2"));
      await transaction.abort();
      expect(() => transaction.send([record(topic, "x3")])).toThrow(ProducerEnded);
      await expect(transaction.commit()).rejects.toBeInstanceOf(ProducerEnded);
      expect(() => producer.begin()).toThrow(ProducerEnded);
      const next = (await log.fence(id)).begin();
      await write(next, record(topic, "y1"), record(topic, "y2"));
      await next.commit();
      expect(await valuesOf(log, topic)).toEqual(["y1", "y2"]);
      expect(await valuesOf(log, topic, { isolation: "uncommitted" })).toEqual(["x1", "x2", "y1", "y2"]);
    });

    test("two sends at once arrive once each and in order (line 3)", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 2 });
      const transaction = (await fence(log)).begin();
      const sent: Promise<void>[] = [];
      for (let n = 0; n < 20; n++) {
        transaction.send([record(topic, `${n}`, 0), record(topic, `${n}`, 1)]);
        sent.push(transaction.flush());
      }
      await Promise.all(sent);
      await transaction.commit();
      const all = Array.from({ length: 20 }, (_, n) => `${n}`);
      expect(await valuesOf(log, topic, { partition: 0 })).toEqual(all);
      expect(await valuesOf(log, topic, { partition: 1 })).toEqual(all);
    });

    test("what is misused says so and changes nothing", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 2 });
      const producer = await fence(log);
      const transaction = producer.begin();
      expect(() => producer.begin()).toThrow(/cannot begin/);
      transaction.send([record(topic, "x", 5)]);
      await expect(transaction.commit()).rejects.toThrow(/has 2 partitions/);
      const next = producer.begin();
      next.send([record(topic, "y")]);
      await next.commit();
      await expect(next.commit()).rejects.toBeInstanceOf(ProducerEnded);
      expect(await valuesOf(log, topic)).toEqual(["y"]);
    });
  });

  describe("aborted transactions", () => {
    const bench = new Bench(factory);

    /** Two producers on one partition; a script such as `a1 b1 b2 a2 A! B!` writes, aborts (!) and commits (.). */
    async function play(log: Log, topic: string, script: string): Promise<void> {
      const producers = new Map<string, TransactionalProducer>();
      const open = new Map<string, Transaction>();
      for (const word of script.split(" ")) {
        const who = word[0]!.toLowerCase();
        if (/^[A-Z]/.test(word)) {
          const transaction = open.get(who)!;
          open.delete(who);
          if (word.endsWith("!")) {
            await transaction.abort();
            producers.delete(who);
          } else await transaction.commit();
          continue;
        }
        let producer = producers.get(who);
        if (!producer) {
          producer = await log.fence(`${topic}-${who}`);
          producers.set(who, producer);
        }
        const transaction = open.get(who) ?? producer.begin();
        open.set(who, transaction);
        await write(transaction, { topic, partition: 0, key: Buffer.alloc(4), value: word });
      }
    }

    const scripts: [name: string, script: string, visible: string[]][] = [
      ["two that interleave, both aborted (line 4a)", "a1 b1 b2 a2 A! B!", []],
      ["the one that ends first began last (line 4b)", "a1 b1 B! a2 A!", []],
      ["a committed one between two aborted", "a1 b1 c1 A! c2 C. b2 B!", ["c1", "c2"]],
      ["one that commits after it aborted", "a1 A! a2 A. a3 A! a4 A.", ["a2", "a4"]],
      [
        "an aborted one around a committed one (line 4c: keys of four zero bytes)",
        "a1 b1 B. a2 b2 B. a3 A!",
        ["b1", "b2"],
      ],
    ];
    for (const [name, script, visible] of scripts) {
      test(`${name}: read from every offset`, async () => {
        const log = bench.open();
        const topic = await bench.topic(log);
        await play(log, topic, script);
        const where = { topic, partition: 0 };
        const all = await readAll(log, where, { isolation: "uncommitted" });
        expect(all.map(({ value }) => `${value}`)).toEqual(script.split(" ").filter((word) => /^[a-z]/.test(word)));
        const expected = all.filter(({ value }) => visible.includes(value!.toString()));
        const [end] = await log.endOffsets([where], "uncommitted");
        for (let from = 0; from <= end!; from++) {
          const rest = expected.filter(({ offset }) => offset >= from).map(({ offset }) => offset);
          for (const maxBytes of [undefined, 1]) {
            const read = await readAll(log, where, { from, ...(maxBytes === undefined ? {} : { maxBytes }) });
            expect(
              read.map(({ offset }) => offset),
              `from ${from}`,
            ).toEqual(rest);
          }
        }
      });
    }

    test("an open transaction is not seen, nor what came after it, until it ends", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const transaction = (await log.fence(bench.under.unique("id"))).begin();
      await write(transaction, record(topic, "open"));
      await log.produce([record(topic, "after")]);
      const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 50 });
      expect(await reader.read()).toMatchObject({ records: [], nextOffset: 0, endOffset: 2, stableOffset: 0 });
      await transaction.abort();
      const values: string[] = [];
      while (reader.position < 3) for (const { value } of (await reader.read()).records) values.push(`${value}`);
      expect(values).toEqual(["after"]);
    });

    test("the uncommitted end is behind an open transaction, the committed one before it (line 6)", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      await log.produce([record(topic, "a")]);
      const transaction = (await log.fence(bench.under.unique("id"))).begin();
      await write(transaction, record(topic, "b"), record(topic, "c"));
      const where = [{ topic, partition: 0 }];
      expect(await log.endOffsets(where, "committed")).toEqual([1]);
      expect(await log.endOffsets(where, "uncommitted")).toEqual([3]);
    });

    test("who holds up the readers of a partition can be named", async () => {
      const log = bench.open();
      const topic = await bench.topic(log);
      const where = { topic, partition: 0 };
      await log.produce([record(topic, "a")]);
      expect(await log.openTransaction(where)).toBeUndefined();
      const [first, second] = [await log.fence(bench.under.unique("id")), await log.fence(bench.under.unique("id"))];
      const open = [first.begin(), second.begin()] as const;
      await write(open[0], record(topic, "b"));
      await write(open[1], record(topic, "c"));
      expect(await log.openTransaction(where)).toMatchObject({ producerId: first.epoch.producerId, firstOffset: 1 });
      await open[0].commit();
      await eventually(async () => (await log.openTransaction(where))?.firstOffset === 2);
      expect(await log.openTransaction(where)).toMatchObject({ producerId: second.epoch.producerId, firstOffset: 2 });
      await open[1].abort();
      await eventually(async () => (await log.openTransaction(where)) === undefined);
    });
  });
}
