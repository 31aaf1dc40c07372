// Owns promise capabilities (ECMA-262 27.2.1.1): how the built-ins make and settle a promise of whatever constructor
// they were called on. For the ordinary Promise the capability is the promise alone.
// Neighbours: promise.ts and combinators.ts use capabilities; reaction.ts has the resolving functions.
import { registerClass, registerFactory } from "./codec/registry.js";
import { apply, call, construct } from "./pristine.js";
import { FULFILLED, isObject, newPromise, type Outcome, promiseState, REJECTED } from "./promise-state.js";
import { Reaction, rejectPromise, resolvePromise } from "./reaction.js";
import { enterScope } from "./scope-slot.js";
import { stampFunction } from "./stamp.js";

export type Callable = (...args: unknown[]) => unknown;

export const isCallable = (value: unknown): value is Callable => typeof value === "function";

/** The realm's own Promise constructor, once promise.ts has made it. */
export let intrinsicPromise: object;
export const setIntrinsicPromise = (maker: object): void => {
  intrinsicPromise = maker;
};

export class Capability {
  promise: object;
  resolve: Callable | undefined;
  reject: Callable | undefined;
  constructor(promise: object, resolve?: Callable, reject?: Callable) {
    this.promise = promise;
    this.resolve = resolve;
    this.reject = reject;
  }
  settle(outcome: Outcome, value: unknown): void {
    if (this.resolve !== undefined)
      call(outcome === FULFILLED ? this.resolve : this.reject!, undefined, value as never);
    else if (outcome === FULFILLED) resolvePromise(this.promise, value);
    else rejectPromise(this.promise, value);
  }
}
registerClass("PC", Capability, ["promise", "resolve", "reject"]);

/** What a foreign constructor was handed while it made a promise (GetCapabilitiesExecutor). */
class Handed {
  resolve: unknown = undefined;
  reject: unknown = undefined;
}
registerClass("PH", Handed, ["resolve", "reject"]);

const makeExecutor = (handed: Handed) => (resolve: unknown, reject: unknown) => {
  if (handed.resolve !== undefined || handed.reject !== undefined) {
    throw new TypeError("Promise executor has already been invoked with non-undefined arguments");
  }
  handed.resolve = resolve;
  handed.reject = reject;
};
registerFactory("executor", makeExecutor);

/** NewPromiseCapability. */
export function newCapability(maker: unknown): Capability {
  if (maker === intrinsicPromise) return new Capability(newPromise());
  const handed = new Handed();
  const executor = stampFunction(makeExecutor(handed), "executor", [handed]);
  if (!isCallable(maker)) throw new TypeError("Promise resolve or reject function is not callable");
  const promise = construct(maker as never, [executor]) as object;
  const { resolve, reject } = handed;
  if (!isCallable(resolve) || !isCallable(reject)) {
    throw new TypeError("Promise resolve or reject function is not callable");
  }
  return new Capability(promise, resolve, reject);
}

/** SpeciesConstructor(promise, %Promise%). */
export function speciesOf(promise: object): unknown {
  const maker = (promise as { constructor?: unknown }).constructor;
  if (maker === undefined) return intrinsicPromise;
  if (!isObject(maker)) throw new TypeError("The .constructor property is not an object");
  const species = (maker as { [Symbol.species]?: unknown })[Symbol.species];
  if (species === undefined || species === null) return intrinsicPromise;
  if (species === intrinsicPromise || isConstructor(species)) return species;
  throw new TypeError("object.constructor[Symbol.species] is not a constructor");
}

const hollow = { construct: () => ({}) };
export function isConstructor(value: unknown): boolean {
  if (!isCallable(value)) return false;
  try {
    // Asks only whether there is a [[Construct]]: the trap answers in its place.
    construct(new Proxy(value, hollow), []);
    return true;
  } catch {
    return false;
  }
}

/** PromiseResolve. */
export function promiseResolve(maker: unknown, value: unknown): object {
  if (isObject(value) && promiseState(value) !== undefined) {
    if ((value as { constructor?: unknown }).constructor === maker) return value;
  }
  const capability = newCapability(maker);
  capability.settle(FULFILLED, value);
  return capability.promise;
}

/** A handler of the runtime's own: data where the specification has a closure. */
export abstract class Handler {
  /** The promise that it settles beside the one of its reaction. */
  get target(): object | undefined {
    return undefined;
  }
  abstract run(value: unknown): unknown;
}

/** The reaction of `then` (PromiseReaction with a capability). */
export class ThenReaction extends Reaction {
  promise: object;
  onFulfilled: Callable | Handler | undefined;
  onRejected: Callable | Handler | undefined;
  /** Only where the derived promise is none of the ordinary kind. */
  capability: Capability | undefined;
  constructor(
    capability: Capability,
    onFulfilled: Callable | Handler | undefined,
    onRejected: Callable | Handler | undefined,
  ) {
    super();
    this.promise = capability.promise;
    this.onFulfilled = onFulfilled;
    this.onRejected = onRejected;
    this.capability = capability.resolve === undefined ? undefined : capability;
  }
  react(outcome: Outcome, value: unknown): void {
    enterScope(this.scope);
    const handler = outcome === FULFILLED ? this.onFulfilled : this.onRejected;
    if (handler === undefined) return this.settle(outcome, value);
    let result: unknown;
    try {
      result = handler instanceof Handler ? handler.run(value) : apply(handler, undefined, [value]);
    } catch (error) {
      return this.settle(REJECTED, error);
    }
    this.settle(FULFILLED, result);
  }
  settle(outcome: Outcome, value: unknown): void {
    if (this.capability !== undefined) this.capability.settle(outcome, value);
    else if (outcome === FULFILLED) resolvePromise(this.promise, value);
    else rejectPromise(this.promise, value);
  }
}
registerClass("RT", ThenReaction, [
  "onFulfilled",
  "onRejected",
  "promise",
  "scope",
  "capability",
  "cancelled",
  "hold",
  "_w",
]);
