// The log port: what the runner needs of Kafka, in one small interface. It owns words and guarantees; `kafka/` is the real
// log, and an embedded one can stand behind the same words. `conformance/` holds what every implementation must pass.
//
// I1 A producer lives from its fence to its first error or abort. Between the first request of a transaction and the answer
//    to its commit every error, known or not, ends it: nothing more can be sent with it, and `fence` makes the next one.
// I2 `commit` resolves only when every record of the transaction was acknowledged and the broker answered the commit.
//    Rejected means unknown: the transaction may or may not have happened.
// I3 A read-committed reader never gives a record of an aborted or open transaction, wherever it starts, and its position
//    passes over what it does not give (markers, aborted records, what compaction took).
// I4 Nothing skips silently: a position outside the log is an error, and nobody resets it.
// I5 The partition of a record is fixed by the caller, before it is sent. Topics are never created by accident.

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Text is written as UTF-8. */
export type Bytes = Uint8Array | string;

/** Kept in order; a name may occur more than once. */
export type Header = readonly [name: string, value: Buffer | null];

export interface LogRecord {
  readonly offset: number;
  /** ms since the epoch: the producer's clock, or the broker's where the topic says so. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

export interface NewRecord extends TopicPartition {
  readonly key: Bytes | null;
  /** `null` is a tombstone. */
  readonly value: Bytes | null;
  readonly headers?: readonly (readonly [name: string, value: Bytes | null])[];
  /** ms since the epoch; now, if absent. */
  readonly timestamp?: number;
}

/** A record of a client, whose partition may be left to the key (`partitionOf` in partitioner.ts). */
export type PlainRecord = Omit<NewRecord, "partition"> & { readonly partition?: number };

export type Isolation = "committed" | "uncommitted";

export interface Log {
  /** The name the cluster gave itself: state of one cluster is worthless on another. Also the check that somebody answers. */
  clusterId(): Promise<string>;

  /** The names of all topics this client may see. */
  topicNames(): Promise<string[]>;
  /** What stands there; a topic that does not exist has no entry. Throws NotAuthorized for one that this client may not see. */
  describeTopics(topics: readonly string[]): Promise<Map<string, TopicDescription>>;
  /** Creates topics, visible everywhere when it resolves. Throws TopicExists for one that is there already. */
  createTopics(topics: readonly NewTopic[]): Promise<void>;

  /** The first offset that can still be read, in the order of the question. */
  startOffsets(partitions: readonly TopicPartition[]): Promise<number[]>;
  /**
   * The offset after the last record. `committed` stops before the first open transaction, `uncommitted` does not: a restore
   * ends at the uncommitted end, or it ends too early.
   */
  endOffsets(partitions: readonly TopicPartition[], isolation: Isolation): Promise<number[]>;
  reader(options: ReaderOptions): PartitionReader;
  /** The first transaction that is open in a partition: what a read-committed reader that does not move waits for. */
  openTransaction(where: TopicPartition): Promise<OpenTransaction | undefined>;

  /**
   * The next producer of a transactional id. When it resolves every earlier one is fenced: it can no longer commit, and its
   * open transaction is over.
   */
  fence(transactionalId: string, options?: FenceOptions): Promise<TransactionalProducer>;
  /** For clients: resolves with the offset of each record when all replicas have it. Retried without doubling. */
  produce(records: readonly PlainRecord[]): Promise<Produced[]>;

  /** Takes part in a consumer group until `leave`. */
  join(options: JoinOptions): GroupMember;
  /**
   * The offsets a group has committed; no entry where it has none. Keys as in `partitionKey`. Where a transaction has them it waits for its
   * end: after the fence of the only producer that commits them they are the last there will be of those before.
   */
  groupOffsets(group: string, partitions: readonly TopicPartition[]): Promise<Map<string, number>>;
  groupNames(): Promise<string[]>;
  /** Who is in a group now. A group nobody knows has no members. */
  describeGroup(group: string): Promise<GroupDescription>;

  /** What is being retried at this moment; empty when all is well. For health, not for control flow. */
  troubles(): readonly Trouble[];
  /** Ends readers, members and producers that are still open, and what waits in them. */
  close(): Promise<void>;
}

export interface TopicDescription {
  readonly name: string;
  /** Of this topic for ever: one that is made anew under the same name has another. */
  readonly id: string;
  readonly partitions: number;
  /** Copies of each partition. */
  readonly replicas: number;
  /** `compact,delete` is both. */
  readonly cleanup: { readonly compact: boolean; readonly delete: boolean };
  /** `max.message.bytes`: the limit of a batch of records, not of one record. */
  readonly maxMessageBytes: number;
  /** `delete.retention.ms`: how long a tombstone can be read after compaction could have taken it. */
  readonly tombstoneRetentionMs: number;
  /** Every setting in force, by its Kafka name; secrets are left out. Empty where this client may not see them. */
  readonly settings: ReadonlyMap<string, string>;
  /** What this client may do there; everything, if absent. */
  readonly may?: { readonly read: boolean; readonly write: boolean };
}

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** The cluster's default, if absent. */
  readonly replicas?: number;
  /** By Kafka's names, e.g. `cleanup.policy`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface ReaderOptions extends TopicPartition {
  /** Where to start: `startOffsets` or `endOffsets` name the ends. */
  readonly from: number;
  /** Of the topic that `from` belongs to; the one that has the name when it is first read, if absent. */
  readonly topicId?: string | undefined;
  /** `committed`, if absent. */
  readonly isolation?: Isolation;
  /** How much one `read` brings at most, but for one batch larger than that; 1 MiB, if absent. */
  readonly maxBytes?: number;
  /** How long the log waits for a record before a `read` resolves empty; 500, if absent. */
  readonly maxWaitMs?: number;
}

/**
 * Reads one partition in order. Trouble of the cluster (a broker away, a leader moved, a permission missing) is retried for
 * ever and shows in `troubles`; what cannot get better by waiting rejects.
 */
export interface PartitionReader extends TopicPartition {
  /** The offset the next `read` continues at. */
  readonly position: number;
  /**
   * The next records, or none after `maxWaitMs`; one call at a time. Reads one part ahead where there is more. Throws OffsetOutOfRange when the
   * position is not in the log, or the log is another one of that name (I4), LogClosed after `close`.
   */
  read(): Promise<ReadPart>;
  /** The next `read` continues there; a `read` that waits does so too. */
  seek(offset: number): void;
  /** Until `resume` the log is asked for nothing and `read` waits. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export interface ReadPart {
  readonly records: readonly LogRecord[];
  /** The position after this part: behind the last record, or behind what was passed over (I3). */
  readonly nextOffset: number;
  /** The uncommitted end, as it was when the part was read. */
  readonly endOffset: number;
  /** The committed end, as it was when the part was read. */
  readonly stableOffset: number;
}

export interface OpenTransaction {
  /** As in `epoch` of the producer it belongs to. */
  readonly producerId: string;
  /** By partition and this offset an operator's tools find it. */
  readonly firstOffset: number;
  /** The command that ends it, where it has to be an operator's. */
  readonly command?: string;
}

export interface FenceOptions {
  /** After this long without an end the log aborts the transaction; 10,000, if absent. */
  readonly transactionTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface TransactionalProducer {
  readonly transactionalId: string;
  /** Rises with every fence. For messages and tests. */
  readonly epoch: { readonly producerId: string; readonly epoch: number };
  /** Why it can no longer be used (I1). */
  readonly ended: Error | undefined;
  /** One transaction at a time. Asks nothing of the log yet. */
  begin(): Transaction;
  /** Frees its connections; an open transaction is left to its timeout or to the next fence. */
  close(): Promise<void>;
}

export interface Transaction {
  /** Adds records, in order per partition. Nothing is sent before `flush` or `commit`. */
  send(records: readonly NewRecord[]): void;
  /**
   * Sends what was added so far; resolves when all of it is acknowledged. Topics and sizes are looked at before the first
   * request: RecordTooLarge, TopicMissing and a leader that cannot be found end only this transaction, not the producer.
   */
  flush(): Promise<void>;
  /**
   * Offsets of a group that count from the commit on, together with the records, and never without it: not after an abort, and not from a
   * producer that was fenced. The group's generation is not asked. Of one partition the last counts; nothing is sent before `commit`.
   */
  commitOffsets(group: string, offsets: readonly GroupOffset[]): void;
  /** `flush`, then I2. A transaction without records and offsets asks nothing of the log. */
  commit(): Promise<Committed>;
  /** Undoes what was sent and ends the producer (I1). Never rejects: what the log did not hear, the next fence undoes. */
  abort(): Promise<void>;
}

export interface GroupOffset extends TopicPartition {
  /** Of the next record to read. */
  readonly offset: number;
}

export interface Committed {
  /** The offset of the last record written to that partition; undefined if there was none. */
  lastOffset(topic: string, partition: number): number | undefined;
}

export interface Produced extends TopicPartition {
  readonly offset: number;
}

export interface JoinOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** What others see of this member in `describeGroup`. */
  readonly metadata?: string;
  /** A member not heard of for this long is dead; 6,000, if absent. */
  readonly sessionTimeoutMs?: number;
  /** 1,500, if absent. */
  readonly heartbeatMs?: number;
  /** How long the group waits for a member that has to come back to it; 10,000, if absent. */
  readonly rebalanceTimeoutMs?: number;
  readonly listener: GroupListener;
}

/**
 * What a member is told, one call at a time. Between `rebalancing` and the next `assigned` it owns nothing for certain: it runs
 * no step, but may keep what it has open, since partitions mostly stay where they are.
 */
export interface GroupListener {
  /**
   * The group shares out its partitions anew. The member goes back to the group when this resolves: time to finish and
   * commit a batch, within the rebalance timeout. With `lost` the group has already gone on without it: nothing can be
   * finished, others may own everything.
   */
  rebalancing(event: { readonly lost: boolean }): Promise<void>;
  assigned(assignment: Assignment): Promise<void>;
  /** Waiting cannot help (no permission, a group of another kind). The member has left and stays out. */
  failed(error: Error): void;
}

export interface Assignment {
  /** The group's count of its own rebalances; `confirm` takes it. */
  readonly generation: number;
  readonly partitions: readonly TopicPartition[];
  /** Of `partitions`, those to open anew: the member did not have them before, or not all the time since. */
  readonly gained: readonly TopicPartition[];
  /** What to close first. A partition that others may have had in between is in both. */
  readonly lost: readonly TopicPartition[];
}

export interface GroupMember {
  /** The name the group gave it; empty before the first assignment. */
  readonly memberId: string;
  /**
   * Asks the group now whether this generation is still the one that counts: true only when it said so. Never rejects; not
   * reaching the group is false.
   */
  confirm(generation: number): Promise<boolean>;
  /** Written for other tools, never read back by the runner. Rejects when the generation is over. */
  commitOffsets(generation: number, offsets: readonly GroupOffset[]): Promise<void>;
  /** Says goodbye, so that nobody has to wait for the session timeout. Calls the listener no more. */
  leave(): Promise<void>;
}

export interface GroupDescription {
  /** Kafka's word: `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty`, `Dead`. */
  readonly state: string;
  readonly members: readonly {
    readonly memberId: string;
    readonly clientId: string;
    readonly host: string;
    /** What it said in `join`; undefined for a client that is not of kwf. */
    readonly metadata: string | undefined;
    readonly partitions: readonly TopicPartition[];
  }[];
}

export interface Trouble {
  /** What cannot be done, in words: `read orders-3`, `heartbeat of group shop-run`. */
  readonly what: string;
  readonly error: Error;
  /** ms since the epoch of the first failure in a row. */
  readonly since: number;
}

export function partitionKey({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}
