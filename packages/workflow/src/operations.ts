// What machines call where an await splits an expression or a pattern that the language has no smaller form for.
import { type IteratorRecord, next } from "./iterator.js";
import { it } from "./native-iterator.js";
import { append, apply, defineProperty, getOwnPropertyDescriptor, ownKeys } from "./pristine.js";

/** `fn.apply(self, args)`; `text` names the callee in the error. */
export function call(fn: unknown, self: unknown, args: readonly unknown[], text: string): unknown {
  if (typeof fn !== "function") throw new TypeError(`${text} is not a function`);
  return apply(fn as (...args: unknown[]) => unknown, self, args);
}

/** A method call whose result may be a native iterator: it is remembered what the iterator runs over. */
export function itc(receiver: unknown, method: PropertyKey, args: readonly unknown[]): unknown {
  const fn = (receiver as Record<PropertyKey, unknown>)[method];
  return it(call(fn, receiver, args, `${typeof receiver}.${String(method)}`), receiver, method, args[0]);
}

/** Object rest (ECMA-262 7.3.26 CopyDataProperties with excluded keys). */
export function rest(source: unknown, excluded: readonly PropertyKey[]): object {
  const from = Object(source) as Record<PropertyKey, unknown>;
  const out = {};
  const keys = ownKeys(from);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as PropertyKey;
    if (includes(excluded, key) || getOwnPropertyDescriptor(from, key)?.enumerable !== true) continue;
    defineProperty(out, key, { value: from[key], writable: true, enumerable: true, configurable: true });
  }
  return out;
}

function includes(keys: readonly PropertyKey[], key: PropertyKey): boolean {
  for (let i = 0; i < keys.length; i++) if (keys[i] === key) return true;
  return false;
}

/** What is left of an iterator, for a rest element. */
export function collect(record: IteratorRecord): unknown[] {
  const values: unknown[] = [];
  while (!record.done && next(record)) append(values, record.value);
  return values;
}

export function args(more: readonly unknown[], ...first: unknown[]): unknown[] {
  for (let i = 0; i < more.length; i++) first[first.length] = more[i];
  return first;
}

export const noThrow = (): TypeError => new TypeError("The iterator does not provide a 'throw' method");
