// Records on their way into produce requests: cut into batches by what their topics allow, sequenced, and grouped so that
// a request carries at most one batch a partition.

import { RecordTooLarge } from "../errors.js";
import { type NewRecord, partitionKey, type TopicPartition } from "../log.js";
import { BatchBuilder, type ProducerStamp, sizeAlone } from "./protocol/record-batch.js";

/** What one partition is to get, in order. */
export interface Pile extends TopicPartition {
  readonly batches: BatchBuilder[];
}

/**
 * Throws RecordTooLarge for the first record that does not fit its topic even alone; `limits` are the topics'
 * `max.message.bytes`.
 */
export function pile(
  records: readonly NewRecord[],
  limits: ReadonlyMap<string, number>,
  now: number,
): Map<string, Pile> {
  const piles = new Map<string, Pile>();
  records.forEach((record, index) => {
    const { topic, partition } = record;
    const key = partitionKey(record);
    const known = piles.get(key);
    if (known?.batches.at(-1)?.add(record)) return;
    const limit = limits.get(topic)!;
    const batch = new BatchBuilder(limit, now);
    if (!batch.add(record)) throw tooLarge(record, index, limit);
    if (known) known.batches.push(batch);
    else piles.set(key, { topic, partition, batches: [batch] });
  });
  return piles;
}

function tooLarge(record: NewRecord, index: number, limit: number): RecordTooLarge {
  const { topic, partition } = record;
  const size = sizeAlone(record);
  const text = `a record for ${topic}-${partition} has ${size} bytes with its headers, and the topic takes ${limit} (max.message.bytes)`;
  return new RecordTooLarge(text, { topic, partition }, index);
}

/** What `pile` would throw, without piling. */
export function expectFit(records: readonly NewRecord[], limits: ReadonlyMap<string, number>): void {
  records.forEach((record, index) => {
    const limit = limits.get(record.topic)!;
    if (sizeAlone(record) > limit) throw tooLarge(record, index, limit);
  });
}

/** The next sequence number of each partition, counted by one producer in one epoch (KIP-98). */
export class Sequences {
  readonly #next = new Map<string, number>();

  stamp(where: TopicPartition, producerId: bigint, producerEpoch: number): ProducerStamp {
    return { producerId, producerEpoch, baseSequence: this.#next.get(partitionKey(where)) ?? 0 };
  }

  /** Only what was acknowledged counts. */
  advance(where: TopicPartition, count: number): void {
    const key = partitionKey(where);
    const next = (this.#next.get(key) ?? 0) + count;
    // After 2^31 - 1 comes 0.
    this.#next.set(key, next % 0x80000000);
  }
}
