// Owns async generator objects (ECMA-262 27.6): the request queue, their hidden state and the realm's
// %AsyncGeneratorPrototype% methods.
// Neighbours: frame.ts and await.ts suspend and resume the frame; async-iterator.ts does `yield*` and for-await.
//
// I1. Requests are answered in the order they came; each is answered once.
// I2. The body runs for the first request of the queue; it is resumed only from a suspended state.
// I3. A generator whose body has ended answers the rest of its queue and drops its frame.
import { Handler, intrinsicPromise, newCapability, promiseResolve, ThenReaction } from "./capability.js";
import { registerClass, registerSlots } from "./codec/registry.js";
import { type Frame, type Mode, scopeOfFrame } from "./frame.js";
import { prototypeFrom } from "./generator.js";
import { asyncGeneratorPrototype, createObject } from "./pristine.js";
import { defineBuiltins, describe } from "./promise.js";
import { isObject, newPromise, promiseState } from "./promise-state.js";
import { rejectPromise, resolvePromise, subscribe } from "./reaction.js";
import { currentScope, enterScope } from "./scope-slot.js";
import { Carrier } from "./stamp.js";

const START = 0;
const YIELDED = 1;
const RUNNING = 2;
/** The body has ended; a queued return is awaited, or the queue is being answered. */
const DRAINING = 3;
const DONE = 4;

/** One call of next, throw or return. */
class Request {
  promise: object;
  mode: Mode;
  value: unknown;
  next: Request | undefined = undefined;
  constructor(mode: Mode, value: unknown) {
    this.promise = newPromise();
    this.mode = mode;
    this.value = value;
  }
}
registerClass("AR", Request, ["promise", "mode", "value", "next"]);

class State {
  status: 0 | 1 | 2 | 3 | 4 = START;
  frame: Frame | undefined;
  first: Request | undefined = undefined;
  last: Request | undefined = undefined;
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
  tag: "AG",
  prototype: asyncGeneratorPrototype,
  has: (object) => Slots.of(object) !== undefined,
  make: () => {
    const object = createObject(asyncGeneratorPrototype) as object;
    new Slots(object, new State(undefined));
    return object;
  },
  read: (object) => {
    const { status, frame, first, last } = Slots.of(object)!;
    return [frame, status === START ? undefined : status, first, last];
  },
  write: (object, [frame, status = START, first, last]) => {
    const state = Slots.of(object)!;
    state.frame = frame as Frame | undefined;
    state.status = status as State["status"];
    state.first = first as Request | undefined;
    state.last = last as Request | undefined;
  },
});

/** The promise for which an async generator is running now: what its frame's waiting keeps from going on. */
export const runningRequest = (generator: object): object | undefined => Slots.of(generator)?.first?.promise;

/** Kit: makes the async generator object of a call. */
export function agen(fn: object, frame: Frame): object {
  const object = createObject(prototypeFrom(fn, asyncGeneratorPrototype)) as object;
  new Slots(object, new State(frame));
  frame._p = object;
  frame._c = currentScope();
  return object;
}

// ------------------------------------------------------------------------------------------ the queue

function enqueueRequest(state: State, request: Request): void {
  if (state.last === undefined) state.first = request;
  else state.last.next = request;
  state.last = request;
}

/** AsyncGeneratorCompleteStep: answers the first request. */
function answer(state: State, mode: 0 | 1, value: unknown, done: boolean): void {
  const request = state.first!;
  state.first = request.next;
  if (state.first === undefined) state.last = undefined;
  if (mode === 1) rejectPromise(request.promise, value);
  else resolvePromise(request.promise, { value, done });
}

/** AsyncGeneratorDrainQueue. */
function answerRest(generator: object, state: State): void {
  for (;;) {
    const request = state.first;
    if (request === undefined) {
      state.status = DONE;
      return;
    }
    if (request.mode === 2) {
      if (awaitReturn(generator, state, request.value)) return;
    } else {
      answer(state, request.mode, request.mode === 1 ? request.value : undefined, true);
    }
  }
}

/** The value of a `return` that found no body to resume has settled. */
class ReturnHandler extends Handler {
  generator: object;
  mode: 0 | 1;
  constructor(generator: object, mode: 0 | 1) {
    super();
    this.generator = generator;
    this.mode = mode;
  }
  override get target(): object | undefined {
    return runningRequest(this.generator);
  }
  override run(value: unknown): void {
    const state = Slots.of(this.generator)!;
    answer(state, this.mode, value, true);
    answerRest(this.generator, state);
  }
}
registerClass("AH", ReturnHandler, ["generator", "mode"]);

/** AsyncGeneratorAwaitReturn; false when the value could not even be awaited (the request is then answered). */
function awaitReturn(generator: object, state: State, value: unknown): boolean {
  state.status = DRAINING;
  let promise: object;
  try {
    promise = promiseResolve(intrinsicPromise, value);
  } catch (error) {
    answer(state, 1, error, true);
    return false;
  }
  const reaction = new ThenReaction(
    newCapability(intrinsicPromise),
    new ReturnHandler(generator, 0),
    new ReturnHandler(generator, 1),
  );
  subscribe(promise, promiseState(promise)!, reaction);
  return true;
}

// ------------------------------------------------------------------------------------------- the body

function run(state: State, value: unknown, mode: Mode): void {
  const frame = state.frame!;
  const scope = currentScope();
  state.status = RUNNING;
  enterScope(scopeOfFrame(frame));
  try {
    frame._r(frame, value, mode);
  } finally {
    enterScope(scope);
  }
}

/** Kit: an async generator yields a value that has been awaited. */
export function ayield(frame: Frame, value: unknown): void {
  const state = Slots.of(frame._p)!;
  answer(state, 0, value, false);
  const request = state.first;
  if (request === undefined) state.status = YIELDED;
  else frame._r(frame, request.value, request.mode);
}

function end(frame: Frame, mode: 0 | 1, value: unknown): void {
  const generator = frame._p;
  const state = Slots.of(generator)!;
  frame._l = -1;
  state.frame = undefined;
  state.status = DRAINING;
  answer(state, mode, value, true);
  answerRest(generator, state);
}

/** Kit: an async generator returns a value that has been awaited. */
export const aret = (frame: Frame, value?: unknown): void => end(frame, 0, value);

/** Kit: an async generator throws. */
export const athr = (frame: Frame, error: unknown): void => end(frame, 1, error);

// ---------------------------------------------------------------------------------------- the methods

function request(receiver: unknown, name: string, mode: Mode, value: unknown): object {
  const state = isObject(receiver) ? Slots.of(receiver) : undefined;
  const made = new Request(mode, value);
  if (state === undefined) {
    rejectPromise(made.promise, new TypeError(`${name} method called on incompatible receiver ${describe(receiver)}`));
    return made.promise;
  }
  const generator = receiver as object;
  if (mode !== 0 && state.status === START) {
    state.status = DONE;
    state.frame = undefined;
  }
  if (state.status === DONE && mode !== 2) {
    if (mode === 1) rejectPromise(made.promise, value);
    else resolvePromise(made.promise, { value: undefined, done: true });
    return made.promise;
  }
  enqueueRequest(state, made);
  if (state.status === DONE) {
    if (!awaitReturn(generator, state, value)) answerRest(generator, state);
  } else if (state.status === START || state.status === YIELDED) {
    run(state, value, mode);
  }
  return made.promise;
}

const methods = {
  next(value: unknown): object {
    return request(this, "next", 0, value);
  },
  return(value: unknown): object {
    return request(this, "return", 2, value);
  },
  throw(error: unknown): object {
    return request(this, "throw", 1, error);
  },
};

/** Gives the realm's async generator objects the methods above. Called once, by the runtime of a bundle. */
export const installAsyncGenerators = (): void => defineBuiltins(asyncGeneratorPrototype, methods);
