import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { KafkaLog } from "../src/log/kafka/kafka-log.js";
import { readBrokerSet } from "../src/testing/broker-set.js";
import { stopBrokers, untilReady } from "../src/testing/brokers.js";
import { startDockerBrokers } from "../src/testing/docker-broker.js";
import { docker } from "./compose.js";

// Brokers of tests as containers. The tests of runner/integration run on them wherever an engine answers.

let folder: string;
afterEach(async () => {
  await stopBrokers(folder);
  rmSync(folder, { recursive: true, force: true });
});

test("three brokers in containers: records outlive one that is killed, and nothing is left of them", async () => {
  folder = mkdtempSync(join(tmpdir(), "kwf-brokers-"));
  const set = await startDockerBrokers({ folder, brokers: 3, heap: "384m", forTests: true });
  expect(readBrokerSet(folder)).toEqual(set);
  await untilReady(set, folder);
  const log = new KafkaLog({ brokers: set.brokers.map(({ address }) => address) });
  const topic = "outlives";
  await log.createTopics([{ name: topic, partitions: 3, replicas: 3, settings: { "min.insync.replicas": "2" } }]);
  const records = Array.from({ length: 3 }, (_, partition) => ({ topic, partition, key: "k", value: `v${partition}` }));
  await log.produce(records);
  await docker("kill", set.brokers[0]!.container!);
  await log.produce(records);
  await docker("start", set.brokers[0]!.container!);
  await untilReady(set, folder);
  const ends = await log.endOffsets(records, "committed");
  expect(ends).toEqual([2, 2, 2]);
  await log.close();

  await stopBrokers(folder);
  expect(await docker("ps", "--all", "--quiet", "--filter", `network=${set.network}`)).toBe("");
  expect(await docker("network", "ls", "--quiet", "--filter", `name=${set.network}`)).toBe("");
});

test("brokers that cannot start leave nothing", async () => {
  folder = mkdtempSync(join(tmpdir(), "kwf-brokers-"));
  const networks = await docker("network", "ls", "--quiet");
  const start = startDockerBrokers({ folder, version: "0.0.0-none" });
  await expect(start).rejects.toThrow("cannot run apache/kafka:0.0.0-none");
  expect(readBrokerSet(folder)).toBeUndefined();
  expect(await docker("network", "ls", "--quiet")).toBe(networks);
});
