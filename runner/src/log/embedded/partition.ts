// What the log knows of a partition without reading it. Two views of it live side by side: what the journal has decided (`next`, and
// all that counts bytes), and what can be read (`end`, `open`, `aborted`), which follows when it is written.
//
// I1 What can be read is on the disk: `end`, and what ends a transaction, change in the one tick in which the journal hears that a
//    round is written, so that a transaction appears in all its partitions at once.
// I2 `stable` never passes the first record of an open transaction.

import type { RecordBatch } from "../kafka/protocol/record-batch.js";
import type { TopicPartition } from "../log.js";
import type { PartitionRow } from "./rows.js";
import type { TopicSettings } from "./topic-settings.js";

/** A transaction that was aborted; `last` is the offset of its marker. */
interface Aborted {
  readonly first: number;
  readonly last: number;
}

export class Topic {
  readonly partitions: readonly Partition[];
  deleted = false;

  constructor(
    readonly name: string,
    readonly id: number,
    public settings: TopicSettings,
    partitions: number,
  ) {
    this.partitions = Array.from({ length: partitions }, (_, partition) => new Partition(this, partition));
  }
}

/** Of a transaction: a producer has one at a time in an epoch, and none after one that was aborted. */
export type TransactionKey = `${number}/${number}`;

export class Partition implements TopicPartition {
  readonly topic: string;
  /** What the next record or marker gets; ahead of `end` while that is being written. */
  next = 0;
  start = 0;
  end = 0;
  cleaned = 0;
  bytes = 0;
  dirty = 0;
  horizon = 0;
  /** The part that is written now; compaction leaves it alone. */
  segment = { start: 0, bytes: 0, since: 0 };
  readonly open = new Map<TransactionKey, number>();
  readonly aborted = new Map<TransactionKey, Aborted>();
  readonly #watchers = new Set<() => void>();

  constructor(
    readonly of: Topic,
    readonly partition: number,
  ) {
    this.topic = of.name;
  }

  get stable(): number {
    let stable = this.end;
    for (const first of this.open.values()) if (first < stable) stable = first;
    return stable;
  }

  get row(): PartitionRow {
    const { start, next, cleaned, bytes, dirty, horizon } = this;
    return { start, end: next, cleaned, bytes, dirty, horizon };
  }

  /** As it was when the log was closed; everything in it may be compacted. */
  restore({ start, end, cleaned, bytes, dirty, horizon }: PartitionRow): void {
    Object.assign(this, { start, end, next: end, cleaned, bytes, dirty, horizon });
    this.segment = { start: end, bytes: 0, since: 0 };
  }

  /** Counts a batch that begins at `next`. True when the segment before it is over. */
  grow(bytes: number, now: number): boolean {
    const { segmentBytes, segmentMs } = this.of.settings;
    const { segment } = this;
    this.bytes += bytes;
    this.dirty += bytes;
    if (segment.bytes > 0 && segment.bytes + bytes <= segmentBytes && now - segment.since < segmentMs) {
      segment.bytes += bytes;
      return false;
    }
    const over = segment.bytes > 0;
    this.segment = { start: this.next, bytes, since: now };
    return over;
  }

  isAborted({ transactional, producerId, producerEpoch, baseOffset }: RecordBatch): boolean {
    if (!transactional || this.aborted.size === 0) return false;
    const aborted = this.aborted.get(`${Number(producerId)}/${producerEpoch}`);
    return aborted !== undefined && baseOffset >= aborted.first;
  }

  /** Calls once, when more can be read or the topic is gone; until `forget`. */
  watch(changed: () => void): { forget(): void } {
    this.#watchers.add(changed);
    return { forget: () => this.#watchers.delete(changed) };
  }

  changed(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const watcher of watchers) watcher();
  }
}
