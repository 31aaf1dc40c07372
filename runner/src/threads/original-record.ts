// A record that waits, and whose copy did not fit into the changelog: what is kept is its place, and its bytes are read again when its turn
// has come.

import { createHash } from "node:crypto";
import { OffsetOutOfRange } from "../log/errors.js";
import type { Log, LogRecord, TopicPartition } from "../log/log.js";

export const fingerprint = (value: Uint8Array | null): string =>
  createHash("sha256")
    .update(value ?? "")
    .digest("hex");

/** Undefined: the log does not hold it any more, or something else stands there. */
export async function originalRecord(
  log: Log,
  where: TopicPartition,
  offset: number,
  sha256: string,
): Promise<LogRecord | undefined> {
  const reader = log.reader({ ...where, from: offset });
  try {
    // What stands there was committed: it comes with the first records, or not at all.
    while (reader.position <= offset) {
      const found = (await reader.read()).records.find((record) => record.offset === offset);
      if (found !== undefined) return fingerprint(found.value) === sha256 ? found : undefined;
    }
    return undefined;
  } catch (error) {
    if (error instanceof OffsetOutOfRange) return undefined;
    throw error;
  } finally {
    await reader.close();
  }
}
