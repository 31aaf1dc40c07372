// What `kwf show` says of one thread: read from its bytes and from the metadata of its bundle, without running code.

import {
  type Bundle,
  decodeState,
  EngineError,
  type PauseReason,
  type PendingRef,
  pauseReason,
  readContinuation,
  type StackEntry,
  type ThreadStatus,
} from "@kwf/engine";
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
  /** An operator's cancel waits for the end of the pause. */
  readonly cancelling: boolean;
  readonly pending: readonly ShownRef[];
  /** Why its continuation cannot be read. */
  readonly unreadable?: string;
}

export interface ShownRef extends Omit<PendingRef, "stacks"> {
  readonly stacks: readonly (readonly ShownEntry[])[];
}

/** `source`: the text of the line, where the bundle can be had. */
export type ShownEntry = StackEntry & { readonly source?: string };

/** Undefined: a mark of a thread that has ended. */
export function detailOf(
  thread: string,
  state: Uint8Array,
  bundle: Bundle | undefined,
  held: number,
): ThreadDetail | undefined {
  const entry = entryOf(state);
  if (entry === undefined) return undefined;
  const known = { thread, ...entry, stateBytes: state.length, held, cancelling: false, pending: [] };
  try {
    const { paused, ...decoded } = decodeState(state);
    const { cancelling, pending } = readContinuation(decoded, bundle?.metadata);
    const reason = paused === undefined ? {} : { reason: pauseReason(paused) };
    return { ...known, ...reason, cancelling, pending: pending.map((ref) => withSource(ref, bundle)) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { ...known, unreadable: `${error.message} [${error.code}]` };
  }
}

export function endedDetail({ thread, state, since, run, bundle }: ThreadSummary): ThreadDetail {
  const known = { thread, state, since, run, held: 0, cancelling: false, pending: [] };
  return bundle === undefined ? known : { ...known, bundle };
}

function withSource({ id, stacks }: PendingRef, bundle: Bundle | undefined): ShownRef {
  const shown = (entry: StackEntry): ShownEntry => {
    if (entry.type !== "frame" || entry.file === undefined || entry.line === undefined) return entry;
    const source = bundle?.positions.lineText(entry.file, entry.line)?.trim();
    return source === undefined || source === "" ? entry : { ...entry, source };
  };
  return { id, stacks: stacks.map((stack) => stack.map(shown)) };
}
