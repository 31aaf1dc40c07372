// Topics: what stands there, what their settings say, making new ones.

import { setTimeout as sleep } from "node:timers/promises";
import { LogUnavailable, TopicExists } from "../errors.js";
import type { NewTopic, TopicDescription } from "../log.js";
import { answerError, Code, expectNone } from "./answer.js";
import type { Cluster } from "./cluster.js";
import { listOffsets } from "./offsets.js";

const TOPIC_RESOURCE = 2;
/** What Kafka uses where nobody said otherwise. */
const DEFAULT_MAX_MESSAGE_BYTES = 1_048_588;
const DEFAULT_TOMBSTONE_RETENTION_MS = 86_400_000;
const LIMIT_MAX_AGE_MS = 300_000;
const VISIBLE_POLL_MS = 20;

export async function describeTopics(
  cluster: Cluster,
  topics: readonly string[],
): Promise<Map<string, TopicDescription>> {
  const descriptions = new Map<string, TopicDescription>();
  if (topics.length === 0) return descriptions;
  const there = (await cluster.metadata(topics)).topics.filter(({ topic, errorCode }) => {
    if (errorCode === Code.topicMissing) return false;
    expectNone(errorCode, { action: "describe", topic });
    return true;
  });
  const settings = await settingsOf(
    cluster,
    there.map(({ topic }) => topic),
  );
  for (const { topic, id, partitions, may } of there) {
    const own = settings.get(topic);
    // Deleted between the two questions.
    if (!own) continue;
    const cleanup = (own.get("cleanup.policy") ?? "").split(",").map((word) => word.trim());
    descriptions.set(topic, {
      name: topic,
      id,
      partitions: partitions.length,
      replicas: Math.max(0, ...partitions.map(({ replicas }) => replicas)),
      cleanup: { compact: cleanup.includes("compact"), delete: cleanup.includes("delete") },
      maxMessageBytes: Number(own.get("max.message.bytes") ?? DEFAULT_MAX_MESSAGE_BYTES),
      tombstoneRetentionMs: Number(own.get("delete.retention.ms") ?? DEFAULT_TOMBSTONE_RETENTION_MS),
      settings: own,
      may,
    });
  }
  return descriptions;
}

/** Of a topic whose settings this client may not see, none. */
async function settingsOf(cluster: Cluster, topics: readonly string[]): Promise<Map<string, Map<string, string>>> {
  const found = new Map<string, Map<string, string>>();
  if (topics.length === 0) return found;
  const connection = await cluster.shared.any();
  const { resources } = await connection.call("DescribeConfigs", {
    resources: topics.map((name) => ({ type: TOPIC_RESOURCE, name, configNames: [] })),
    includeSynonyms: false,
  });
  for (const { errorCode, errorMessage, resourceName: topic, configEntries } of resources) {
    if (errorCode === Code.topicMissing) continue;
    if (errorCode === Code.topicNotAuthorized) {
      found.set(topic, new Map());
      continue;
    }
    expectNone(errorCode, { action: "describe the settings of", topic, detail: errorMessage });
    const entries = configEntries.filter((entry) => !entry.isSensitive && entry.configValue !== null);
    found.set(topic, new Map(entries.map(({ configName, configValue }) => [configName, configValue!])));
  }
  return found;
}

export async function createTopics(cluster: Cluster, topics: readonly NewTopic[]): Promise<void> {
  if (topics.length === 0) return;
  const connection = await cluster.shared.any();
  const { topicErrors } = await connection.call("CreateTopics", {
    topics: topics.map(({ name, partitions, replicas = -1, settings = {} }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor: replicas,
      configEntries: Object.entries(settings).map(([key, value]) => ({ name: key, value })),
    })),
    validateOnly: false,
    timeout: Math.floor((cluster.settings.requestTimeoutMs ?? 8_000) / 2),
  });
  for (const { topic, errorCode, errorMessage } of topicErrors) {
    if (errorCode === Code.topicExists) throw new TopicExists(topic);
    if (errorCode !== Code.none) throw answerError(errorCode, { action: "create", topic, detail: errorMessage });
  }
}

/** Until every broker knows the topics and who leads their partitions, and the leaders know it too. */
export async function visibleEverywhere(
  cluster: Cluster,
  topics: readonly NewTopic[],
  timeoutMs: number,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const names = topics.map(({ name }) => name);
  await cluster.metadata([]);
  for (const node of cluster.nodes()) {
    while (!(await knows(cluster, node, topics, names))) {
      if (performance.now() > deadline)
        throw new LogUnavailable(`broker ${node} does not know ${names.join(", ")} yet`);
      await sleep(VISIBLE_POLL_MS);
    }
  }
  const all = topics.flatMap(({ name, partitions }) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition })),
  );
  await listOffsets(cluster, cluster.shared, all, "uncommitted");
}

async function knows(
  cluster: Cluster,
  node: number,
  topics: readonly NewTopic[],
  names: readonly string[],
): Promise<boolean> {
  const known = (await cluster.metadata(names, await cluster.shared.to(node))).topics;
  return topics.every(({ name, partitions }) => {
    const topic = known.find((one) => one.topic === name);
    if (topic?.errorCode !== Code.none || topic.partitions.length < partitions) return false;
    return topic.partitions.every(({ leader }) => leader >= 0);
  });
}

/** The `max.message.bytes` of topics, asked for once and again from time to time. */
export class TopicLimits {
  readonly #cluster: Cluster;
  readonly #known = new Map<string, { readonly bytes: number; readonly at: number }>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async of(topics: ReadonlySet<string>): Promise<Map<string, number>> {
    const now = performance.now();
    const missing = [...topics].filter((topic) => {
      const known = this.#known.get(topic);
      return known === undefined || now - known.at > LIMIT_MAX_AGE_MS;
    });
    if (missing.length > 0) await this.#ask(missing, now);
    return new Map([...topics].map((topic) => [topic, this.#known.get(topic)?.bytes ?? DEFAULT_MAX_MESSAGE_BYTES]));
  }

  async #ask(topics: readonly string[], now: number): Promise<void> {
    // A client may be allowed to write and not to see settings; then the broker has the only word.
    const settings = await settingsOf(this.#cluster, topics);
    for (const topic of topics) {
      const bytes = Number(settings.get(topic)?.get("max.message.bytes") ?? DEFAULT_MAX_MESSAGE_BYTES);
      this.#known.set(topic, { bytes, at: now });
    }
  }

  forget(topic: string): void {
    this.#known.delete(topic);
  }
}
