// The list of threads in a store: one entry a live thread, by its id, with what can be asked of many threads at once. changelog.ts makes
// an entry from the header of a state in the batch that writes the state, so that the list is right after a restore too.
//
// I1 An entry says nothing that is not in the state: the list can be thrown away and made again.
// I2 A thread that has ended has none, though a mark of it may still be there.
// I3 What most questions are about stands at fixed places before the rest, so that of a hundred thousand entries only those are parsed that
//    are asked for: a letter for the state, then the last step and the beginning of the state in 15 digits each.

import { type PauseReason, pauseReason, type ThreadStatus } from "@kwf/engine";
import { indexKey } from "../store/keys.js";
import type { StateStore } from "../store/store.js";
import { bundleNeeded, headerOf } from "./state-header.js";

/** What is known of a thread without reading its continuation. */
export interface ThreadEntry {
  readonly state: ThreadStatus;
  /** When it came into that state, epoch milliseconds. */
  readonly since: number;
  /** `<partition>:<offset>` of its start record. */
  readonly run: string;
  /** Undefined: nothing has run yet. */
  readonly bundle?: string;
  /** Why it is paused. */
  readonly reason?: PauseReason;
  /** Refs that a live thread waits for, in the order in which they were made. */
  readonly pending?: readonly string[];
  /** Of a live thread: its last step, epoch milliseconds. */
  readonly activeAt?: number;
}

const PREFIX = Buffer.from("thread|");
const LONGEST_MESSAGE = 500;
const DIGITS = 15;
const SINCE = 1 + DIGITS;
const REST = SINCE + DIGITS;
const PAUSED = "p".charCodeAt(0);

/** Undefined: no live thread (I2). Bytes that cannot be read are a thread that an operator has to see. */
export function entryOf(state: Uint8Array, header = headerOf(state)): ThreadEntry | undefined {
  if (header === undefined) return UNREADABLE;
  const { run, since, at, pending, paused, ended } = header;
  if (ended !== undefined) return undefined;
  const bundle = bundleNeeded(state);
  return {
    state: paused === undefined ? "running" : "paused",
    since,
    run,
    ...(bundle === undefined ? {} : { bundle }),
    ...(paused === undefined ? {} : { reason: short(pauseReason(paused)) }),
    ...(pending === undefined ? {} : { pending }),
    ...(at === undefined ? {} : { activeAt: at }),
  };
}

export const threadIndexKey = (thread: Uint8Array): Uint8Array => indexKey(Buffer.concat([PREFIX, thread]));

export function encodeEntry(entry: ThreadEntry): Buffer {
  const { state, since, activeAt = since } = entry;
  const head = `${state === "paused" ? "p" : "r"}${digits(activeAt)}${digits(since)}`;
  return Buffer.from(`${head}${JSON.stringify(entry)}`);
}

/** An entry as it lies in the store; what is asked of it is read when it is asked. */
export class StoredEntry {
  readonly #key: string;
  readonly #value: Buffer;

  constructor(key: string, value: Uint8Array) {
    this.#key = key;
    this.#value = bufferOf(value);
  }

  get thread(): string {
    return this.#key.slice(1 + PREFIX.length);
  }
  get state(): "running" | "paused" {
    return this.#value[0] === PAUSED ? "paused" : "running";
  }
  /** Its last step, or, where none has succeeded, since when it is what it is. */
  get activeAt(): number {
    return Number(this.#value.toString("latin1", 1, SINCE));
  }
  get since(): number {
    return Number(this.#value.toString("latin1", SINCE, REST));
  }
  /** Whether this is a part of its JSON: `partOf` and `propertyOf` make it, once for all entries. */
  holds(part: Buffer): boolean {
    return this.#value.includes(part, REST);
  }
  get pending(): readonly string[] {
    const found = PENDING.exec(this.#value.toString("utf8", REST))?.[1];
    return found === undefined ? [] : (JSON.parse(found) as string[]);
  }
  /** The whole as JSON text of an object that has `thread` first. */
  get text(): string {
    return `{"thread":${JSON.stringify(this.thread)},${this.#value.toString("utf8", REST + 1)}`;
  }
}

/** Of the JSON of a value that has this text in it. */
export const partOf = (text: string): Buffer => Buffer.from(JSON.stringify(text).slice(1, -1));

// Only a property of that name looks so: within a string a quotation mark has a backslash before it.
export const propertyOf = (name: keyof ThreadEntry, value: string): Buffer =>
  Buffer.from(`"${name}":${JSON.stringify(value)}`);
const PENDING = /"pending":(\[(?:"(?:[^"\\]|\\.)*",?)*\])/;

export interface EntryRange {
  /** Only threads behind this one. */
  readonly after?: string | undefined;
  /** What the thread id begins with. */
  readonly prefix?: string | undefined;
}

/** By thread id, in the order of its bytes. */
export async function* threadEntries(
  store: StateStore,
  { after, prefix = "" }: EntryRange = {},
): AsyncGenerator<StoredEntry[]> {
  const range = { prefix: threadIndexKey(Buffer.from(prefix)) };
  // The first id that can come behind another one is that one and a byte 0.
  const from = after === undefined ? undefined : threadIndexKey(Buffer.from(`${after}\0`));
  for await (const portion of store.texts(from === undefined ? range : { ...range, from }))
    yield portion.map(({ key, value }) => new StoredEntry(key, value));
}

const UNREADABLE: ThreadEntry = {
  state: "paused",
  since: 0,
  run: "",
  reason: { code: "error", error: "KWF_STATE_FORMAT", message: "the bytes of its state cannot be read" },
};

function short({ message, ...rest }: PauseReason): PauseReason {
  if (message === undefined) return rest;
  const cut = message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
  return { ...rest, message: cut };
}

const digits = (ms: number): string => String(Math.max(0, Math.trunc(ms))).padStart(DIGITS, "0");
const bufferOf = (bytes: Uint8Array): Buffer => (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes));
