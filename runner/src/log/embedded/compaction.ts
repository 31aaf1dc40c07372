// Compaction of a partition: of each key the last record stays. It reads what is new since the last time, notes the last offset of
// each key in it, and rewrites the batches up to there without what those overtake.
//
// I1 The segment that is written now, and what stands behind the first open transaction, is left alone.
// I2 A record goes only when a committed record of the same key stands behind it, and with it records of aborted transactions.
// I3 A tombstone stays `delete.retention.ms` longer than what it overtook: the time begins when compaction has taken that away. So a
//    reader that has seen a value, and needs no longer than that, sees its tombstone too.
// I4 From the first offset to the last: what is written half is compacted again, and loses nothing by it.

import type { Database, Operation } from "../../store/rocksdb/database.js";
import type { LogRecord } from "../log.js";
import { BatchRow } from "./batch-row.js";
import type { Journal, Round } from "./journal.js";
import { batchKey, lastOffsetOf } from "./keys.js";
import type { Partition } from "./partition.js";
import { forgetAborted } from "./retention.js";

/** So many keys at a time: what is left is the next round's. */
const MOST_KEYS = 1_000_000;
/** Written together. */
const PORTION_BYTES = 1 << 20;
const READ_AHEAD = 256 << 10;

export function isDue({ of, dirty, bytes, segment, horizon }: Partition, now: number): boolean {
  if (!of.settings.compact) return false;
  const ready = dirty - segment.bytes;
  return (ready > 0 && ready >= of.settings.dirtyRatio * bytes) || (horizon > 0 && horizon <= now);
}

/** Rejects with the signal's reason when it is to stop half way (I4). */
export async function compact(
  database: Database,
  journal: Journal,
  partition: Partition,
  now: number,
  signal: AbortSignal,
): Promise<void> {
  const { last, end, bytes } = await survey(database, partition, now, signal);
  if (bytes === 0 && !(partition.horizon > 0 && partition.horizon <= now)) return;
  const taken = new Portion(journal, partition);
  let horizon = 0;
  for await (const [key, row] of rows(database, partition, partition.start, end, signal)) {
    const batch = row.read();
    if (partition.isAborted(batch)) {
      await taken.delete(key, row.size);
      continue;
    }
    const over = row.horizon > 0 && row.horizon <= now;
    let tombstones = false;
    const keep = (record: LogRecord): boolean => {
      if (record.key !== null && (last.get(nameOf(record.key)) ?? 0) > record.offset) return false;
      if (record.value === null && over) return false;
      tombstones ||= record.value === null;
      return true;
    };
    const kept = batch.records.map(keep);
    const due = !tombstones ? 0 : row.horizon || now + partition.of.settings.tombstoneRetentionMs; // I3
    if (due > 0 && (horizon === 0 || due < horizon)) horizon = due;
    if (kept.every((one) => one) && due === row.horizon) continue;
    const rest = row.withOnly(keep, due);
    if (rest === undefined) await taken.delete(key, row.size);
    else await taken.replace(key, row.size, rest);
  }
  await taken.write();
  const make = (round: Round) => {
    if (partition.of.deleted) return;
    partition.cleaned = Math.max(partition.cleaned, end);
    partition.dirty = Math.max(0, partition.dirty - bytes);
    partition.horizon = horizon;
    forgetAborted(round, partition, end);
    round.touch(partition);
  };
  await journal.write({ bytes: 100, make });
}

interface Survey {
  /** Of each key that is new, the last offset. */
  readonly last: ReadonlyMap<string, number>;
  /** How far it got, and how many bytes that were. */
  readonly end: number;
  readonly bytes: number;
}

async function survey(database: Database, partition: Partition, now: number, signal: AbortSignal): Promise<Survey> {
  const last = new Map<string, number>();
  const { segment, stable, cleaned, start } = partition;
  const limit = Math.min(segment.start, stable); // I1
  let end = Math.max(cleaned, start);
  let bytes = 0;
  for await (const [key, row] of rows(database, partition, end, limit, signal)) {
    if (now - row.appended < partition.of.settings.compactionLagMs || last.size > MOST_KEYS)
      return { last, end, bytes };
    const batch = row.read();
    if (!partition.isAborted(batch)) {
      for (const record of batch.records) if (record.key !== null) last.set(nameOf(record.key), record.offset);
    }
    end = lastOffsetOf(key) + 1;
    bytes += row.size;
  }
  return { last, end: Math.max(end, limit), bytes };
}

async function* rows(
  database: Database,
  { of, partition, topic }: Partition,
  from: number,
  to: number,
  signal: AbortSignal,
): AsyncGenerator<[key: Buffer, row: BatchRow]> {
  const range = database.range(batchKey(of.id, partition, from), batchKey(of.id, partition, to), -1, READ_AHEAD);
  for await (const [key, value] of range) {
    signal.throwIfAborted();
    if (of.deleted) return;
    yield [key, new BatchRow(key, value, `${topic}-${partition} at offset ${lastOffsetOf(key)}`)];
  }
}

/** Any bytes, as text that is as long. */
const nameOf = (key: Buffer): string => key.toString("latin1");

/** What is written together. */
class Portion {
  readonly #journal: Journal;
  readonly #partition: Partition;
  #operations: Operation[] = [];
  #bytes = 0;
  #freed = 0;

  constructor(journal: Journal, partition: Partition) {
    this.#journal = journal;
    this.#partition = partition;
  }

  delete(key: Buffer, size: number): Promise<void> {
    return this.#add({ type: "del", key }, size, 0);
  }

  replace(key: Buffer, size: number, value: Buffer): Promise<void> {
    return this.#add({ type: "put", key, value }, size, value.length);
  }

  async #add(operation: Operation, before: number, after: number): Promise<void> {
    this.#operations.push(operation);
    this.#freed += before - after;
    this.#bytes += after + 100;
    if (this.#bytes >= PORTION_BYTES) await this.write();
  }

  async write(): Promise<void> {
    const [operations, freed, bytes] = [this.#operations, this.#freed, this.#bytes];
    [this.#operations, this.#freed, this.#bytes] = [[], 0, 0];
    if (operations.length === 0) return;
    const make = (round: Round) => {
      if (this.#partition.of.deleted) return;
      round.operations.push(...operations);
      this.#partition.bytes -= freed;
      round.touch(this.#partition);
    };
    await this.#journal.write({ bytes, make });
  }
}
