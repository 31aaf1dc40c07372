// Records that wait for a paused thread. Each is a copy in the changelog under a reserved key, `|held|<thread id>|<offset>`: written in the
// transaction that passes it, deleted in the one that runs it. This file owns those keys, and knows which threads have some.
//
// I1 Offsets have a fixed width, so that a range of the store gives a thread's records in the order in which they came.
// I2 What is in memory follows from the store and is changed only after a commit.

import { decodeState } from "@kwf/engine";
import { type HeaderText, headersFromText, headersToText } from "../log/header-text.js";
import type { LogRecord } from "../log/log.js";
import { nameOf, reservedKey, threadKey } from "../store/keys.js";
import type { StateStore } from "../store/store.js";
import { fingerprint } from "./original-record.js";

export const HELD_PREFIX = "|held|";
const DIGITS = 16;
const LOOK_AT_ONCE = 500;

/** Copies that a turn makes and takes away: by changelog key, `null` deletes. */
export type HeldChanges = Map<string, Buffer | null>;

export class HeldRecords {
  #store: StateStore | undefined;
  /** How many wait, by thread; no entry for none. */
  readonly #counts = new Map<string, number>();
  /** Threads that are not paused any more: what waits for them runs. */
  readonly #due = new Set<string>();

  async begin(store: StateStore): Promise<void> {
    this.#store = store;
    this.#counts.clear();
    this.#due.clear();
    for await (const { key } of store.range({ prefix: reservedKey(HELD_PREFIX) })) {
      const thread = threadOf(Buffer.from(nameOf(key)).toString());
      this.#counts.set(thread, this.count(thread) + 1);
    }
    const threads = [...this.#counts.keys()];
    for (let at = 0; at < threads.length; at += LOOK_AT_ONCE) {
      const some = threads.slice(at, at + LOOK_AT_ONCE);
      const states = await store.getMany(some.map(threadKey));
      some.forEach((thread, index) => {
        if (!isPaused(states[index])) this.#due.add(thread);
      });
    }
  }

  count(thread: string): number {
    return this.#counts.get(thread) ?? 0;
  }

  get due(): boolean {
    return this.#due.size > 0;
  }

  /** The first so many records that can run, each thread's in order. */
  async next(most: number): Promise<HeldRecord[]> {
    const found: HeldRecord[] = [];
    for (const thread of this.#due) {
      const limit = most - found.length;
      if (limit <= 0) break;
      const before = found.length;
      for await (const { value } of this.#range(thread, limit)) found.push(decodeHeld(thread, value));
      if (found.length === before) this.set(thread, 0, false);
    }
    return found;
  }

  /** The changelog keys of all that wait for the thread. */
  async keysOf(thread: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.#range(thread)) keys.push(Buffer.from(nameOf(key)).toString());
    return keys;
  }

  /** After a commit: how many wait for the thread now, and whether it is paused. */
  set(thread: string, count: number, paused: boolean): void {
    if (count > 0) this.#counts.set(thread, count);
    else this.#counts.delete(thread);
    if (count > 0 && !paused) this.#due.add(thread);
    else this.#due.delete(thread);
  }

  #range(thread: string, limit?: number): ReturnType<StateStore["range"]> {
    if (this.#store === undefined) throw new Error("there is no store yet");
    const prefix = reservedKey(heldPrefix(thread));
    return this.#store.range(limit === undefined ? { prefix } : { prefix, limit });
  }
}

export const heldPrefix = (thread: string): string => `${HELD_PREFIX}${thread}|`;
export const heldKey = (thread: string, offset: number | string): string =>
  `${heldPrefix(thread)}${String(offset).padStart(DIGITS, "0")}`;

/** Whose it is, of a key as `heldKey` makes them. */
export const threadOf = (key: string): string => key.slice(HELD_PREFIX.length, key.lastIndexOf("|"));

/** As it is kept. Its value is UTF-8, or it would not have been understood; headers can be any bytes. */
export interface HeldRecord extends LogRecord {
  /** The copy did not fit: its value is to be read where it was written. SHA-256 of it, hexadecimal. */
  readonly sha256?: string;
}

/** With `asReference` only its place and what it takes to know it again. */
export function encodeHeld({ offset, timestamp, value, headers }: LogRecord, asReference = false): Buffer {
  const content = asReference
    ? { sha256: fingerprint(value) }
    : { headers: headersToText(headers), value: value?.toString() ?? null };
  return Buffer.from(JSON.stringify({ v: 1, offset, timestamp, ...content }));
}

export function decodeHeld(thread: string, bytes: Uint8Array): HeldRecord {
  const { offset, timestamp, headers, value, sha256 } = JSON.parse(Buffer.from(bytes).toString()) as {
    offset: number;
    timestamp: number;
    headers?: HeaderText[];
    value?: string | null;
    sha256?: string;
  };
  return {
    offset,
    timestamp,
    key: Buffer.from(thread),
    value: value === undefined || value === null ? null : Buffer.from(value),
    headers: headersFromText(headers ?? []),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** A state that cannot be read keeps its records, too. */
function isPaused(state: Uint8Array | undefined): boolean {
  if (state === undefined) return false;
  try {
    return decodeState(state).paused !== undefined;
  } catch {
    return true;
  }
}
