// The only broker goes away and comes back.

import { beforeAll, expect, test, vi } from "vitest";
import type { Assignment } from "../../log.js";
import { Bench, eventually, record, valuesOf } from "../log-under-test.js";
import { type KafkaUnderTest, kafkaUnderTest } from "./kafka-under-test.js";

vi.setConfig({ testTimeout: 180_000 });

const bench = new Bench(() => kafkaUnderTest({ shared: false }));
let under: KafkaUnderTest;
beforeAll(() => {
  under = bench.under as KafkaUnderTest;
});

test("readers, members and producers go on by themselves, and say meanwhile what is wrong", async () => {
  const log = bench.open();
  const topic = await bench.topic(log);
  const id = under.unique("id");
  const producer = await log.fence(id);
  const heard: (Assignment | { lost: boolean })[] = [];
  const member = log.join({
    group: under.unique("group"),
    topics: [topic],
    heartbeatMs: 200,
    listener: {
      rebalancing: async (event) => void heard.push(event),
      assigned: async (assignment) => void heard.push(assignment),
      failed: (error) => {
        throw error;
      },
    },
  });
  await eventually(() => heard.length === 1);
  await log.produce([record(topic, "1")]);
  const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 100 });
  const read: string[] = [];
  const readTo = async (count: number) => {
    while (read.length < count) for (const { value } of (await reader.read()).records) read.push(`${value}`);
  };
  await readTo(1);
  expect(log.troubles()).toEqual([]);

  await under.cluster.kill(1);
  const waiting = readTo(3);
  const open = producer.begin();
  open.send([record(topic, "lost")]);
  await expect(open.commit()).rejects.toMatchObject({ code: "log-unreachable" });
  await eventually(() => {
    const refused = log.troubles().filter(({ error }) => error.message.includes("ECONNREFUSED"));
    const what = refused.map((trouble) => trouble.what);
    return what.includes(`read ${topic}-0`) && what.some((text) => text.startsWith("heartbeat of group"));
  });
  expect(await member.confirm((heard[0] as Assignment).generation)).toBe(false);

  await under.cluster.restart(1);
  const next = (await log.fence(id)).begin();
  next.send([record(topic, "2")]);
  await next.commit();
  await log.produce([record(topic, "3")]);
  await waiting;
  expect(read).toEqual(["1", "2", "3"]);
  expect(await valuesOf(log, topic)).toEqual(["1", "2", "3"]);
  await eventually(async () => {
    const last = heard.findLast((event): event is Assignment => "generation" in event);
    return last !== undefined && (await member.confirm(last.generation));
  });
  await eventually(() => log.troubles().length === 0);
});

test("a broker that freezes is unreachable, not a reason to wait for ever", async () => {
  const { log } = under.openFaulty();
  const topic = await bench.topic(log);
  const transaction = (await log.fence(under.unique("id"))).begin();
  under.cluster.freeze(1);
  try {
    transaction.send([record(topic, "x")]);
    await expect(transaction.commit()).rejects.toMatchObject({ code: "log-unreachable" });
  } finally {
    under.cluster.thaw(1);
    await log.close();
  }
});
