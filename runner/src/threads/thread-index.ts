// The list of threads in a store: one entry a live thread, by its id, with what can be asked of many threads at once. changelog.ts makes
// an entry from the header of a state in the batch that writes the state, so that the list is right after a restore too.
//
// I1 An entry says nothing that is not in the state: the list can be thrown away and made again.
// I2 A thread that has ended has none, though a mark of it may still be there.

import { type PauseReason, pauseReason, type ThreadStatus } from "@kwf/engine";
import { indexKey, nameOf } from "../store/keys.js";
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

export interface ListedEntry {
  readonly thread: string;
  readonly entry: ThreadEntry;
}

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
): AsyncGenerator<ListedEntry> {
  const range = { prefix: threadIndexKey(Buffer.from(prefix)) };
  // No thread id has a byte 0 after its end that is not its own: the next key that can come.
  const from = after === undefined ? undefined : threadIndexKey(Buffer.from(`${after}\0`));
  for await (const { key, value } of store.range(from === undefined ? range : { ...range, from })) {
    const thread = Buffer.from(nameOf(key)).toString("utf8", PREFIX.length);
    yield { thread, entry: JSON.parse(Buffer.from(value).toString()) as ThreadEntry };
  }
}

const UNREADABLE: ThreadEntry = {
  state: "paused",
  since: 0,
  run: "",
  reason: { code: "error", error: "KWF_STATE_FORMAT", message: "the bytes of its state cannot be read" },
};

function short({ message, ...rest }: PauseReason): PauseReason {
  if (message === undefined || message.length <= LONGEST_MESSAGE)
    return message === undefined ? rest : { ...rest, message };
  return { ...rest, message: `${message.slice(0, LONGEST_MESSAGE)}…` };
}
