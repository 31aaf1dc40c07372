// The timers in the order of their times. The store has the index of all of them; here is its first page, so that the next time is known
// without a look at the disk, and however many wait, memory holds no more than a page or two.
//
// I1 The page is the beginning of the index, without a gap, up to `#rest`.
// I2 Every timer has its entry in the index. There may be more entries (of timers that were set anew or taken back, after a restore): an
//    entry counts only if there is a timer of that key, time and offset.
// I3 The page changes after a commit, as the store does; filling it up changes nothing.

import { after, timerKey } from "../store/keys.js";
import type { StateStore } from "../store/store.js";
import { DUE_PREFIX, decodeTimer, readDueKey, type Timer } from "./timer.js";

const PAGE = 1_000;
const PAGE_BYTES = 1024 * 1024;
/** A timer can be as large as a record. */
const LOOK_AT_ONCE = 100;
/** A page may grow so far by timers that are set. */
const MOST = 2;

export interface Due {
  /** In the order of their times. */
  readonly timers: readonly Timer[];
  /** Entries of the index that say nothing any more (I2), met on the way. */
  readonly leftovers: readonly Buffer[];
}

export interface DueLimits {
  readonly timers: number;
  /** Of keys and headers; the first one is given whatever its size. */
  readonly bytes: number;
  /** Up to the first that is refused here. */
  readonly covers: (timer: Pick<Timer, "at" | "offset">) => boolean;
}

export class TimerIndex {
  #store: StateStore | undefined;
  #page: Buffer[] = [];
  #bytes = 0;
  /** The first key that may not be in the page; undefined: the page is all. */
  #rest: Uint8Array | undefined;

  async begin(store: StateStore): Promise<void> {
    this.#store = store;
    this.#page = [];
    this.#bytes = 0;
    this.#rest = DUE_PREFIX;
    await this.fill();
  }

  /** False: `fill` has to be called before `next` can answer. */
  get known(): boolean {
    return this.#page.length > 0 || this.#rest === undefined;
  }

  /** The first one; undefined if there is none. */
  get next(): Pick<Timer, "at" | "offset"> | undefined {
    const [first] = this.#page;
    return first === undefined ? undefined : readDueKey(first);
  }

  /** How many are in memory. */
  get loaded(): number {
    return this.#page.length;
  }

  /** Adds a page, if there is more than what is here. */
  async fill(): Promise<void> {
    if (this.#rest === undefined || this.#store === undefined) return;
    let count = 0;
    let bytes = 0;
    for await (const { key } of this.#store.range({ prefix: DUE_PREFIX, from: this.#rest, limit: PAGE })) {
      this.#page.push(Buffer.from(key));
      this.#rest = after(key);
      count += 1;
      bytes += key.length;
      if (bytes > PAGE_BYTES) break;
    }
    this.#bytes += bytes;
    if (count < PAGE && bytes <= PAGE_BYTES) this.#rest = undefined;
  }

  /** The first ones, as many as the limits allow. */
  async due({ timers: most, bytes: mostBytes, covers }: DueLimits): Promise<Due> {
    const timers: Timer[] = [];
    const leftovers: Buffer[] = [];
    let bytes = 0;
    for (let at = 0; timers.length < most && bytes < mostBytes; ) {
      if (at === this.#page.length) await this.fill();
      const some: Buffer[] = [];
      const count = Math.min(LOOK_AT_ONCE, most - timers.length);
      while (some.length < count && at < this.#page.length && covers(readDueKey(this.#page[at]!))) {
        some.push(this.#page[at++]!);
      }
      if (some.length === 0) break;
      const found = await this.#timersAt(some);
      for (const [index, timer] of found.entries()) {
        if (timer === undefined) leftovers.push(some[index]!);
        else if (timers.length === 0 || bytes < mostBytes) {
          timers.push(timer);
          bytes += sizeOf(timer);
        } else break;
      }
      if (leftovers.length >= PAGE) break;
    }
    return { timers, leftovers };
  }

  /** Undefined for an entry that is a leftover. */
  async #timersAt(places: readonly Buffer[]): Promise<(Timer | undefined)[]> {
    const entries = places.map(readDueKey);
    const values = await this.#store!.getMany(entries.map(({ key }) => timerKey(key)));
    return entries.map(({ key, at, offset }, index) => {
      const value = values[index];
      const timer = value === undefined ? undefined : decodeTimer(key, value);
      return timer?.at === at && timer.offset === offset ? timer : undefined;
    });
  }

  add(place: Buffer): void {
    if (this.#rest !== undefined && Buffer.compare(place, this.#rest) >= 0) return;
    const at = this.#search(place);
    if (this.#page[at]?.equals(place)) return;
    this.#page.splice(at, 0, place);
    this.#bytes += place.length;
    while (this.#page.length > MOST * PAGE || (this.#bytes > MOST * PAGE_BYTES && this.#page.length > 1)) {
      this.#rest = this.#page.pop()!;
      this.#bytes -= this.#rest.length;
    }
  }

  remove(place: Buffer): void {
    const at = this.#search(place);
    if (this.#page[at]?.equals(place) !== true) return;
    this.#page.splice(at, 1);
    this.#bytes -= place.length;
  }

  /** Where it is, or would be. */
  #search(place: Buffer): number {
    let low = 0;
    let high = this.#page.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (Buffer.compare(this.#page[middle]!, place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const sizeOf = ({ key, value, headers }: Timer): number =>
  headers.reduce((sum, [name, content]) => sum + name.length + (content?.length ?? 0), key.length + value.length);
