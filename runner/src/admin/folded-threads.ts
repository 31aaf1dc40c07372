// Threads as the log has them, for where no runner answers: a partition of the changelog says which threads live, one of `workflow-status`
// which have ended. As long as these topics are, so long it takes.

import type { Bundle, ThreadStatus } from "@kwf/engine";
import type { Log, TopicPartition } from "../log/log.js";
import type { Names } from "../names.js";
import { isReserved } from "../threads/changelog.js";
import { decodeHeld, HELD_PREFIX, heldPrefix, threadOf } from "../threads/held-records.js";
import { bundleNeeded } from "../threads/state-header.js";
import { entryOf, type ThreadEntry } from "../threads/thread-index.js";
import { foldInto } from "../topics/fold.js";
import { ListedThread } from "./listed-thread.js";
import { compareThreads, type LiveThreads } from "./live-threads.js";
import { detailOf, type ThreadDetail, waitingRecord } from "./thread-detail.js";
import { LIVE_STATES, matcher, type ThreadFilter, type ThreadSummary } from "./thread-filter.js";

export class FoldedThreads implements LiveThreads {
  constructor(
    readonly log: Log,
    readonly names: Names,
    readonly bundle: (hash: string) => Promise<Bundle | undefined>,
  ) {}

  async *list(
    partition: number,
    filter: ThreadFilter,
    after: string | undefined,
  ): AsyncGenerator<readonly ListedThread[]> {
    const matches = matcher(filter);
    const found = await foldInto(this.log, this.#where(partition), (key, value): ThreadEntry | true | undefined => {
      if (!isReserved(key)) return entryOf(value);
      return key.toString().startsWith(HELD_PREFIX) ? true : undefined;
    });
    const held = new Map<string, number>();
    for (const [key, value] of found) {
      if (value === true) held.set(threadOf(key), (held.get(threadOf(key)) ?? 0) + 1);
    }
    const threads: ThreadSummary[] = [];
    for (const [thread, entry] of found) {
      if (entry === true) continue;
      const waiting = held.get(thread);
      threads.push({ thread, ...entry, ...(waiting === undefined ? {} : { held: waiting }) });
    }
    yield behind(threads.filter(matches), after).map(ListedThread.of);
  }

  async show(partition: number, thread: string): Promise<ThreadDetail | undefined> {
    const waits = heldPrefix(thread);
    const found = await foldInto(this.log, this.#where(partition), (key, value) => {
      const name = key.toString();
      return name === thread || name.startsWith(waits) ? value : undefined;
    });
    const state = found.get(thread);
    if (state === undefined) return undefined;
    const hash = bundleNeeded(state);
    found.delete(thread);
    const [first] = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => decodeHeld(thread, value));
    const held = { count: found.size, ...(first === undefined ? {} : { first: waitingRecord(first) }) };
    return detailOf(thread, state, hash === undefined ? undefined : await this.bundle(hash), held);
  }

  async states(partition: number, threads: readonly string[]): Promise<Map<string, Uint8Array>> {
    const wanted = new Set(threads);
    const found = await foldInto(this.log, this.#where(partition), (key, value) => {
      return wanted.has(key.toString()) && entryOf(value) !== undefined ? value : undefined;
    });
    return found;
  }

  #where(partition: number): TopicPartition {
    return { topic: this.names.changelog(), partition };
  }
}

/** Of one partition of `workflow-status`; by thread id, behind `after`. */
export async function endedThreads(log: Log, where: TopicPartition, after?: string): Promise<ThreadSummary[]> {
  const found = await foldInto(log, where, (_, value) => endedEntry(value));
  return behind(
    [...found].map(([thread, entry]) => ({ thread, ...entry })),
    after,
  );
}

export async function endedThread(log: Log, where: TopicPartition, thread: string): Promise<ThreadSummary | undefined> {
  const found = await foldInto(log, where, (key, value) => (key.toString() === thread ? endedEntry(value) : undefined));
  const entry = found.get(thread);
  return entry === undefined ? undefined : { thread, ...entry };
}

export interface EndedEntry extends ThreadEntry {
  readonly state: Exclude<ThreadStatus, "running" | "paused">;
}

/** What a record of `workflow-status` says of a thread that has ended; undefined for one that has not. */
export function endedEntry(value: Uint8Array): EndedEntry | undefined {
  const { state, since, run, bundle } = JSON.parse(Buffer.from(value).toString()) as EndedEntry;
  if (LIVE_STATES.includes(state)) return undefined;
  return { state, since, run, ...(bundle === undefined ? {} : { bundle }) };
}

function behind(threads: readonly ThreadSummary[], after: string | undefined): ThreadSummary[] {
  const rest = after === undefined ? [...threads] : threads.filter(({ thread }) => compareThreads(thread, after) > 0);
  return rest.sort((a, b) => compareThreads(a.thread, b.thread));
}
