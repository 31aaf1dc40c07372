// Owns what a changelog record of the role `run` means to the store. A key that begins with `|` is reserved, every other one is a thread
// id; `null` deletes.
// The store's indexes are made here from the states, in the same batch, so that they are right after a restore too.

import { decodeState, type Pause, type ThreadState } from "@kwf/engine";
import { indexKey, reservedKey, threadKey } from "../store/keys.js";
import type { Change } from "../store/store.js";

const BAR = 0x7c;

export const isReserved = (key: Uint8Array): boolean => key[0] === BAR;

/** Where in the store the list of threads begins that somebody has to come back to: paused ones, and ended ones inside the idempotency window. */
export const ATTENTION_INDEX = "attention|";

/** What one changelog record changes in the store. */
export function changesOf(key: Uint8Array, value: Uint8Array | null): Change[] {
  if (isReserved(key)) return [{ key: reservedKey(key), value }];
  const why = value === null ? undefined : attention(value);
  return [
    { key: threadKey(key), value },
    { key: attentionKey(key), value: why === undefined ? null : Buffer.from(why) },
  ];
}

export const attentionKey = (thread: Uint8Array): Uint8Array =>
  indexKey(Buffer.concat([Buffer.from(ATTENTION_INDEX), thread]));

function attention(state: Uint8Array): string | undefined {
  const { paused, ended } = headerOf(state) ?? {};
  if (ended !== undefined) return `ended ${ended.until}`;
  return paused === undefined ? undefined : pauseCode(paused);
}

/** `operator`, or `<code> <error code>`. */
export const pauseCode = ({ failure }: Pause): string =>
  failure === undefined ? "operator" : `${failure.code} ${failure.error.code}`;

/** The engine's part of a state, without its continuation. */
export type StateHeader = Omit<ThreadState, "continuation">;

/** Undefined for bytes that are no state. */
export function headerOf(state: Uint8Array): StateHeader | undefined {
  const end = state.indexOf(0x0a);
  if (end < 0) return undefined;
  try {
    return decodeState(state.subarray(0, end + 1));
  } catch {
    return undefined;
  }
}

/** Hash of the bundle that a state needs; undefined where nothing has run yet, or where the bytes cannot be read. */
export function bundleNeeded(state: Uint8Array): string | undefined {
  const end = state.indexOf(0x0a);
  const start = Buffer.from(state.buffer, state.byteOffset + end + 1, Math.min(64, state.length - end - 1)).toString();
  return end < 0 ? undefined : /^\{"v":[12],"b":"([0-9a-f]+)"/.exec(start)?.[1];
}
