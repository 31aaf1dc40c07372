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
  isArray,
  isView,
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

/** What a native iterator walks over. */
export class IteratorStamp {
  readonly target: unknown;
  readonly method: IterationMethod;
  /** `matchAll` only: the expression as it was, and its flags. */
  readonly pattern: RegExp | undefined;
  constructor(target: unknown, method: IterationMethod, pattern?: RegExp) {
    this.target = target;
    this.method = method;
    this.pattern = pattern;
  }
}

/** Built-in methods that make an iterator over their receiver. */
const methods = new SafeMap<unknown, IterationMethod>();
for (const prototype of [Array.prototype, typedArray.prototype, Map.prototype, Set.prototype]) {
  for (const name of ["entries", "keys", "values"] as const) {
    methods.set(getOwnPropertyDescriptor(prototype, name)?.value, name);
  }
}
// In Set.prototype `keys` is `values` itself.
methods.set(Set.prototype.values, "values");
// In Map.prototype `@@iterator` is `entries`, elsewhere `values`.
methods.set(String.prototype[Symbol.iterator], "values");
methods.set(String.prototype.matchAll, "matchAll");
methods.set(RegExp.prototype[Symbol.matchAll], "matchAll");

const iteratorPrototypes = new SafeMap<object | null, true>();
for (const prototype of [
  arrayIteratorPrototype,
  mapIteratorPrototype,
  setIteratorPrototype,
  stringIteratorPrototype,
  regExpStringIteratorPrototype,
]) {
  iteratorPrototypes.set(prototype, true);
}

/**
 * `_k.it((t = receiver).values(), t, "values")`, around calls named entries, keys, values, matchAll and
 * `[Symbol.iterator]`; `argument` is the first argument of `matchAll` and of `[Symbol.matchAll]`. Returns `result`.
 */
export function it<R>(result: R, receiver: unknown, key: PropertyKey, argument?: unknown): R {
  if (typeof result !== "object" || result === null) return result;
  if (noteOf(result) !== undefined || !iteratorPrototypes.has(getPrototypeOf(result))) return result;
  const method = methods.get(methodOf(receiver, key));
  if (method === undefined) return result;
  if (method !== "matchAll") ensureNote(result).data = new IteratorStamp(receiver, method);
  else {
    const [text, pattern] = typeof receiver === "string" ? [receiver, argument] : [argument, receiver];
    if (typeof text !== "string") return result;
    const copy = patternOf(pattern);
    if (copy !== undefined) ensureNote(result).data = new IteratorStamp(text, "matchAll", copy);
  }
  return result;
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
  if (!iterable(receiver)) return undefined;
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

function iterable(value: unknown): boolean {
  if (typeof value === "string" || isArray(value) || isView(value)) return true;
  return isMap(value) || isSet(value) || isPattern(value);
}

// As String.prototype.matchAll: an expression is cloned with its flags and position, anything else becomes one.
function patternOf(pattern: unknown): RegExp | undefined {
  if (typeof pattern === "string") return new RegExp(pattern, "g");
  if (pattern === undefined) return /(?:)/g;
  if (typeof pattern !== "object" || pattern === null || isProxy(pattern) || !isPattern(pattern)) return undefined;
  const copy = new RegExp(pattern, call(patternFlags, pattern));
  copy.lastIndex = pattern.lastIndex;
  return copy;
}
