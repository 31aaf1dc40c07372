import type { ListedThread } from "./listed-thread.js";
import type { ThreadDetail } from "./thread-detail.js";
import type { ThreadFilter } from "./thread-filter.js";

/** Threads that live, from one who can be asked: the store of this process, a runner elsewhere, the log itself. */
export interface LiveThreads {
  /**
   * Those that match, as many at a time as are at hand, by thread id, behind `after`. If the filter wants only the first: at least these,
   * in any order. Throws NotHere, at the beginning or later.
   */
  list(partition: number, filter: ThreadFilter, after: string | undefined): AsyncIterable<readonly ListedThread[]>;
  /** Undefined: it does not live. Throws NotHere. */
  show(partition: number, thread: string): Promise<ThreadDetail | undefined>;
  /** The bytes of those of them that live. Throws NotHere. */
  states(partition: number, threads: readonly string[]): Promise<Map<string, Uint8Array>>;
}

/** The partition is another one's now: ask somebody else. */
export class NotHere extends Error {
  override readonly name = "NotHere";
}

/** The order of lists: by the bytes of the id. */
export const compareThreads = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
