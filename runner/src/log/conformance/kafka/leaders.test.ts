// Leaders that move between two brokers while they are written to and read from.

import { beforeAll, describe, expect, test, vi } from "vitest";
import { LogUnavailable, TopicMissing } from "../../errors.js";
import type { TransactionalProducer } from "../../log.js";
import { Bench, record, valuesOf } from "../log-under-test.js";
import { type KafkaUnderTest, kafkaUnderTest } from "./kafka-under-test.js";

vi.setConfig({ testTimeout: 120_000 });

describe("a leader that moves", () => {
  const bench = new Bench(() => kafkaUnderTest({ brokers: 2 }));
  let under: KafkaUnderTest;
  beforeAll(() => {
    under = bench.under as KafkaUnderTest;
  });

  /** Partition 0 on broker 1, partition 1 on broker 2. */
  async function spread(): Promise<string> {
    const topic = under.unique("spread");
    const replicaAssignment = [
      { partition: 0, replicas: [1] },
      { partition: 1, replicas: [2] },
    ];
    await under.admin.createTopics({ waitForLeaders: false, topics: [{ topic, replicaAssignment }] });
    expect(await Promise.all([0, 1].map((partition) => under.leader({ topic, partition })))).toEqual([1, 2]);
    return topic;
  }

  test("a transaction to both loses nothing: it fails as a whole, and the next one succeeds as a whole (line 2)", async () => {
    const log = bench.open();
    const topic = await spread();
    const id = under.unique("id");
    const write = async (value: string, producer: Promise<TransactionalProducer> = log.fence(id)) => {
      const transaction = (await producer).begin();
      transaction.send([record(topic, value, 0), record(topic, value, 1)]);
      await transaction.commit();
      return { producer };
    };
    const { producer } = await insist(() => write("1"));
    await under.moveTo(1, { topic, partition: 1 });
    // The client still believes in broker 2.
    const failed = await write("lost", producer).then(
      () => undefined,
      (error) => error,
    );
    expect(failed).toBeInstanceOf(LogUnavailable);
    expect((await producer).ended).toBe(failed);
    await insist(() => write("2"));
    for (const partition of [0, 1]) expect(await valuesOf(log, topic, { partition })).toEqual(["1", "2"]);
  });

  test("readers at whose partitions nothing happens go along too", async () => {
    const log = bench.open();
    const topic = await spread();
    const readers = [0, 1].map((partition) => log.reader({ topic, partition, from: 0 }));
    const next = async (partition: number) => {
      for (;;) {
        const { records } = await readers[partition]!.read();
        if (records.length > 0) return records.map(({ value }) => `${value}`);
      }
    };
    for (let n = 0; n < 5; n++) await Promise.all(readers.map((reader) => reader.read()));
    const heard = Promise.all([next(0), next(1)]);
    await under.moveTo(1, { topic, partition: 1 });
    await insist(() => log.produce([record(topic, "zero", 0), record(topic, "one", 1)]));
    expect(await heard).toEqual([["zero"], ["one"]]);
  });

  test("a reader goes along, and so does produce without a transaction", async () => {
    const log = bench.open();
    const topic = await spread();
    const where = { topic, partition: 1 };
    const reader = log.reader({ ...where, from: 0, maxWaitMs: 50 });
    const read: string[] = [];
    const readTo = async (count: number) => {
      while (read.length < count) for (const { value } of (await reader.read()).records) read.push(`${value}`);
    };
    const expected: string[] = [];
    for (const broker of [1, 2, 1]) {
      for (const n of [1, 2]) {
        const value = `${broker}.${n}.${expected.length}`;
        expected.push(value);
        await insist(() => log.produce([{ ...where, key: null, value }]));
        if (n === 1) await readTo(expected.length);
        if (n === 1) await under.moveTo(broker, where);
      }
    }
    await readTo(expected.length);
    expect(read).toEqual(expected);
    expect(await log.endOffsets([where], "committed")).toEqual([expected.length]);
  });

  test("a topic is visible on every broker when it was created", async () => {
    const log = bench.open();
    const topic = await bench.topic(log, { partitions: 6 });
    const all = Array.from({ length: 6 }, (_, partition) => record(topic, "x", partition));
    const transaction = (await log.fence(under.unique("id"))).begin();
    transaction.send(all);
    await transaction.commit();
    const leaders = await Promise.all(all.map((where) => under.leader(where)));
    expect(new Set(leaders)).toEqual(new Set([1, 2]));
  });
});

/** Topics made behind the client's back take their time to be writable; what fails meanwhile is an honest error. */
async function insist<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof LogUnavailable || error instanceof TopicMissing)) throw error;
    }
  }
}
