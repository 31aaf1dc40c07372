// Owns `Array.fromAsync` (ECMA-262 23.1.2.1, 2026): the built-in gives a native promise, which cannot be saved.
// Neighbours: async-iterator.ts takes values; capability.ts has the reactions that bring it what it waits for.
//
// I1. What is in progress is data: an object says at which of the algorithm's awaits it stands.
// I2. An error of the iterator's own rejects; any other closes the iterator first, and stays the one that is told.
import { aclose, anext, anextResult, NONE, SyncAsAsync } from "./async-iterator.js";
import {
  type Callable,
  Capability,
  Handler,
  intrinsicPromise,
  isCallable,
  isConstructor,
  promiseResolve,
  ThenReaction,
} from "./capability.js";
import { registerClass } from "./codec/registry.js";
import { getMethod, type IteratorRecord, iteratorFromMethod } from "./iterator.js";
import { apply, construct, defineProperty } from "./pristine.js";
import { newPromise, promiseState } from "./promise-state.js";
import { rejectPromise, resolvePromise, subscribe } from "./reaction.js";

const NativeArray = Array;
const { max, min, trunc } = Math;
const iteratorSymbol: typeof Symbol.iterator = Symbol.iterator;
const asyncIteratorSymbol: typeof Symbol.asyncIterator = Symbol.asyncIterator;

/** What is awaited: a result of the iterator; a value of an array-like; what the mapper gave; the iterator's closing. */
const NEXT = 0;
const VALUE = 1;
const MAPPED = 2;
const CLOSED = 3;

class FromAsync {
  promise: object = newPromise();
  stage = NEXT;
  array: object | undefined = undefined;
  index = 0;
  /** Of an array-like; else there is a record. */
  items: object | undefined = undefined;
  length = 0;
  record: IteratorRecord | undefined = undefined;
  mapper: Callable | undefined = undefined;
  self: unknown = undefined;
  error: unknown = undefined;

  start(maker: unknown, items: unknown, mapper: unknown, self: unknown): void {
    if (mapper !== undefined && !isCallable(mapper)) throw new TypeError(`${String(mapper)} is not a function`);
    this.mapper = mapper;
    this.self = self;
    const asynchronous = getMethod(items, asyncIteratorSymbol);
    const method = asynchronous ?? getMethod(items, iteratorSymbol);
    const make = (args: unknown[]): object =>
      construct((isConstructor(maker) ? maker : NativeArray) as never, args) as object;
    if (method === undefined) {
      const source = Object(items) as { length: unknown };
      this.items = source;
      this.length = toLength(source.length);
      this.array = make([this.length]);
    } else {
      this.array = make([]);
      const record = iteratorFromMethod(items, method);
      this.record = asynchronous === undefined ? new SyncAsAsync(record.iterator, record.next) : record;
    }
    this.ask();
  }

  goOn(failed: boolean, value: unknown): void {
    try {
      this.take(failed, value);
    } catch (error) {
      rejectPromise(this.promise, error);
    }
  }

  private take(failed: boolean, value: unknown): void {
    if (this.stage === CLOSED) throw this.error;
    if (failed) return this.fail(value, this.stage === MAPPED);
    if (this.stage === MAPPED) return this.put(value);
    if (this.stage === VALUE) return this.map(value);
    const record = this.record as IteratorRecord;
    if (anextResult(record, value)) this.map(record.value);
    else this.finish();
  }

  /** The next value. */
  private ask(): void {
    if (this.record !== undefined) this.wait(anext(this.record), NEXT);
    else if (this.index < this.length) this.wait((this.items as Record<number, unknown>)[this.index], VALUE);
    else this.finish();
  }

  private map(value: unknown): void {
    if (this.mapper === undefined) return this.put(value);
    try {
      this.wait(apply(this.mapper, this.self, [value, this.index]), MAPPED);
    } catch (error) {
      this.fail(error, true);
    }
  }

  private put(value: unknown): void {
    try {
      const element = { value, writable: true, enumerable: true, configurable: true };
      if (!defineProperty(this.array as object, this.index, element))
        throw new TypeError(`Cannot define property ${this.index}, object is not extensible`);
    } catch (error) {
      return this.fail(error, true);
    }
    this.index++;
    this.ask();
  }

  private fail(error: unknown, closes: boolean): void {
    if (!closes || this.record === undefined) throw error;
    this.error = error;
    let closing: unknown;
    try {
      closing = aclose(this.record);
      if (closing !== NONE) return this.wait(closing, CLOSED);
    } catch {
      // The error that made us close is the one to be told.
    }
    throw error;
  }

  private finish(): void {
    const array = this.array as { length: number };
    array.length = this.index;
    resolvePromise(this.promise, array);
  }

  private wait(value: unknown, stage: number): void {
    this.stage = stage;
    const promise = promiseResolve(intrinsicPromise, value);
    const reaction = new ThenReaction(new Capability(newPromise()), new Arrived(this, false), new Arrived(this, true));
    subscribe(promise, promiseState(promise)!, reaction);
  }
}
registerClass(
  "AF",
  FromAsync,
  ["promise", "stage", "array", "index", "items", "length", "record", "mapper", "self", "error"],
  () => new FromAsync(),
);

class Arrived extends Handler {
  work: FromAsync;
  failed: boolean;
  constructor(work: FromAsync, failed: boolean) {
    super();
    this.work = work;
    this.failed = failed;
  }
  override get target(): object {
    return this.work.promise;
  }
  run(value: unknown): void {
    this.work.goOn(this.failed, value);
  }
}
registerClass("AV", Arrived, ["work", "failed"]);

const toLength = (value: unknown): number => min(max(trunc(+(value as number)) || 0, 0), 2 ** 53 - 1);

const builtins = {
  fromAsync(asyncItems: unknown, mapper: unknown = undefined, self: unknown = undefined): object {
    const work = new FromAsync();
    try {
      work.start(this, asyncItems, mapper, self);
    } catch (error) {
      rejectPromise(work.promise, error);
    }
    return work.promise;
  },
};

/** Called once in a fresh realm, which has lost the native one. */
export function installFromAsync(): void {
  defineProperty(Array, "fromAsync", {
    value: builtins.fromAsync,
    writable: true,
    enumerable: false,
    configurable: true,
  });
}
