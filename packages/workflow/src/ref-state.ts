// Owns what the runtime remembers of a ref beside its promise. It is the `origin` of that promise.
// Neighbour: ref.ts makes refs; thread.ts lists those that may be answered.
import { promiseState } from "./promise-state.js";

export class RefState {
  readonly id: string;
  /** The caller's own key, instead of the one made of thread and id. */
  readonly key: string | undefined;
  /** Does not keep the thread alive. */
  background = false;
  /** May still be answered. */
  listed = false;
  constructor(id: string, key: string | undefined) {
    this.id = id;
    this.key = key;
  }
}

/** The state of a ref; undefined for any other object. */
export function refState(object: object): RefState | undefined {
  const origin = promiseState(object)?.origin;
  return origin instanceof RefState ? origin : undefined;
}
