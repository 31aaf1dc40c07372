// Records on their way into the log: checked and packed before anything is asked of the journal, given their offsets by it.

import { RecordRefused } from "../errors.js";
import { pile } from "../kafka/batches.js";
import type { ProducerStamp } from "../kafka/protocol/record-batch.js";
import { type NewRecord, partitionKey, type TopicPartition } from "../log.js";
import { writeBatchRow } from "./batch-row.js";
import type { Round } from "./journal.js";
import { batchKey } from "./keys.js";
import type { Partition } from "./partition.js";
import { missing, type Topics } from "./topics.js";

/** What one partition is to get, in order. */
export interface Packed {
  readonly partition: Partition;
  readonly batches: readonly { readonly bytes: Buffer; readonly count: number }[];
  /** Whether a record has no key. */
  readonly keyless: boolean;
}

/** Of a record without a producer that fences. */
export const PLAIN: ProducerStamp = { producerId: -1n, producerEpoch: -1, baseSequence: -1 };

/** Throws TopicMissing, RequestRefused (no such partition), RecordTooLarge. */
export function pack(topics: Topics, records: readonly NewRecord[], stamp: ProducerStamp): Packed[] {
  const partitions = new Map<string, Partition>();
  const keyless = new Set<string>();
  const limits = new Map<string, number>();
  let ownTime = false;
  for (const record of records) {
    const key = partitionKey(record);
    if (!partitions.has(key)) partitions.set(key, topics.partition(record));
    const { settings } = partitions.get(key)!.of;
    limits.set(record.topic, settings.maxMessageBytes);
    ownTime ||= settings.appendTime;
    if (record.key === null) keyless.add(key);
  }
  const now = Date.now();
  const timed = ownTime ? records.map((record) => withLogTime(topics, record)) : records;
  return [...pile(timed, limits, now)].map(([key, { batches }]) => ({
    partition: partitions.get(key)!,
    keyless: keyless.has(key),
    batches: batches.map((batch) => ({ bytes: batch.finish(stamp !== PLAIN, stamp), count: batch.count })),
  }));
}

function withLogTime(topics: Topics, record: NewRecord): NewRecord {
  if (!topics.find(record.topic)?.settings.appendTime) return record;
  const { timestamp: _, ...rest } = record;
  return rest;
}

export function bytesOf(packed: readonly Packed[]): number {
  let bytes = 1_000;
  for (const { batches } of packed) for (const batch of batches) bytes += batch.bytes.length + 100;
  return bytes;
}

/** Throws TopicMissing, RecordRefused. */
export function expectWelcome(packed: readonly Packed[]): void {
  for (const { partition, keyless } of packed) {
    const { topic, of } = partition;
    if (of.deleted) throw missing(topic);
    const where: TopicPartition = { topic, partition: partition.partition };
    if (keyless && of.settings.compact)
      throw new RecordRefused(
        `${partitionKey(where)} is compacted: a record without a key cannot be kept there`,
        where,
      );
  }
}

/** Gives the records their places; the offset of each batch's first. What is open is the caller's to note. */
export function place(round: Round, { partition, batches }: Packed, rolled: (partition: Partition) => void): number[] {
  const bases: number[] = [];
  for (const { bytes, count } of batches) {
    const base = partition.next;
    const key = batchKey(partition.of.id, partition.partition, base + count - 1);
    const row = writeBatchRow(key, bytes, base, round.now);
    if (partition.grow(row.length, round.now)) rolled(partition);
    partition.next += count;
    round.put(key, row);
    bases.push(base);
  }
  round.touch(partition);
  return bases;
}
