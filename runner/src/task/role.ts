// What a task does with its records. The task (task.ts) owns fence, restore, position, commit and apply, and is the same for every
// role; a role owns what a record means, and keeps no truth of its own: everything it knows it has from the store.
//
// I1 A turn is tried as a whole: nothing of it is written, and nothing in the role changes, before `applied`.
// I2 After doubt the task calls `begin` again, on a store that has been restored.

import type { LogRecord, NewRecord } from "../log/log.js";
import type { Change, StateStore } from "../store/store.js";

export interface Role {
  /** What one record of the changelog changes in the store; a key of the task's own does not come here. */
  changesOf(key: Uint8Array, value: Uint8Array | null): Change[];
  /** The store is as the changelog says. `next` is the offset of the first record that `run` will get. */
  begin(store: StateStore, next: number): Promise<void>;
  /** How many records, from this offset on, one turn should have at most. */
  limitAt(offset: number): number;
  /** Everything of the input below this offset is done, or was nothing; also told where no record was. */
  reached?(next: number): void;
  /** Milliseconds until there is something to do without a record; 0: now; undefined: nothing is planned. */
  dueIn(): number | undefined;
  /** What these records come to; without records, what is due. Undefined: nothing is to be done after all. */
  run(records: readonly LogRecord[]): Promise<Turn | undefined>;
  /** The turn that `run` gave last, or `run` itself, has failed. True: the role knows how to make the next attempt another one. */
  refused(error: unknown): boolean;
  close(): void;
}

/** What one transaction holds beside the position. */
export interface Turn {
  /** How many of the records are done. */
  readonly done: number;
  readonly records: readonly NewRecord[];
  /** To the store, after the commit. */
  readonly changes: readonly Change[];
  /** It is committed, and in the store. */
  applied(commitMs: number): void;
}
