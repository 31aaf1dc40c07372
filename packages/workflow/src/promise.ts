// Owns the Promise that workflow code sees (ECMA-262 27.2.3 to 27.2.5): constructor, `then`, `catch`, `finally` and
// the simple statics. The state is hidden (promise-state.ts), so subclasses, own properties and freezing work as ever.
// Neighbours: combinators.ts adds all, race, any and allSettled; reaction.ts has what happens on settling.
//
// I1. Everything a program can observe is the specification's: calls, their order, ticks, property attributes.
// I2. Functions handed to user code are made by registered factories, so that a continuation can hold them.

import type { Callable } from "./capability.js";
import {
  Capability,
  isCallable,
  newCapability,
  promiseResolve,
  setIntrinsicPromise,
  speciesOf,
  ThenReaction,
} from "./capability.js";
import { registerFactory, registerSlots } from "./codec/registry.js";
import { apply, call, defineProperty, getOwnPropertyDescriptor, ownKeys, setPrototypeOf } from "./pristine.js";
import {
  FULFILLED,
  isObject,
  newPromise,
  promisePrototype,
  promiseState,
  REJECTED,
  readPromise,
  setPromisePrototype,
  writePromise,
} from "./promise-state.js";
import { Follower, Resolving, rejectFunction, resolveFunction, setFollow, subscribe } from "./reaction.js";
import { refState } from "./ref-state.js";
import { stampFunction } from "./stamp.js";

/** Gives `target` the methods and accessors of an object literal, not enumerable, as built-ins have them. */
export function defineBuiltins(target: object, literal: object): void {
  for (const key of ownKeys(literal)) {
    defineProperty(target, key, { ...getOwnPropertyDescriptor(literal, key)!, enumerable: false });
  }
}

/** How an object is named in a TypeError about a wrong receiver. */
export function describe(value: unknown): string {
  if (typeof value === "string") return value;
  if (!isObject(value)) return String(value);
  return typeof value === "function" ? "function" : "#<Object>";
}

// Inherits from nothing so that no object is made before the executor has been checked.
class DurablePromise extends null {
  constructor(executor: unknown) {
    if (!isCallable(executor)) throw new TypeError(`Promise resolver ${describe(executor)} is not a function`);
    const { prototype } = new.target as { prototype: unknown };
    const promise = newPromise(isObject(prototype) ? prototype : promisePrototype);
    const resolving = new Resolving(promise);
    try {
      call(executor, undefined, resolveFunction(resolving) as never, rejectFunction(resolving) as never);
    } catch (error) {
      resolving.settle(REJECTED, error);
    }
    // biome-ignore lint/correctness/noConstructorReturn: the object is made here, with hidden slots
    return promise;
  }
}
defineProperty(DurablePromise, "name", { value: "Promise", configurable: true });
setPrototypeOf(DurablePromise.prototype, Object.prototype);
setPromisePrototype(DurablePromise.prototype);
setIntrinsicPromise(DurablePromise);
registerSlots({
  tag: "P",
  labels: ["[[PromiseResult]]"],
  prototype: promisePrototype,
  has: (object) => promiseState(object) !== undefined && refState(object) === undefined,
  make: () => newPromise(),
  read: readPromise,
  write: writePromise,
});

export { DurablePromise as Promise };

// --------------------------------------------------------------------------------------- prototype

const prototypeMethods = {
  // biome-ignore lint/suspicious/noThenProperty: this is what a promise is
  then(onFulfilled: unknown, onRejected: unknown): object {
    const state = isObject(this) ? promiseState(this) : undefined;
    if (state === undefined) {
      throw new TypeError(`Method Promise.prototype.then called on incompatible receiver ${describe(this)}`);
    }
    return thenAs(this, speciesOf(this), onFulfilled, onRejected);
  },
  catch(onRejected: unknown): unknown {
    return invokeThen(this, undefined, onRejected);
  },
  finally(onFinally: unknown): unknown {
    if (!isObject(this)) {
      throw new TypeError(`Method Promise.prototype.finally called on a non-object`);
    }
    const maker = speciesOf(this);
    if (!isCallable(onFinally)) return invokeThen(this, onFinally, onFinally);
    return invokeThen(
      this,
      stampFunction(makeThenFinally(onFinally, maker), "thenFinally", [onFinally, maker]),
      stampFunction(makeCatchFinally(onFinally, maker), "catchFinally", [onFinally, maker]),
    );
  },
};
defineBuiltins(promisePrototype, prototypeMethods);
defineProperty(promisePrototype, Symbol.toStringTag, { value: "Promise", configurable: true });

const intrinsicThen = prototypeMethods.then;

/** Invoke(target, "then", ...). */
export function invokeThen(target: unknown, ...handlers: unknown[]): unknown {
  return apply((target as { then: Callable }).then, target, handlers);
}

const makeThenFinally = (onFinally: Callable, maker: unknown) => (value: unknown) => {
  const result = call(onFinally, undefined);
  const promise = promiseResolve(maker, result);
  return invokeThen(promise, stampFunction(makeValueThunk(value), "valueThunk", [value]));
};
const makeCatchFinally = (onFinally: Callable, maker: unknown) => (reason: unknown) => {
  const result = call(onFinally, undefined);
  const promise = promiseResolve(maker, result);
  return invokeThen(promise, stampFunction(makeThrower(reason), "thrower", [reason]));
};
const makeValueThunk = (value: unknown) => () => value;
const makeThrower = (reason: unknown) => () => {
  throw reason;
};
registerFactory("thenFinally", makeThenFinally);
registerFactory("catchFinally", makeCatchFinally);
registerFactory("valueThunk", makeValueThunk);
registerFactory("thrower", makeThrower);

/** `then` of a durable promise, the species known already. */
export function thenAs(promise: object, species: unknown, onFulfilled: unknown, onRejected: unknown): object {
  const capability = newCapability(species);
  const reaction = new ThenReaction(
    capability,
    isCallable(onFulfilled) ? onFulfilled : undefined,
    isCallable(onRejected) ? onRejected : undefined,
  );
  subscribe(promise, promiseState(promise)!, reaction);
  return capability.promise;
}

/** The species of the promise that `then` makes, where `then` is the realm's own on a durable promise. */
export function speciesBehind(promise: unknown, then: unknown): unknown {
  if (then !== intrinsicThen || !isObject(promise) || promiseState(promise) === undefined) return undefined;
  return speciesOf(promise);
}

setFollow((thenable, then, promise) => {
  const species = speciesBehind(thenable, then);
  if (species === undefined) return false;
  if (species === DurablePromise) {
    subscribe(thenable, promiseState(thenable)!, new Follower(promise));
  } else {
    const resolving = new Resolving(promise);
    thenAs(thenable, species, resolveFunction(resolving), rejectFunction(resolving));
  }
  return true;
});

// ----------------------------------------------------------------------------------------- statics

defineBuiltins(DurablePromise, {
  resolve(value: unknown): object {
    if (!isObject(this)) throw new TypeError("PromiseResolve called on non-object");
    return promiseResolve(this, value);
  },
  reject(reason: unknown): object {
    const capability = newCapability(this);
    capability.settle(REJECTED, reason);
    return capability.promise;
  },
  withResolvers(): object {
    const { promise, resolve, reject } = withFunctions(newCapability(this));
    return { promise, resolve, reject };
  },
  try(callback: unknown, ...args: unknown[]): object {
    if (!isObject(this)) throw new TypeError("Promise.try called on non-object");
    const capability = newCapability(this);
    try {
      capability.settle(FULFILLED, apply(callback as Callable, undefined, args));
    } catch (error) {
      capability.settle(REJECTED, error);
    }
    return capability.promise;
  },
  get [Symbol.species]() {
    return this;
  },
});

/** The capability with its functions, where user code is to see them. */
export function withFunctions(capability: Capability): Capability {
  if (capability.resolve !== undefined) return capability;
  const resolving = new Resolving(capability.promise);
  return new Capability(capability.promise, resolveFunction(resolving), rejectFunction(resolving));
}
