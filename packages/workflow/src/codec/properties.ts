// Own properties of anything, in the library's format: `f` is a list of `[key, value, flags, get, set]`.
//
//     p  prototype, where it is not the kind's own (null: none)
//     f  properties, in order; where the object begins with some of its own (functions, classes), only the changed
//     d  keys of those it began with that are gone
//     n  all keys in order, where the order is not "those it began with, then f"
//     q  private elements: name, value, name, value, ...
//     e  1: not extensible, 2: sealed, 3: frozen (the flags that follow from it are not in `f`)
//
// Flags: 1 not configurable, 2 not enumerable, 4 not writable, 8 accessor. No flags: an ordinary property.
//
// I1. Nothing of the user's runs: no getter, no setter, no trap.
// I2. `e` comes last: a frozen object is filled before it is closed.
import {
  createObject,
  defineProperty,
  deleteProperty,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isExtensible,
  isFrozen,
  isSealed,
  ownKeys,
  preventExtensions,
  seal,
  setPrototypeOf,
} from "../pristine.js";
import { type PrivateName, privateElements, setPrivateElements } from "../private-name.js";
import { reorder } from "./changes.js";
import { type Input, type Json, type Output, PROTOTYPE } from "./kind.js";

export const LOCKED = 1;
export const HIDDEN = 2;
export const READONLY = 4;
export const ACCESSOR = 8;

export function flagsOf(descriptor: PropertyDescriptor): number {
  let flags = 0;
  if (!descriptor.configurable) flags |= LOCKED;
  if (!descriptor.enumerable) flags |= HIDDEN;
  if (!descriptor.writable) flags |= READONLY;
  if (!("value" in descriptor)) flags |= ACCESSOR;
  return flags;
}

/** How far an object is closed. */
export type Closed = 0 | 1 | 2 | 3;
export const OPEN = 0;
export const FROZEN = 3;
const impliedFlags = [0, 0, LOCKED, LOCKED | READONLY] as const;

export function closedness(object: object): Closed {
  if (isExtensible(object)) return OPEN;
  return isFrozen(object) ? FROZEN : isSealed(object) ? 2 : 1;
}

export function close(object: object, closed: unknown): void {
  if (closed === 1) preventExtensions(object);
  else if (closed === 2) seal(object);
  else if (closed === FROZEN) freeze(object);
}

/** `[key]`, to be completed by `putProperty`. */
export function putKey(out: Output, key: PropertyKey): unknown[] {
  const entry: unknown[] = [key];
  if (typeof key === "symbol") entry[0] = out.put(key, entry, 0, key);
  return entry;
}

export function putProperty(
  out: Output,
  key: PropertyKey,
  descriptor: PropertyDescriptor,
  closed: Closed = OPEN,
): unknown[] {
  const entry = putKey(out, key);
  let flags = flagsOf(descriptor);
  if ((flags & ACCESSOR) === 0) {
    flags &= ~impliedFlags[closed];
    entry[1] = out.put(descriptor.value, entry, 1, key);
    // The library assigns properties without flags: `__proto__` would set the prototype.
    if (flags !== 0 || key === "__proto__") entry[2] = flags;
    return entry;
  }
  entry[1] = null;
  entry[2] = flags;
  if (descriptor.get !== undefined) entry[3] = out.put(descriptor.get, entry, 3, key);
  if (descriptor.set !== undefined) {
    if (descriptor.get === undefined) entry[3] = null;
    entry[4] = out.put(descriptor.set, entry, 4, key);
  }
  return entry;
}

export function putPrototype(out: Output, object: object, json: Json, usual: object | null): void {
  const prototype = getPrototypeOf(object);
  if (prototype !== usual) json.p = prototype === null ? null : out.put(prototype, json, "p", PROTOTYPE);
}

/** What any object may have beside its properties. */
export function putRest(out: Output, object: object, json: Json, closed: Closed): void {
  const elements = privateElements(object);
  if (elements !== undefined) putElements(out, elements, json);
  if (closed !== OPEN) json.e = closed;
}

export function putElements(
  out: Output,
  { names, values }: { readonly names: readonly PrivateName[]; readonly values: readonly unknown[] },
  json: Json,
): void {
  const q: unknown[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as PrivateName;
    const at = q.length;
    q[at] = out.put(name, q, at, `#${name.description}`);
    q[at + 1] = name.kind === "field" ? out.put(values[i], q, at + 1, `#${name.description}`) : 0;
  }
  json.q = q;
}

/** Properties and the rest of an object that begins empty, but for keys that `skip` names. */
export function putOwn(
  out: Output,
  object: object,
  json: Json,
  usual: object | null,
  skip?: (key: PropertyKey) => boolean,
): void {
  putPrototype(out, object, json, usual);
  const keys = ownKeys(object);
  const closed = closedness(object);
  let f: unknown[] | undefined;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as PropertyKey;
    if (skip?.(key)) continue;
    f ??= [];
    f[f.length] = putProperty(out, key, getOwnPropertyDescriptor(object, key) as PropertyDescriptor, closed);
  }
  if (f !== undefined) json.f = f;
  putRest(out, object, json, closed);
}

export function putKeys(out: Output, keys: readonly PropertyKey[]): unknown[] {
  const list: unknown[] = [];
  for (let i = 0; i < keys.length; i++) list[i] = out.put(keys[i], list, i, keys[i] as PropertyKey);
  return list;
}

/** The prototype that was saved with the object, given to it before anything else. */
export function takePrototype(input: Input, json: Json, object: object): object {
  if (json.p !== undefined) setPrototypeOf(object, json.p === null ? null : (input.make(json.p) as object));
  return object;
}

export type PropertyJson = [key: unknown, value: unknown, flags?: number, get?: unknown, set?: unknown];

export const readKey = (input: Input, json: unknown): PropertyKey =>
  typeof json === "string" ? json : (input.make(json) as PropertyKey);

/** Everything but the prototype. */
export function takeOwn(input: Input, json: Json, object: object): void {
  const gone = json.d as unknown[] | undefined;
  if (gone !== undefined) for (const key of gone) deleteProperty(object, readKey(input, key));
  const f = json.f as PropertyJson[] | undefined;
  if (f !== undefined) {
    for (let i = 0; i < f.length; i++) {
      const entry = f[i] as PropertyJson;
      const key = readKey(input, entry[0]);
      if (!defineProperty(object, key, readDescriptor(input, entry))) {
        throw new TypeError(`cannot restore property ${String(key)}`);
      }
    }
  }
  const order = json.n as unknown[] | undefined;
  if (order !== undefined) {
    const keys = order.map((key) => readKey(input, key));
    reorder(object, keys);
  }
  const q = json.q as unknown[] | undefined;
  if (q !== undefined) takeElements(input, q, object);
  if (json.e !== undefined) close(object, json.e);
}

export function takeElements(input: Input, q: readonly unknown[], object: object): void {
  const names: PrivateName[] = [];
  const values: unknown[] = [];
  for (let i = 0; i < q.length; i += 2) {
    const name = input.get(q[i]) as PrivateName;
    names[names.length] = name;
    values[values.length] = input.get(q[i + 1]);
  }
  setPrivateElements(object, names, values);
}

export function readDescriptor(input: Input, entry: PropertyJson): PropertyDescriptor {
  const flags = entry[2] ?? 0;
  const descriptor = createObject(null) as PropertyDescriptor;
  descriptor.configurable = (flags & LOCKED) === 0;
  descriptor.enumerable = (flags & HIDDEN) === 0;
  if ((flags & ACCESSOR) === 0) {
    descriptor.writable = (flags & READONLY) === 0;
    descriptor.value = input.get(entry[1]);
  } else {
    if (entry[3] != null) descriptor.get = input.get(entry[3]) as () => unknown;
    if (entry[4] != null) descriptor.set = input.get(entry[4]) as (value: unknown) => void;
    // Neither half: still an accessor.
    if (entry[3] == null && entry[4] == null) descriptor.get = undefined as unknown as () => unknown;
  }
  return descriptor;
}
