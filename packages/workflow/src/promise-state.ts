// Owns the hidden state of a durable promise (ECMA-262 27.2.6): what it settled with, who waits for it.
// Neighbours: reaction.ts says what a waiter does; promise.ts is the constructor and the methods users see;
// cancellation.ts reads `origin` and takes waiters away again.
//
// I1. A promise settles once; from then on it has no waiters.
// I2. Waiters are served in the order they came. A lone waiter is kept as it is, without a list around it.
// I3. A waiter waits for one promise at a time, so `_w` (its link in the list) is its own.
// I4. A rejection that nobody has taken is in the ledger (`unhandledRejections`) until somebody does.
import { registerClass } from "./codec/registry.js";
import { append, createObject } from "./pristine.js";
import { Carrier } from "./stamp.js";

/** Whoever waits for a promise: the frame of an async function, or a reaction. */
export interface Waiter {
  /** The next waiter of the same promise. */
  _w: Waiter | undefined;
}

export const PENDING = 0;
export const FULFILLED = 1;
export const REJECTED = 2;
export type Outcome = typeof FULFILLED | typeof REJECTED;

export class WaiterList {
  first: Waiter | undefined = undefined;
  last: Waiter | undefined = undefined;
}
registerClass("PL", WaiterList, ["first", "last"]);

export class PromiseState {
  status: 0 | 1 | 2 = PENDING;
  /** Pending: who waits (undefined, one waiter, or a list). Settled: the value or the reason. */
  payload: unknown = undefined;
  handled = false;
  /** Where the promise comes from, if that matters: the record of a combinator, or the ref that settles it. */
  origin: object | undefined = undefined;
}

/** `Promise.prototype`, once promise.ts has made it. */
export let promisePrototype: object;
export const setPromisePrototype = (prototype: object): void => {
  promisePrototype = prototype;
};

class Slots extends Carrier {
  #state: PromiseState;
  constructor(object: object, state: PromiseState) {
    super(object);
    this.#state = state;
  }
  static of(object: object): PromiseState | undefined {
    return #state in object ? object.#state : undefined;
  }
}

/** The state of a durable promise; undefined for any other object. */
export const promiseState: (object: object) => PromiseState | undefined = Slots.of;

export const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** A new pending promise with the given prototype. */
export function newPromise(prototype: object = promisePrototype): object {
  return new Slots(createObject(prototype) as object, new PromiseState());
}

// Whoever waits for a promise has usually handled it, so that the flag then says the opposite.
const FLAG = 4;

const handledByDefault = (status: number, payload: unknown): boolean => status === PENDING && payload !== undefined;

/** What the codec keeps of a promise. */
export function readPromise(object: object): unknown[] {
  const { status, payload, handled, origin } = Slots.of(object)!;
  const flags = handled === handledByDefault(status, payload) ? status : status | FLAG;
  return origin === undefined && flags === 0 ? [payload] : [payload, flags, origin];
}

export function writePromise(object: object, [payload, flags = 0, origin]: unknown[]): void {
  const state = Slots.of(object)!;
  state.payload = payload;
  state.status = ((flags as number) & 3) as 0 | 1 | 2;
  state.handled = handledByDefault(state.status, payload) !== (((flags as number) & FLAG) !== 0);
  state.origin = origin as object | undefined;
}

// ---------------------------------------------------------------------------------------------- waiters

let isStale: (waiter: Waiter) => boolean = () => false;
/** combinators.ts says which waiters have nothing left to do: a promise that outlives many races would collect them. */
export const setIsStale = (test: typeof isStale): void => {
  isStale = test;
};

export function addWaiter(state: PromiseState, waiter: Waiter): void {
  for (let first = firstWaiter(state); first !== undefined && isStale(first); first = firstWaiter(state)) {
    removeWaiter(state, first);
  }
  const { payload } = state;
  if (payload === undefined) {
    state.payload = waiter;
  } else if (payload instanceof WaiterList) {
    payload.last!._w = waiter;
    payload.last = waiter;
  } else {
    const list = new WaiterList();
    list.first = payload as Waiter;
    list.first._w = waiter;
    list.last = waiter;
    state.payload = list;
  }
}

/** The first waiter of a pending promise; the others follow by `_w`. */
export function firstWaiter(state: PromiseState): Waiter | undefined {
  if (state.status !== PENDING) return undefined;
  const { payload } = state;
  return payload instanceof WaiterList ? payload.first : (payload as Waiter | undefined);
}

/** Takes one waiter away; false when it does not wait for this promise. */
export function removeWaiter(state: PromiseState, waiter: Waiter): boolean {
  let previous: Waiter | undefined;
  let at = firstWaiter(state);
  while (at !== undefined && at !== waiter) {
    previous = at;
    at = at._w;
  }
  if (at === undefined) return false;
  if (state.payload instanceof WaiterList) {
    const list = state.payload;
    if (previous === undefined) list.first = at._w;
    else previous._w = at._w;
    if (list.last === at) list.last = previous;
    if (list.first === list.last) state.payload = list.first;
  } else {
    state.payload = undefined;
  }
  at._w = undefined;
  return true;
}

// ------------------------------------------------------------------------------------------ the ledger

interface LedgerEntry {
  promise: object;
  next: LedgerEntry | undefined;
}
let ledger: LedgerEntry | undefined;
let ledgerEnd: LedgerEntry | undefined;

export function recordRejection(promise: object): void {
  const entry: LedgerEntry = { promise, next: undefined };
  if (ledgerEnd === undefined) ledger = entry;
  else ledgerEnd.next = entry;
  ledgerEnd = entry;
}

/** The promises that are rejected and still handled by nobody, oldest first. */
export function unhandledRejections(): object[] {
  const promises: object[] = [];
  let entry = ledger;
  ledger = undefined;
  ledgerEnd = undefined;
  for (; entry !== undefined; entry = entry.next) {
    if (Slots.of(entry.promise)!.handled) continue;
    append(promises, entry.promise);
    recordRejection(entry.promise);
  }
  return promises;
}

export function clearRejections(): void {
  ledger = undefined;
  ledgerEnd = undefined;
}
