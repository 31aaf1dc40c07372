// How the properties of an object differ from what they were at some time: functions and classes since their birth, roots
// since load. Runs among patched built-ins (module-state.ts), so it uses none that a program can change.
import type { PropertyBase } from "../class.js";
import {
  append,
  bare,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  indexIn,
  mapList,
  ownKeys,
  sameValue,
} from "../pristine.js";
import type { Json, Output } from "./kind.js";
import { putKeys, putProperty } from "./properties.js";

/** How an object's properties differ from what they were. */
export interface PropertyChanges {
  readonly changed: readonly [PropertyKey, PropertyDescriptor][];
  readonly gone: readonly PropertyKey[];
  /** Set when the order is not the old one followed by the new keys. */
  readonly order: readonly PropertyKey[] | undefined;
}

/** undefined: nothing changed. */
export function changesSince(object: object, base: PropertyBase): PropertyChanges | undefined {
  const keys = ownKeys(object);
  const changed: [PropertyKey, PropertyDescriptor][] = [];
  const gone: PropertyKey[] = [];
  let reordered = false;
  let next = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as PropertyKey;
    const descriptor = getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
    // Almost always the key that is expected here.
    let at = next < base.keys.length && base.keys[next] === key ? next : indexIn(base.keys, key);
    const isNew = at < 0;
    if (isNew) {
      append(changed, [key, descriptor]);
      // Whenever they are added, integer keys come first, and texts before symbols.
      if (isIndex(key)) continue;
      at = typeof key === "symbol" ? base.keys.length : symbolsBegin(base.keys);
    } else if (!sameProperty(descriptor, base.descriptors[at] as PropertyDescriptor)) {
      append(changed, [key, descriptor]);
    }
    if (at < next) reordered = true;
    for (; next < at; next++) {
      const missing = base.keys[next] as PropertyKey;
      if (getOwnPropertyDescriptor(object, missing) === undefined) append(gone, missing);
      else reordered = true;
    }
    if (!isNew && at === next) next++;
  }
  for (; next < base.keys.length; next++) append(gone, base.keys[next] as PropertyKey);
  if (changed.length === 0 && gone.length === 0 && !reordered) return undefined;
  return { changed, gone, order: reordered ? keys : undefined };
}

function symbolsBegin(keys: readonly PropertyKey[]): number {
  for (let i = 0; i < keys.length; i++) if (typeof keys[i] === "symbol") return i;
  return keys.length;
}

function isIndex(key: PropertyKey): boolean {
  return typeof key === "string" && String(Number(key) >>> 0) === key;
}

/** As fields `f`, `d`, `n` of an object's JSON. */
export function putChanges(out: Output, changes: PropertyChanges, json: Json): void {
  if (changes.changed.length > 0) {
    json.f = changes.changed.map(([key, descriptor]) => putProperty(out, key, descriptor));
  }
  if (changes.gone.length > 0) json.d = putKeys(out, changes.gone);
  if (changes.order !== undefined) json.n = putKeys(out, changes.order);
}

function sameProperty(a: PropertyDescriptor, b: PropertyDescriptor): boolean {
  return (
    sameValue(a.value, b.value) &&
    a.get === b.get &&
    a.set === b.set &&
    a.writable === b.writable &&
    a.enumerable === b.enumerable &&
    a.configurable === b.configurable
  );
}

/** Gives the configurable properties this order. */
export function reorder(object: object, keys: readonly PropertyKey[]): void {
  const descriptors = mapList(keys, (key) => getOwnPropertyDescriptor(object, key));
  for (let i = 0; i < keys.length; i++) {
    const descriptor = descriptors[i];
    if (descriptor?.configurable && deleteProperty(object, keys[i] as PropertyKey)) {
      defineProperty(object, keys[i] as PropertyKey, bare(descriptor));
    }
  }
}
