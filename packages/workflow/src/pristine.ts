// Built-ins as they were when the runtime loaded. Workflow code may patch any of them later; the runtime's own paths
// that run between user code (stamps, image, codec) must not notice.

export const {
  apply,
  construct,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isExtensible,
  ownKeys,
  preventExtensions,
  setPrototypeOf,
} = Reflect;
export const { create: createObject, freeze, is: sameValue, isFrozen, isSealed, seal } = Object;
export const { isArray } = Array;
export const { isView } = ArrayBuffer;
export const symbolKeyFor = Symbol.keyFor;
export const symbolFor = Symbol.for;
export const objectPrototype: object = Object.prototype;
export const arrayPrototype: object = Array.prototype;
export const functionPrototype: object = Function.prototype;

/** `fn.call(self, ...args)` that does not look up `call` on anything patchable. */
export function call<R>(fn: (...args: never[]) => R, self: unknown, ...args: unknown[]): R {
  return apply(fn, self, args) as R;
}

// A prototype of its own that inherits from nothing: `map.get` stays the built-in, at its full speed.
function detached<C extends abstract new (...args: never[]) => object>(derived: C, base: object): C {
  const prototype = derived.prototype as object;
  for (const key of ownKeys(base)) {
    if (key !== "constructor") defineProperty(prototype, key, getOwnPropertyDescriptor(base, key)!);
  }
  setPrototypeOf(prototype, null);
  return derived;
}

/** A Map that patches of `Map.prototype` do not reach. Iterate it with `forEach`. */
export class SafeMap<K, V> extends Map<K, V> {}
detached(SafeMap, Map.prototype);

/** A Set that patches of `Set.prototype` do not reach. Iterate it with `forEach`. */
export class SafeSet<T> extends Set<T> {}
detached(SafeSet, Set.prototype);

/** Intrinsics that no global names. */
const asyncGenerator = async function* () {};
const generator = function* () {};
export const asyncFunctionPrototype: object = getPrototypeOf(async () => {})!;
export const generatorFunctionPrototype: object = getPrototypeOf(generator)!;
export const asyncGeneratorFunctionPrototype: object = getPrototypeOf(asyncGenerator)!;
/** %GeneratorPrototype% and %AsyncGeneratorPrototype%: generator.ts gives them the runtime's own methods. */
export const generatorPrototype = (generatorFunctionPrototype as { prototype: object }).prototype;
export const asyncGeneratorPrototype = (asyncGeneratorFunctionPrototype as { prototype: object }).prototype;
export const iteratorPrototype: object = getPrototypeOf(generatorPrototype)!;
export const asyncIteratorPrototype: object = getPrototypeOf(asyncGeneratorPrototype)!;
export const arrayIteratorPrototype: object = getPrototypeOf([][Symbol.iterator]())!;
export const mapIteratorPrototype: object = getPrototypeOf(new Map()[Symbol.iterator]())!;
export const setIteratorPrototype: object = getPrototypeOf(new Set()[Symbol.iterator]())!;
export const stringIteratorPrototype: object = getPrototypeOf(""[Symbol.iterator]())!;
export const regExpStringIteratorPrototype: object = getPrototypeOf("".matchAll(/x/g))!;
export const typedArray = getPrototypeOf(Uint8Array) as { prototype: object };

// Array methods that patches of `Array.prototype` do not reach. Loops over arrays that may run among patched built-ins
// count: `for (of)` and destructuring ask `Array.prototype[Symbol.iterator]`. Where a program may have put an index with a
// setter on `Array.prototype`, a list grows by `append` only.

const element = createObject(null) as PropertyDescriptor;
element.writable = true;
element.enumerable = true;
element.configurable = true;

export function append<T>(list: T[], item: T): void {
  const { length } = list;
  // An assignment costs a tenth of a definition. It makes an element of the list's own unless a prototype has one there.
  if (!(length in list)) {
    list[length] = item;
    return;
  }
  element.value = item;
  defineProperty(list, length, element);
  element.value = undefined;
}

export function indexIn(list: readonly unknown[], item: unknown): number {
  for (let i = 0; i < list.length; i++) if (list[i] === item) return i;
  return -1;
}

export function mapList<T, R>(list: readonly T[], each: (item: T, index: number) => R): R[] {
  const mapped: R[] = [];
  for (let i = 0; i < list.length; i++) append(mapped, each(list[i] as T, i));
  return mapped;
}

export const copyList = <T>(list: readonly T[]): T[] => mapList(list, (item) => item);

/** A descriptor that inherits nothing, so that no patch of `Object.prototype` adds to it. */
export function bare(descriptor: PropertyDescriptor): PropertyDescriptor {
  setPrototypeOf(descriptor, null);
  return descriptor;
}

export function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameValue(a[i], b[i])) return false;
  return true;
}
