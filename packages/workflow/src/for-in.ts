// Owns for-in over awaits (ECMA-262 14.7.5.9): the keys as they were at the start, minus those deleted meanwhile.
// Neighbours: iterator.ts iterates values.
//
// I1. Keys and their order are the engine's own: a native for-in collects them.
// I2. A key is given only if it is still there, enumerable and not shadowed, when its turn comes.
import { registerClass } from "./codec/registry.js";
import { append, getOwnPropertyDescriptor, getPrototypeOf } from "./pristine.js";

export class KeyRecord {
  object: unknown;
  keys: string[];
  index = 0;
  value: string | undefined = undefined;
  constructor(object: unknown, keys: string[]) {
    this.object = object;
    this.keys = keys;
  }
}
registerClass("IK", KeyRecord, ["object", "keys", "index", "value"]);

/** Kit: starts a for-in. Null and undefined have no keys. */
export function keys(value: unknown): KeyRecord {
  const found: string[] = [];
  if (value === null || value === undefined) return new KeyRecord(undefined, found);
  const object = Object(value) as object;
  for (const key in object) append(found, key);
  return new KeyRecord(object, found);
}

/** Kit: true when there is a further key, then in `record.value`. */
export function nextKey(record: KeyRecord): boolean {
  while (record.index < record.keys.length) {
    const key = record.keys[record.index++]!;
    if (!isThere(record.object as object, key)) continue;
    record.value = key;
    return true;
  }
  record.object = undefined;
  record.value = undefined;
  return false;
}

function isThere(object: object, key: string): boolean {
  for (let at: object | null = object; at !== null; at = getPrototypeOf(at)) {
    const descriptor = getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor.enumerable === true;
  }
  return false;
}
