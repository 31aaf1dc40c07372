import { describe, expect, test } from "vitest";
import { RequestRefused, TopicExists } from "../errors.js";
import type { NewTopic } from "../log.js";
import { Bench, eventually, type Factory, record } from "./log-under-test.js";

export function topicsConformance(factory: Factory): void {
  describe("topics", () => {
    const bench = new Bench(factory);

    test("what was created is described as it was asked for, and listed", async () => {
      const log = bench.open();
      const name = bench.under.unique("described");
      const settings = { "cleanup.policy": "compact", "max.message.bytes": "5000", "delete.retention.ms": "1234" };
      await log.createTopics([{ name, partitions: 3, settings }]);
      const description = (await log.describeTopics([name])).get(name);
      expect(description).toMatchObject({
        name,
        partitions: 3,
        cleanup: { compact: true, delete: false },
        maxMessageBytes: 5000,
        tombstoneRetentionMs: 1234,
      });
      expect(description!.settings.get("cleanup.policy")).toBe("compact");
      expect(await log.topicNames()).toContain(name);
    });

    test("a policy of both words is both", async () => {
      const log = bench.open();
      const name = await bench.topic(log, { settings: { "cleanup.policy": "compact,delete" } });
      expect((await log.describeTopics([name])).get(name)?.cleanup).toEqual({ compact: true, delete: true });
    });

    test("a topic that does not exist has no description, beside one that has", async () => {
      const log = bench.open();
      const there = await bench.topic(log);
      const missing = bench.under.unique("missing");
      const found = await log.describeTopics([missing, there]);
      expect([...found.keys()]).toEqual([there]);
    });

    test("asking for a topic does not create it, nor does writing to it", async () => {
      const log = bench.open();
      const missing = bench.under.unique("missing");
      const producer = await log.fence(bench.under.unique("id"));
      const transaction = producer.begin();
      transaction.send([record(missing, "x")]);
      await expect(transaction.commit()).rejects.toMatchObject({ code: "topic-missing", topic: missing });
      await expect(log.produce([record(missing, "x")])).rejects.toMatchObject({ code: "topic-missing" });
      expect(await log.topicNames()).not.toContain(missing);
    });

    test("a topic is not created twice", async () => {
      const log = bench.open();
      const name = await bench.topic(log);
      await expect(log.createTopics([{ name, partitions: 1 }])).rejects.toBeInstanceOf(TopicExists);
    });

    test("a topic that is there keeps no other one from being created with it", async () => {
      const log = bench.open();
      const there = await bench.topic(log);
      const other = bench.under.unique("other");
      const both = [there, other].map((name) => ({ name, partitions: 1 }));
      await expect(log.createTopics(both)).rejects.toMatchObject({ code: "topic-exists", topic: there });
      await eventually(async () => (await log.topicNames()).includes(other));
    });

    test("a partition that does not exist is named, and so is a topic", async () => {
      const log = bench.open();
      const topic = await bench.topic(log, { partitions: 2 });
      const missing = bench.under.unique("missing");
      await expect(log.endOffsets([{ topic, partition: 2 }], "committed")).rejects.toThrow(/has 2 partitions/);
      await expect(log.startOffsets([{ topic: missing, partition: 0 }])).rejects.toMatchObject({
        code: "topic-missing",
        topic: missing,
      });
      await expect(log.produce([record(topic, "x", 7)])).rejects.toThrow(/has 2 partitions/);
    });

    test("a name that no topic can have is refused", async () => {
      const log = bench.open();
      for (const name of ["", ".", "a b", "x".repeat(250)])
        await expect(log.createTopics([{ name, partitions: 1 }]), name).rejects.toBeInstanceOf(RequestRefused);
    });

    test("a setting the log does not know is refused", async () => {
      const log = bench.open();
      const topic = { name: bench.under.unique("odd"), partitions: 1, settings: { "cleanup.policy": "burn" } };
      await expect(log.createTopics([topic])).rejects.toBeInstanceOf(RequestRefused);
      for (const settings of [{ "cleanup.polcy": "delete" }, { "retention.ms": "soon" }]) {
        const odd = { name: bench.under.unique("odd"), partitions: 1, settings };
        await expect(log.createTopics([odd as NewTopic])).rejects.toBeInstanceOf(RequestRefused);
      }
    });

    test("a new topic can be written and read by every client at once", async () => {
      const [one, other] = [bench.open(), bench.open()];
      const topic = await bench.topic(one);
      expect(await other.endOffsets([{ topic, partition: 0 }], "committed")).toEqual([0]);
      expect(await other.produce([record(topic, "x")])).toEqual([{ topic, partition: 0, offset: 0 }]);
    });

    test("all clients of a cluster see the same id", async () => {
      const id = await bench.open().clusterId();
      expect(id).not.toBe("");
      expect(await bench.open().clusterId()).toBe(id);
    });
  });
}
