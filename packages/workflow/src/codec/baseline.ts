// One root as it was at load, and what became of it.
//
// I1. Functions and prototypes, the most of a program, and built-ins are compared by what can be read fast: enumerable
//     keys, the values of all properties they had, prototype, extensibility. A hidden or symbol property that is added to
//     one, and an attribute that changes without the value, is seen only where everything is compared (`whole`).
// I2. Other objects are compared exactly, and nothing of the program runs.
// I3. That a built-in was closed, and no more, is no change: it could not be undone.
import { type PropertyBase, propertyBase } from "../class.js";
import { isMap, isSet } from "../native-iterator.js";
import {
  append,
  arrayPrototype,
  copyList,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  indexIn,
  isArray,
  isExtensible,
  mapList,
  objectPrototype,
  ownKeys,
  sameList,
  sameValue,
} from "../pristine.js";
import { privateElements } from "../private-name.js";
import { isProxy } from "../proxy.js";
import { hasManyElements } from "./buffers.js";
import { changesSince } from "./changes.js";
import { kindOf, Unserializable } from "./classify.js";
import type { Kind } from "./kind.js";
import { type Elements, ObjectDelta } from "./object-delta.js";
import { type Closed, closedness, FROZEN, OPEN } from "./properties.js";
import { byPrototype } from "./registry.js";

const { keys: enumerableKeys } = Object;

/** How exactly is compared: everything; as objects of the program or built-ins are; or only what can be enumerated. */
export type Precision = "whole" | "own" | "rough" | "enumerable";

/** What is compared first, of what can be read fast. */
interface Quick {
  /** Enumerable keys; undefined: an array, all its elements are values. */
  readonly names: readonly string[] | undefined;
  /** Of the values. */
  readonly keys: readonly PropertyKey[];
}

export class Baseline {
  private readonly base: PropertyBase;
  private readonly prototype: object | null;
  private readonly closed: Closed;
  private readonly kind: Kind | undefined;
  private readonly state: readonly unknown[] | undefined;
  private readonly elements: Elements | undefined;
  private readonly bytes: Uint8Array | undefined;
  /** The hidden contents are the properties, or what matters of them. */
  private readonly isRecord: boolean;
  private readonly quick: Quick | undefined;
  private readonly values: unknown[] = [];

  constructor(
    private readonly object: object,
    private readonly precision: Precision,
  ) {
    const prototype = getPrototypeOf(object);
    this.prototype = prototype;
    const isElements = hasManyElements(object) && precision !== "whole";
    this.isRecord = isElements || (prototype !== null && byPrototype.has(prototype));
    this.base = this.isRecord ? { keys: [], descriptors: [] } : propertyBase(object);
    this.closed = closedness(object);
    const kind = typeof object === "function" ? undefined : kindOf(object, false);
    this.kind = kind instanceof Unserializable || kind?.setState === undefined ? undefined : kind;
    const state = this.kind?.state?.(object);
    this.state = state === undefined ? undefined : copyList(state);
    this.bytes = this.kind?.bytes === undefined ? undefined : new Uint8Array(this.kind.bytes(object));
    const elements = privateElements(object);
    this.elements = elements === undefined ? undefined : { names: elements.names, values: copyList(elements.values) };
    const isCode = typeof object === "function" || isPrototype(object);
    if (!isElements && (this.isRough || (precision === "own" && isCode))) this.quick = this.fastParts();
  }

  /** I3 holds. */
  private get isRough(): boolean {
    return this.precision === "rough" || this.precision === "enumerable";
  }

  private fastParts(): Quick {
    if (isArray(this.object)) {
      for (let i = 0; i < this.object.length; i++) append(this.values, this.object[i]);
      return { names: undefined, keys: [] };
    }
    const keys: PropertyKey[] = [];
    for (let i = 0; i < this.base.keys.length; i++) {
      const key = this.base.keys[i] as PropertyKey;
      const descriptor = this.base.descriptors[i] as PropertyDescriptor;
      if (!("value" in descriptor) || (typeof this.object === "function" && (key === "length" || key === "name")))
        continue;
      if (this.precision === "enumerable" && !descriptor.enumerable) continue;
      append(keys, key);
      append(this.values, descriptor.value);
    }
    return { names: enumerableKeys(this.object), keys };
  }

  /** Nothing of it can change. */
  get isFixed(): boolean {
    if (this.kind?.isFixed === true) return true;
    return this.closed === FROZEN && this.state === undefined && this.elements === undefined;
  }

  /** There are iterators that walk over it. */
  get isWalked(): boolean {
    return isArray(this.object) || isMap(this.object) || isSet(this.object);
  }

  /** Arrays and plain objects inherit from it. */
  get isInherited(): boolean {
    return this.object === arrayPrototype || this.object === objectPrototype;
  }

  /** What differs; undefined: nothing. */
  delta(): ObjectDelta | undefined {
    if (this.quick !== undefined && this.quickSame()) return undefined;
    const { object } = this;
    const prototype = getPrototypeOf(object);
    const properties = this.isRecord ? undefined : changesSince(object, this.base);
    const closed = this.closed !== OPEN || isExtensible(object) ? OPEN : closedness(object);
    const state = this.changedState();
    const elements = this.changedElements();
    const isClosed = closed !== OPEN && !this.isRough;
    const same = prototype === this.prototype && properties === undefined && !isClosed;
    if (same && state === undefined && elements === undefined) return undefined;
    const delta = new ObjectDelta();
    delta.target = object;
    if (prototype !== this.prototype) delta.prototype = prototype;
    delta.properties = properties;
    delta.closed = closed;
    delta.state = state;
    delta.elements = elements;
    return delta;
  }

  private quickSame(): boolean {
    const object = this.object as Record<PropertyKey, unknown>;
    const { names, keys } = this.quick as Quick;
    if (getPrototypeOf(object) !== this.prototype) return false;
    if (!this.isRough && isExtensible(object) !== (this.closed === OPEN)) return false;
    if (names === undefined) return sameList(object as unknown as unknown[], this.values);
    const now = enumerableKeys(object);
    if (now.length !== names.length) return false;
    for (let i = 0; i < names.length; i++) if (now[i] !== names[i]) return false;
    try {
      for (let i = 0; i < keys.length; i++) {
        if (!sameValue(object[keys[i] as PropertyKey], this.values[i])) return false;
      }
    } catch {
      return false; // a getter has taken the value's place
    }
    return this.changedState() === undefined && this.changedElements() === undefined;
  }

  private changedState(): readonly unknown[] | undefined {
    if (this.state === undefined) return undefined;
    if (this.bytes !== undefined && sameBytes((this.kind as Kind).bytes!(this.object), this.bytes)) return undefined;
    const state = (this.kind as Kind).state!(this.object);
    return sameList(state, this.state) ? undefined : copyList(state);
  }

  private changedElements(): Elements | undefined {
    const elements = privateElements(this.object);
    if (elements === undefined) return undefined;
    const { names, values } = this.elements ?? NO_ELEMENTS;
    if (sameList(elements.names, names) && sameList(elements.values, values)) return undefined;
    return { names: elements.names, values: copyList(elements.values) };
  }

  /** Makes it what it was; false: not possible. */
  undo(): boolean {
    const { object } = this;
    const isClosed = !isExtensible(object) && this.closed === OPEN;
    if (isClosed && !this.isRough) return false;
    const back = new ObjectDelta();
    back.target = object;
    back.prototype = this.prototype;
    back.state = this.state;
    back.elements = this.elements ?? (privateElements(object) === undefined ? undefined : NO_ELEMENTS);
    if (!this.isRecord) {
      const { keys, descriptors } = this.base;
      const now = ownKeys(object);
      const gone: PropertyKey[] = [];
      for (let i = 0; i < now.length; i++) if (indexIn(keys, now[i]) < 0) append(gone, now[i] as PropertyKey);
      back.properties = {
        changed: mapList(keys, (key, i) => [key, descriptors[i] as PropertyDescriptor]),
        gone,
        order: now.length - gone.length === keys.length && beginsWith(now, keys) ? undefined : keys,
      };
    }
    try {
      back.apply(this.kind);
    } catch (error) {
      if (isClosed) return false;
      throw error;
    }
    const left = this.delta();
    if (left === undefined) return true;
    // Keys that cannot be deleted keep their place, and the order of the others moves against them: harmless.
    const { properties, prototype, closed, state, elements } = left;
    const onlyOrder = properties !== undefined && properties.changed.length === 0 && properties.gone.length === 0;
    return onlyOrder && prototype === undefined && closed === OPEN && state === undefined && elements === undefined;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  const { length } = b;
  if (a.length !== length) return false;
  const words = length >> 2;
  const x = new Uint32Array(a.buffer, 0, words);
  const y = new Uint32Array(b.buffer, 0, words);
  for (let i = 0; i < words; i++) if (x[i] !== y[i]) return false;
  for (let i = words << 2; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const NO_ELEMENTS: Elements = { names: [], values: [] };

function isPrototype(object: object): boolean {
  const link = getOwnPropertyDescriptor(object, "constructor")?.value;
  if (typeof link !== "function" || isProxy(link)) return false;
  return getOwnPropertyDescriptor(link, "prototype")?.value === object;
}

function beginsWith(list: readonly unknown[], start: readonly unknown[]): boolean {
  for (let i = 0; i < start.length; i++) if (list[i] !== start[i]) return false;
  return true;
}
