// Native iterators in flight (native-iterator.ts stamps them). Where one stands is hidden too: it is found by running
// it to its end, which uses it up: an object that was written is not used any more, the thread goes on from the text.
//
// What a Map or Set iterator has left is always a suffix of the present entries, what an Array iterator has left the
// suffix of the present elements. A sentinel at the end tells an iterator that stands at the end, and would see what is
// added later, from an exhausted one, which never yields again.

import {
  type Family,
  type IterationMethod,
  IteratorStamp,
  iteratorStamp,
  mapSize,
  setSize,
  stampIterator,
} from "../native-iterator.js";
import {
  arrayIteratorPrototype,
  call,
  defineProperty,
  getPrototypeOf,
  isArray,
  isView,
  mapIteratorPrototype,
  regExpStringIteratorPrototype,
  setIteratorPrototype,
  stringIteratorPrototype,
  typedArray,
} from "../pristine.js";
import { ownFlags } from "./builtins.js";
import { defineKind, type Json, type Kind } from "./kind.js";
import { putOwn, takeOwn, takePrototype } from "./properties.js";

type Next = () => IteratorResult<unknown>;
const nextOf = (prototype: object): Next => (prototype as { next: Next }).next;
const nexts = {
  array: nextOf(arrayIteratorPrototype),
  map: nextOf(mapIteratorPrototype),
  set: nextOf(setIteratorPrototype),
  string: nextOf(stringIteratorPrototype),
  match: nextOf(regExpStringIteratorPrototype),
};
const makers = {
  array: { values: Array.prototype.values, keys: Array.prototype.keys, entries: Array.prototype.entries },
  typed: typedArray.prototype as { values: () => object; keys: () => object; entries: () => object },
  map: { values: Map.prototype.values, keys: Map.prototype.keys, entries: Map.prototype.entries },
  set: { values: Set.prototype.values, keys: Set.prototype.values, entries: Set.prototype.entries },
  string: String.prototype[Symbol.iterator],
  match: RegExp.prototype[Symbol.matchAll],
};
const { set: mapSet, delete: mapDelete } = Map.prototype;
const { add: setAdd, delete: setDelete } = Set.prototype;

const families = { m: "map", s: "set" } as const;

/** How many results are left; `ended`: it will never yield again. */
function drain(iterator: object, target: unknown, family: Family): { left: number; ended: boolean } {
  const next = nexts[family];
  const sentinel = {};
  let placed = false;
  if (family === "map") {
    call(mapSet as (key: unknown, value: unknown) => unknown, target, sentinel, sentinel);
    placed = true;
  } else if (family === "set") {
    call(setAdd as (value: unknown) => unknown, target, sentinel);
    placed = true;
  } else if (isArray(target)) {
    const value = { value: sentinel, writable: true, enumerable: true, configurable: true };
    placed = defineProperty(target, target.length, value);
  }
  let left = 0;
  while (call(next, iterator).done !== true) left++;
  if (placed) {
    if (family === "map") call(mapDelete as (key: unknown) => boolean, target, sentinel);
    else if (family === "set") call(setDelete as (value: unknown) => boolean, target, sentinel);
    else (target as unknown[]).length--;
    return left === 0 ? { left, ended: true } : { left: left - 1, ended: false };
  }
  return { left, ended: left === 0 };
}

function sizeOf(target: unknown, family: Family): number {
  if (family === "map") return call(mapSize, target);
  return family === "set" ? call(setSize, target) : (target as { length: number }).length;
}

/**
 * `t` what it walks over, `y` m: a Map, s: a Set, `m` the method that made it (not written: values), `i` results already taken, `z` 1: at its
 * end for good. A string's `t` is what is left of it; of `matchAll` `src`, `flags` and `last` say how it goes on in `t`.
 */
export const iteratorKind: Kind = defineKind<object>({
  tag: "Iterator",
  write(out, iterator) {
    const stamp = iteratorStamp(iterator) as IteratorStamp;
    const { family, target, method } = stamp;
    const json: Json = { $: "Iterator" };
    if (family === "map" || family === "set") json.y = family[0];
    if (method !== "values") json.m = method;
    if (family === "string") {
      let rest = "";
      for (let r = call(nexts.string, iterator); r.done !== true; r = call(nexts.string, iterator)) rest += r.value;
      json.t = rest;
    } else if (family === "match") {
      writeMatches(json, iterator, stamp);
    } else {
      json.t = out.put(target, json, "t", "iterated");
      const { left, ended } = drain(iterator, target, family);
      if (ended) json.z = 1;
      else if (sizeOf(target, family) !== left) json.i = sizeOf(target, family) - left;
    }
    putOwn(out, iterator, json, prototypes[family]);
    return json;
  },
  make(input, json) {
    const method = (json.m ?? "values") as IterationMethod;
    const target = input.make(json.t);
    const text = method === "matchAll" ? "match" : "string";
    const family = typeof target === "string" ? text : (families[json.y as "m" | "s"] ?? "array");
    const stamp = new IteratorStamp(family, target, method, patternOf(json));
    const iterator = makeIterator(target, family, stamp);
    stampIterator(iterator, stamp);
    if (json.z === 1) while (call(nexts[family], iterator).done !== true);
    else if (json.i !== undefined) {
      // Contents that are put in anew begin a walk over them anew.
      input.last(() => {
        for (let i = json.i as number; i > 0; i--) call(nexts[family], iterator);
      });
    }
    return takePrototype(input, json, iterator);
  },
  fill: takeOwn,
});

const prototypes = {
  array: arrayIteratorPrototype,
  map: mapIteratorPrototype,
  set: setIteratorPrototype,
  string: stringIteratorPrototype,
  match: regExpStringIteratorPrototype,
};

function makeIterator(target: unknown, family: Family, stamp: IteratorStamp): object {
  if (family === "string") return call(makers.string, target);
  if (family === "match") return call(makers.match, stamp.pattern, target as string);
  const method = stamp.method as "values" | "keys" | "entries";
  // The typed arrays' own methods demand one.
  if (family === "array") return call(isView(target) ? makers.typed[method] : makers.array[method], target);
  return call(makers[family][method], target);
}

/** The next match begins where it will be found again from. */
function writeMatches(json: Json, iterator: object, { target, pattern }: IteratorStamp): void {
  const first = call(nexts.match, iterator);
  json.t = target;
  json.src = (pattern as RegExp).source;
  json.flags = ownFlags(pattern as RegExp);
  if (first.done === true) json.z = 1;
  else json.last = (first.value as RegExpExecArray).index;
}

function patternOf(json: Json): RegExp | undefined {
  if (json.src === undefined) return undefined;
  const pattern = new RegExp(json.src as string, json.flags as string);
  pattern.lastIndex = (json.last as number | undefined) ?? 0;
  return pattern;
}

/** Whether an iterator is a native one (and so, without a stamp, cannot be written). */
export function isNativeIterator(object: object): boolean {
  const prototype = getPrototypeOf(object);
  if (prototype === arrayIteratorPrototype) return answers(nexts.array, object);
  if (prototype === mapIteratorPrototype) return answers(nexts.map, object);
  if (prototype === setIteratorPrototype) return answers(nexts.set, object);
  if (prototype === stringIteratorPrototype) return answers(nexts.string, object);
  if (prototype === regExpStringIteratorPrototype) return answers(nexts.match, object);
  return false;
}

function answers(next: Next, object: object): boolean {
  try {
    call(next, object);
    return true;
  } catch {
    return false;
  }
}
