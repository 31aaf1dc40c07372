// Owns what belongs to the running thread and to the step it is in: identity, the refs it waits for, what it has
// emitted. `Thread` is the root of a continuation; everything else here is new at each step.
// Neighbours: ref.ts makes refs, output.ts emits, step.ts begins and ends the step.
//
// I1. A ref is listed while something outside may still answer it; the order is the order in which they were made.
// I2. Nothing of the step (outputs, counters, config) is part of a continuation.
import { registerClass } from "./codec/registry.js";
import { OutsideStepError } from "./errors.js";
import { append } from "./pristine.js";
import { type RefState, refState } from "./ref-state.js";

/** The root of a continuation. */
export class Thread {
  /** The promise of the workflow function. */
  main: object | undefined = undefined;
  /** Refs that may be answered, oldest first; some may have left the list since it was last cleaned. */
  refs: object[] = [];
  /** Rejected promises that nobody has handled, already reported by an earlier step. */
  rejections: object[] | undefined = undefined;
  /** Whether an operator has asked to cancel it. */
  cancelled: boolean | undefined = undefined;
  /** Whether somebody may still have to be cancelled once blocked (cancellation.ts). */
  owing: boolean | undefined = undefined;
  /** Whether anybody has ever been cancelled. */
  tokens: boolean | undefined = undefined;
}
registerClass("T", Thread, ["main", "refs", "owing", "tokens", "cancelled", "rejections"], () => new Thread());

let thread = new Thread();

export const currentThread = (): Thread => thread;

export const enterThread = (next: Thread): void => {
  thread = next;
};

/** Puts a ref at the end of the list. */
export function listRef(ref: object, state: RefState): void {
  state.listed = true;
  append(thread.refs, ref);
}

/** Listed refs, oldest first; the list itself is cleaned on the way. */
export function listedRefs(): object[] {
  const kept: object[] = [];
  const { refs } = thread;
  for (let i = 0; i < refs.length; i++) {
    const ref = refs[i]!;
    if (refState(ref)!.listed) append(kept, ref);
  }
  thread.refs = kept;
  return kept;
}

// --------------------------------------------------------------------------------------------- the step

export interface Meta {
  thread: string;
  run?: string;
  step: string;
  now: number;
  seed: string | number;
  config?: unknown;
  headers?: Record<string, string>;
}

export interface Output {
  topic: string;
  key: string;
  value: string | null;
  headers?: Record<string, string>;
}

class Step {
  threadId = "";
  stepId = "";
  config: unknown = undefined;
  refs = 0;
  outputs: Output[] = [];
  /** An error that fails the step whatever workflow code does with it. */
  failure: Error | undefined = undefined;
}

let step = new Step();

export const currentStep = (): Step => step;

/** The step, for something that can be done in one only. @throws OutsideStepError (KWF_OUTSIDE_STEP) */
export function stepFor(call: string): Step {
  if (step.stepId === "") throw new OutsideStepError(call);
  return step;
}

export function beginStep(meta: Meta): void {
  step = new Step();
  step.threadId = meta.thread;
  step.stepId = meta.step;
  step.config = deepFreeze(meta.config);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key]);
  return Object.freeze(value);
}
