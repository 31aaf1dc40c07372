// Native iterators in flight. What a built-in iterator walks over is hidden, and patching iterator prototypes makes
// spread and for-of slow in the whole process, so the iterator is stamped where compiled code asks for it: around
// explicit calls (`_k.it`), and in the runtime's own iteration records. The codec reads the stamp (codec/iterators.ts).
//
// I1. Only what a pristine built-in method gave is stamped: a user's own `values()` may return anything.
// I2. Finding that out runs no user code: own descriptors are read, proxies are left alone.
import {
  arrayIteratorPrototype,
  call,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  mapIteratorPrototype,
  regExpStringIteratorPrototype,
  SafeMap,
  setIteratorPrototype,
  stringIteratorPrototype,
  typedArray,
} from "./pristine.js";
import { isProxy } from "./proxy.js";
import { ensureNote, noteOf } from "./stamp.js";

export type IterationMethod = "values" | "keys" | "entries" | "matchAll";
export type Family = "array" | "map" | "set" | "string" | "match";

/** What a native iterator walks over. */
export class IteratorStamp {
  constructor(
    readonly family: Family,
    /** An array or anything like one, a Map, a Set, or text. */
    readonly target: unknown,
    readonly method: IterationMethod,
    /** `matchAll` only: the expression as it was. */
    readonly pattern: RegExp | undefined,
  ) {}
}

/** Built-in methods that make an iterator over their receiver. Those of Map and Set take no other receivers. */
const makers = new SafeMap<unknown, readonly [Family, IterationMethod]>();

function register(prototype: object, family: Family): void {
  // In Set.prototype `keys` is `values` itself, in Map.prototype `@@iterator` is `entries`, elsewhere `values`.
  for (const name of ["keys", "entries", "values"] as const) {
    makers.set(getOwnPropertyDescriptor(prototype, name)?.value, [family, name]);
  }
}
register(Array.prototype, "array");
register(typedArray.prototype, "array");
register(Map.prototype, "map");
register(Set.prototype, "set");
makers.set(String.prototype[Symbol.iterator], ["string", "values"]);
makers.set(String.prototype.matchAll, ["match", "matchAll"]);
makers.set(RegExp.prototype[Symbol.matchAll], ["match", "matchAll"]);

const prototypes = new SafeMap<object | null, true>();
prototypes.set(arrayIteratorPrototype, true);
prototypes.set(mapIteratorPrototype, true);
prototypes.set(setIteratorPrototype, true);
prototypes.set(stringIteratorPrototype, true);
prototypes.set(regExpStringIteratorPrototype, true);

/**
 * `_k.it((t = receiver).values(), t, "values")`, around calls named entries, keys, values, matchAll and
 * `[Symbol.iterator]`; `argument` is the first argument of `matchAll` and of `[Symbol.matchAll]`. Returns `result`.
 */
export function it<R>(result: R, receiver: unknown, key: PropertyKey, argument?: unknown): R {
  if (typeof result !== "object" || result === null) return result;
  if (noteOf(result) !== undefined || !prototypes.has(getPrototypeOf(result))) return result;
  const maker = makers.get(methodOf(receiver, key));
  const stamp = maker === undefined ? undefined : stampFor(maker[0], maker[1], receiver, argument);
  if (stamp !== undefined) stampIterator(result, stamp);
  return result;
}

function stampFor(
  family: Family,
  method: IterationMethod,
  receiver: unknown,
  argument: unknown,
): IteratorStamp | undefined {
  if (family === "string") {
    const text = textOf(receiver);
    return text === undefined ? undefined : new IteratorStamp(family, text, method, undefined);
  }
  if (family !== "match") return new IteratorStamp(family, receiver, method, undefined);
  const [subject, expression] = isText(receiver) ? [receiver, argument] : [argument, receiver];
  const text = textOf(subject);
  const pattern = patternOf(expression);
  return text === undefined || pattern === undefined ? undefined : new IteratorStamp(family, text, method, pattern);
}

export function iteratorStamp(object: object): IteratorStamp | undefined {
  const data = noteOf(object)?.data;
  return data instanceof IteratorStamp ? data : undefined;
}

/** Takes over the stamp of an iterator made anew. */
export function stampIterator(object: object, stamp: IteratorStamp): void {
  ensureNote(object).data = stamp;
}

function methodOf(receiver: unknown, key: PropertyKey): unknown {
  let holder: object | null;
  if (typeof receiver === "string") holder = String.prototype;
  else if (typeof receiver === "object" && receiver !== null) holder = receiver;
  else return undefined;
  while (holder !== null) {
    if (isProxy(holder)) return undefined;
    const found = getOwnPropertyDescriptor(holder, key);
    if (found !== undefined) return found.value;
    holder = getPrototypeOf(holder);
  }
  return undefined;
}

export const mapSize = getOwnPropertyDescriptor(Map.prototype, "size")!.get as () => number;
export const setSize = getOwnPropertyDescriptor(Set.prototype, "size")!.get as () => number;
const patternSource = getOwnPropertyDescriptor(RegExp.prototype, "source")!.get as () => string;
const patternFlags = getOwnPropertyDescriptor(RegExp.prototype, "flags")!.get as () => string;
const textValue = String.prototype.valueOf;

const works = (test: () => unknown, value: unknown): boolean => {
  try {
    call(test, value);
    return true;
  } catch {
    return false;
  }
};

export const isMap = (value: unknown): value is Map<unknown, unknown> => works(mapSize, value);
export const isSet = (value: unknown): value is Set<unknown> => works(setSize, value);
export const isPattern = (value: unknown): value is RegExp => works(patternSource, value);
const isText = (value: unknown): boolean => typeof value === "string" || works(textValue, value);

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" ? value : isText(value) ? call(textValue, value) : undefined;

// As String.prototype.matchAll: an expression is cloned with its flags and position, anything else becomes one.
function patternOf(pattern: unknown): RegExp | undefined {
  if (typeof pattern === "string") return new RegExp(pattern, "g");
  if (pattern === undefined) return /(?:)/g;
  if (typeof pattern !== "object" || pattern === null || isProxy(pattern) || !isPattern(pattern)) return undefined;
  const copy = new RegExp(pattern, call(patternFlags, pattern));
  copy.lastIndex = pattern.lastIndex;
  return copy;
}
