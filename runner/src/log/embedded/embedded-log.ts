// The log in a directory, as one client of it: the port, and which readers, members and producers of it are open. What is written and
// how is the broker's, which all clients of a directory in this process share.

import { LogClosed } from "../errors.js";
import type {
  FenceOptions,
  GroupDescription,
  GroupMember,
  Isolation,
  JoinOptions,
  Log,
  NewRecord,
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
import { partitionKey } from "../log.js";
import { partitionOf } from "../partitioner.js";
import { Troubles } from "../troubles.js";
import { bytesOf, expectWelcome, PLAIN, pack, place } from "./append.js";
import type { Broker } from "./broker.js";
import type { FaultHook } from "./faults.js";
import { EmbeddedGroupMember } from "./group-member.js";
import type { Round } from "./journal.js";
import { Link } from "./link.js";
import { EmbeddedPartitionReader } from "./partition-reader.js";
import { openTransaction } from "./producers.js";
import { EmbeddedTransactionalProducer } from "./transactional-producer.js";

export interface ClientOptions {
  /** `kwf`, if absent. */
  readonly clientId?: string;
  /** See faults.ts. */
  readonly faults?: FaultHook;
}

/** A broker, and how to have one client less. */
export interface Use {
  readonly broker: Broker;
  /** Another client of the same directory. */
  readonly again: () => Use;
  /** The last one closes the directory. */
  readonly end: () => Promise<void>;
}

export class EmbeddedLog implements Log {
  /** What this client's requests meet from now on. */
  faults: FaultHook | undefined;
  readonly #use: Use;
  readonly #broker: Broker;
  readonly #clientId: string;
  readonly #link = new Link();
  readonly #troubles = new Troubles();
  readonly #readers = new Set<EmbeddedPartitionReader>();
  readonly #members = new Set<EmbeddedGroupMember>();
  readonly #producers = new Set<EmbeddedTransactionalProducer>();
  readonly #closing = new AbortController();

  constructor(use: Use, { clientId = "kwf", faults }: ClientOptions = {}) {
    this.#use = use;
    this.#broker = use.broker;
    this.#clientId = clientId;
    this.faults = faults;
  }

  /** Another client of the same directory, in no way connected to this one. */
  another(options: ClientOptions = {}): EmbeddedLog {
    this.#mustBeOpen();
    return new EmbeddedLog(this.#use.again(), { clientId: this.#clientId, ...options });
  }

  /** For tests: from now on this client is like a process that was stopped. Nobody hears of it, and it hears nothing. */
  disconnect(): void {
    this.#link.cut();
  }

  reconnect(): void {
    this.#link.restore();
  }

  async clusterId(): Promise<string> {
    await this.#heard();
    return this.#broker.identity.clusterId;
  }

  async topicNames(): Promise<string[]> {
    await this.#heard();
    return this.#broker.topics.names;
  }

  async describeTopics(topics: readonly string[]): Promise<Map<string, TopicDescription>> {
    await this.#heard();
    return this.#broker.topics.describe(topics);
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    await this.#heard();
    await this.#broker.topics.create(topics);
  }

  /** What is given is in force from now on; what is not given stays. Throws TopicMissing, RequestRefused. */
  async alterTopic(topic: string, settings: Readonly<Record<string, string>>): Promise<void> {
    await this.#heard();
    await this.#broker.topics.alter(topic, settings);
  }

  /** With all its records. Throws TopicMissing. */
  async deleteTopic(topic: string): Promise<void> {
    await this.#heard();
    const { id } = await this.#broker.topics.delete(topic);
    this.#broker.cleaner.sweep(id);
  }

  /** Removes the records before an offset. Throws OffsetOutOfRange, TopicMissing. */
  async deleteBefore(where: TopicPartition, offset: number): Promise<void> {
    await this.#heard();
    await this.#broker.cleaner.deleteBefore(where, offset);
  }

  async startOffsets(partitions: readonly TopicPartition[]): Promise<number[]> {
    await this.#heard();
    return partitions.map((where) => this.#broker.topics.partition(where).start);
  }

  async endOffsets(partitions: readonly TopicPartition[], isolation: Isolation): Promise<number[]> {
    await this.#heard();
    return partitions.map((where) => {
      const { stable, end } = this.#broker.topics.partition(where);
      return isolation === "committed" ? stable : end;
    });
  }

  reader(options: ReaderOptions): PartitionReader {
    this.#mustBeOpen();
    const { directory, database, topics } = this.#broker;
    const parts = { directory, database, topics, link: this.#link, troubles: this.#troubles };
    const reader = new EmbeddedPartitionReader(parts, options, (closed) => this.#readers.delete(closed));
    this.#readers.add(reader);
    return reader;
  }

  async openTransaction(where: TopicPartition): Promise<OpenTransaction | undefined> {
    await this.#heard();
    return openTransaction(this.#broker.topics.partition(where));
  }

  async fence(transactionalId: string, options: FenceOptions = {}): Promise<TransactionalProducer> {
    const { transactionTimeoutMs = 10_000, signal } = options;
    const { producers, topics } = this.#broker;
    await this.#heard(signal);
    await this.faults?.("before-fence", { transactionalId });
    const epoch = await producers.fence(transactionalId);
    await this.faults?.("after-fence", { transactionalId });
    this.#mustBeOpen();
    const parts = { producers, topics, faults: () => this.faults, link: this.#link };
    const producer = new EmbeddedTransactionalProducer(parts, transactionalId, epoch, transactionTimeoutMs, (closed) =>
      this.#producers.delete(closed),
    );
    this.#producers.add(producer);
    return producer;
  }

  async produce(records: readonly PlainRecord[]): Promise<Produced[]> {
    await this.#heard();
    const { topics, journal, cleaner } = this.#broker;
    const placed = records.map((record) => ({ ...record, partition: record.partition ?? this.#partitionOf(record) }));
    const packed = pack(topics, placed, PLAIN);
    const make = (round: Round): Map<string, number[]> => {
      expectWelcome(packed);
      const offsets = new Map<string, number[]>();
      for (const one of packed) {
        const bases = place(round, one, (partition) => cleaner.due(partition));
        const own = one.batches.flatMap(({ count }, batch) =>
          Array.from({ length: count }, (_, n) => bases[batch]! + n),
        );
        offsets.set(partitionKey(one.partition), own.reverse());
      }
      return offsets;
    };
    await this.faults?.("before-produce", { transactionalId: undefined });
    const offsets = await journal.write({ bytes: bytesOf(packed), make });
    await this.faults?.("after-produce", { transactionalId: undefined });
    return placed.map(({ topic, partition }: NewRecord) => {
      const offset = offsets.get(partitionKey({ topic, partition }))!.pop()!;
      return { topic, partition, offset };
    });
  }

  join(options: JoinOptions): GroupMember {
    this.#mustBeOpen();
    const { groups, topics } = this.#broker;
    const member = new EmbeddedGroupMember({ groups, topics, link: this.#link }, options, this.#clientId, (left) =>
      this.#members.delete(left),
    );
    this.#members.add(member);
    return member;
  }

  async groupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<Map<string, number>> {
    await this.#heard();
    return this.#broker.groups.offsets(group, partitions);
  }

  async groupNames(): Promise<string[]> {
    await this.#heard();
    return this.#broker.groups.names;
  }

  async describeGroup(group: string): Promise<GroupDescription> {
    await this.#heard();
    return this.#broker.groups.describe(group);
  }

  troubles(): readonly Trouble[] {
    return [...this.#troubles.list(), ...this.#broker.cleaner.troubles.list()];
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort(new LogClosed("the log is closed"));
    const open = [...this.#readers, ...this.#producers].map((one) => one.close());
    await Promise.all([...open, ...[...this.#members].map((member) => member.leave())]);
    await this.#use.end();
  }

  /** While the link is cut, a question is neither heard nor answered. */
  #heard(signal?: AbortSignal): Promise<void> {
    const { signal: closing } = this.#closing;
    return this.#link.whenUp(signal ? AbortSignal.any([signal, closing]) : closing);
  }

  #mustBeOpen(): void {
    this.#closing.signal.throwIfAborted();
  }

  /** As the default partitioner does; records without a key go anywhere. */
  #partitionOf({ topic, key }: PlainRecord): number {
    const { length } = this.#broker.topics.topic(topic).partitions;
    return key === null ? Math.floor(Math.random() * length) : partitionOf(key, length);
  }
}
