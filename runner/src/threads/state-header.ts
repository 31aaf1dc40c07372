// What the runner reads of a state: the engine's own line, and the bundle's name in what follows. The continuation stays as it is.

import { decodeState, type ThreadState } from "@kwf/engine";

/** The engine's part of a state, without its continuation. */
export type StateHeader = Omit<ThreadState, "continuation">;

/** Undefined for bytes that are no state. */
export function headerOf(state: Uint8Array): StateHeader | undefined {
  const end = state.indexOf(0x0a);
  if (end < 0) return undefined;
  try {
    // With the first byte behind it: it says whether there has been a step.
    const { continuation: _, ...header } = decodeState(state.subarray(0, end + 2));
    return header;
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
