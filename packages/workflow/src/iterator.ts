// Owns iteration as the machines and the combinators need it: iterator records that can be written while they are in
// use (ECMA-262 7.4), for for-of, destructuring, spread over awaits and `yield*`.
// Neighbours: async-iterator.ts has the asynchronous half, for-in.ts enumerates keys; codec/* knows the built-ins'
// own iterators (Map, Set, ...).
//
// I1. Everything a program can observe stays: one look-up of Symbol.iterator and of `next`, closing exactly once.
// I2. A pristine array is walked by index; the record then holds the array and no iterator object.
// I3. Once `next` has thrown or said done, the record is done and is never closed.
import { registerClass } from "./codec/registry.js";
import { it } from "./native-iterator.js";
import { apply, arrayIteratorPrototype, arrayPrototype, isArray } from "./pristine.js";
import { isObject } from "./promise-state.js";

type Method = (...args: unknown[]) => unknown;

export class IteratorRecord {
  /** The iterator; for a pristine array the array itself, until it is exhausted. */
  iterator: unknown;
  /** Its `next`, as it was at the start; a number: the next index of a pristine array. */
  next: unknown;
  done: boolean | undefined = undefined;
  value: unknown = undefined;
  /** How the last round of `yield*` ended: 0 goes on, 2 by return, 3 no return method, 4 no throw method. */
  mode: 0 | 2 | 3 | 4 | undefined = undefined;
  constructor(iterator: unknown, next: unknown) {
    this.iterator = iterator;
    this.next = next;
  }
}
registerClass("IR", IteratorRecord, ["iterator", "next", "value", "done", "mode"]);

const iteratorSymbol: typeof Symbol.iterator = Symbol.iterator;
const arrayValues = (arrayPrototype as unknown[])[iteratorSymbol];
const arrayNext = (arrayIteratorPrototype as { next: unknown }).next;

/** `typeof`-like words for an error message. */
const word = (value: unknown): string => (isObject(value) ? typeof value : String(value));

/** GetIterator(iterable, sync). */
export function iter(iterable: unknown): IteratorRecord {
  const method = (iterable as { [Symbol.iterator]: unknown })[iteratorSymbol];
  if (method === arrayValues && isArray(iterable) && (arrayIteratorPrototype as { next: unknown }).next === arrayNext) {
    return new IteratorRecord(iterable, 0);
  }
  if (typeof method !== "function") throw new TypeError(`${word(iterable)} is not iterable`);
  return iteratorFromMethod(iterable, method as Method);
}

export function iteratorFromMethod(iterable: unknown, method: Method): IteratorRecord {
  const iterator = it(apply(method, iterable, []), iterable, iteratorSymbol);
  if (!isObject(iterator)) throw new TypeError("Result of the Symbol.iterator method is not an object");
  return new IteratorRecord(iterator, (iterator as { next: unknown }).next);
}

/** IteratorStepValue: true when there is a value, then in `record.value`. */
export function next(record: IteratorRecord): boolean {
  const { next } = record;
  if (typeof next === "number") {
    const array = record.iterator as unknown[];
    if (next < array.length) {
      record.next = next + 1;
      record.value = array[next];
      return true;
    }
    record.done = true;
    record.value = undefined;
    return false;
  }
  record.done = true;
  const result = checkObject(callNext(record));
  if ((result as IteratorResult<unknown>).done) {
    record.value = undefined;
    return false;
  }
  record.value = (result as IteratorResult<unknown>).value;
  record.done = undefined;
  return true;
}

/** Calls the record's `next`; the raw result. */
export function callNext(record: IteratorRecord, ...args: unknown[]): unknown {
  const { next } = record;
  if (typeof next !== "function") throw new TypeError(`${word(next)} is not a function`);
  return apply(next as Method, record.iterator, args);
}

export function checkObject(result: unknown): object {
  if (!isObject(result)) throw new TypeError(`Iterator result ${String(result)} is not an object`);
  return result;
}

/** GetMethod. */
export function getMethod(object: unknown, name: PropertyKey): Method | undefined {
  const method = (object as Record<PropertyKey, unknown>)[name];
  if (method === undefined || method === null) return undefined;
  if (typeof method !== "function") throw new TypeError(`${word(method)} is not a function`);
  return method as Method;
}

/** The iterator object; made late for a pristine array, where only a patched prototype can tell the difference. */
export function iteratorObject(record: IteratorRecord): unknown {
  if (typeof record.next !== "number") return record.iterator;
  const iterator = it(apply(arrayValues as Method, record.iterator, []), record.iterator, iteratorSymbol);
  for (let i = 0; i < record.next; i++) apply(arrayNext as Method, iterator, []);
  record.iterator = iterator;
  record.next = arrayNext;
  return iterator;
}

// Where the iterator is still the array itself, the method is looked up on the prototype it would have.
export function closingMethod(record: IteratorRecord): Method | undefined {
  if (typeof record.next === "number") {
    if ((arrayIteratorPrototype as { return?: unknown }).return === undefined) return undefined;
  }
  return getMethod(iteratorObject(record), "return");
}

/** IteratorClose after a completion that is not a throw. */
export function close(record: IteratorRecord): void {
  record.done = true;
  const method = closingMethod(record);
  if (method === undefined) return;
  const result = apply(method, record.iterator, []);
  if (!isObject(result)) throw new TypeError(`${String(result)} is not an object`);
}

/** IteratorClose after a throw: whatever goes wrong here, the first error counts. */
export function closeQuiet(record: IteratorRecord): void {
  record.done = true;
  try {
    const method = closingMethod(record);
    if (method !== undefined) apply(method, record.iterator, []);
  } catch {
    // The error that made us close is the one to be seen.
  }
}

export const RETURNED = 2;
export const NO_RETURN = 3;
export const NO_THROW = 4;

/**
 * One round of `yield*`: hands what was sent (`mode` 0 next, 1 throw, 2 return) to the inner iterator and gives its
 * result object. `record.mode` says how to go on.
 */
export function delegate(record: IteratorRecord, value: unknown, mode: 0 | 1 | 2): unknown {
  const iterator = iteratorObject(record);
  record.mode = 0;
  if (mode === 0) return checkObject(callNext(record, value));
  if (mode === 1) {
    const method = getMethod(iterator, "throw");
    if (method !== undefined) return checkObject(apply(method, iterator, [value]));
    close(record);
    throw new TypeError("The iterator does not provide a 'throw' method");
  }
  const method = getMethod(iterator, "return");
  if (method === undefined) {
    record.mode = NO_RETURN;
    return value;
  }
  record.mode = RETURNED;
  return checkObject(apply(method, iterator, [value]));
}
