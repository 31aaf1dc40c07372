// Notices a reader that stands before an open transaction: what is behind it cannot be read before its end, and if its producer is gone
// nobody may end it for a long time.

import type { Log, TopicPartition } from "../log/log.js";
import { Problem, type ProblemCode } from "../problem.js";

/** As long as this a reader may stand still before somebody is told. */
export const PATIENCE_MS = 60_000;

export interface StandstillOptions {
  readonly log: Log;
  readonly where: TopicPartition;
  readonly code: ProblemCode;
  /** Begins the message: `the restore of`. */
  readonly what: string;
  readonly patienceMs: number;
}

export class Standstill {
  readonly #options: StandstillOptions;
  #at: number | undefined;
  #since = performance.now();
  #told = 0;

  constructor(options: StandstillOptions) {
    this.#options = options;
  }

  /** To be called after each part; `waiting`: there is more. A problem when that is so at the same place for too long, once each time. */
  async look(at: number, waiting: boolean): Promise<Problem | undefined> {
    const now = performance.now();
    if (at !== this.#at || !waiting) {
      this.#at = at;
      this.#since = now;
      this.#told = now;
    }
    if (!waiting || now - this.#told < this.#options.patienceMs) return undefined;
    this.#told = now;
    return this.#problem(at, now - this.#since);
  }

  async #problem(at: number, ms: number): Promise<Problem> {
    const { log, where, code, what } = this.#options;
    const found = await log.openTransaction(where).catch(() => undefined);
    const stands = `${what} ${where.topic}-${where.partition} has not moved for ${Math.round(ms / 1000)} s at offset ${at}`;
    if (found === undefined) return new Problem(code, `${stands}, and no open transaction was found there`);
    const { producerId, firstOffset, command } = found;
    const how = command === undefined ? "" : `: wait for its end, or end it with \`${command}\``;
    return new Problem(
      code,
      `${stands}: a transaction of producer id ${producerId} is open since offset ${firstOffset}${how}`,
    );
  }
}
