// Owns what a changelog record means to the store. A key with a `|` is reserved, every other one is a thread id; `null` deletes.
// The store's indexes are made here from the states, in the same batch, so that they are right after a restore too.

import { decodeState } from "@kwf/engine";
import { indexKey, reservedKey, threadKey } from "./store/keys.js";
import type { Change } from "./store/store.js";

const BAR = 0x7c;

export const isReserved = (key: Uint8Array): boolean => key.includes(BAR);

/** Where in the store the list of paused threads begins; the thread id follows. */
export const PAUSED_INDEX = "paused|";

/** What one changelog record changes in the store. */
export function changesOf(key: Uint8Array, value: Uint8Array | null): Change[] {
  if (isReserved(key)) return [{ key: reservedKey(key), value }];
  const code = value === null ? undefined : pauseCode(value);
  return [
    { key: threadKey(key), value },
    { key: pausedKey(key), value: code === undefined ? null : Buffer.from(code) },
  ];
}

export const pausedKey = (thread: Uint8Array): Uint8Array =>
  indexKey(Buffer.concat([Buffer.from(PAUSED_INDEX), thread]));

/** Why the thread of these bytes is paused, as `<code>` or `<code> <error code>`; undefined where it runs or cannot be read. */
export function pauseCode(state: Uint8Array): string | undefined {
  const paused = headerOf(state)?.paused;
  if (paused === undefined) return undefined;
  return paused.error === undefined ? paused.code : `${paused.code} ${paused.error.code}`;
}

type Header = Pick<ReturnType<typeof decodeState>, "run" | "since" | "paused">;

/** The engine's line of a state, without its continuation. */
export function headerOf(state: Uint8Array): Header | undefined {
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
  return end < 0 ? undefined : /^\{"v":1,"b":"([0-9a-f]+)"/.exec(start)?.[1];
}
