// The topics: which there are, what is known of them, making, changing and deleting them. Nothing is ever made because somebody
// asked about it or wrote to it (log.ts, I5).

import { RequestRefused, TopicExists, TopicMissing } from "../errors.js";
import type { NewTopic, TopicDescription, TopicPartition } from "../log.js";
import type { LogIdentity } from "./identity.js";
import type { Journal, Round } from "./journal.js";
import { deletedKey, topicKey } from "./keys.js";
import { type Partition, Topic } from "./partition.js";
import { type TopicRow, writeRow } from "./rows.js";
import { TopicSettings } from "./topic-settings.js";

const ROW_BYTES = 1_000;

export class Topics {
  readonly #journal: Journal;
  readonly #identity: LogIdentity;
  readonly #topics = new Map<string, Topic>();
  readonly #watchers = new Set<() => void>();

  constructor(journal: Journal, identity: LogIdentity) {
    this.#journal = journal;
    this.#identity = identity;
  }

  restore(name: string, { id, partitions, settings }: TopicRow): Topic {
    const topic = new Topic(name, id, new TopicSettings(name, settings), partitions);
    this.#topics.set(name, topic);
    return topic;
  }

  get names(): string[] {
    return [...this.#topics.keys()].sort();
  }

  *all(): Generator<Topic> {
    yield* this.#topics.values();
  }

  find(name: string): Topic | undefined {
    return this.#topics.get(name);
  }

  /** Throws TopicMissing, RequestRefused. */
  topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw missing(name);
    return topic;
  }

  /** Throws TopicMissing, RequestRefused. */
  partition({ topic, partition }: TopicPartition): Partition {
    const { partitions } = this.topic(topic);
    const found = partitions[partition];
    if (found !== undefined) return found;
    throw new RequestRefused(`topic ${topic} has ${partitions.length} partitions, there is no partition ${partition}`);
  }

  describe(names: readonly string[]): Map<string, TopicDescription> {
    const found = new Map<string, TopicDescription>();
    for (const name of names) {
      const topic = this.#topics.get(name);
      if (topic === undefined) continue;
      const { compact, delete: deletes, maxMessageBytes, tombstoneRetentionMs, all } = topic.settings;
      found.set(name, {
        name,
        id: String(topic.id),
        partitions: topic.partitions.length,
        replicas: 1,
        cleanup: { compact, delete: deletes },
        maxMessageBytes,
        tombstoneRetentionMs,
        settings: all,
      });
    }
    return found;
  }

  /** As on Kafka each stands for itself: what can be made is made, also beside one that cannot. */
  async create(topics: readonly NewTopic[]): Promise<void> {
    const made = await Promise.allSettled(
      topics.map((topic) => this.#journal.write({ bytes: ROW_BYTES, make: (round) => this.#create(round, topic) })),
    );
    for (const one of made) if (one.status === "rejected") throw one.reason;
  }

  #create(round: Round, { name, partitions, replicas = 1, settings = {} }: NewTopic): void {
    expectName(name);
    if (this.#topics.has(name)) throw new TopicExists(name);
    if (!Number.isInteger(partitions) || partitions < 1)
      throw new RequestRefused(`topic ${name}: the number of partitions is at least 1, not ${partitions}`);
    if (replicas !== 1)
      throw new RequestRefused(`topic ${name}: the embedded log keeps one copy of everything, not ${replicas}`);
    const checked = new TopicSettings(name, settings);
    const topic = new Topic(name, this.#identity.takeTopicId(round), checked, partitions);
    this.#topics.set(name, topic);
    this.#write(round, topic);
    round.afterwards(() => this.#changed());
  }

  /** What is given is in force from now on, what is not given is as before. */
  alter(name: string, settings: Readonly<Record<string, string>>): Promise<void> {
    const make = (round: Round) => {
      const topic = this.topic(name);
      topic.settings = new TopicSettings(name, { ...topic.settings.given, ...settings });
      this.#write(round, topic);
    };
    return this.#journal.write({ bytes: ROW_BYTES, make });
  }

  /** Nobody can read it any more; what is left of it is the cleaner's to remove. */
  async delete(name: string): Promise<Topic> {
    const make = (round: Round) => {
      const topic = this.topic(name);
      this.#topics.delete(name);
      topic.deleted = true;
      round.delete(topicKey(name));
      const left = deletedKey(topic.id);
      round.put(left, writeRow(left, topic.id));
      for (const partition of topic.partitions) round.afterwards(() => partition.changed());
      return topic;
    };
    return this.#journal.write({ bytes: ROW_BYTES, make });
  }

  /** Calls once, when there is a topic that was not there; until `forget`. */
  watch(changed: () => void): { forget(): void } {
    this.#watchers.add(changed);
    return { forget: () => this.#watchers.delete(changed) };
  }

  #changed(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) watcher();
  }

  #write(round: Round, { name, id, partitions, settings }: Topic): void {
    const key = topicKey(name);
    round.put(key, writeRow(key, { id, partitions: partitions.length, settings: settings.given }));
  }
}

export function missing(topic: string): TopicMissing {
  return new TopicMissing(`topic ${topic} does not exist`, topic);
}

/** What Kafka takes, so that a topic can move there. */
function expectName(name: string): void {
  if (/^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..") return;
  throw new RequestRefused(
    `"${name}" cannot be the name of a topic: 1 to 249 of a-z, A-Z, 0-9, ".", "_" and "-", and not "." or ".."`,
  );
}
