// From a thread's state to the same on another bundle, as an operator asks for it; with the proof that the new bundle can read it.

import type { Bundle } from "../bundle.js";
import { EngineError, MoveRefusedError } from "../errors.js";
import type { InputRecord } from "../record.js";
import { runEvent } from "../run-event.js";
import type { StepOptions } from "../step.js";
import type { ThreadState } from "../thread-state.js";
import { type Moved, moveByNames } from "./move.js";
import type { NameMap } from "./name-map.js";

/** A ref that no thread waits for: delivering to it reads and writes the thread, and runs nothing of it. */
const NOTHING = JSON.stringify({ type: "resume", ref: "\0kwf" });

/** @throws MoveRefusedError, StateFormatError */
export function carry(
  state: ThreadState,
  from: Bundle,
  to: Bundle,
  map: NameMap,
  record: InputRecord,
  options: StepOptions = {},
): Moved {
  const moved = moveByNames(state.continuation, from, to, map);
  try {
    runEvent(to, { ...state, continuation: moved.continuation }, NOTHING, record, options);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new MoveRefusedError([`bundle ${to.hash} cannot read what came of it: ${error.message} [${error.code}]`]);
  }
  return moved;
}

/** The bundle does not know what a continuation names: a root of a dependency, a kind of value of another release. */
export const isUnreadable = (error: unknown): boolean =>
  error instanceof EngineError && (error.code === "KWF_ROOT_MISSING" || error.code === "KWF_STATE_UNREADABLE");
