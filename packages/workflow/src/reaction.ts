// Owns what happens when a promise settles: the reactions that wait for it, the jobs they become, and the resolving
// functions (ECMA-262 27.2.1 and 27.2.2).
// Neighbours: promise-state.ts keeps the waiters; frame.ts resumes a frame that waits; cancellation.ts decides what
// else happens when a combinator's promise is settled first.
//
// I1. A reaction runs at most once, as a job, under the scope in which it was made.
// I2. A promise of the runtime's own is resolved without function objects; they exist only where user code sees them.
// I3. A thenable is asked for `then` once, at the moment of resolving; its `then` runs as a job of its own.
import { registerClass, registerFactory } from "./codec/registry.js";
import { err } from "./error-words.js";
import type { Frame } from "./frame.js";
import { enqueue, Job } from "./jobs.js";
import { apply } from "./pristine.js";
import {
  addWaiter,
  FULFILLED,
  firstWaiter,
  isObject,
  newPromise,
  type Outcome,
  PENDING,
  type PromiseState,
  promiseState,
  REJECTED,
  recordRejection,
  type Waiter,
} from "./promise-state.js";
import { currentScope, enterScope, type ScopeSlot } from "./scope-slot.js";
import { stampFunction } from "./stamp.js";

// ------------------------------------------------------------------------------------------- reactions

export abstract class Reaction implements Waiter {
  _w: Waiter | undefined = undefined;
  /** The scope in which it was made. */
  scope: ScopeSlot = currentScope();
  /** Set when what it waits for has been cancelled on its behalf (cancellation.ts). */
  cancelled: boolean | undefined = undefined;
  /** Who goes on only when this reaction has run (cancellation.ts). */
  hold: Hold | undefined = undefined;
  abstract react(outcome: Outcome, value: unknown): void;
}

/** Somebody who counts reactions that are still to run. */
export interface Hold {
  release(): void;
}

let resumeFrame: (frame: Frame, value: unknown, mode: 0 | 1) => void;
/** frame.ts says how a frame goes on. */
export const setResume = (resume: typeof resumeFrame): void => {
  resumeFrame = resume;
};

/** A waiter's turn: the promise has settled (or the waiter was cancelled). */
export class ReactionJob extends Job {
  waiter: Waiter;
  value: unknown;
  outcome: Outcome;
  constructor(waiter: Waiter, outcome: Outcome, value: unknown) {
    super();
    this.waiter = waiter;
    this.outcome = outcome;
    this.value = value;
  }
  run(): void {
    const { waiter } = this;
    if (waiter instanceof Reaction) {
      waiter.react(this.outcome, this.value);
      waiter.hold?.release();
    } else {
      resumeFrame(waiter as Frame, this.value, this.outcome === REJECTED ? 1 : 0);
    }
  }
}
registerClass("JR", ReactionJob, ["waiter", "outcome", "value", "next"]);

/** PerformPromiseThen without capability: `waiter` gets its turn when the promise has settled. */
export function subscribe(promise: object, state: PromiseState, waiter: Waiter): void {
  if (state.status === PENDING) {
    addWaiter(state, waiter);
    if (state.origin !== undefined) onWaited(promise, state);
  } else {
    enqueue(new ReactionJob(waiter, state.status, state.payload));
  }
  state.handled = true;
}

let onWaited: (promise: object, state: PromiseState) => void = () => {};
/** ref.ts is told when somebody waits for a promise with an origin. */
export const setOnWaited = (listener: typeof onWaited): void => {
  onWaited = listener;
};

// ------------------------------------------------------------------------------------------- settling

function settle(promise: object, state: PromiseState, outcome: Outcome, value: unknown): void {
  let waiter = firstWaiter(state);
  state.status = outcome;
  state.payload = value;
  if (outcome === REJECTED && !state.handled) recordRejection(promise);
  while (waiter !== undefined) {
    const next: Waiter | undefined = waiter._w;
    waiter._w = undefined;
    enqueue(new ReactionJob(waiter, outcome, value));
    waiter = next;
  }
}

export function fulfillPromise(promise: object, value: unknown): void {
  settle(promise, promiseState(promise)!, FULFILLED, value);
}

export function rejectPromise(promise: object, reason: unknown): void {
  settle(promise, promiseState(promise)!, REJECTED, err(reason));
}

/** The body of a promise's resolve function, for a promise that nobody has resolved yet. */
export function resolvePromise(promise: object, resolution: unknown): void {
  if (!isObject(resolution)) return fulfillPromise(promise, resolution);
  if (resolution === promise) {
    return rejectPromise(promise, new TypeError("Chaining cycle detected for promise #<Promise>"));
  }
  let then: unknown;
  try {
    then = (resolution as { then?: unknown }).then;
  } catch (error) {
    return rejectPromise(promise, error);
  }
  if (typeof then !== "function") return fulfillPromise(promise, resolution);
  enqueue(new ThenableJob(promise, resolution, then));
}

/** Waits for one promise on behalf of another that was resolved with it. */
export class Follower extends Reaction {
  promise: object;
  constructor(promise: object) {
    super();
    this.promise = promise;
  }
  react(outcome: Outcome, value: unknown): void {
    if (outcome === FULFILLED) resolvePromise(this.promise, value);
    else rejectPromise(this.promise, value);
  }
}
registerClass("RF", Follower, ["promise", "scope", "cancelled", "hold", "_w"]);

let follow: (thenable: object, then: unknown, promise: object) => boolean;
/** promise.ts waits for a durable promise whose `then` is the realm's own; false for any other thenable. */
export const setFollow = (follower: typeof follow): void => {
  follow = follower;
};

/** NewPromiseResolveThenableJob. */
export class ThenableJob extends Job {
  promise: object;
  thenable: object;
  method: unknown;
  scope: ScopeSlot;
  constructor(promise: object, thenable: object, method: unknown) {
    super();
    this.promise = promise;
    this.thenable = thenable;
    this.method = method;
    this.scope = currentScope();
  }
  run(): void {
    const { promise, thenable } = this;
    enterScope(this.scope);
    const resolving = new Resolving(promise);
    try {
      if (follow(thenable, this.method, promise)) return;
      apply(this.method as () => void, thenable, [resolveFunction(resolving), rejectFunction(resolving)]);
    } catch (error) {
      resolving.settle(REJECTED, error);
    }
  }
}
registerClass("JT", ThenableJob, ["promise", "thenable", "method", "scope", "next"]);

// --------------------------------------------------------------------------------- resolving functions

/** What a promise's resolve and reject functions share. */
export class Resolving {
  promise: object;
  done: true | undefined = undefined;
  constructor(promise: object) {
    this.promise = promise;
  }
  settle(outcome: Outcome, value: unknown): void {
    if (this.done) return;
    this.done = true;
    settleFirst(this.promise, outcome, value);
  }
}
registerClass("PR", Resolving, ["promise", "done"]);

let intercept: (promise: object, state: PromiseState, outcome: Outcome, value: unknown) => boolean = () => false;
/** cancellation.ts may keep the outcome of a combinator's promise until cleanup is over: true when it does. */
export const setIntercept = (interceptor: typeof intercept): void => {
  intercept = interceptor;
};

/** Settles a promise that its resolving functions settle for the first time. */
export function settleFirst(promise: object, outcome: Outcome, value: unknown): void {
  const state = promiseState(promise)!;
  if (state.origin !== undefined && intercept(promise, state, outcome, value)) return;
  if (outcome === FULFILLED) resolvePromise(promise, value);
  else rejectPromise(promise, value);
}

const makeResolve = (resolving: Resolving) => (value: unknown) => resolving.settle(FULFILLED, value);
const makeReject = (resolving: Resolving) => (reason: unknown) => resolving.settle(REJECTED, reason);
registerFactory("resolve", makeResolve);
registerFactory("reject", makeReject);

export type Settler = (value: unknown) => void;

export const resolveFunction = (resolving: Resolving): Settler =>
  stampFunction(makeResolve(resolving), "resolve", [resolving]);
export const rejectFunction = (resolving: Resolving): Settler =>
  stampFunction(makeReject(resolving), "reject", [resolving]);

/** PromiseResolve(%Promise%, value) for a value that is no durable promise of the ordinary kind. */
export function promiseFor(value: unknown): object {
  const promise = newPromise();
  resolvePromise(promise, value);
  return promise;
}
