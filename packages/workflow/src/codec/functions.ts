// Functions and classes of the program, and functions that the runtime hands out.
//
//     {"$":"f12","s":[...]}                       table entry and its scopes
//     {"$":"c20","s":[...],"h":...,"k":[...]}     class: entry, scopes, heritage, computed keys
//     {"$":"m3","c":class}                        a class's member by number
//     {"$":"k","b":"bind","s":[...]}              runtime factory and its arguments
//     {"$":"p","v":fn}                            the object that `fn.prototype` was born with
// With `o`: the `prototype` property, where the one it was born with was replaced or changed (`w` 1: read-only).
// Own properties are changes of what the function was born with.
import { ClassRecord, type PartStamp, type PropertyBase, partName, propertyBase } from "../class.js";
import {
  apply,
  defineProperty,
  functionPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isExtensible,
  objectPrototype,
  ownKeys,
  SafeMap,
} from "../pristine.js";
import { privateElements } from "../private-name.js";
import { isProxy } from "../proxy.js";
import { type FunctionId, functionId, functionParts, noteOf } from "../stamp.js";
import { changesSince, putChanges } from "./changes.js";
import { defineKind, HERITAGE, type Input, type Json, type Kind, numberIn, type Output } from "./kind.js";
import {
  closedness,
  flagsOf,
  HIDDEN,
  OPEN,
  putKeys,
  putPrototype,
  putRest,
  takeOwn,
  takePrototype,
} from "./properties.js";
import { factories, makeFunction } from "./registry.js";

type Fn = object & { prototype?: unknown };

function factoryOf(id: FunctionId): (...parts: unknown[]) => object {
  const factory = factories.get(id);
  if (factory === undefined) throw new TypeError(`the program has no function ${id}`);
  return factory as (...parts: never[]) => object as (...parts: unknown[]) => object;
}

function putParts(out: Output, json: Json, parts: readonly unknown[]): void {
  if (parts.length === 0) return;
  const s: unknown[] = [];
  for (let i = 0; i < parts.length; i++) s[i] = out.put(parts[i], s, i, i);
  json.s = s;
}

function makeParts(input: Input, list: unknown): unknown[] {
  const s = (list ?? []) as unknown[];
  const parts: unknown[] = [];
  for (let i = 0; i < s.length; i++) parts[i] = input.make(s[i]);
  return parts;
}

/** What a function of this entry is like at birth. */
interface Newborn {
  readonly base: PropertyBase;
  readonly parent: object | null;
}
const newborns = new SafeMap<number, Newborn>();

// A factory only makes the function: calling it without scopes shows what it makes.
function newborn(id: number): Newborn {
  let known = newborns.get(id);
  if (known === undefined) {
    const fn = factoryOf(id)();
    known = { base: propertyBase(fn), parent: getPrototypeOf(fn) };
    newborns.set(id, known);
  }
  return known;
}

function putFunctionRest(out: Output, fn: Fn, json: Json, { base, parent }: Newborn): void {
  putPrototype(out, fn, json, parent);
  const changes = changesSince(fn, withPrototypeOf(fn, base));
  if (changes !== undefined) putChanges(out, changes, json);
  putPrototypeObject(out, fn, json, base);
  putRest(out, fn, json, closedness(fn));
}

// `prototype` is a fresh object each time, so it is compared by itself.
function withPrototypeOf(fn: Fn, base: PropertyBase): PropertyBase {
  const at = base.keys.indexOf("prototype");
  if (at < 0) return base;
  const descriptors = base.descriptors.slice();
  descriptors[at] = getOwnPropertyDescriptor(fn, "prototype") as PropertyDescriptor;
  return { keys: base.keys, descriptors };
}

function putPrototypeObject(out: Output, fn: Fn, json: Json, base: PropertyBase): void {
  const at = base.keys.indexOf("prototype");
  if (at < 0) return;
  const { value, writable } = getOwnPropertyDescriptor(fn, "prototype") as PropertyDescriptor;
  const born = (base.descriptors[at] as PropertyDescriptor).value as object;
  if (!out.knows(value) && isNewborn(value, getPrototypeOf(born), fn)) out.prototypeOf(value as object, fn);
  else if (!isBornWith(value, fn)) json.o = out.put(value, json, "o", "prototype");
  if (!writable) json.w = 1;
}

/** Whether the object is as a function's `prototype` is at birth: a link back to the function, or nothing at all. */
function isNewborn(object: unknown, parent: object | null, fn: object): boolean {
  if (typeof object !== "object" || object === null || isProxy(object)) return false;
  if (getPrototypeOf(object) !== parent || !isExtensible(object) || privateElements(object) !== undefined) return false;
  const keys = ownKeys(object);
  if (parent !== objectPrototype) return keys.length === 0;
  if (keys.length !== 1 || keys[0] !== "constructor") return false;
  const link = getOwnPropertyDescriptor(object, "constructor") as PropertyDescriptor;
  return link.value === fn && flagsOf(link) === HIDDEN;
}

const isBornWith = (object: unknown, fn: object): boolean =>
  typeof object === "object" && object !== null && ownerOf(object) === fn;

/** The function that the object was made for as its `prototype`, where the object alone tells. */
export function ownerOf(object: object): object | undefined {
  const record = noteOf(object)?.data;
  if (record instanceof ClassRecord) return record.class;
  const link = getOwnPropertyDescriptor(object, "constructor")?.value;
  if (typeof link !== "function" || isProxy(link) || typeof functionId(link) !== "number") return undefined;
  if (functionParts(link) instanceof ClassRecord) return undefined;
  return getOwnPropertyDescriptor(link, "prototype")?.value === object && isNewborn(object, objectPrototype, link)
    ? link
    : undefined;
}

function takePrototypeObject(input: Input, json: Json, fn: object): object {
  if (json.o !== undefined) defineProperty(fn, "prototype", { value: input.make(json.o) });
  if (json.w === 1) defineProperty(fn, "prototype", { writable: false });
  return takePrototype(input, json, fn);
}

function fillFunction(input: Input, json: Json, fn: object): void {
  takeOwn(input, json, fn);
}

export const functionKind: Kind = defineKind({
  tag: "f",
  write(out, fn) {
    const id = functionId(fn) as number;
    const json: Json = { $: `f${id}` };
    putParts(out, json, functionParts(fn) as unknown[]);
    putFunctionRest(out, fn, json, newborn(id));
    return json;
  },
  make: (input, json) => takePrototypeObject(input, json, factoryOf(numberIn(json))(...makeParts(input, json.s))),
  fill: fillFunction,
  state: (fn) => functionParts(fn) as unknown[],
});

export const factoryKind: Kind = defineKind({
  tag: "k",
  write(out, fn) {
    const id = functionId(fn) as string;
    const parts = functionParts(fn) as unknown[];
    const json: Json = { $: "k", b: id };
    putParts(out, json, parts);
    const twin = apply(factoryOf(id), undefined, parts) as object;
    putFunctionRest(out, fn, json, { base: propertyBase(twin), parent: getPrototypeOf(twin) });
    return json;
  },
  make(input, json) {
    const parts = makeParts(input, json.s);
    return takePrototypeObject(input, json, makeFunction(json.b as string, ...parts));
  },
  fill: fillFunction,
  state: (fn) => functionParts(fn) as unknown[],
});

export const partKind: Kind = defineKind({
  tag: "m",
  write(out, fn) {
    const { record, index } = functionParts(fn) as PartStamp;
    const json: Json = { $: `m${index}` };
    json.c = out.put(record.class, json, "c", "class");
    putFunctionRest(out, fn, json, { base: partBase(fn, record, index), parent: parentOf(record, index) });
    return json;
  },
  make(input, json) {
    const record = functionParts(input.make(json.c) as object) as ClassRecord;
    return takePrototypeObject(input, json, record.parts[numberIn(json)] as object);
  },
  fill: fillFunction,
  state: (fn) => [(functionParts(fn) as PartStamp).record.class],
});

// A method's birth was not recorded: it has `length` and `name`, and nobody changes its length.
function partBase(fn: object, record: ClassRecord, index: number): PropertyBase {
  const keys: PropertyKey[] = ["length", "name"];
  const length = getOwnPropertyDescriptor(fn, "length") ?? {};
  const name = { value: partName(record, index), writable: false, enumerable: false, configurable: true };
  const descriptors: PropertyDescriptor[] = [length, name];
  const prototype = getOwnPropertyDescriptor(fn, "prototype");
  if (prototype !== undefined) {
    keys.push("prototype");
    descriptors.push(prototype);
  }
  return { keys, descriptors };
}

function parentOf(record: ClassRecord, index: number): object | null {
  const kind = record.layout[index]?.[4] ?? "";
  return kindParents[kind];
}

const kindParents = {
  "": functionPrototype,
  a: getPrototypeOf(async () => {}),
  g: getPrototypeOf(function* () {}),
  ag: getPrototypeOf(async function* () {}),
} as const;

export const classKind: Kind = defineKind({
  tag: "c",
  write(out, cls) {
    const record = functionParts(cls) as ClassRecord;
    const json: Json = { $: `c${record.id}` };
    putParts(out, json, record.scopes);
    if (record.heritage !== undefined) json.h = out.put(record.heritage, json, "h", HERITAGE);
    if (record.keys !== undefined && record.keys.length > 0) json.k = putKeys(out, record.keys);
    const heritage = record.heritage as object | null | undefined;
    putPrototype(out, cls, json, heritage == null ? functionPrototype : heritage);
    const changes = changesSince(cls, record.base);
    if (changes !== undefined) putChanges(out, changes, json);
    const prototype = record.prototype;
    if (prototypeChanged(record, prototype)) json.o = out.put(prototype, json, "o", "prototype");
    putRest(out, cls, json, closedness(cls));
    return json;
  },
  make(input, json) {
    const parts = makeParts(input, json.s);
    parts.push(json.h === undefined ? undefined : input.make(json.h));
    parts.push(json.k === undefined ? [] : makeParts(input, json.k));
    const cls = factoryOf(numberIn(json))(...parts);
    (functionParts(cls) as ClassRecord).initialiser = undefined;
    return takePrototype(input, json, cls);
  },
  fill(input, json, cls) {
    if (json.o !== undefined) input.get(json.o);
    takeOwn(input, json, cls);
  },
  state(cls) {
    const { scopes, heritage, keys, parts } = functionParts(cls) as ClassRecord;
    return [...scopes, heritage, ...(keys ?? []), ...parts];
  },
});

const parentPrototype = (heritage: unknown): object | null | undefined => {
  if (heritage === undefined) return objectPrototype;
  if (heritage === null || isProxy(heritage as object)) return heritage === null ? null : undefined;
  return getOwnPropertyDescriptor(heritage as object, "prototype")?.value as object | null | undefined;
};

function prototypeChanged(record: ClassRecord, prototype: object): boolean {
  return (
    getPrototypeOf(prototype) !== parentPrototype(record.heritage) ||
    closedness(prototype) !== OPEN ||
    privateElements(prototype) !== undefined ||
    changesSince(prototype, record.prototypeBase) !== undefined
  );
}

export const prototypeKind: Kind = defineKind({
  tag: "p",
  write(out, object) {
    const json: Json = { $: "p" };
    const owner = out.ownerOf(object) ?? (ownerOf(object) as object);
    json.v = out.put(owner, json, "v", "constructor");
    const record = noteOf(object)?.data;
    if (record instanceof ClassRecord) {
      putPrototype(out, object, json, parentPrototype(record.heritage) as object | null);
      const changes = changesSince(object, record.prototypeBase);
      if (changes !== undefined) putChanges(out, changes, json);
      putRest(out, object, json, closedness(object));
    }
    return json;
  },
  make(input, json) {
    const fn = input.make(json.v) as object;
    return takePrototype(input, json, getOwnPropertyDescriptor(fn, "prototype")?.value as object);
  },
  fill: takeOwn,
});
