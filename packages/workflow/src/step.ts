// Owns one step of a thread: begin, deliver the event, run until nothing can run, and say how the thread stands.
// Neighbours: realm-state.ts reads and writes continuations; thread.ts has what lives for the step; abi.ts calls this.
//
// I1. A step is a function of state, event and meta: time and randomness come from meta.
// I2. A thread is done when its function has settled and no ref keeps it alive; until then its result is withheld.
// I3. A rejection that nobody has handled by then is the thread's error, unless it is a CancelToken.
// I4. A step that failed (undeclared topic, a value that cannot be saved) throws: nothing of it may be used.
import { refreshLive } from "./api.js";
import { CancelToken, cancelThread, sweep } from "./cancellation.js";
import { intrinsicPromise, promiseResolve } from "./capability.js";
import { describeError, type ErrorText, textOf } from "./error-text.js";
import { drain } from "./jobs.js";
import { append } from "./pristine.js";
import {
  clearRejections,
  FULFILLED,
  newPromise,
  PENDING,
  promiseState,
  REJECTED,
  recordRejection,
  unhandledRejections,
} from "./promise-state.js";
import { rejectPromise } from "./reaction.js";
import { answerRef } from "./ref.js";
import { refState } from "./ref-state.js";
import {
  beginStep,
  currentStep,
  currentThread,
  enterThread,
  listedRefs,
  type Meta,
  type Output,
  Thread,
} from "./thread.js";

export type Event =
  | { type: "start"; input?: unknown }
  | { type: "resume"; ref: string; value?: unknown; error?: unknown }
  | { type: "cancel"; reason?: string };

export type Status = "running" | "completed" | "failed" | "cancelled";

export interface Outcome {
  status: Status;
  outputs: Output[];
  /** JSON of what the workflow returned; absent for undefined. */
  result?: string;
  error?: ErrorText;
  /** Ids of the refs that may be answered, in the order in which they were made. */
  pending: string[];
  /** What became of the event's ref. */
  delivered?: "yes" | "late" | "unmatched";
  /** Rejections of this step that nobody has handled so far, as text. */
  unhandled: string[];
}

const { stringify } = JSON;
const { hasOwn } = Object;

/** Begins a step of `thread`, or of a new one. */
export function begin(meta: Meta, thread: Thread | undefined): void {
  beginStep(meta);
  clearRejections();
  enterThread(thread ?? new Thread());
  const { rejections } = currentThread();
  for (let i = 0; rejections !== undefined && i < rejections.length; i++) recordRejection(rejections[i]!);
  refreshLive();
}

/** Runs jobs until nothing can run. */
export function runToRest(): void {
  do drain();
  while (sweep());
}

/** Delivers `event` to the current thread and runs it. */
export function run(event: Event, main: (input: unknown) => unknown, meta: Meta): Outcome {
  let delivered: Outcome["delivered"];
  if (event.type === "start") start(main, event.input);
  else if (event.type === "cancel") cancelThread(event.reason);
  else delivered = resume(event, meta);
  runToRest();
  const { failure, outputs } = currentStep();
  if (failure !== undefined) throw failure;
  const outcome: Outcome = { status: "running", outputs, pending: [], unhandled: [] };
  if (delivered !== undefined) outcome.delivered = delivered;
  conclude(outcome);
  return outcome;
}

function start(main: (input: unknown) => unknown, input: unknown): void {
  let promise: object;
  try {
    promise = promiseResolve(intrinsicPromise, main(input));
  } catch (error) {
    promise = newPromise();
    rejectPromise(promise, error);
  }
  promiseState(promise)!.handled = true;
  currentThread().main = promise;
}

function resume(event: Event & { type: "resume" }, meta: Meta): "yes" | "late" | "unmatched" {
  const failed = hasOwn(event, "error");
  if (answerRef(event.ref, failed ? REJECTED : FULFILLED, failed ? event.error : event.value)) return "yes";
  return wasMade(event.ref, meta) ? "late" : "unmatched";
}

const MADE = /^(\d+):[\s\S]*:\d+$/;

/** Whether an id looks like one that this run has made: its step lies between the start record and this one. */
function wasMade(id: string, { run = "", step }: Meta): boolean {
  const made = MADE.exec(id)?.[1];
  const first = /(\d+)$/.exec(run)?.[1];
  if (made === undefined || first === undefined || !/^\d+$/.test(step)) return false;
  return BigInt(made) >= BigInt(first) && BigInt(made) <= BigInt(step);
}

function conclude(outcome: Outcome): void {
  const thread = currentThread();
  const refs = listedRefs();
  let alive = false;
  for (let i = 0; i < refs.length; i++) {
    const { id, background } = refState(refs[i]!)!;
    append(outcome.pending, id);
    if (!background) alive = true;
  }
  const rejections = unhandled();
  for (let i = 0; i < rejections.length; i++) {
    if (!includes(thread.rejections, rejections[i]!)) append(outcome.unhandled, textOf(reasonOf(rejections[i]!)));
  }
  thread.rejections = rejections.length === 0 ? undefined : rejections;
  const main = thread.main === undefined ? undefined : promiseState(thread.main);
  if (main === undefined || main.status === PENDING || alive) return;
  outcome.pending = [];
  if (main.status === REJECTED) fail(outcome, main.payload);
  else if (rejections.length > 0) fail(outcome, reasonOf(rejections[0]!));
  else complete(outcome, main.payload);
}

function complete(outcome: Outcome, value: unknown): void {
  try {
    const result = stringify(value) as string | undefined;
    if (result !== undefined) outcome.result = result;
    outcome.status = "completed";
  } catch (error) {
    fail(outcome, error);
  }
}

function fail(outcome: Outcome, error: unknown): void {
  outcome.status = currentThread().cancelled === true && error instanceof CancelToken ? "cancelled" : "failed";
  outcome.error = describeError(error);
}

/** Promises whose rejection counts as an error. */
function unhandled(): object[] {
  const found: object[] = [];
  const all = unhandledRejections();
  for (let i = 0; i < all.length; i++) {
    if (!(reasonOf(all[i]!) instanceof CancelToken)) append(found, all[i]!);
  }
  return found;
}

const reasonOf = (promise: object): unknown => promiseState(promise)!.payload;

function includes(list: readonly object[] | undefined, item: object): boolean {
  for (let i = 0; list !== undefined && i < list.length; i++) if (list[i] === item) return true;
  return false;
}
