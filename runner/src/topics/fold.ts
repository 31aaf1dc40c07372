import type { Log, TopicPartition } from "../log/log.js";

/** The last record of every key of a compacted partition, as committed now; a tombstone takes its key away. */
export function fold(
  log: Log,
  where: TopicPartition,
  keep: (key: Buffer) => boolean = () => true,
): Promise<Map<string, Buffer>> {
  return foldInto(log, where, (key, value) => (keep(key) ? value : undefined));
}

/** The same, with what `take` makes of each record, so that no more than that is kept; undefined takes the key away. */
export async function foldInto<T>(
  log: Log,
  where: TopicPartition,
  take: (key: Buffer, value: Buffer) => T | undefined,
): Promise<Map<string, T>> {
  const [start = 0] = await log.startOffsets([where]);
  const [end = 0] = await log.endOffsets([where], "committed");
  const found = new Map<string, T>();
  if (start >= end) return found;
  const reader = log.reader({ ...where, from: start, maxBytes: 8 * 1024 * 1024 });
  try {
    while (reader.position < end) {
      for (const { key, value, offset } of (await reader.read()).records) {
        if (key === null || offset >= end) continue;
        const taken = value === null ? undefined : take(key, value);
        if (taken === undefined) found.delete(key.toString());
        else found.set(key.toString(), taken);
      }
    }
  } finally {
    await reader.close();
  }
  return found;
}
