// What `kwf ls` knows of a thread, and which threads it is asked for: one meaning for the index, for a fold and for HTTP.

import type { ThreadStatus } from "@kwf/engine";
import type { ThreadEntry } from "../threads/thread-index.js";

export interface ThreadSummary extends ThreadEntry {
  readonly thread: string;
  /** How many records wait for it; absent for none. */
  readonly held?: number;
}

export const THREAD_STATES = [
  "running",
  "paused",
  "completed",
  "failed",
  "cancelled",
] as const satisfies ThreadStatus[];
/** Those of threads that have not ended; what is listed where nothing is said. */
export const LIVE_STATES: readonly ThreadStatus[] = ["running", "paused"];

export interface ThreadFilter {
  /** LIVE_STATES, if absent. */
  readonly state?: readonly ThreadStatus[];
  /** The id of a ref, or the name in it. */
  readonly waiting?: string;
  /** No step for at least so long. */
  readonly idleMs?: number;
  /** In its state since then, or for less long; epoch milliseconds. */
  readonly since?: number;
  readonly bundle?: string;
  /** What the thread id begins with. */
  readonly prefix?: string;
}

/** A filter at one moment. */
export function matcher(filter: ThreadFilter, now = Date.now()): (summary: ThreadSummary) => boolean {
  const { state = LIVE_STATES, waiting, idleMs, since, bundle, prefix } = filter;
  const active = idleMs === undefined ? undefined : now - idleMs;
  return (one) =>
    state.includes(one.state) &&
    (prefix === undefined || one.thread.startsWith(prefix)) &&
    (since === undefined || one.since >= since) &&
    (bundle === undefined || one.bundle === bundle) &&
    (active === undefined || (one.activeAt ?? one.since) <= active) &&
    (waiting === undefined || (one.pending?.some((id) => isNamed(id, waiting)) ?? false));
}

/** `4711:approval:1`, made by `W.ref("approval")`, is meant by its name too. */
export const isNamed = (id: string, wanted: string): boolean => id === wanted || refName(id) === wanted;

/** Undefined: the id is a caller's own. */
export const refName = (id: string): string | undefined => /^[^:]+:(.*):\d+$/s.exec(id)?.[1];
