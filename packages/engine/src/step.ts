// What one input record makes a thread do. Pure: (bundle, state, record, options) -> (state', outputs); whoever calls it owns topics
// and stores. `thread.ts` has the rules for a thread's life, `realm.ts` the way into the bundle.

import type { Bundle } from "./bundle.js";
import { parseCommand } from "./command.js";
import { type EngineError, type ErrorReport, StateFormatError } from "./errors.js";
import { deadLetter } from "./outcome-records.js";
import type { InputRecord, OutputRecord } from "./record.js";
import type { ConsoleLine, Fate, Microseconds, ThreadStatus } from "./step-result.js";
import { Thread } from "./thread.js";
import { decodeState } from "./thread-state.js";

export interface StepOptions {
  /** Milliseconds a step may run before it is stopped and its thread paused; 0 for no limit. Default 10,000. */
  timeoutMs?: number;
  /** Restore into a new realm instead of the one that ran the step before. */
  fresh?: boolean;
  /** The clock of the step, epoch milliseconds. Default: the record's timestamp. */
  now?: number;
  /** What randomness of the step comes from. Default: random. */
  seed?: string;
  /** JSON of `W.config`. */
  config?: string;
  /** Records that came before this one wait for the thread: so does this one, unless it is a command. */
  behind?: boolean;
  /** What a `new:` for a live thread does. Default: it is rejected. */
  onDuplicateStart?: "reject" | "restart";
  /** So long after its end, by the timestamps of records, a thread is not started again, milliseconds. Default: 0. */
  idempotencyWindowMs?: number;
  /** A thread of another bundle moves to this one by itself, where nothing that it refers to has changed. Default: it stays. */
  moveTo?: Bundle;
  /** Bundles that an operator may move a thread onto. */
  bundles?: (hash: string) => Bundle | undefined;
}

export interface StepResult {
  /** What to store for the thread; null where nothing is left of it. */
  state: Uint8Array | null;
  /** Undefined where there is no such thread. */
  status: ThreadStatus | undefined;
  outputs: OutputRecord[];
  fate: Fate;
  pending: string[];
  /** Why the thread is paused. */
  error?: ErrorReport;
  /** It is this record's step that could not be completed. */
  failed?: true;
  /** Waiting records that are not to be run any more: all of the thread's, or the one of that offset. */
  forgets?: "all" | { offset: string };
  console: ConsoleLine[];
  /** Rejections that nobody handled by the end of a step. */
  unhandled: unknown[];
  micros: Microseconds;
  /** Hash of the bundle that the thread was carried to. */
  movedTo?: string;
}

export function step(
  bundle: Bundle,
  state: Uint8Array | null,
  record: InputRecord,
  options: StepOptions = {},
): StepResult {
  let thread: Thread;
  try {
    thread = new Thread(bundle, record.key ?? "", state === null ? null : decodeState(state), options);
  } catch (error) {
    if (!(error instanceof StateFormatError)) throw error;
    return unreadable(state, error);
  }
  const command = parseCommand(record);
  if (command.type === "unreadable") {
    thread.outputs.push(deadLetter(record, command.reason, command.message, thread.run));
    thread.fate = "dead-lettered";
  } else {
    thread.receive(command, record, options.behind === true);
  }
  return thread.result(state);
}

/** Nothing can be done with such bytes here, so they stay as they are, and every record meets the same answer. */
function unreadable(state: Uint8Array | null, { code, message }: EngineError): StepResult {
  const micros = { load: 0, run: 0, save: 0 };
  return {
    state,
    status: "paused",
    outputs: [],
    fate: "held",
    pending: [],
    error: { code, message },
    console: [],
    unhandled: [],
    micros,
  };
}
