import type { Sent } from "../admin/operator.js";
import { harmless } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";

/** Throws UsageError. */
export function checkThreadId(thread: string): void {
  if (thread === "" || thread.includes("|"))
    throw new UsageError(`a thread id is not empty and has no "|": ${JSON.stringify(thread)}`);
}

/** Where the record of a thread is. */
export function sayWritten({ thread, topic, partition, offset }: Sent): void {
  console.log(`${harmless(thread)}: ${topic}-${partition} offset ${offset}`);
}
