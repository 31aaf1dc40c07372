// What `kwf show` says of one thread: read from its bytes and from the metadata of its bundle, without running code.

import {
  type Bundle,
  decodeState,
  EngineError,
  type FrameData,
  type PauseReason,
  type PendingRef,
  pauseReason,
  readContinuation,
  type ThreadStatus,
} from "@kwf/engine";
import type { LogRecord } from "../log/log.js";
import { entryOf } from "../threads/thread-index.js";
import type { ThreadSummary } from "./thread-filter.js";

export interface ThreadDetail {
  readonly thread: string;
  readonly state: ThreadStatus;
  /** When it came into that state, epoch milliseconds. */
  readonly since: number;
  readonly run: string;
  readonly bundle?: string;
  readonly reason?: PauseReason;
  /** Of a live thread: its last step, epoch milliseconds. */
  readonly activeAt?: number;
  /** Absent for a thread that has ended. */
  readonly stateBytes?: number;
  /** How many records wait for it. */
  readonly held: number;
  /** The first of them: of a thread that an error has paused the one that could not be run. */
  readonly record?: WaitingRecord;
  /** An operator's cancel waits for the end of the pause. */
  readonly cancelling: boolean;
  readonly pending: readonly PendingRef[];
  /** Every call that waits, with all that its variables hold; `frame` in the stacks is the index. */
  readonly frames?: readonly FrameData[];
  /** Why its continuation cannot be read. */
  readonly unreadable?: string;
}

export interface WaitingRecord {
  readonly offset: number;
  /** As on `workflow-resume`; absent where only its place was kept. */
  readonly value?: string;
}

/** Records that wait for a thread. */
export interface Held {
  readonly count: number;
  readonly first?: WaitingRecord;
}

export const waitingRecord = ({ offset, value }: LogRecord): WaitingRecord =>
  value === null ? { offset } : { offset, value: value.toString() };

/** Undefined: a mark of a thread that has ended. */
export function detailOf(
  thread: string,
  state: Uint8Array,
  bundle: Bundle | undefined,
  { count, first }: Held,
): ThreadDetail | undefined {
  const entry = entryOf(state);
  if (entry === undefined) return undefined;
  const record = first === undefined ? {} : { record: first };
  const known = { thread, ...entry, stateBytes: state.length, held: count, ...record, cancelling: false, pending: [] };
  try {
    const { paused, ...decoded } = decodeState(state);
    const { cancelling, pending, frames } = readContinuation(decoded, bundle);
    const reason = paused === undefined ? {} : { reason: pauseReason(paused) };
    return { ...known, ...reason, cancelling, pending, frames };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ...known, unreadable: `${error.message} [${error.code}]` };
  }
}

export function endedDetail({ thread, state, since, run, bundle }: ThreadSummary): ThreadDetail {
  const known = { thread, state, since, run, held: 0, cancelling: false, pending: [] };
  return bundle === undefined ? known : { ...known, bundle };
}
