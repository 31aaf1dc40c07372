// Owns what a changelog record of the role `run` means to the store. A key that begins with `|` is reserved, every other one is a thread
// id; `null` deletes.
// The store's indexes are made here from the states, in the same batch, so that they are right after a restore too.

import type { Pause } from "@kwf/engine";
import { indexKey, reservedKey, threadKey } from "../store/keys.js";
import type { Change } from "../store/store.js";
import { headerOf, type StateHeader } from "./state-header.js";
import { encodeEntry, entryOf, threadIndexKey } from "./thread-index.js";

const BAR = 0x7c;

export const isReserved = (key: Uint8Array): boolean => key[0] === BAR;

/** Where in the store the list of threads begins that somebody has to come back to: paused ones, and ended ones inside the idempotency window. */
export const ATTENTION_INDEX = "attention|";

/** What one changelog record changes in the store. */
export function changesOf(key: Uint8Array, value: Uint8Array | null): Change[] {
  if (isReserved(key)) return [{ key: reservedKey(key), value }];
  const header = value === null ? undefined : headerOf(value);
  const entry = value === null ? undefined : entryOf(value, header);
  const why = header === undefined ? undefined : attention(header);
  return [
    { key: threadKey(key), value },
    { key: threadIndexKey(key), value: entry === undefined ? null : encodeEntry(entry) },
    { key: attentionKey(key), value: why === undefined ? null : Buffer.from(why) },
  ];
}

export const attentionKey = (thread: Uint8Array): Uint8Array =>
  indexKey(Buffer.concat([Buffer.from(ATTENTION_INDEX), thread]));

function attention({ paused, ended }: StateHeader): string | undefined {
  if (ended !== undefined) return `ended ${ended.until}`;
  return paused === undefined ? undefined : pauseCode(paused);
}

/** `operator`, or `<code> <error code>`. */
export const pauseCode = ({ failure }: Pause): string =>
  failure === undefined ? "operator" : `${failure.code} ${failure.error.code}`;
