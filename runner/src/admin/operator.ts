// The one way by which commands, and the admin HTTP, reach threads and topics. Behind it stand the log itself (log-operator.ts) and the
// HTTP of a process that has the log open (http-operator.ts); both answer alike.

import type { ListedBundle } from "./bundle-list.js";
import type { DeadLetter, DeadLetterFilter, Redriven } from "./dead-letters.js";
import type { ListedThread } from "./listed-thread.js";
import type { OutcomeOptions, RunOutcome } from "./run-judge.js";
import type { ThreadDetail } from "./thread-detail.js";
import type { ThreadFilter } from "./thread-filter.js";
import type { HistoryEntry, HistoryQuery } from "./thread-history.js";
import type { Timer, TimerFilter } from "./timer-list.js";

export type { ThreadDetail };

export interface Operator {
  /**
   * Partition by partition, in each by thread id; first those that live, then those that have ended; as many at a time as are at hand.
   * `cursor` (thread-cursor.ts): those behind that one.
   */
  list(filter?: ThreadFilter, cursor?: string): AsyncIterable<readonly ListedThread[]>;
  /** Undefined: there is no such thread, and nothing is known of one that has ended. */
  show(thread: string): Promise<ThreadDetail | undefined>;
  /** What happened to it, as the topics still tell it. */
  history(thread: string, query?: HistoryQuery): Promise<HistoryEntry[]>;
  /** What is kept of those of them that live, as the engine's bytes. */
  states(threads: readonly string[]): Promise<Map<string, Uint8Array>>;

  /** Writes to `workflow-resume`; in the order of the question. Throws Problem `missing-topics`. */
  send(records: readonly ThreadRecord[], options?: SendOptions): Promise<Sent[]>;
  /** Sends a record that starts a run, and waits for the end of the run. `sent` is told where it was written. */
  runToEnd(record: ThreadRecord, sent: (where: Sent) => void, options?: OutcomeOptions): Promise<RunOutcome>;

  /** Newest first. */
  deadLetters(filter?: DeadLetterFilter): AsyncIterable<DeadLetter>;
  deadLetter(id: string): Promise<DeadLetter | undefined>;
  /** Throws NotRedriven before anything is written. */
  redrive(ids: readonly string[]): Promise<Redriven[]>;

  /** The oldest first. */
  bundles(): Promise<ListedBundle[]>;
  /** Its text; undefined: it is not there, or what is there is something else. */
  bundle(hash: string): Promise<string | undefined>;
  /** Resolves when every runner can load it. */
  publishBundle(hash: string, source: string): Promise<void>;
  /** False: there is none of that hash. Whether threads need it, the caller has to ask. */
  removeBundle(hash: string): Promise<boolean>;

  /** What is due first comes first. */
  timers(filter?: TimerFilter): AsyncIterable<Timer>;

  close(): Promise<void>;
}

export interface ThreadRecord {
  readonly thread: string;
  /** As on `workflow-resume`; record-value.ts makes them. */
  readonly value: string;
}

export interface Sent {
  readonly thread: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export interface SendOptions {
  /** Resolve not when they are written, but when they have been run and committed. */
  readonly untilRun?: boolean;
  readonly signal?: AbortSignal | undefined;
}
