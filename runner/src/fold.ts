import type { Log, TopicPartition } from "./log/log.js";

/** The last record of every key of a compacted partition, as committed now; a tombstone takes its key away. */
export async function fold(
  log: Log,
  where: TopicPartition,
  keep: (key: Buffer) => boolean = () => true,
): Promise<Map<string, Buffer>> {
  const [start = 0] = await log.startOffsets([where]);
  const [end = 0] = await log.endOffsets([where], "committed");
  const found = new Map<string, Buffer>();
  if (start >= end) return found;
  const reader = log.reader({ ...where, from: start, maxBytes: 8 * 1024 * 1024 });
  try {
    while (reader.position < end) {
      for (const { key, value, offset } of (await reader.read()).records) {
        if (key === null || offset >= end || !keep(key)) continue;
        if (value === null) found.delete(key.toString());
        else found.set(key.toString(), value);
      }
    }
  } finally {
    await reader.close();
  }
  return found;
}
