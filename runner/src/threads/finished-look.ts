// Looks for threads that ended so long ago that their status is not kept any more (`--keep-finished`): from time to time over what
// `workflow-status` holds of a runner's partitions. Their tombstones are the tasks' to write (finished-threads.ts).

import { type Clock, SYSTEM_CLOCK } from "../clock.js";
import type { Log } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import type { Names } from "../names.js";
import type { Logger } from "../runner/logging.js";
import { foldInto } from "../topics/fold.js";
import type { TopicTable } from "../topics/topic-table.js";
import type { FinishedThreads } from "./finished-threads.js";

export interface FinishedLookOptions {
  readonly log: Log;
  readonly names: Names;
  readonly topics: TopicTable;
  readonly keepMs: number;
  /** The system's, if absent. */
  readonly clock?: Clock | undefined;
  readonly logger: Logger;
}

const SHORTEST_MS = 5_000;
const LONGEST_MS = 3_600_000;
/** A look that took a minute is not repeated for twenty. */
const SHARE = 20;
/** So many at most are found in one look; the next one finds the others. */
const MOST = 100_000;

export class FinishedLook {
  readonly #options: FinishedLookOptions;
  #next = 0;
  #looking: Promise<void> | undefined;

  constructor(options: FinishedLookOptions) {
    this.#options = options;
  }

  /** Begins a look if it is time to; `partitions` are those that run here. */
  tend(partitions: ReadonlyMap<number, FinishedThreads>): void {
    if (this.#looking !== undefined || performance.now() < this.#next || partitions.size === 0) return;
    const { keepMs, logger } = this.#options;
    const begin = performance.now();
    this.#looking = this.#look(partitions)
      .catch((error: Error) => logger.debug({ error }, "workflow-status could not be read"))
      .finally(() => {
        const end = performance.now();
        const rest = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, keepMs / 24));
        this.#next = end + Math.max(rest, SHARE * (end - begin));
        this.#looking = undefined;
      });
  }

  async #look(partitions: ReadonlyMap<number, FinishedThreads>): Promise<void> {
    const { log, names, topics, keepMs, clock = SYSTEM_CLOCK } = this.#options;
    const spread = (await topics.describe(names.resume)).partitions;
    const count = (await topics.describe(names.status)).partitions;
    for (const threads of partitions.values()) threads.look();
    const until = clock.now() - keepMs;
    const found = new Map<number, string[]>([...partitions.keys()].map((partition) => [partition, []]));
    let sum = 0;
    // The same count of partitions: the same threads are in each.
    const wanted = count === spread ? [...partitions.keys()] : Array.from({ length: count }, (_, one) => one);
    for (const partition of wanted) {
      const old = await foldInto(log, { topic: names.status, partition }, (key, value) => {
        const home = partitionOf(key, spread);
        return partitions.has(home) && endedBefore(value, until) ? home : undefined;
      });
      for (const [thread, home] of old) if (sum++ < MOST) found.get(home)!.push(thread);
    }
    for (const [partition, threads] of partitions) threads.found(found.get(partition) ?? []);
  }
}

function endedBefore(status: Uint8Array, until: number): boolean {
  try {
    const { state, since } = JSON.parse(Buffer.from(status).toString()) as { state?: string; since?: number };
    return state !== "running" && state !== "paused" && typeof since === "number" && since < until;
  } catch {
    // Not written by kwf: not kwf's to take away.
    return false;
  }
}
