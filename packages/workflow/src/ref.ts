// Owns refs: promises that something outside of the thread settles.
// Neighbours: thread.ts lists the refs that may be answered, step.ts delivers the answers, cancellation.ts takes
// waiters away.
//
// I1. A ref is an ordinary durable promise with an id: awaiting it takes one tick, settled or not.
// I2. It is settled at most once. Answers for a ref that is not listed change nothing.
// I3. A ref whose last waiter was cancelled leaves the list; whoever awaits it after that lists it again.
import { registerSlots } from "./codec/registry.js";
import { createObject, defineProperty } from "./pristine.js";
import { defineBuiltins } from "./promise.js";
import {
  FULFILLED,
  isObject,
  newPromise,
  type Outcome,
  PENDING,
  promisePrototype,
  promiseState,
  readPromise,
  writePromise,
} from "./promise-state.js";
import { rejectPromise, resolvePromise, setOnWaited } from "./reaction.js";
import { RefState, refState } from "./ref-state.js";
import { currentStep, listedRefs, listRef, stepFor } from "./thread.js";

/** A value that arrives from outside, perhaps months later. Await it any number of times. */
export interface Ref<T> extends Promise<T> {
  /** Unique within the thread: what an answer names. */
  readonly id: string;
  /** Unique in the world: `<thread id>|{"ref":"<id>"}`, the form the scheduler takes, and the idempotency key. */
  readonly key: string;
  /** The thread may end while this ref is pending. */
  unref(): this;
}

const stringify = JSON.stringify;

function stateOf(receiver: unknown): RefState {
  const state = isObject(receiver) ? refState(receiver) : undefined;
  if (state === undefined) throw new TypeError("this is not a ref: it was not made by W.ref or W.refId");
  return state;
}

/** `constructor` stays Promise, so that awaiting a ref needs no further promise. */
export const refPrototype: object = createObject(promisePrototype) as object;
defineBuiltins(refPrototype, {
  get id(): string {
    return stateOf(this).id;
  },
  get key(): string {
    const { id, key } = stateOf(this);
    return key ?? `${currentStep().threadId}|${stringify({ ref: id })}`;
  },
  unref(): object {
    stateOf(this).background = true;
    return this;
  },
});
defineProperty(refPrototype, Symbol.toStringTag, { value: "Ref", configurable: true });

function make(id: string, key: string | undefined): Ref<unknown> {
  const ref = newPromise(refPrototype);
  const state = new RefState(id, key);
  promiseState(ref)!.origin = state;
  listRef(ref, state);
  return ref as Ref<unknown>;
}

const BACKGROUND = 1;
const UNLISTED = 2;
registerSlots({
  tag: "W",
  labels: ["[[Id]]", "[[PromiseResult]]"],
  prototype: refPrototype,
  has: (object) => refState(object) !== undefined,
  make: () => {
    const ref = newPromise(refPrototype);
    promiseState(ref)!.origin = new RefState("", undefined);
    return ref;
  },
  read: (ref) => {
    const { id, key, background, listed } = refState(ref)!;
    const [payload, flags] = readPromise(ref);
    const more = (background ? BACKGROUND : 0) | (listed ? 0 : UNLISTED);
    return [id, payload, flags === 0 ? undefined : flags, more === 0 ? undefined : more, key];
  },
  write: (ref, [id, payload, flags, more = 0, key]) => {
    const state = new RefState(id as string, key as string | undefined);
    state.background = ((more as number) & BACKGROUND) !== 0;
    state.listed = ((more as number) & UNLISTED) === 0;
    writePromise(ref, [payload, flags, state]);
  },
});

/**
 * A new ref. Its id is `<step>:<name>:<n>`, where `n` counts the refs of this step.
 *
 *     const reply = W.ref<Booking>("car");
 *     W.outputJSON({ ref: reply.id }, "reserve-car");
 *     const booking = await reply;
 */
export function ref<T = unknown>(name = "ref"): Ref<T> {
  const step = stepFor("W.ref");
  return make(`${step.stepId}:${name}:${++step.refs}`, undefined) as Ref<T>;
}

/**
 * The ref with an id of the caller's own. While one with that id is pending it is that one; after it has settled, a
 * new one. `key` replaces the ref's `.key`.
 */
export function refId<T = unknown>(id: string, key?: string): Ref<T> {
  stepFor("W.refId");
  if (typeof id !== "string" || id === "") throw new TypeError("W.refId: the id must be a string that is not empty");
  return (listed(id) ?? make(id, key)) as Ref<T>;
}

function listed(id: string): object | undefined {
  const refs = listedRefs();
  for (let i = 0; i < refs.length; i++) {
    if (refState(refs[i]!)!.id === id) return refs[i];
  }
  return undefined;
}

/** Settles the pending ref with that id; false when there is none. */
export function answerRef(id: string, outcome: Outcome, value: unknown): boolean {
  const ref = listed(id);
  if (ref === undefined) return false;
  refState(ref)!.listed = false;
  if (outcome === FULFILLED) resolvePromise(ref, value);
  else rejectPromise(ref, value);
  return true;
}

// I3
setOnWaited((promise, { origin, status }) => {
  if (origin instanceof RefState && status === PENDING && !origin.listed) listRef(promise, origin);
});
