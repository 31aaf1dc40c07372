// How one root differs from what it was at load, as a value of the state text:
//
//     {"$":"~","o":root, p, f, d, n, q, e as of any object's properties, "s":[hidden contents]}

import { isMap } from "../native-iterator.js";
import {
  bare,
  defineProperty,
  deleteProperty,
  getOwnPropertyDescriptor,
  mapList,
  setPrototypeOf,
} from "../pristine.js";
import { type PrivateName, setPrivateElements } from "../private-name.js";
import { type PropertyChanges, putChanges, reorder } from "./changes.js";
import { defineKind, type Json, type Kind, type Label, PROTOTYPE } from "./kind.js";
import { type Closed, close, OPEN, putElements, readDescriptor, readKey } from "./properties.js";
import { byPrototype } from "./registry.js";

export interface Elements {
  readonly names: readonly PrivateName[];
  readonly values: readonly unknown[];
}

export class ObjectDelta {
  target!: object;
  /** undefined: as it was. */
  prototype: object | null | undefined = undefined;
  properties: PropertyChanges | undefined = undefined;
  closed: Closed = OPEN;
  state: readonly unknown[] | undefined = undefined;
  elements: Elements | undefined = undefined;

  /** That `target` has properties which it was not loaded with. */
  static adding(target: object, keys: readonly PropertyKey[]): ObjectDelta {
    const delta = new ObjectDelta();
    delta.target = target;
    const changed = mapList(keys, (key) => [key, getOwnPropertyDescriptor(target, key) as PropertyDescriptor] as const);
    delta.properties = { changed: changed as [PropertyKey, PropertyDescriptor][], gone: [], order: undefined };
    return delta;
  }

  /** Gives its root the properties that it lacks; what it has is another thread's as well. */
  add(): void {
    const { target, properties } = this;
    const { changed } = properties as PropertyChanges;
    for (let i = 0; i < changed.length; i++) {
      const [key, descriptor] = changed[i] as (typeof changed)[number];
      if (getOwnPropertyDescriptor(target, key) === undefined) defineProperty(target, key, bare(descriptor));
    }
  }

  /** Makes its root so; `kind` is the root's. */
  apply(kind: Kind | undefined): void {
    const { target, prototype, properties, state, elements } = this;
    if (prototype !== undefined) setPrototypeOf(target, prototype);
    if (state !== undefined) kind?.setState?.(target, state as unknown[]);
    if (properties !== undefined) {
      const { gone, changed } = properties;
      for (let i = 0; i < gone.length; i++) deleteProperty(target, gone[i] as PropertyKey);
      for (let i = 0; i < changed.length; i++) {
        const property = changed[i] as (typeof changed)[number];
        defineProperty(target, property[0], bare(property[1]));
      }
      if (properties.order !== undefined) reorder(target, properties.order);
    }
    if (elements !== undefined) setPrivateElements(target, elements.names, elements.values);
    if (this.closed !== OPEN) close(target, this.closed);
  }
}

/** Of a Map the contents are key, value, key, value, ... */
function labelOf(state: readonly unknown[], index: number, isMap: boolean): Label {
  if (!isMap) return index;
  const key = state[index - 1];
  if (index % 2 === 0) return "[key]";
  return typeof key === "string" || typeof key === "symbol" ? key : "[value]";
}

const kind: Kind<ObjectDelta> = defineKind<ObjectDelta>({
  tag: "~",
  write(out, delta) {
    const json: Json = { $: "~" };
    json.o = out.put(delta.target, json, "o", "root");
    const { prototype, properties, state, elements } = delta;
    if (prototype !== undefined) {
      json.p = prototype === null ? null : out.put(prototype, json, "p", PROTOTYPE);
    }
    if (properties !== undefined) putChanges(out, properties, json);
    if (elements !== undefined) putElements(out, elements, json);
    if (delta.closed !== OPEN) json.e = delta.closed;
    if (state !== undefined) {
      const s: unknown[] = [];
      const map = isMap(delta.target);
      for (let i = 0; i < state.length; i++) s[i] = out.put(state[i], s, i, labelOf(state, i, map));
      json.s = s;
    }
    return json;
  },
  make: () => new ObjectDelta(),
  fill(input, json, delta) {
    delta.target = input.get(json.o) as object;
    if (json.p !== undefined) delta.prototype = json.p === null ? null : (input.get(json.p) as object);
    const { f, d, n, q, s } = json as { [key: string]: unknown[] | undefined };
    if (f !== undefined || d !== undefined || n !== undefined) {
      const keys = (list: unknown[]) => list.map((key) => readKey(input, key));
      delta.properties = {
        changed: ((f ?? []) as [unknown, unknown][]).map((entry) => [
          readKey(input, entry[0]),
          readDescriptor(input, entry),
        ]),
        gone: keys(d ?? []),
        order: n === undefined ? undefined : keys(n),
      };
    }
    if (q !== undefined) {
      const names: PrivateName[] = [];
      const values: unknown[] = [];
      for (let i = 0; i < q.length; i += 2) {
        names.push(input.get(q[i]) as PrivateName);
        values.push(input.get(q[i + 1]));
      }
      delta.elements = { names, values };
    }
    delta.closed = (json.e ?? OPEN) as Closed;
    if (s !== undefined) delta.state = s.map((value) => input.get(value));
  },
});
byPrototype.set(ObjectDelta.prototype, kind as unknown as Kind);
