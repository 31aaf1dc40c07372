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
  /** No step since then; epoch milliseconds. */
  readonly idleSince?: number;
  /** In its state since then, or for less long; epoch milliseconds. */
  readonly since?: number;
  readonly bundle?: string;
  /** What the thread id begins with. */
  readonly prefix?: string;
  /** Not all of those, but the first in this order. */
  readonly first?: FirstThreads;
}

export interface FirstThreads {
  readonly order: ThreadOrder;
  readonly most: number;
}

/** `active`: who did something last comes first. `idle`: who has had no step for the longest. */
export const THREAD_ORDERS = ["active", "idle"] as const;
export type ThreadOrder = (typeof THREAD_ORDERS)[number];

/** What lists are ordered by. */
export interface Times {
  readonly since: number;
  readonly activeAt?: number | undefined;
}

const rank = (order: ThreadOrder, one: Times): number =>
  order === "active" ? -Math.max(one.activeAt ?? 0, one.since) : (one.activeAt ?? one.since);

/** The first of all that it is shown, or all, in their order. It keeps hardly more than these. */
export class First<T extends Times> {
  readonly #order: ThreadOrder;
  readonly #most: number;
  #found: { readonly one: T; readonly rank: number }[] = [];
  #last = Number.POSITIVE_INFINITY;

  constructor({ order, most }: FirstThreads) {
    this.#order = order;
    this.#most = most;
  }

  see(some: readonly T[]): void {
    for (const one of some) {
      const place = rank(this.#order, one);
      if (place < this.#last) this.#found.push({ one, rank: place });
      if (this.#found.length >= 2 * this.#most + AT_ONCE) this.#cut();
    }
  }

  get found(): readonly T[] {
    this.#cut();
    return this.#found.map(({ one }) => one);
  }

  #cut(): void {
    this.#found = this.#found.sort((a, b) => a.rank - b.rank).slice(0, this.#most);
    if (this.#found.length === this.#most) this.#last = this.#found.at(-1)?.rank ?? this.#last;
  }
}

const AT_ONCE = 500;

export function matcher(filter: ThreadFilter): (summary: ThreadSummary) => boolean {
  const { state = LIVE_STATES, waiting, idleSince, since, bundle, prefix } = filter;
  return (one) =>
    state.includes(one.state) &&
    (prefix === undefined || one.thread.startsWith(prefix)) &&
    (since === undefined || one.since >= since) &&
    (bundle === undefined || one.bundle === bundle) &&
    (idleSince === undefined || (one.activeAt ?? one.since) <= idleSince) &&
    (waiting === undefined || (one.pending?.some((id) => isNamed(id, waiting)) ?? false));
}

/** `4711:approval:1`, made by `W.ref("approval")`, is meant by its name too. */
export const isNamed = (id: string, wanted: string): boolean => id === wanted || refName(id) === wanted;

/** Undefined: the id is a caller's own. */
export const refName = (id: string): string | undefined => /^[^:]+:(.*):\d+$/s.exec(id)?.[1];
