// The log on a real Kafka cluster. It owns which readers, members and producers are open; each of them owns its connections.

import { setMaxListeners } from "node:events";
import { LogClosed } from "../errors.js";
import type {
  FenceOptions,
  GroupDescription,
  GroupMember,
  Isolation,
  JoinOptions,
  Log,
  NewTopic,
  OpenTransaction,
  PartitionReader,
  PlainRecord,
  Produced,
  ReaderOptions,
  TopicDescription,
  TopicPartition,
  TransactionalProducer,
  Trouble,
} from "../log.js";
import { Cluster } from "./cluster.js";
import { KafkaGroupMember } from "./group-member.js";
import { describeGroup, groupNames, groupOffsets } from "./groups.js";
import { listOffsets, type OffsetKind } from "./offsets.js";
import { openTransaction } from "./open-transaction.js";
import { KafkaPartitionReader } from "./partition-reader.js";
import { PlainProducer } from "./plain-producer.js";
import { retrying } from "./retry.js";
import type { KafkaSettings } from "./settings.js";
import { createTopics, describeTopics, TopicLimits, visibleEverywhere } from "./topics.js";
import { fence, KafkaTransactionalProducer } from "./transactional-producer.js";

export class KafkaLog implements Log {
  readonly #cluster: Cluster;
  readonly #limits: TopicLimits;
  readonly #readers = new Set<KafkaPartitionReader>();
  readonly #members = new Set<KafkaGroupMember>();
  readonly #producers = new Set<KafkaTransactionalProducer>();
  readonly #closing = new AbortController();
  #plain: PlainProducer | undefined;

  /** Connects when it is first asked for something. Throws RequestRefused for brokers that are not written HOST:PORT. */
  constructor(settings: KafkaSettings) {
    this.#cluster = new Cluster(settings);
    this.#limits = new TopicLimits(this.#cluster);
    setMaxListeners(0, this.#closing.signal);
  }

  /** Short questions, asked again while that may help. */
  #ask<T>(what: string, attempt: () => Promise<T>, signal: AbortSignal = this.#closing.signal): Promise<T> {
    const { troubles, operationTimeoutMs: timeoutMs } = this.#cluster;
    return retrying(attempt, { what, troubles, timeoutMs, signal });
  }

  clusterId(): Promise<string> {
    return this.#ask("reach the cluster", async () => (await this.#cluster.metadata([])).clusterId ?? "");
  }

  /** How many brokers are members of the cluster now. */
  brokerCount(): Promise<number> {
    return this.#ask("reach the cluster", async () => (await this.#cluster.metadata([])).brokers.length);
  }

  topicNames(): Promise<string[]> {
    return this.#ask("list topics", async () => {
      const { topics } = await this.#cluster.metadata("all");
      return topics.map(({ topic }) => topic).sort();
    });
  }

  describeTopics(topics: readonly string[]): Promise<Map<string, TopicDescription>> {
    return this.#ask(`describe ${topics.join(", ")}`, () => describeTopics(this.#cluster, topics));
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    const what = `create ${topics.map(({ name }) => name).join(", ")}`;
    await this.#ask(what, () => createTopics(this.#cluster, topics));
    await this.#ask(what, () => visibleEverywhere(this.#cluster, topics, this.#cluster.operationTimeoutMs));
  }

  startOffsets(partitions: readonly TopicPartition[]): Promise<number[]> {
    return this.#offsets(partitions, "earliest");
  }

  endOffsets(partitions: readonly TopicPartition[], isolation: Isolation): Promise<number[]> {
    return this.#offsets(partitions, isolation);
  }

  #offsets(partitions: readonly TopicPartition[], kind: OffsetKind): Promise<number[]> {
    return this.#ask("find offsets", () => listOffsets(this.#cluster, this.#cluster.shared, partitions, kind));
  }

  reader(options: ReaderOptions): PartitionReader {
    const reader = new KafkaPartitionReader(this.#cluster, options, (closed) => this.#readers.delete(closed));
    this.#readers.add(reader);
    return reader;
  }

  openTransaction(where: TopicPartition): Promise<OpenTransaction | undefined> {
    return this.#ask("find open transactions", () => openTransaction(this.#cluster, where));
  }

  async fence(transactionalId: string, options: FenceOptions = {}): Promise<TransactionalProducer> {
    const connections = this.#cluster.connections();
    const signal = options.signal ? AbortSignal.any([options.signal, this.#closing.signal]) : this.#closing.signal;
    try {
      const identity = await fence(this.#cluster, connections, transactionalId, { ...options, signal });
      const parts = { cluster: this.#cluster, connections, limits: this.#limits };
      const producer = new KafkaTransactionalProducer(parts, transactionalId, identity, (closed) =>
        this.#producers.delete(closed),
      );
      this.#producers.add(producer);
      return producer;
    } catch (error) {
      connections.close();
      throw error;
    }
  }

  produce(records: readonly PlainRecord[]): Promise<Produced[]> {
    if (this.#closing.signal.aborted) return Promise.reject(new LogClosed("the log is closed"));
    this.#plain ??= new PlainProducer(this.#cluster, this.#limits);
    return this.#plain.produce(records);
  }

  join(options: JoinOptions): GroupMember {
    const member = new KafkaGroupMember(this.#cluster, options, (left) => this.#members.delete(left));
    this.#members.add(member);
    return member;
  }

  groupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<Map<string, number>> {
    return this.#ask(`read the offsets of group ${group}`, () => groupOffsets(this.#cluster, group, partitions));
  }

  groupNames(): Promise<string[]> {
    return this.#ask("list groups", () => groupNames(this.#cluster));
  }

  describeGroup(group: string): Promise<GroupDescription> {
    return this.#ask(`describe group ${group}`, () => describeGroup(this.#cluster, group));
  }

  troubles(): readonly Trouble[] {
    return this.#cluster.troubles.list();
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new LogClosed("the log is closed"));
    const open = [...this.#readers, ...this.#producers].map((one) => one.close());
    await Promise.all([...open, ...[...this.#members].map((member) => member.leave())]);
    this.#plain?.close();
    this.#cluster.close();
  }
}
