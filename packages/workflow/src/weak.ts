// WeakMap and WeakSet of the realm. A native one cannot be enumerated, so each key remembers which collections it was
// put into (25 ns); the codec asks the living keys. Owns the two patched prototypes.
//
// I1. A key's list may name collections that no longer hold it: who reads it asks the collection.
// I2. Collections and keys that are roots of the program are shared by all threads. What a step changed of them is
//     logged, so that module-state.ts can save and undo it.
import { call, defineProperty, SafeMap, SafeSet } from "./pristine.js";
import { ensureNote } from "./stamp.js";

export type WeakCollection = WeakMap<WeakKey, unknown> | WeakSet<WeakKey>;

const { has: mapHas, get: mapGet, set: mapSet, delete: mapDelete } = WeakMap.prototype;
const { has: setHas, add: setAdd, delete: setDelete } = WeakSet.prototype;

const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** Symbols cannot be stamped, so their collections remember them. */
const symbolKeys = new WeakMap<object, SafeSet<symbol>>();

function remember(key: WeakKey, collection: object): void {
  if (!isObject(key)) {
    const keys = symbolKeysOf(collection) ?? new SafeSet<symbol>();
    keys.add(key as symbol);
    call(mapSet, symbolKeys, collection, keys);
    return;
  }
  const note = ensureNote(key);
  const { weak } = note;
  if (weak === undefined) {
    note.weak = [collection];
    return;
  }
  for (let i = 0; i < weak.length; i++) if (weak[i] === collection) return;
  weak[weak.length] = collection;
}

export interface WeakEntry {
  readonly collection: object;
  readonly key: WeakKey;
  /** What it was before the step; ABSENT: not there. */
  readonly before: unknown;
}

export const ABSENT: unique symbol = Symbol("absent");

let isRoot: ((object: object) => boolean) | undefined;
let log = new SafeMap<object, SafeMap<WeakKey, unknown>>();

/** From now on changes under root keys are logged. */
export function watchRoots(root: (object: object) => boolean): void {
  isRoot = root;
}

function note(collection: object, key: WeakKey, isMap: boolean): void {
  if (isRoot === undefined || !isObject(key) || !isRoot(key)) return;
  const entries = log.get(collection) ?? new SafeMap<WeakKey, unknown>();
  if (!entries.has(key)) entries.set(key, weakGet(collection, key, isMap));
  log.set(collection, entries);
}

/** Entries under root keys that were touched since the last `clearLog`. */
export function loggedEntries(): WeakEntry[] {
  const list: WeakEntry[] = [];
  log.forEach((entries, collection) => {
    entries.forEach((before, key) => {
      list[list.length] = { collection, key, before };
    });
  });
  return list;
}

export function clearLog(): void {
  log = new SafeMap();
}

export function isWeakMap(object: object): object is WeakMap<WeakKey, unknown> {
  try {
    call(mapHas, object, object);
    return true;
  } catch {
    return false;
  }
}

export function isWeakSet(object: object): object is WeakSet<WeakKey> {
  try {
    call(setHas, object, object);
    return true;
  } catch {
    return false;
  }
}

/** The value under `key`, ABSENT if there is none; true for a member of a WeakSet. */
export function weakGet(collection: object, key: WeakKey, isMap = isWeakMap(collection)): unknown {
  if (isMap) return call(mapHas, collection, key) ? call(mapGet as (key: WeakKey) => unknown, collection, key) : ABSENT;
  return call(setHas, collection, key) ? true : ABSENT;
}

/** Sets or, with ABSENT, removes an entry. */
export function weakPut(collection: object, key: WeakKey, value: unknown): void {
  const isMap = isWeakMap(collection);
  note(collection, key, isMap);
  if (value === ABSENT) {
    if (isMap) call(mapDelete, collection, key);
    else call(setDelete, collection, key);
    return;
  }
  if (isMap) call(mapSet as (key: WeakKey, value: unknown) => unknown, collection, key, value);
  else call(setAdd, collection, key);
  remember(key, collection);
}

/** The symbols that may be keys of `collection`. */
export function symbolKeysOf(collection: object): SafeSet<symbol> | undefined {
  return call(mapGet as (key: object) => SafeSet<symbol> | undefined, symbolKeys, collection);
}

function patch(prototype: object, methods: Record<string, (...args: never[]) => unknown>): void {
  for (const name of Object.keys(methods)) {
    defineProperty(prototype, name, { value: methods[name], writable: true, enumerable: false, configurable: true });
  }
}

/** Gives the realm's weak collections their tracked methods. Called once, before the program. */
export function installWeak(): void {
  patch(WeakMap.prototype, {
    set(this: WeakMap<WeakKey, unknown>, key: WeakKey, value: unknown) {
      if (isRoot !== undefined && mayHold(this, key, true)) note(this, key, true);
      call(mapSet as (key: WeakKey, value: unknown) => unknown, this, key, value);
      remember(key, this);
      return this;
    },
    delete(this: WeakMap<WeakKey, unknown>, key: WeakKey) {
      if (isRoot !== undefined && mayHold(this, key, true)) note(this, key, true);
      return call(mapDelete, this, key);
    },
  });
  // Newer engines only: what they do without `set` would go unseen.
  for (const name of ["getOrInsert", "getOrInsertComputed"]) {
    const native = (WeakMap.prototype as unknown as Record<string, (key: WeakKey, value: unknown) => unknown>)[name];
    if (native === undefined) continue;
    patch(WeakMap.prototype, {
      [name](this: WeakMap<WeakKey, unknown>, key: WeakKey, value: unknown) {
        if (isRoot !== undefined && mayHold(this, key, true)) note(this, key, true);
        const result = call(native, this, key, value);
        remember(key, this);
        return result;
      },
    });
  }
  patch(WeakSet.prototype, {
    add(this: WeakSet<WeakKey>, key: WeakKey) {
      if (isRoot !== undefined && mayHold(this, key, false)) note(this, key, false);
      call(setAdd, this, key);
      remember(key, this);
      return this;
    },
    delete(this: WeakSet<WeakKey>, key: WeakKey) {
      if (isRoot !== undefined && mayHold(this, key, false)) note(this, key, false);
      return call(setDelete, this, key);
    },
  });
}

// Wrong receivers and keys are left to the built-in, which says what is wrong.
function mayHold(collection: unknown, key: unknown, isMap: boolean): boolean {
  return isObject(key) && isObject(collection) && (isMap ? isWeakMap(collection) : isWeakSet(collection));
}
