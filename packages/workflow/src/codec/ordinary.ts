// Plain objects, instances of classes, arrays and `arguments`. The common cases are the library's own forms: `{f: [...]}`
// for a plain object, a JSON array for an array; anything unusual gets a tag.
import { propertyBase } from "../class.js";
import {
  apply,
  arrayPrototype,
  createObject,
  defineProperty,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  objectPrototype,
  ownKeys,
} from "../pristine.js";
import { privateElements } from "../private-name.js";
import { changesSince, putChanges } from "./changes.js";
import { defineKind, type Input, type Json, type Kind } from "./kind.js";
import {
  closedness,
  FROZEN,
  flagsOf,
  HIDDEN,
  LOCKED,
  OPEN,
  putProperty,
  putPrototype,
  putRest,
  READONLY,
  takeOwn,
  takePrototype,
} from "./properties.js";

const { toString: builtinTag } = Object.prototype;

export const ordinaryKind: Kind = defineKind({
  tag: "O",
  write(out, object) {
    const keys = ownKeys(object);
    // Its own @@iterator is an arguments object's last key.
    if (typeof keys[keys.length - 1] === "symbol" && apply(builtinTag, object, []) === "[object Arguments]") {
      return argumentsKind.write(out, object as IArguments);
    }
    const prototype = getPrototypeOf(object);
    const closed = closedness(object);
    const json: Json = {};
    if (prototype !== objectPrototype) {
      json.$ = "O";
      putPrototype(out, object, json, objectPrototype);
    }
    if (keys.length > 0) {
      const f: unknown[] = [];
      for (let i = 0; i < keys.length; i++) {
        const key = keys[i] as PropertyKey;
        const entry = putProperty(out, key, getOwnPropertyDescriptor(object, key) as PropertyDescriptor, closed);
        // The library would take the empty key for a symbol.
        if (entry.length > 2 ? entry[2] !== 0 : typeof key === "symbol" || key === "") json.$ = "O";
        f[i] = entry;
      }
      json.f = f;
    }
    if (closed !== OPEN || privateElements(object) !== undefined) {
      json.$ = "O";
      putRest(out, object, json, closed);
    }
    return json;
  },
  make(input, json) {
    if (json.p === undefined) return {};
    return createObject(json.p === null ? null : (input.make(json.p) as object)) as object;
  },
  fill: takeOwn,
});

/** A hole in a JSON array of elements. */
const HOLE = { $: "hole" };

/** `v` elements from the start, `l` length where `v` is not all, `w` 1: length is read-only; the rest as properties. */
export const arrayKind: Kind<unknown[]> = defineKind<unknown[]>({
  tag: "A",
  write(out, array) {
    const { length } = array;
    const closed = closedness(array);
    const elementFlags = closed === FROZEN ? LOCKED | READONLY : closed === 2 ? LOCKED : 0;
    const v: unknown[] = [];
    const special: unknown[] = [];
    let count = 0;
    // A sparse array's elements are written as properties.
    if (length < 64 || ownKeys(array).length * 2 > length) {
      for (let i = 0; i < length; i++) {
        const element = getOwnPropertyDescriptor(array, i);
        v[i] = HOLE;
        if (element === undefined) continue;
        count++;
        if (flagsOf(element) === elementFlags) v[i] = out.put(element.value, v, i, i);
        else special[special.length] = putProperty(out, String(i), element, closed);
      }
    }
    const keys = ownKeys(array);
    const lengthFlags = flagsOf(getOwnPropertyDescriptor(array, "length") as PropertyDescriptor);
    const plain = count === length && special.length === 0 && keys.length === count + 1;
    if (plain && closed === OPEN && lengthFlags === (LOCKED | HIDDEN)) {
      if (getPrototypeOf(array) === arrayPrototype && privateElements(array) === undefined) return v;
    }
    const json: Json = { $: "A" };
    putPrototype(out, array, json, arrayPrototype);
    if (v.length > 0) json.v = v;
    if (v.length !== length) json.l = length;
    const f = special;
    for (let i = count; i < keys.length; i++) {
      const key = keys[i] as string | symbol;
      if (key === "length") continue;
      f[f.length] = putProperty(out, key, getOwnPropertyDescriptor(array, key) as PropertyDescriptor, closed);
    }
    if (f.length > 0) json.f = f;
    if ((lengthFlags & READONLY) !== 0 && closed !== FROZEN) json.w = 1;
    putRest(out, array, json, closed);
    return json;
  },
  make: (input, json) => takePrototype(input, json, []) as unknown[],
  fill(input, json, array) {
    const v = json.v as unknown[] | undefined;
    if (v !== undefined) fillElements(input, v, array);
    if (json.l !== undefined) array.length = json.l as number;
    const { e, ...properties } = json;
    takeOwn(input, properties, array);
    if (json.w === 1) defineProperty(array, "length", { writable: false });
    if (e !== undefined) takeOwn(input, { e }, array);
  },
});

function fillElements(input: Input, v: readonly unknown[], array: unknown[]): void {
  for (let i = 0; i < v.length; i++) {
    const json = v[i];
    if (typeof json === "object" && json !== null && (json as Json).$ === HOLE.$) continue;
    defineProperty(array, i, { value: input.get(json), writable: true, enumerable: true, configurable: true });
  }
  if (array.length < v.length) array.length = v.length;
}

function emptyArguments(): IArguments {
  // biome-ignore lint/complexity/noArguments: an arguments object is what is wanted
  return arguments;
}
const emptyArgumentsBase = propertyBase(emptyArguments());

/** The `arguments` of strict code, as changes of an empty one. */
const argumentsKind: Kind<IArguments> = defineKind<IArguments>({
  tag: "Arguments",
  write(out, object) {
    const json: Json = { $: "Arguments" };
    const changes = changesSince(object, emptyArgumentsBase);
    putPrototype(out, object, json, objectPrototype);
    if (changes !== undefined) putChanges(out, changes, json);
    putRest(out, object, json, closedness(object));
    return json;
  },
  make: (input, json) => takePrototype(input, json, emptyArguments()) as IArguments,
  fill: takeOwn,
});

// What the library's own form of an array becomes is the library's business; this kind only takes the place of a hole.
defineKind({
  tag: HOLE.$,
  write: () => HOLE,
  make: () => ({}),
  fill() {},
});
