// The store port: what a task keeps of one partition on its own disk, so that it need not read the whole changelog again.
// It owns words and guarantees; `rocksdb/` and `memory/` stand behind them and pass `conformance.test.ts`. What the bytes mean
// is the task's business; which keys there are is in keys.ts.
//
// I1 A batch is there whole or not at all, and its checkpoint with it, whatever kills the process in between.
// I2 Batches take effect in the order of the calls.
// I3 A store whose batch failed takes no other: each later one fails with the first error until the store is opened again.
// I4 One opener at a time, of all processes of the machine. A killed one holds nothing.
// I5 What cannot be trusted is never given out: a damaged value, and a log with a hole, is an error, not a gap.
// I6 A directory that is no store is never changed. One that is a store is emptied only for a caller who says `rebuild`.

import type { Checkpoint } from "./checkpoint.js";
import type { StoreError } from "./store-error.js";

export interface StateStore {
  /** Where it lives, for messages. */
  readonly directory: string;
  /** Why it was emptied when it was opened with `rebuild`; undefined if it was not. */
  readonly rebuilt: StoreError | undefined;

  /** The values in the order of the keys; undefined where there is none. All as of one moment. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /** Of two changes of one key the later one counts. Without a checkpoint the last one written stays. Bytes may be reused after the call. */
  write(changes: Iterable<Change>, checkpoint?: Checkpoint): Promise<void>;
  /** In the order of the keys' bytes, as of the moment when the first entry is asked for. */
  range(range?: Range): AsyncIterable<Entry>;
  /** The same of keys that are UTF-8, as many at a time as are at hand: for who goes through very many. */
  texts(range?: Range): AsyncIterable<readonly TextEntry[]>;
  /** The last one written; undefined in a store that has none yet. */
  checkpoint(): Promise<Checkpoint | undefined>;

  /**
   * Waits for what is running; what is called later fails. May be repeated. On a full disk it may take until there is space; a process
   * that cannot wait for that has to be killed, which loses nothing.
   */
  close(): Promise<void>;
  /** Closes the store and removes it from the disk. */
  destroy(): Promise<void>;
}

export interface Change {
  readonly key: Uint8Array;
  /** `null` deletes. */
  readonly value: Uint8Array | null;
}

export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface TextEntry {
  readonly key: string;
  readonly value: Uint8Array;
}

export interface Range {
  /** Only keys that begin with it. */
  readonly prefix?: Uint8Array;
  /** Only this key and those behind it: `after(key)` of keys.ts continues a page. */
  readonly from?: Uint8Array;
  readonly limit?: number;
}

export interface OpenOptions {
  /**
   * What becomes of a store that is damaged or of another format: `fail` (StoreDamaged, StoreFormatUnknown), or `rebuild`: it is emptied
   * and `rebuilt` says why. For callers who can get all of it again from the changelog.
   */
  readonly unreadable?: "fail" | "rebuild";
}

/** Opens the store in that directory; makes it, if there is nothing yet. */
export type OpenStore = (directory: string, options?: OpenOptions) => Promise<StateStore>;
