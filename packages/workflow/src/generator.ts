// Owns generator objects (ECMA-262 27.5): their hidden state and the realm's %GeneratorPrototype% methods.
// Neighbours: frame.ts has what all frames share; iterator.ts does `yield*`.
//
// I1. A generator runs on the stack of whoever calls next, throw or return; never twice at a time.
// I2. The state changes before control leaves the machine: the kit's yield and return calls do it.
// I3. A completed generator drops its frame.
import { registerSlots } from "./codec/registry.js";
import type { Frame, Mode } from "./frame.js";
import { apply, createObject, generatorPrototype } from "./pristine.js";
import { defineBuiltins, describe } from "./promise.js";
import { isObject } from "./promise-state.js";
import { Carrier } from "./stamp.js";

const START = 0;
const YIELDED = 1;
const RUNNING = 2;
const DONE = 3;

class State {
  status: 0 | 1 | 2 | 3 = START;
  frame: Frame | undefined;
  constructor(frame: Frame | undefined) {
    this.frame = frame;
  }
}

class Slots extends Carrier {
  #state: State;
  constructor(object: object, state: State) {
    super(object);
    this.#state = state;
  }
  static of(object: object): State | undefined {
    return #state in object ? object.#state : undefined;
  }
}

registerSlots({
  tag: "G",
  prototype: generatorPrototype,
  has: (object) => Slots.of(object) !== undefined,
  make: () => {
    const object = createObject(generatorPrototype) as object;
    new Slots(object, new State(undefined));
    return object;
  },
  read: (object) => {
    const { status, frame } = Slots.of(object)!;
    return [frame, status === START ? undefined : status];
  },
  write: (object, [frame, status = START]) => {
    const state = Slots.of(object)!;
    state.frame = frame as Frame | undefined;
    state.status = status as 0 | 1 | 2 | 3;
  },
});

/** The prototype of a new generator: the function's `prototype`, as it is at the call. */
export function prototypeFrom(fn: object, fallback: object): object {
  const { prototype } = fn as { prototype?: unknown };
  return isObject(prototype) ? prototype : fallback;
}

/** Kit: makes the generator object of a call. */
export function gen(fn: object, frame: Frame): object {
  const object = createObject(prototypeFrom(fn, generatorPrototype)) as object;
  new Slots(object, new State(frame));
  frame._p = object;
  return object;
}

/** Kit: suspends a generator with a value. */
export function yieldValue(frame: Frame, value: unknown): object {
  Slots.of(frame._p)!.status = YIELDED;
  return { value, done: false };
}

/** Kit: suspends a generator with the inner result of `yield*`, as it is. */
export function yieldRaw(frame: Frame, result: object): object {
  Slots.of(frame._p)!.status = YIELDED;
  return result;
}

function complete(frame: Frame): void {
  const state = Slots.of(frame._p)!;
  state.status = DONE;
  state.frame = undefined;
  frame._l = -1;
}

/** Kit: a generator returns. */
export function gret(frame: Frame, value?: unknown): object {
  complete(frame);
  return { value, done: true };
}

/** Kit: a generator throws; gives the error to throw. */
export function gthr(frame: Frame, error: unknown): unknown {
  complete(frame);
  return error;
}

function resume(receiver: unknown, name: "next" | "return" | "throw", value: unknown, mode: Mode): unknown {
  const state = isObject(receiver) ? Slots.of(receiver) : undefined;
  if (state === undefined) return resumeNative(receiver, name, value);
  if (state.status === RUNNING) throw new TypeError("Generator is already running");
  if (state.status === START && mode !== 0) {
    state.status = DONE;
    state.frame = undefined;
  }
  if (state.status === DONE) {
    if (mode === 1) throw value;
    return { value: mode === 2 ? value : undefined, done: true };
  }
  const frame = state.frame!;
  state.status = RUNNING;
  return frame._r(frame, value, mode);
}

// Generators of code that was not compiled (there are none in a bundle) keep the methods they were born with.
const native = generatorPrototype as Record<"next" | "return" | "throw", (value: unknown) => unknown>;
const nativeMethods = { next: native.next, return: native.return, throw: native.throw };

function resumeNative(receiver: unknown, name: "next" | "return" | "throw", value: unknown): unknown {
  try {
    return apply(nativeMethods[name], receiver, [value]);
  } catch (error) {
    if (isObject(receiver)) throw error;
    throw new TypeError(`${name} method called on incompatible receiver ${describe(receiver)}`);
  }
}

const methods = {
  next(value: unknown): unknown {
    return resume(this, "next", value, 0);
  },
  return(value: unknown): unknown {
    return resume(this, "return", value, 2);
  },
  throw(error: unknown): unknown {
    return resume(this, "throw", error, 1);
  },
};

/** Gives the realm's generator objects the methods above. Called once, by the runtime of a bundle. */
export const installGenerators = (): void => defineBuiltins(generatorPrototype, methods);
