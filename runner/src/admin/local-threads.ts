// Threads of the partitions that run in this process, from the list in their stores (threads/thread-index.ts).

import type { Bundle } from "@kwf/engine";
import { reservedKey, threadKey } from "../store/keys.js";
import type { StateStore } from "../store/store.js";
import { StoreClosed } from "../store/store-error.js";
import { decodeHeld, heldPrefix } from "../threads/held-records.js";
import { bundleNeeded, headerOf } from "../threads/state-header.js";
import { partOf, propertyOf, type StoredEntry, threadEntries } from "../threads/thread-index.js";
import { ListedThread } from "./listed-thread.js";
import { type LiveThreads, NotHere } from "./live-threads.js";
import { detailOf, type Held, type ThreadDetail, waitingRecord } from "./thread-detail.js";
import { First, type FirstThreads, isNamed, LIVE_STATES, type ThreadFilter } from "./thread-filter.js";

export interface LocalThreadsOptions {
  /** Of a partition that runs here; undefined: it does not. */
  readonly storeOf: (partition: number) => StateStore | undefined;
  readonly bundle: (hash: string) => Promise<Bundle | undefined>;
}

export class LocalThreads implements LiveThreads {
  readonly #options: LocalThreadsOptions;

  constructor(options: LocalThreadsOptions) {
    this.#options = options;
  }

  async *list(
    partition: number,
    filter: ThreadFilter,
    after: string | undefined,
  ): AsyncGenerator<readonly ListedThread[]> {
    const store = this.#store(partition);
    try {
      for await (const entries of firstEntries(this.#entries(store, filter, after), filter.first)) {
        const threads: ListedThread[] = [];
        for (const entry of entries)
          threads.push(new ListedThread(entry.state === "paused" ? await withHeld(store, entry) : entry.text));
        yield threads;
      }
    } catch (error) {
      throw gone(error, partition);
    }
    // One that was taken away meanwhile may have been changed by others since.
    if (this.#options.storeOf(partition) !== store) throw notHere(partition);
  }

  async *#entries(
    store: StateStore,
    filter: ThreadFilter,
    after: string | undefined,
  ): AsyncGenerator<readonly StoredEntry[]> {
    const { prefix } = filter;
    const matches = entryMatcher(filter);
    for await (const portion of threadEntries(store, { prefix, after })) yield portion.filter(matches);
  }

  async show(partition: number, thread: string): Promise<ThreadDetail | undefined> {
    const store = this.#store(partition);
    try {
      // In this order: a state that is older than its records would look like one that has run them.
      const held = await heldFor(store, thread);
      const [state] = await store.getMany([threadKey(thread)]);
      if (state === undefined) return undefined;
      const hash = bundleNeeded(state);
      return detailOf(thread, state, hash === undefined ? undefined : await this.#options.bundle(hash), held);
    } catch (error) {
      throw gone(error, partition);
    }
  }

  /** Throws NotHere. */
  mustRun(partition: number): void {
    this.#store(partition);
  }

  async states(partition: number, threads: readonly string[]): Promise<Map<string, Uint8Array>> {
    const store = this.#store(partition);
    try {
      const states = await store.getMany(threads.map(threadKey));
      return new Map(
        threads.flatMap((thread, index) => {
          const state = states[index];
          return state === undefined || headerOf(state)?.ended !== undefined ? [] : [[thread, state]];
        }),
      );
    } catch (error) {
      throw gone(error, partition);
    }
  }

  #store(partition: number): StateStore {
    const store = this.#options.storeOf(partition);
    if (store === undefined) throw notHere(partition);
    return store;
  }
}

const notHere = (partition: number): NotHere => new NotHere(`partition ${partition} does not run here now`);
const gone = (error: unknown, partition: number): unknown =>
  error instanceof StoreClosed ? notHere(partition) : error;

/** As `matcher`, with nothing read that need not be; the prefix is in the range. */
function entryMatcher({
  state = LIVE_STATES,
  since,
  idleSince,
  bundle,
  waiting,
}: ThreadFilter): (entry: StoredEntry) => boolean {
  const onBundle = bundle === undefined ? undefined : propertyOf("bundle", bundle);
  const named = waiting === undefined ? undefined : partOf(waiting);
  return (entry) =>
    state.includes(entry.state) &&
    (since === undefined || entry.since >= since) &&
    (idleSince === undefined || entry.activeAt <= idleSince) &&
    (onBundle === undefined || entry.holds(onBundle)) &&
    (named === undefined || (entry.holds(named) && entry.pending.some((id) => isNamed(id, waiting!))));
}

/** No more are kept than are wanted, give or take a portion. */
async function* firstEntries(
  portions: AsyncIterable<readonly StoredEntry[]>,
  first: FirstThreads | undefined,
): AsyncGenerator<readonly StoredEntry[]> {
  if (first === undefined) return yield* portions;
  const firsts = new First<StoredEntry>(first);
  for await (const portion of portions) firsts.see(portion);
  yield firsts.found;
}

async function withHeld(store: StateStore, { text, thread }: StoredEntry): Promise<string> {
  const held = await heldIn(store, thread);
  return held === 0 ? text : `${text.slice(0, -1)},"held":${held}}`;
}

async function heldIn(store: StateStore, thread: string): Promise<number> {
  let held = 0;
  for await (const _ of store.range({ prefix: reservedKey(heldPrefix(thread)) })) held += 1;
  return held;
}

async function heldFor(store: StateStore, thread: string): Promise<Held> {
  const count = await heldIn(store, thread);
  if (count === 0) return { count };
  for await (const { value } of store.range({ prefix: reservedKey(heldPrefix(thread)), limit: 1 }))
    return { count, first: waitingRecord(decodeHeld(thread, value)) };
  return { count: 0 };
}
