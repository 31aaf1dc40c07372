// Threads of the partitions that run in this process, from the list in their stores (threads/thread-index.ts).

import type { Bundle } from "@kwf/engine";
import { reservedKey, threadKey } from "../store/keys.js";
import type { StateStore } from "../store/store.js";
import { StoreClosed } from "../store/store-error.js";
import { heldPrefix } from "../threads/held-records.js";
import { bundleNeeded } from "../threads/state-header.js";
import { threadEntries } from "../threads/thread-index.js";
import { type LiveThreads, NotHere } from "./live-threads.js";
import { detailOf, type ThreadDetail } from "./thread-detail.js";
import { matcher, type ThreadFilter, type ThreadSummary } from "./thread-filter.js";

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

  async *list(partition: number, filter: ThreadFilter, after: string | undefined): AsyncGenerator<ThreadSummary> {
    const store = this.#store(partition);
    const matches = matcher(filter);
    const { prefix } = filter;
    try {
      for await (const { thread, entry } of threadEntries(store, { prefix, after })) {
        const summary = { thread, ...entry };
        if (!matches(summary)) continue;
        yield entry.state === "paused" ? await withHeld(store, summary) : summary;
      }
    } catch (error) {
      throw gone(error, partition);
    }
    this.#mustBe(store, partition);
  }

  /** The same as JSON texts. */
  async *texts(partition: number, filter: ThreadFilter, after: string | undefined): AsyncGenerator<string> {
    for await (const one of this.list(partition, filter, after)) yield JSON.stringify(one);
  }

  async show(partition: number, thread: string): Promise<ThreadDetail | undefined> {
    const store = this.#store(partition);
    try {
      const [state] = await store.getMany([threadKey(thread)]);
      if (state === undefined) return undefined;
      const held = await heldIn(store, thread);
      const hash = bundleNeeded(state);
      return detailOf(thread, state, hash === undefined ? undefined : await this.#options.bundle(hash), held);
    } catch (error) {
      throw gone(error, partition);
    }
  }

  #store(partition: number): StateStore {
    const store = this.#options.storeOf(partition);
    if (store === undefined) throw notHere(partition);
    return store;
  }

  /** A partition that was taken away meanwhile may have been changed by others since. */
  #mustBe(store: StateStore, partition: number): void {
    if (this.#options.storeOf(partition) !== store) throw notHere(partition);
  }
}

const notHere = (partition: number): NotHere => new NotHere(`partition ${partition} does not run here now`);
const gone = (error: unknown, partition: number): unknown =>
  error instanceof StoreClosed ? notHere(partition) : error;

async function withHeld(store: StateStore, summary: ThreadSummary): Promise<ThreadSummary> {
  const held = await heldIn(store, summary.thread);
  return held === 0 ? summary : { ...summary, held };
}

async function heldIn(store: StateStore, thread: string): Promise<number> {
  let held = 0;
  for await (const _ of store.range({ prefix: reservedKey(heldPrefix(thread)) })) held += 1;
  return held;
}
