// Owns what a thread waits for as text: the async stack of each pending ref, with source lines, as `kwf show` has it.
import { type Bundle, decodeState, readContinuation, stackLines } from "@kwf/engine";

/** One line for what waits, and its stacks below; empty where nothing is left of the thread. */
export function waitingText(state: Uint8Array | null, bundle: Bundle): string {
  if (state === null) return "";
  const { pending } = readContinuation(decodeState(state), bundle);
  return pending.length === 0 ? "waits for nothing from outside" : stackLines(pending).join("\n");
}
