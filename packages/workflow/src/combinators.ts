// Owns Promise.all, race, any and allSettled (ECMA-262 27.2.4.1 to .5). A combinator's record is data: it knows its
// promise, the values so far and how many are missing, and waits for each element through a reaction of its own.
// Neighbours: cancellation.ts cancels the branches that are left when the outcome is known; iterator.ts iterates.
//
// I1. An element whose `then` is the realm's own is waited for without function objects: nobody could see them.
//     Any other element gets `then` called with real functions, as the specification says.
// I2. The record is the `origin` of the combinator's promise, so that the promise tells which elements it waits for.
// I3. The first settling wins; the record's `done` is the [[AlreadyResolved]] of the promise's resolving functions.
import { type Callable, type Capability, intrinsicPromise, isCallable, newCapability } from "./capability.js";
import { registerClass, registerFactory } from "./codec/registry.js";
import { closeQuiet, type IteratorRecord, iter, next } from "./iterator.js";
import { append, apply, call, defineProperty } from "./pristine.js";
import { Promise as DurablePromise, defineBuiltins, speciesBehind, thenAs } from "./promise.js";
import { FULFILLED, type Outcome, PENDING, promiseState, REJECTED, setIsStale } from "./promise-state.js";
import {
  type Hold,
  Reaction,
  Resolving,
  rejectFunction,
  rejectPromise,
  resolveFunction,
  resolvePromise,
  subscribe,
} from "./reaction.js";
import { stampFunction } from "./stamp.js";

export const ALL = 0;
export const RACE = 1;
export const ANY = 2;
export const ALL_SETTLED = 3;
export type Kind = typeof ALL | typeof RACE | typeof ANY | typeof ALL_SETTLED;

/** The record of one call of a combinator. */
export class Combination extends Resolving implements Hold {
  kind: Kind;
  /** How many elements have not settled, and one more while the iterable is read. */
  missing = 1;
  /** Of what has settled so far. */
  values: unknown[] | undefined = undefined;
  /** The functions of a promise that is none of the ordinary kind, or those that an element's own `then` was given. */
  resolve: Callable | undefined;
  reject: Callable | undefined;
  /** How many branches have been cancelled and have not ended (cancellation.ts). */
  ending: number | undefined = undefined;
  /** The token with which it is being cancelled from outside; once it is known, the outcome that is kept back. */
  cancelling: object | undefined = undefined;
  /** The token with which an element was rejected because the combinator itself was cancelled. */
  token: object | undefined = undefined;
  constructor(kind: Kind, capability: Capability) {
    super(capability.promise);
    this.kind = kind;
    this.resolve = capability.resolve;
    this.reject = capability.reject;
  }

  override settle(outcome: Outcome, value: unknown): void {
    const settler = outcome === FULFILLED ? this.resolve : this.reject;
    // Functions of our own making (I1) end in super.settle, those of a foreign promise in its constructor.
    if (settler !== undefined) apply(settler, undefined, [value]);
    else super.settle(outcome, value);
  }

  /** Hold: a cancelled branch has ended. */
  release(): void {
    this.ending = this.ending === 1 ? undefined : this.ending! - 1;
    if (this.ending === undefined && this.cancelling instanceof KeptOutcome) {
      const { outcome, value } = this.cancelling;
      this.cancelling = undefined;
      if (outcome === FULFILLED) resolvePromise(this.promise, value);
      else rejectPromise(this.promise, value);
    }
  }

  /** Element `index` has settled. */
  element(index: number, outcome: Outcome, value: unknown): void {
    const { kind } = this;
    if (kind === RACE || (kind === ALL && outcome === REJECTED) || (kind === ANY && outcome === FULFILLED)) {
      this.missing--;
      return this.settle(outcome, value);
    }
    if (outcome === REJECTED && this.cancelling !== undefined && isToken(value)) this.token = value as object;
    // No longer than what has settled: what is waited for takes no room in the text.
    this.values ??= [];
    const { values } = this;
    while (values.length <= index) append(values, undefined);
    values[index] = kind === ALL_SETTLED ? settled(outcome, value) : value;
    this.countDown();
  }

  countDown(): void {
    if (--this.missing > 0) return;
    const { values = [], token } = this;
    this.values = undefined;
    if (token !== undefined) return this.settle(REJECTED, token);
    if (this.kind !== ANY) return this.settle(FULFILLED, values);
    const error = new AggregateError(nothing, "All promises were rejected");
    defineProperty(error, "errors", { value: values, writable: true, enumerable: false, configurable: true });
    this.settle(REJECTED, error);
  }
}
registerClass("PM", Combination, [
  "promise",
  "kind",
  "missing",
  "values",
  "done",
  "ending",
  "cancelling",
  "token",
  "resolve",
  "reject",
]);

let isToken: (reason: unknown) => boolean = () => false;
/** cancellation.ts says what a CancelToken is. */
export const setIsToken = (test: typeof isToken): void => {
  isToken = test;
};

// An empty iterable that no patch of the array iterator reaches.
const nothing = { [Symbol.iterator]: () => ({ next: () => ({ done: true, value: undefined }) }) } as Iterable<unknown>;

/** The outcome of a combinator whose cancelled branches have not ended. */
export class KeptOutcome {
  readonly outcome: Outcome;
  readonly value: unknown;
  constructor(outcome: Outcome, value: unknown) {
    this.outcome = outcome;
    this.value = value;
  }
}
registerClass("PK", KeptOutcome, ["outcome", "value"]);

const settled = (outcome: Outcome, value: unknown): object =>
  outcome === FULFILLED ? { status: "fulfilled", value } : { status: "rejected", reason: value };

/** Waits for one element on behalf of a combinator (I1). */
export class ElementReaction extends Reaction {
  combination: Combination;
  index: number;
  constructor(combination: Combination, index: number) {
    super();
    this.combination = combination;
    this.index = index;
  }
  react(outcome: Outcome, value: unknown): void {
    this.combination.element(this.index, outcome, value);
  }
}
registerClass("RE", ElementReaction, ["combination", "index", "scope", "cancelled", "hold", "_w"]);

setIsStale((waiter) => {
  if (!(waiter instanceof ElementReaction) || waiter.hold !== undefined) return false;
  const { done, promise } = waiter.combination;
  return done === true && promiseState(promise)!.status !== PENDING;
});

// -------------------------------------------------------------------- elements with a `then` of their own

/** What the functions made for one element share. */
class ElementCall {
  combination: Combination;
  index: number;
  called: true | undefined = undefined;
  constructor(combination: Combination, index: number) {
    this.combination = combination;
    this.index = index;
  }
  run(outcome: Outcome, value: unknown): void {
    if (this.called) return;
    this.called = true;
    this.combination.element(this.index, outcome, value);
  }
}
registerClass("PE", ElementCall, ["combination", "index", "called"]);

const makeOnFulfilled = (call: ElementCall) => (value: unknown) => call.run(FULFILLED, value);
const makeOnRejected = (call: ElementCall) => (reason: unknown) => call.run(REJECTED, reason);
registerFactory("elementFulfilled", makeOnFulfilled);
registerFactory("elementRejected", makeOnRejected);

function elementHandlers(combination: Combination, index: number): [Callable, Callable] {
  if (combination.resolve === undefined) {
    const resolving = new SharedResolving(combination);
    combination.resolve = resolveFunction(resolving) as Callable;
    combination.reject = rejectFunction(resolving) as Callable;
  }
  const { kind } = combination;
  const call = new ElementCall(combination, index);
  return [
    kind === RACE || kind === ANY
      ? combination.resolve
      : stampFunction(makeOnFulfilled(call) as Callable, "elementFulfilled", [call]),
    kind === RACE || kind === ALL
      ? combination.reject!
      : stampFunction(makeOnRejected(call) as Callable, "elementRejected", [call]),
  ];
}

const settleOnce = Resolving.prototype.settle;

/** Resolving functions of a combinator's ordinary promise: they share `done` with the record (I3). */
class SharedResolving extends Resolving {
  combination: Combination;
  constructor(combination: Combination) {
    super(combination.promise);
    this.combination = combination;
  }
  override settle(outcome: Outcome, value: unknown): void {
    call(settleOnce, this.combination, outcome as never, value as never);
  }
}
registerClass("PS", SharedResolving, ["promise", "combination"]);

// -------------------------------------------------------------------------------------------- the calls

function combine(kind: Kind, maker: unknown, iterable: unknown): object {
  const capability = newCapability(maker);
  const combination = new Combination(kind, capability);
  const state = promiseState(capability.promise);
  if (state !== undefined) state.origin = combination;
  let record: IteratorRecord | undefined;
  try {
    const resolve = (maker as { resolve: unknown }).resolve;
    if (!isCallable(resolve)) throw new TypeError("Promise resolve or reject function is not callable");
    record = iter(iterable);
    takeElements(combination, maker, resolve, record);
  } catch (error) {
    if (record !== undefined && !record.done) closeQuiet(record);
    combination.settle(REJECTED, error);
  }
  return capability.promise;
}

function takeElements(combination: Combination, maker: unknown, resolve: Callable, record: IteratorRecord): void {
  for (let index = 0; next(record); index++) {
    const element = apply(resolve, maker, [record.value]);
    combination.missing++;
    const then = (element as { then: unknown }).then;
    const species = speciesBehind(element, then);
    if (species !== undefined && species === maker && species === intrinsicPromise) {
      subscribe(element as object, promiseState(element as object)!, new ElementReaction(combination, index));
      continue;
    }
    const [onFulfilled, onRejected] = elementHandlers(combination, index);
    if (species !== undefined) thenAs(element as object, species, onFulfilled, onRejected);
    else apply(then as Callable, element, [onFulfilled, onRejected]);
  }
  if (combination.kind === RACE) combination.missing--;
  else combination.countDown();
}

defineBuiltins(DurablePromise, {
  all(iterable: unknown): object {
    return combine(ALL, this, iterable);
  },
  allSettled(iterable: unknown): object {
    return combine(ALL_SETTLED, this, iterable);
  },
  any(iterable: unknown): object {
    return combine(ANY, this, iterable);
  },
  race(iterable: unknown): object {
    return combine(RACE, this, iterable);
  },
});
