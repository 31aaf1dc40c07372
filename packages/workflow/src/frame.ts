// Owns the life of a frame: the explicit activation of an async function, generator or async generator that the
// compiler emits. A frame's machine is `frame._r(frame, value, mode)`; this file resumes it and ends it.
// Neighbours: await.ts suspends async code; generator.ts and async-generator.ts run the other two kinds.
//
// I1. A frame waits for at most one promise. While it does, it is that promise's waiter, linked by `_w`.
// I2. A frame runs under the scope that it had when it was suspended (`_c`).
// I3. A finished frame has label -1 and is never resumed again.
import { type AliveSlots, registerClass, registerFrame as registerFrameClass } from "./codec/registry.js";
import { defineProperty } from "./pristine.js";
import { newPromise, type Waiter } from "./promise-state.js";
import { rejectPromise, resolvePromise, setResume } from "./reaction.js";
import { enterScope, type ScopeSlot } from "./scope-slot.js";

/** 0 goes on with a value, 1 throws it, 2 returns it (generators). */
export type Mode = 0 | 1 | 2;
export type Machine = (frame: Frame, value: unknown, mode: Mode) => unknown;

export interface Frame extends Waiter {
  /** Label: where the machine goes on. */
  _l: number;
  /** An async function's promise, from its first await or its end on; the generator object of a generator. */
  _p: object;
  /** The scope, or what cancellation has in store for this frame. */
  _c: ScopeSlot | FrameMark;
  readonly _r: Machine;
  readonly _h: readonly number[] | undefined;
}

/** What cancellation remembers of a frame that it has touched (cancellation.ts). */
export class FrameMark {
  scope: ScopeSlot;
  /** 1: what the frame waits for has been cancelled; 2: it was given the token and cleans up. */
  stage: 0 | 1 | 2 = 0;
  /** The token that the frame is still to meet at its next await that is blocked. */
  token: object | undefined = undefined;
  constructor(scope: ScopeSlot) {
    this.scope = scope;
  }
}
registerClass("FM", FrameMark, ["scope", "stage", "token"]);

export const scopeOfFrame = (frame: Frame): ScopeSlot => (frame._c instanceof FrameMark ? frame._c.scope : frame._c);

/**
 * Kit: registers a frame class with its machine. `cleanup` are the labels of its awaits that stand in a catch or finally
 * block; without it every await after a CancelToken counts as cleanup. `alive`, by a slot's number: the ranges of
 * labels at which what it holds is saved, of slots for which that is not everywhere.
 */
export function R(
  id: number,
  frameClass: new () => object,
  slots: readonly string[],
  machine: Machine,
  cleanup?: readonly number[],
  alive?: AliveSlots,
): void {
  const prototype = registerFrameClass(id, frameClass, slots, alive);
  defineProperty(prototype, "_r", { value: machine });
  defineProperty(prototype, "_h", { value: cleanup });
}

/** Whether the await at which a frame stands belongs to a catch or finally block, as far as is known. */
export function inCleanup(frame: Frame): boolean {
  const labels = frame._h;
  if (labels === undefined) return true;
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === frame._l) return true;
  }
  return false;
}

/**
 * The promise of an async function. Its wrapper gives it out when the machine has left it: made here, the call that makes
 * it takes no room on the JavaScript stack while the machine runs.
 */
export function promiseOf(frame: Frame): object {
  frame._p ??= newPromise();
  return frame._p;
}

/** Kit: an async function returns. */
export function ret(frame: Frame, value?: unknown): void {
  frame._l = -1;
  resolvePromise(promiseOf(frame), value);
}

/** Kit: an async function throws. */
export function thr(frame: Frame, error: unknown): void {
  frame._l = -1;
  rejectPromise(promiseOf(frame), error);
}

let onResume: (frame: Frame, mark: FrameMark, value: unknown, mode: Mode) => void = () => {};
/** cancellation.ts is told when a frame goes on that it had marked. */
export const setOnResume = (listener: typeof onResume): void => {
  onResume = listener;
};

/** A job's turn of a frame. */
function resume(frame: Frame, value: unknown, mode: 0 | 1): void {
  const slot = frame._c;
  if (slot instanceof FrameMark) {
    onResume(frame, slot, value, mode);
    enterScope(slot.scope);
  } else {
    enterScope(slot);
  }
  frame._r(frame, value, mode);
}
setResume(resume);
