import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, expect, test } from "vitest";
import { mayPass } from "../src/log/errors.js";
import { KafkaLog } from "../src/log/kafka/kafka-log.js";
import { createTestCluster, type TestCluster } from "../src/testing/cluster.js";
import { readIndependently } from "./independent-reader.js";
import { PATIENCE_MS, type RunnerProcess } from "./runner-process.js";
import { Stage } from "./stage.js";

// Cases 24 and 31 on three brokers that hold three copies of everything: leaders and coordinators move, brokers are killed, one and then two
// of three, all while workflows are at work.

let cluster: TestCluster | undefined;
let stage: Stage | undefined;
afterAll(async () => {
  await stage?.close();
  await cluster?.stop();
});

const COUNT = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["counted"] };
export default async function main(rounds: number): Promise<string> {
  for (let n = 1; n <= rounds; n++) {
    const next = W.refId("next");
    W.output(String(n), "counted");
    await next;
  }
  return "done";
}
`;
const ROUNDS = 6;
const THREADS = Array.from({ length: 12 }, (_, n) => `thread-${n}`);

test("whatever brokers do, every workflow finishes once", { timeout: 400_000 }, async () => {
  cluster = await createTestCluster({ brokers: 3, shared: false });
  stage = await Stage.open({ cluster, partitions: 3 });
  const { prefix } = stage;
  const bundle = await stage.workflow(COUNT);
  stage.createTopics(bundle);
  const runner = stage.run(bundle);
  const everyone = (value: string) => stage!.send(...THREADS.map((thread) => [thread, value] as const));
  const next = () => everyone('{"ref":"next","value":null}');
  const counted = (n: number) => stage!.until("counted", (found) => found.length >= n * THREADS.length);

  await everyone(`new:${ROUNDS}`);
  await counted(1);

  // Each topic's leaders move away while the records of a round are under way.
  const moving = ["workflow-resume", "kwf-run-changelog", "counted"].map((name) => `${prefix}${name}`);
  const round = next();
  for (const topic of [...moving, "__transaction_state", "__consumer_offsets"]) await moveLeaders(cluster, topic);
  await round;
  await counted(2);
  await becomes(runner, 200);

  // A client that knows who leads, and hears of nothing but what it meets itself.
  const client = new KafkaLog({ brokers: cluster.brokers });
  const topic = `${prefix}outside`;
  await client.createTopics([{ name: topic, partitions: 6 }]);
  const write = async () => {
    const transaction = (await client.fence(`${prefix}outside`)).begin();
    transaction.send(Array.from({ length: 6 }, (_, partition) => ({ topic, partition, key: null, value: "x" })));
    await transaction.commit();
  };
  await write();

  // One of three: the others go on without it, and all is well although it is away.
  const [inFlight] = [next(), cluster.kill(1)];
  await inFlight;
  await counted(3);
  await becomes(runner, 200);
  await insist(write);
  await client.close();
  await cluster.restart(1);

  // Another one, and with it the rest of what has not moved yet.
  const again = next();
  await cluster.kill(2);
  await again;
  await counted(4);
  // Two of three: nothing can be written.
  await cluster.kill(3);
  await becomes(runner, 503);
  expect(runner.over).toBe(false);
  await cluster.restart(2, 3);
  await next();
  await counted(5);
  await becomes(runner, 200);
  await next();
  await counted(6);
  await next();
  await stage.until("workflow-result", (found) => found.length >= THREADS.length);
  expect(await runner.stop()).toBe(0);

  const found = readIndependently(stage, ["counted", "workflow-result", "workflow-error", "workflow-dead-letter"]);
  const numbers = Array.from({ length: ROUNDS }, (_, n) => String(n + 1));
  for (const thread of THREADS) {
    const own = found.counted!.filter((line) => line.startsWith(`${thread} `));
    expect(own).toEqual(numbers.map((n) => `${thread} ${n}`));
  }
  expect(found["workflow-result"]!.toSorted()).toEqual(THREADS.map((thread) => `${thread} "done"`).toSorted());
  expect(found["workflow-error"]).toEqual([]);
  expect(found["workflow-dead-letter"]).toEqual([]);
});

const becomes = (runner: RunnerProcess, status: number) =>
  runner.eventually(
    async () => ((await runner.health()).status === status ? true : undefined),
    `health with status ${status}`,
  );

async function insist(work: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) || performance.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

/** Gives each partition another leader, and then its three copies back. */
async function moveLeaders({ brokers }: TestCluster, topic: string): Promise<void> {
  const admin = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { retries: 20 } }).admin();
  await admin.connect();
  try {
    const partitions = async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions;
    const before = new Map(
      (await partitions()).map(({ partitionId, leader, replicas }) => [partitionId, { leader, replicas }]),
    );
    const assign = (replicasOf: (old: { leader: number; replicas: number[] }) => number[]) =>
      admin.alterPartitionReassignments({
        topics: [
          {
            topic,
            partitionAssignment: [...before].map(([partition, old]) => ({ partition, replicas: replicasOf(old) })),
          },
        ],
      });
    await assign(({ leader, replicas }) => replicas.filter((one) => one !== leader));
    for (;;) {
      const now = await partitions();
      if (now.every(({ partitionId, leader }) => leader >= 0 && leader !== before.get(partitionId)!.leader)) break;
    }
    await assign(({ leader, replicas }) => [...replicas.filter((one) => one !== leader), leader]);
    while (!(await partitions()).every(({ isr }) => isr.length === 3));
  } finally {
    await admin.disconnect();
  }
}
