// Threads of one partition that ended so long ago that their status is not kept any more: who they are while their tombstones are waiting to
// be written. Who looks for them (finished-look.ts) reads `workflow-status` beside the task; this file owns that what it saw is still so.
//
// I1 A thread for which a record has come since the look began is not forgotten: its status may be a new one.
// I2 What was found in the life of a task before is nothing in this one: somebody else may have had the partition.

const AT_ONCE = 500;

export class FinishedThreads {
  readonly #over = new Set<string>();
  /** Those that had a record since the look began; undefined: nobody looks. */
  #touched: Set<string> | undefined;

  /** The task begins anew (I2). */
  reset(): void {
    this.#over.clear();
    this.#touched = undefined;
  }

  /** Somebody begins to look. */
  look(): void {
    this.#touched = new Set();
  }

  /** What the look has found. */
  found(threads: Iterable<string>): void {
    if (this.#touched === undefined) return;
    for (const thread of threads) if (!this.#touched.has(thread)) this.#over.add(thread);
    this.#touched = undefined;
  }

  /** A record has come for the thread. */
  ran(thread: string): void {
    this.#touched?.add(thread);
    this.#over.delete(thread);
  }

  get due(): boolean {
    return this.#over.size > 0;
  }

  /** Those whose tombstones come next. */
  next(): string[] {
    return [...this.#over].slice(0, AT_ONCE);
  }

  /** They are forgotten, or are not to be. */
  done(threads: Iterable<string>): void {
    for (const thread of threads) this.#over.delete(thread);
  }
}
