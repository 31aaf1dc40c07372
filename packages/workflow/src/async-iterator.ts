// Owns asynchronous iteration as the machines need it (ECMA-262 7.4 and 27.1.6): for-await, `yield*` in async
// generators, and sync iterators seen as async ones.
// Neighbours: iterator.ts has the records; async-generator.ts the generator objects.
//
// I1. The machine awaits: nothing here suspends.
// I2. A sync iterator is wrapped by a record of its own; no program can see the wrapper.
import { Capability, Handler, intrinsicPromise, promiseResolve, ThenReaction } from "./capability.js";
import { registerClass } from "./codec/registry.js";
import {
  callNext,
  checkObject,
  close,
  closeQuiet,
  closingMethod,
  getMethod,
  IteratorRecord,
  iter,
  iteratorFromMethod,
  iteratorObject,
  NO_RETURN,
  NO_THROW,
  next,
  RETURNED,
} from "./iterator.js";
import { apply } from "./pristine.js";
import { newPromise, promiseState } from "./promise-state.js";
import { rejectPromise, resolvePromise, subscribe } from "./reaction.js";

/** What `aclose` gives when there is no `return` method: nothing to await. */
export const NONE: unique symbol = Symbol("none");

/** A sync iterator that is iterated asynchronously (%AsyncFromSyncIteratorPrototype%). */
export class SyncAsAsync extends IteratorRecord {}
registerClass("IA", SyncAsAsync, ["iterator", "next", "value", "done", "mode"]);

const asyncIteratorSymbol: typeof Symbol.asyncIterator = Symbol.asyncIterator;

/** GetIterator(iterable, async). */
export function aiter(iterable: unknown): IteratorRecord {
  const method = getMethod(iterable, asyncIteratorSymbol);
  if (method !== undefined) return iteratorFromMethod(iterable, method);
  const { iterator, next } = iter(iterable);
  return new SyncAsAsync(iterator, next);
}

/** Calls `next`; the raw result, to be awaited. */
export function anext(record: IteratorRecord): unknown {
  return record instanceof SyncAsAsync ? syncNext(record, []) : callNext(record);
}

/** Takes an awaited result: true when there is a value, then in `record.value`. */
export function anextResult(record: IteratorRecord, result: unknown): boolean {
  record.done = true;
  const { done } = checkObject(result) as IteratorResult<unknown>;
  if (done) {
    record.value = undefined;
    return false;
  }
  record.value = (result as IteratorResult<unknown>).value;
  record.done = undefined;
  return true;
}

/** Calls `return` if there is one; its raw result, to be awaited, or NONE. */
export function aclose(record: IteratorRecord): unknown {
  record.done = true;
  if (record instanceof SyncAsAsync) return syncReturn(record, []);
  const method = getMethod(record.iterator, "return");
  return method === undefined ? NONE : apply(method, record.iterator, []);
}

/** One round of `yield*` in an async generator: the raw result, to be awaited. `record.mode` says how to go on. */
export function adelegate(record: IteratorRecord, value: unknown, mode: 0 | 1 | 2): unknown {
  record.mode = mode === 2 ? RETURNED : 0;
  if (record instanceof SyncAsAsync) {
    if (mode === 0) return syncNext(record, [value]);
    return mode === 1 ? syncThrow(record, value) : syncReturn(record, [value]);
  }
  if (mode === 0) return callNext(record, value);
  const { iterator } = record;
  const method = getMethod(iterator, mode === 1 ? "throw" : "return");
  if (method !== undefined) return apply(method, iterator, [value]);
  record.mode = mode === 1 ? NO_THROW : NO_RETURN;
  return value;
}

// ------------------------------------------------------------------- %AsyncFromSyncIteratorPrototype%

function syncNext(record: SyncAsAsync, args: unknown[]): object {
  const promise = newPromise();
  try {
    if (typeof record.next === "number") {
      const more = next(record);
      goOn(record, promise, !more, record.value, true);
    } else {
      takeResult(record, promise, callNext(record, ...args), true);
    }
  } catch (error) {
    rejectPromise(promise, error);
  }
  return promise;
}

function syncReturn(record: SyncAsAsync, args: unknown[]): object {
  const promise = newPromise();
  try {
    const method = closingMethod(record);
    if (method === undefined) resolvePromise(promise, { value: args[0], done: true });
    else takeResult(record, promise, apply(method, record.iterator, args), false);
  } catch (error) {
    rejectPromise(promise, error);
  }
  return promise;
}

function syncThrow(record: SyncAsAsync, error: unknown): object {
  const promise = newPromise();
  try {
    const iterator = iteratorObject(record);
    const method = getMethod(iterator, "throw");
    if (method === undefined) {
      close(record);
      throw new TypeError("The iterator does not provide a 'throw' method");
    }
    takeResult(record, promise, apply(method, iterator, [error]), true);
  } catch (failure) {
    rejectPromise(promise, failure);
  }
  return promise;
}

function takeResult(record: SyncAsAsync, promise: object, result: unknown, closing: boolean): void {
  const { done } = checkObject(result) as IteratorResult<unknown>;
  goOn(record, promise, Boolean(done), (result as IteratorResult<unknown>).value, closing);
}

/** AsyncFromSyncIteratorContinuation: settles `promise` when the value itself has settled. */
function goOn(record: SyncAsAsync, promise: object, done: boolean, value: unknown, closing: boolean): void {
  const closes = closing && !done;
  let wrapper: object;
  try {
    wrapper = promiseResolve(intrinsicPromise, value);
  } catch (error) {
    if (closes) closeQuiet(record);
    throw error;
  }
  const reaction = new ThenReaction(
    new Capability(promise),
    new UnwrapHandler(done),
    closes ? new CloseHandler(record) : undefined,
  );
  subscribe(wrapper, promiseState(wrapper)!, reaction);
}

class UnwrapHandler extends Handler {
  done: boolean;
  constructor(done: boolean) {
    super();
    this.done = done;
  }
  override run(value: unknown): unknown {
    return { value, done: this.done };
  }
}
registerClass("IU", UnwrapHandler, ["done"]);

class CloseHandler extends Handler {
  record: SyncAsAsync;
  constructor(record: SyncAsAsync) {
    super();
    this.record = record;
  }
  override run(error: unknown): unknown {
    closeQuiet(this.record);
    throw error;
  }
}
registerClass("IC", CloseHandler, ["record"]);
