// States of many threads, so many at a time.

import { bundleOf, decodeState, type ThreadState } from "@kwf/engine";
import type { Operator } from "../admin/operator.js";

export interface KnownState {
  readonly thread: string;
  readonly state: ThreadState;
  /** Undefined where nothing has run yet. */
  readonly bundle: string | undefined;
}

const AT_ONCE = 500;

/** Of those that live; in the order of the question. */
export async function* threadStates(operator: Operator, threads: readonly string[]): AsyncGenerator<KnownState> {
  for (let at = 0; at < threads.length; at += AT_ONCE) {
    const some = threads.slice(at, at + AT_ONCE);
    const states = await operator.states(some);
    for (const thread of some) {
      const bytes = states.get(thread);
      if (bytes === undefined) continue;
      const state = decodeState(bytes);
      yield { thread, state, bundle: bundleOf(state) };
    }
  }
}
