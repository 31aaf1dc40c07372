// A topic from its newest record to its oldest, though a log can only be read forwards: piece by piece from the end, the partitions merged
// by the time of their records.

import { OffsetOutOfRange } from "../log/errors.js";
import type { Log, LogRecord, TopicPartition } from "../log/log.js";

export interface BackwardsOptions {
  /** By partition: only offsets below. */
  readonly before?: ReadonlyMap<number, number>;
  /** Epoch milliseconds: a piece that lies before it as a whole is the last one. */
  readonly since?: number;
  /** One partition of them. */
  readonly only?: number;
}

export interface Placed {
  readonly partition: number;
  readonly record: LogRecord;
}

const FIRST_PIECE = 50;
const LARGEST_PIECE = 2_000;

/** What is committed when it begins. */
export async function* readBackwards(
  log: Log,
  { topic, partitions }: { readonly topic: string; readonly partitions: number },
  options: BackwardsOptions = {},
): AsyncGenerator<Placed> {
  const { only } = options;
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition })).filter(
    ({ partition }) => only === undefined || partition === only,
  );
  const starts = await log.startOffsets(all);
  const ends = await log.endOffsets(all, "committed");
  const heads: { partition: number; rest: AsyncGenerator<LogRecord>; record: LogRecord }[] = [];
  for (const [index, where] of all.entries()) {
    const { partition } = where;
    const end = Math.min(ends[index] ?? 0, options.before?.get(partition) ?? Number.MAX_SAFE_INTEGER);
    const rest = onePartition(log, where, starts[index] ?? 0, end, options.since);
    const { value, done } = await rest.next();
    if (done !== true) heads.push({ partition, rest, record: value });
  }
  while (heads.length > 0) {
    const newest = heads.reduce((a, b) => (b.record.timestamp > a.record.timestamp ? b : a));
    yield { partition: newest.partition, record: newest.record };
    const { value, done } = await newest.rest.next();
    if (done === true) heads.splice(heads.indexOf(newest), 1);
    else newest.record = value;
  }
}

/** Undefined: nothing is there that can be read. */
export async function readOne(log: Log, where: TopicPartition, offset: number): Promise<LogRecord | undefined> {
  const partitions = (await log.describeTopics([where.topic])).get(where.topic)?.partitions ?? 0;
  if (where.partition >= partitions) return undefined;
  const [start = 0] = await log.startOffsets([where]);
  const [end = 0] = await log.endOffsets([where], "committed");
  if (offset < start || offset >= end) return undefined;
  const found = await piece(log, where, offset, offset + 1);
  return found.find((record) => record.offset === offset);
}

async function* onePartition(
  log: Log,
  where: TopicPartition,
  start: number,
  end: number,
  since = Number.NEGATIVE_INFINITY,
): AsyncGenerator<LogRecord> {
  let to = end;
  for (let size = FIRST_PIECE; to > start; size = Math.min(2 * size, LARGEST_PIECE)) {
    const from = Math.max(start, to - size);
    const records = await piece(log, where, from, to);
    yield* records.toReversed();
    if (records.length > 0 && records.every(({ timestamp }) => timestamp < since)) return;
    to = from;
  }
}

async function piece(log: Log, where: TopicPartition, from: number, to: number): Promise<LogRecord[]> {
  const reader = log.reader({ ...where, from });
  const found: LogRecord[] = [];
  try {
    while (reader.position < to) found.push(...(await reader.read()).records.filter(({ offset }) => offset < to));
  } catch (error) {
    // Retention was faster.
    if (!(error instanceof OffsetOutOfRange)) throw error;
  } finally {
    await reader.close();
  }
  return found;
}
