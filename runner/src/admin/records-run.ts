// Whether records of `workflow-resume` have been run, for somebody who waits for it: the position that stands in the changelog says so
// (task/position.ts), whichever runner it is.
//
// I1 `open` comes before the records are written: the position that passes them is written after.

import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import { decodePosition, POSITION_KEY } from "../task/position.js";

interface Place {
  readonly partition: number;
  readonly offset: number;
}

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

  /** Resolves when these records, and all before them in their partitions, have been run and committed. */
  async passed(records: readonly Place[], signal?: AbortSignal): Promise<void> {
    const last = new Map<number, number>();
    for (const { partition, offset } of records) last.set(partition, Math.max(offset, last.get(partition) ?? 0));
    await Promise.all([...last].map(([partition, offset]) => this.#passed({ partition, offset }, signal)));
  }

  async #passed(at: Place, signal: AbortSignal | undefined): Promise<void> {
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
