// What a broken connection does, at every request of a transaction: the socket of the client fails on command, the broker is
// real. "Lose" means that the broker did it and the client does not hear of it.

import { beforeAll, describe, expect, test, vi } from "vitest";
import { LogUnreachable, ProducerEnded } from "../../errors.js";
import { KafkaLog } from "../../kafka/kafka-log.js";
import { Bench, eventually, record, valuesOf } from "../log-under-test.js";
import { type Fault, type FaultySockets, Request } from "./faulty-sockets.js";
import { type KafkaUnderTest, kafkaUnderTest } from "./kafka-under-test.js";

vi.setConfig({ testTimeout: 120_000 });

describe("broken connections", () => {
  const bench = new Bench(kafkaUnderTest);
  let under: KafkaUnderTest;
  beforeAll(() => {
    under = bench.under as KafkaUnderTest;
  });
  const count = (sockets: FaultySockets, apiKey: number) => sockets.seen.filter((seen) => seen === apiKey).length;

  const doubts: [name: string, apiKey: number, fault: Fault, committed: boolean][] = [
    ["adding partitions, not sent", Request.addPartitions, "cut", false],
    ["adding partitions, answer lost (line 8)", Request.addPartitions, "lose-answer", false],
    ["records, not sent", Request.produce, "cut", false],
    ["records, answer lost (line 3)", Request.produce, "lose-answer", false],
    ["commit, not sent", Request.endTransaction, "cut", false],
    ["commit, answer lost", Request.endTransaction, "lose-answer", true],
  ];
  for (const [name, apiKey, fault, committed] of doubts) {
    test(`${name}: the producer ends, nothing is asked twice, and the next one leaves each record once`, async () => {
      const { log, sockets } = under.openFaulty();
      const topic = await bench.topic(log, { partitions: 2 });
      const id = under.unique("id");
      const producer = await log.fence(id);
      const first = producer.begin();
      first.send([record(topic, "1", 0), record(topic, "1", 1)]);
      await first.commit();

      sockets.seen.length = 0;
      sockets.once(apiKey, fault);
      const second = producer.begin();
      second.send([record(topic, "2", 0), record(topic, "2", 1)]);
      await expect(second.commit()).rejects.toBeInstanceOf(LogUnreachable);
      expect(producer.ended).toBeInstanceOf(LogUnreachable);
      expect(() => producer.begin()).toThrow(ProducerEnded);
      expect(count(sockets, apiKey)).toBe(1);

      const next = await log.fence(id);
      const where = [0, 1].map((partition) => ({ topic, partition }));
      await eventually(async () => {
        const [a, b] = [await log.endOffsets(where, "committed"), await log.endOffsets(where, "uncommitted")];
        return `${a}` === `${b}`;
      });
      expect(await valuesOf(log, topic)).toEqual(committed ? ["1", "2"] : ["1"]);
      const third = next.begin();
      third.send([record(topic, "3", 0), record(topic, "3", 1)]);
      await third.commit();
      for (const partition of [0, 1]) {
        expect(await valuesOf(log, topic, { partition })).toEqual(committed ? ["1", "2", "3"] : ["1", "3"]);
      }
      await log.close();
    });
  }

  test("two sends in flight when the connection breaks: neither is taken for done (line 3)", async () => {
    const { log, sockets } = under.openFaulty();
    const topic = await bench.topic(log);
    const id = under.unique("id");
    const transaction = (await log.fence(id)).begin();
    sockets.once(Request.produce, "lose-answer");
    transaction.send([record(topic, "a")]);
    const first = transaction.flush();
    transaction.send([record(topic, "b")]);
    const second = transaction.flush();
    const outcomes = await Promise.allSettled([first, second, transaction.commit()]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(count(sockets, Request.endTransaction)).toBe(0);
    const again = (await log.fence(id)).begin();
    again.send([record(topic, "a"), record(topic, "b")]);
    await again.commit();
    expect(await valuesOf(log, topic)).toEqual(["a", "b"]);
    await log.close();
  });

  test("being connected does not fence, and the first fence does (line 5)", async () => {
    const { log, sockets } = under.openFaulty();
    const topic = await bench.topic(log);
    const id = under.unique("id");
    const open = (await log.fence(id)).begin();
    open.send([record(topic, "a")]);
    await open.flush();
    const other = under.openFaulty();
    await other.log.describeTopics([topic]);
    expect(count(other.sockets, Request.initProducerId)).toBe(0);
    await open.commit();
    await other.log.fence(id);
    expect(count(other.sockets, Request.initProducerId)).toBeGreaterThan(0);
    expect(count(sockets, Request.endTransaction)).toBe(1);
    await Promise.all([log.close(), other.log.close()]);
  });

  test("a fence whose answer is lost is asked again and holds (line 5)", async () => {
    const { log, sockets } = under.openFaulty();
    const topic = await bench.topic(log);
    const id = under.unique("id");
    const before = await log.fence(id);
    sockets.once(Request.initProducerId, "lose-answer");
    const after = await log.fence(id);
    expect(after.epoch.epoch).toBeGreaterThan(before.epoch.epoch + 1);
    const transaction = after.begin();
    transaction.send([record(topic, "a")]);
    await transaction.commit();
    expect(await valuesOf(log, topic)).toEqual(["a"]);
    await log.close();
  });

  test("produce without a transaction doubles nothing when answers are lost", async () => {
    const { log, sockets } = under.openFaulty();
    const topic = await bench.topic(log);
    await log.produce([record(topic, "0")]);
    for (const [n, fault] of (["lose-answer", "cut", "lose-answer"] as const).entries()) {
      sockets.once(Request.produce, fault);
      expect(await log.produce([record(topic, `${n + 1}`)])).toEqual([{ topic, partition: 0, offset: n + 1 }]);
    }
    expect(await valuesOf(log, topic)).toEqual(["0", "1", "2", "3"]);
    await log.close();
  });

  test("a reader whose connection breaks again and again gives every record once", async () => {
    const { log, sockets } = under.openFaulty();
    const topic = await bench.topic(log);
    const values = Array.from({ length: 200 }, (_, n) => `${n}`);
    for (let n = 0; n < values.length; n += 10)
      await log.produce(values.slice(n, n + 10).map((value) => record(topic, value)));
    let requests = 0;
    sockets.decide = (apiKey) => {
      if (apiKey !== Request.fetch) return "none";
      requests += 1;
      return requests % 3 === 0 ? "cut" : requests % 3 === 1 ? "lose-answer" : "none";
    };
    const reader = log.reader({ topic, partition: 0, from: 0, maxBytes: 600, maxWaitMs: 50 });
    const read: string[] = [];
    while (read.length < values.length) for (const { value } of (await reader.read()).records) read.push(`${value}`);
    expect(read).toEqual(values);
    await log.close();
  });

  test("many who use a broken client at once make one connection each time, and all get their answers", async () => {
    const { log, sockets } = under.openFaulty();
    const topic = await bench.topic(log);
    for (let n = 0; n < 5; n++) {
      sockets.breakAll();
      const asked = Array.from({ length: 10 }, () => log.endOffsets([{ topic, partition: 0 }], "committed"));
      expect(await Promise.all(asked)).toEqual(Array.from({ length: 10 }, () => [0]));
    }
    await log.close();
  });
});

describe("who does not answer", () => {
  const bench = new Bench(kafkaUnderTest);

  test("nobody at that address: the error names it", async () => {
    const log = new KafkaLog({ brokers: ["127.0.0.1:1"], operationTimeoutMs: 0 });
    await expect(log.clusterId()).rejects.toThrow(/no Kafka broker answers.*127\.0\.0\.1:1.*ECONNREFUSED/);
    await log.close();
  });

  test("one of two addresses is enough", async () => {
    const { cluster } = bench.under as KafkaUnderTest;
    const log = new KafkaLog({ brokers: ["127.0.0.1:1", ...cluster.brokers] });
    expect(await log.clusterId()).not.toBe("");
    await log.close();
  });

  test("an address that is not written HOST:PORT is refused", () => {
    expect(() => new KafkaLog({ brokers: ["localhost"] })).toThrow(/HOST:PORT, not "localhost"/);
  });

  test("TLS with a broker that does not speak it", async () => {
    const { cluster } = bench.under as KafkaUnderTest;
    const log = new KafkaLog({ brokers: cluster.brokers, tls: true, operationTimeoutMs: 0, connectTimeoutMs: 3_000 });
    await expect(log.clusterId()).rejects.toBeInstanceOf(LogUnreachable);
    await log.close();
  });
});
