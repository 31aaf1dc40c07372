// What the log keeps beside its records: small rows of JSON, each sealed with its key (../../store/rocksdb/sealed-value.ts).
// keys.ts owns where they lie.

import { seal, unseal } from "../../store/rocksdb/sealed-value.js";

export interface LogRow {
  readonly clusterId: string;
  /** The next numbers that nobody has had. */
  readonly nextTopicId: number;
  readonly nextProducerId: number;
}

export interface TopicRow {
  readonly id: number;
  readonly partitions: number;
  /** What was asked for; everything else is as `topic-settings.ts` says. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface PartitionRow {
  /** The first offset that can be read, and the one the next record or marker gets. */
  readonly start: number;
  readonly end: number;
  /** Compaction has seen everything before it. */
  readonly cleaned: number;
  /** Of all batches, and of those from `cleaned` on. */
  readonly bytes: number;
  readonly dirty: number;
  /** When the first of the tombstones that compaction has met may go, ms since the epoch; 0 if it has met none. */
  readonly horizon: number;
}

export interface ProducerRow {
  readonly producerId: number;
  readonly epoch: number;
  /** What it has written in a transaction that is not over. */
  readonly open: readonly (readonly [topicId: number, partition: number, first: number])[];
}

export interface AbortedRow {
  /** The offset of the marker that ended it. */
  readonly last: number;
}

export function writeRow(
  key: Buffer,
  row: LogRow | TopicRow | PartitionRow | ProducerRow | AbortedRow | number,
): Buffer {
  return seal(key, Buffer.from(JSON.stringify(row)));
}

/** Undefined for what was not written so. */
export function readRow<T>(key: Buffer, sealed: Buffer): T | undefined {
  try {
    return JSON.parse(unseal(key, sealed)?.toString() ?? "") as T;
  } catch {
    return undefined;
  }
}
