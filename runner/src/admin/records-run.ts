// Whether records of `workflow-resume` have been run, for somebody who waits for it: the position that stands in the changelog says so
// (task/position.ts), whichever runner it is.
//
// I1 `open` comes before the records are written: the position that passes them is written after.

import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import { decodePosition, POSITION_KEY } from "../task/position.js";

export class RecordsRun {
  private constructor(
    readonly log: Log,
    readonly names: Names,
    readonly ends: readonly number[],
  ) {}

  static async open(log: Log, names: Names): Promise<RecordsRun> {
    const topic = names.changelog();
    const partitions = (await log.describeTopics([topic])).get(topic)?.partitions ?? 0;
    const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
    return new RecordsRun(log, names, await log.endOffsets(all, "committed"));
  }

  /** Resolves when the record, and all before it in its partition, have been run and committed. */
  async passed(at: { readonly partition: number; readonly offset: number }, signal?: AbortSignal): Promise<void> {
    const where = { topic: this.names.changelog(), partition: at.partition };
    const reader = this.log.reader({ ...where, from: this.ends[at.partition] ?? 0 });
    const stop = () => void reader.close();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      for (;;) {
        signal?.throwIfAborted();
        for (const { key, value } of (await reader.read()).records) {
          if (value === null || key?.toString() !== POSITION_KEY) continue;
          const { next } = decodePosition(value, `${where.topic}-${where.partition}`);
          if ((next[this.names.resume] ?? 0) > at.offset) return;
        }
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
      await reader.close();
    }
  }
}
