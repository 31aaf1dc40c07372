// The Kafka log for the conformance suite: a real broker, and clients whose sockets can be made to fail.

import kafkajs, { type Admin, ConfigResourceTypes } from "kafkajs";
import { type ClusterOptions, createTestCluster, type TestCluster } from "../../../testing/cluster.js";
import { KafkaLog } from "../../kafka/kafka-log.js";
import type { Log, TopicPartition } from "../../log.js";
import { eventually, type LogUnderTest } from "../log-under-test.js";
import { FaultySockets, Request } from "./faulty-sockets.js";

export interface KafkaUnderTest extends LogUnderTest {
  readonly cluster: TestCluster;
  readonly admin: Admin;
  openFaulty(): { log: KafkaLog; sockets: FaultySockets };
  /** Makes another broker the only one that has the partition. */
  moveTo(broker: number, where: TopicPartition): Promise<void>;
  leader(where: TopicPartition): Promise<number>;
}

export async function kafkaUnderTest(options: ClusterOptions = {}): Promise<KafkaUnderTest> {
  const cluster = await createTestCluster(options);
  const brokers = [...cluster.brokers];
  const admin = new kafkajs.Kafka({ brokers, clientId: "conformance", logLevel: 0, retry: { retries: 20 } }).admin();
  await admin.connect();
  const sockets = new Map<Log, FaultySockets>();
  const openFaulty = () => {
    const faulty = new FaultySockets();
    const log = new KafkaLog({ brokers, clientId: "under-test", socketFactory: faulty.factory });
    sockets.set(log, faulty);
    return { log, sockets: faulty };
  };
  const leader = ({ topic, partition }: TopicPartition): Promise<number> =>
    // A broker may not know of a new topic yet, and kafkajs takes that for an error.
    eventually(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => ({ topics: [] }));
      return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader;
    });
  return {
    cluster,
    admin,
    openFaulty,
    leader,
    open: () => openFaulty().log,
    crash: async (log) => sockets.get(log)!.die(),
    lose: (log, request, what) => {
      const apiKey = request === "send" ? Request.produce : Request.endTransaction;
      sockets.get(log)!.once(apiKey, what === "request" ? "cut" : "lose-answer");
    },
    unique: (word) => cluster.unique(word),
    alterTopic: async (topic, settings) => {
      const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
      const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
      await admin.alterConfigs({ validateOnly: false, resources });
    },
    deleteBefore: async ({ topic, partition }, offset) => {
      await admin.fetchTopicOffsets(topic); // Without it kafkajs does not know the topic.
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: `${offset}` }] });
    },
    deleteTopic: async (topic) => {
      await admin.deleteTopics({ topics: [topic] });
    },
    moveTo: async (broker, where) => {
      const { topic, partition } = where;
      const partitionAssignment = [{ partition, replicas: [broker] }];
      await leader(where);
      await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
      await eventually(async () => (await leader(where)) === broker);
    },
    close: async () => {
      await admin.disconnect();
      await cluster.stop();
    },
  };
}
