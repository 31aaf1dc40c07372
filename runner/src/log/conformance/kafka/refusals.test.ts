// What a broker refuses although the client has looked before: the client knows limits of topics from some time ago.

import { expect, test, vi } from "vitest";
import { ProducerEnded } from "../../errors.js";
import { Bench, record, valuesOf } from "../log-under-test.js";
import { kafkaUnderTest } from "./kafka-under-test.js";

vi.setConfig({ testTimeout: 120_000 });

const bench = new Bench(kafkaUnderTest);

test("a limit that was lowered behind the client's back: the refusal ends the producer, names the partition, and the next transaction loses nothing (lines 1, 8)", async () => {
  const log = bench.open();
  const [a, b] = [await bench.topic(log, { word: "a" }), await bench.topic(log, { word: "b" })];
  const id = bench.under.unique("id");
  const producer = await log.fence(id);
  const first = producer.begin();
  first.send([record(a, "0"), record(b, "0")]);
  await first.commit();
  // The client does not hear of it.
  await bench.under.alterTopic(b, { "max.message.bytes": "500" });
  const second = producer.begin();
  second.send([record(a, "x1"), record(a, "x2"), record(b, "x3".repeat(1_000))]);
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
