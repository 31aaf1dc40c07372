// Finds the kind of an object. Exact for everything but objects whose hidden slots and prototype do not belong
// together (`Object.setPrototypeOf(new Map(), null)`): those are taken for what their prototype says.
import { ClassRecord, PartStamp } from "../class.js";
import { iteratorStamp } from "../native-iterator.js";
import {
  append,
  arrayPrototype,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  isArray,
  iteratorPrototype,
  objectPrototype,
  ownKeys,
  SafeMap,
  SafeSet,
} from "../pristine.js";
import { isProxy } from "../proxy.js";
import { functionId, functionParts, type Note, noteOf } from "../stamp.js";
import { builtinKinds } from "./builtins.js";
import "./buffers.js";
import { classKind, factoryKind, functionKind, ownerOf, partKind, prototypeKind } from "./functions.js";
import "./intl.js";
import { isNativeIterator, iteratorKind } from "./iterators.js";
import type { Kind } from "./kind.js";
import { arrayKind, ordinaryKind } from "./ordinary.js";
import "./private-names.js";
import { byPrototype, markedKind, slotKinds } from "./registry.js";
import "./temporal.js";
import "./weak-kinds.js";

/** An object that cannot be written: what it is, the end of the way to it. */
export class Unserializable {
  readonly what: string;
  constructor(what: string) {
    this.what = what;
  }
}

/** Prototypes of host-made objects whose contents cannot be read. */
const opaque = new SafeMap<object, string>();
const nativePromise = getPrototypeOf((async () => {})()) as object;
opaque.set(nativePromise, "native promise");
if (typeof SharedArrayBuffer === "function") opaque.set(SharedArrayBuffer.prototype, "SharedArrayBuffer");
if (typeof Intl.Segmenter === "function") {
  const segments = new Intl.Segmenter().segment("");
  opaque.set(getPrototypeOf(segments) as object, "segments of Intl.Segmenter");
  opaque.set(getPrototypeOf(segments[Symbol.iterator]()) as object, "segments of Intl.Segmenter");
}
const { Iterator: IteratorGlobal } = globalThis as {
  Iterator?: { from?: (source: object) => object; prototype: object };
};
if (IteratorGlobal?.from !== undefined) {
  const helper = (IteratorGlobal.prototype as { map?: (each: () => void) => object }).map?.call([].values(), () => {});
  if (helper !== undefined) opaque.set(getPrototypeOf(helper) as object, "iterator helper");
  opaque.set(getPrototypeOf(IteratorGlobal.from({ next() {} })) as object, "iterator of Iterator.from");
}

/**
 * Built-ins of a newer Node, of which nothing here knows: what their instances hide would be lost. Those that inherit from a kind that is
 * known, and abstract ones, hide nothing.
 */
function refuseUnknown(classes: object, prefix: string): void {
  const names = ownKeys(classes);
  for (let i = 0; i < names.length; i++) {
    const value: unknown = getOwnPropertyDescriptor(classes, names[i] as string)?.value;
    const prototype: unknown = typeof value === "function" ? (value as { prototype?: unknown }).prototype : undefined;
    if (typeof prototype !== "object" || prototype === null || SLOTLESS.has(prototype)) continue;
    if (isNative(value as object) && nearest(prototype) === undefined) opaque.set(prototype, prefix + String(names[i]));
  }
}
const SLOTLESS = new SafeSet<object>([objectPrototype, iteratorPrototype, Symbol.prototype]);
const isNative = (fn: object): boolean => /\[native code\]/.test(Function.prototype.toString.call(fn));

/**
 * `asking` false: the object must stay as it is. Whether an iterator without a stamp is a native one shows only when it
 * is moved on; then it counts as an ordinary object.
 */
export function kindOf(object: object, asking = true): Kind | Unserializable {
  const note = noteOf(object);
  if (typeof object === "function") return functionKindOf(object, note);
  if (note !== undefined) {
    if (note.kind !== undefined) return markedKind(note.kind) as Kind;
    if (note.data instanceof ClassRecord) return prototypeKind;
    if (iteratorStamp(object) !== undefined) return iteratorKind;
  }
  const prototype = getPrototypeOf(object);
  if (prototype === null || prototype === objectPrototype) {
    if (prototype !== null) return ownerOf(object) === undefined ? ordinaryKind : prototypeKind;
  } else {
    const runtime = byPrototype.get(prototype);
    if (runtime !== undefined) return runtime;
  }
  if (isArray(object)) return arrayKind as unknown as Kind;
  if (prototype === arrayPrototype || prototype === null) return slotsOf(object) ?? ordinaryKind;
  const kind = slotsOf(object) ?? inherited(object, prototype);
  if (kind !== undefined) return kind;
  if (asking && isNativeIterator(object)) return new Unserializable("built-in iterator made outside compiled code");
  return ordinaryKind;
}

function slotsOf(object: object): Kind | undefined {
  for (let i = 0; i < slotKinds.length; i++) {
    const entry = slotKinds[i] as (typeof slotKinds)[number];
    if (entry.has(object)) return entry.kind;
  }
  return undefined;
}

function inherited(object: object, first: object): Kind | Unserializable | undefined {
  let found = nearest(first);
  while (found !== undefined) {
    const builtin = builtinKinds.get(found);
    if (builtin?.is(object)) return builtin;
    const what = opaque.get(found);
    if (what !== undefined) return new Unserializable(what);
    const parent = getPrototypeOf(found);
    found = parent === null ? undefined : nearest(parent);
  }
  return undefined;
}

/** For each prototype seen, the nearest on its chain (itself included) that belongs to a kind. */
let nearestOf = new SafeMap<object, object | undefined>();
refuseUnknown(globalThis, "");
refuseUnknown(Intl, "Intl.");
forgetPrototypes();

/** Prototypes may have changed since objects were last asked about. */
export function forgetPrototypes(): void {
  if (nearestOf.size > 0) nearestOf = new SafeMap();
}

function nearest(first: object): object | undefined {
  const passed: object[] = [];
  let at: object | null = first;
  let found: object | undefined;
  while (at !== null && at !== objectPrototype && !isProxy(at)) {
    if (nearestOf.has(at)) {
      found = nearestOf.get(at);
      break;
    }
    append(passed, at);
    if (builtinKinds.has(at) || opaque.has(at)) {
      found = at;
      break;
    }
    at = getPrototypeOf(at);
  }
  for (let i = 0; i < passed.length; i++) nearestOf.set(passed[i] as object, found);
  return found;
}

function functionKindOf(fn: object, note: Note | undefined): Kind | Unserializable {
  if (note?.kind !== undefined) return markedKind(note.kind) as Kind;
  const id = functionId(fn);
  if (typeof id === "number") return functionParts(fn) instanceof ClassRecord ? classKind : functionKind;
  if (id === undefined) return new Unserializable("function made outside compiled code");
  return functionParts(fn) instanceof PartStamp ? partKind : factoryKind;
}
