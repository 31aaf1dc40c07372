// Taking away the oldest records: those older than `retention.ms`, those over `retention.bytes`, those somebody asked to be deleted. A
// reader whose position is among them meets OffsetOutOfRange (log.ts, I4).
//
// I1 Whole batches go, oldest first, and none behind the first open transaction.
// I2 Age is counted from when the log took a record, not from the time its producer wrote into it: records that carry times of the
//    past are not lost at once.

import type { Database } from "../../store/rocksdb/database.js";
import { OffsetOutOfRange } from "../errors.js";
import { BatchRow } from "./batch-row.js";
import type { Journal, Round } from "./journal.js";
import { abortedKey, batchKey, lastOffsetOf } from "./keys.js";
import type { Partition } from "./partition.js";

/** So many batches at a time. */
const PORTION = 500;

interface Oldest {
  readonly key: Buffer;
  readonly bytes: number;
}

/** What the topic's settings no longer keep. */
export async function expire(database: Database, journal: Journal, partition: Partition, now: number): Promise<void> {
  const { retentionMs, retentionBytes } = partition.of.settings;
  if (retentionMs < 0 && retentionBytes < 0) return;
  await remove(database, journal, partition, (row, left) => {
    const old = retentionMs >= 0 && now - row.appended > retentionMs;
    return old || (retentionBytes >= 0 && left - row.size >= retentionBytes);
  });
}

/** Everything before an offset. Throws OffsetOutOfRange for one that cannot be read yet. */
export async function deleteBefore(
  database: Database,
  journal: Journal,
  partition: Partition,
  offset: number,
): Promise<void> {
  const { topic, start, stable } = partition;
  if (offset > stable) throw new OffsetOutOfRange({ topic, partition: partition.partition }, offset, start, stable);
  const make = (round: Round) => {
    if (offset <= partition.start) return;
    partition.start = offset;
    round.touch(partition);
  };
  await journal.write({ bytes: 100, make });
  await remove(database, journal, partition, (_row, _left, last) => last < offset);
}

/** Batches from the oldest on, as long as `goes` says so of each; `left` is how many bytes there are with it. */
async function remove(
  database: Database,
  journal: Journal,
  partition: Partition,
  goes: (row: BatchRow, left: number, lastOffset: number) => boolean,
): Promise<void> {
  const { of, partition: number } = partition;
  const prefix = batchKey(of.id, number, 0);
  for (let more = true; more; ) {
    more = false;
    const oldest: Oldest[] = [];
    let left = partition.bytes;
    for await (const [key, value] of database.range(prefix, batchKey(of.id, number, partition.stable), -1)) {
      const last = lastOffsetOf(key);
      const row = new BatchRow(key, value, `${partition.topic}-${number} at offset ${last}`);
      if (!goes(row, left, last)) break;
      oldest.push({ key, bytes: row.size });
      left -= row.size;
      more = oldest.length === PORTION;
      if (more) break;
    }
    if (oldest.length === 0) return;
    const make = (round: Round) => take(round, partition, oldest);
    await journal.write({ bytes: oldest.length * 100, make });
  }
}

function take(round: Round, partition: Partition, oldest: readonly Oldest[]): void {
  if (partition.of.deleted) return;
  for (const { key, bytes } of oldest) {
    round.delete(key);
    partition.bytes -= bytes;
    if (lastOffsetOf(key) >= partition.cleaned) partition.dirty -= bytes;
  }
  const next = lastOffsetOf(oldest.at(-1)!.key) + 1;
  partition.start = Math.max(partition.start, next);
  partition.cleaned = Math.max(partition.cleaned, partition.start);
  forgetAborted(round, partition, partition.start);
  round.touch(partition);
}

/** Aborted transactions of which no record is left. */
export function forgetAborted(round: Round, partition: Partition, before: number): void {
  for (const [transaction, { first, last }] of partition.aborted) {
    if (last >= before) continue;
    partition.aborted.delete(transaction);
    const [producerId, epoch] = transaction.split("/").map(Number) as [number, number];
    const where = { topicId: partition.of.id, partition: partition.partition };
    round.delete(abortedKey({ ...where, first, producerId, epoch }));
  }
}
