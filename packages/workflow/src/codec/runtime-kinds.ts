// How what the registry holds is written: runtime classes, objects with hidden slots, marked objects, scopes, frames.
//
//     {"$":"F","i":12,"l":3,"p":...,"w":...,"c":...,"s":[...]}  frame: function, label, promise or generator, what it
//                                                               waits for, cancellation scope, slots
//     {"$":"S","i":5,"v":[...]}                                 scope: class, bindings
//     {"$":TAG,"v":[...]}                                       runtime class or slots, by its tag
// Lists lose their trailing undefined.
import { SafeMap } from "../pristine.js";
import { privateElements } from "../private-name.js";
import { defineKind, type Json, type Kind, type Output } from "./kind.js";
import { putElements, putOwn, takeElements, takeOwn, takePrototype } from "./properties.js";
import type { ClassEntry, FrameEntry, MarkedKind, ScopeEntry, SlotsEntry } from "./registry.js";

type Record_ = { [field: string]: unknown };

function putList(out: Output, values: readonly unknown[], labels: readonly string[] | undefined): unknown[] {
  let { length } = values;
  while (length > 0 && values[length - 1] === undefined) length--;
  const list: unknown[] = [];
  for (let i = 0; i < length; i++) list[i] = out.put(values[i], list, i, labels?.[i] ?? i);
  return list;
}

const fieldsOf = (object: object, names: readonly string[]): unknown[] => {
  const values: unknown[] = [];
  for (let i = 0; i < names.length; i++) values[i] = (object as Record_)[names[i] as string];
  return values;
};

const setFields = (object: object, names: readonly string[], values: readonly unknown[]): void => {
  for (let i = 0; i < names.length; i++) (object as Record_)[names[i] as string] = values[i];
};

export function classKindOf({ tag, fields, make }: ClassEntry): Kind {
  return defineKind({
    tag,
    write(out, object) {
      const v = putList(out, fieldsOf(object, fields), fields);
      return v.length === 0 ? { $: tag } : { $: tag, v };
    },
    make,
    fill(input, json, object) {
      const v = json.v as unknown[] | undefined;
      if (v === undefined) return;
      for (let i = 0; i < v.length; i++) (object as Record_)[fields[i] as string] = input.get(v[i]);
    },
    state: (object) => fieldsOf(object, fields),
    setState: (object, values) => setFields(object, fields, values),
  });
}

export function slotsKindOf(entry: SlotsEntry): Kind {
  const { tag, prototype, make, read, write } = entry;
  return defineKind({
    tag,
    write(out, object) {
      const json: Json = { $: tag };
      const v = putList(out, read(object), undefined);
      if (v.length > 0) json.v = v;
      putOwn(out, object, json, prototype);
      return json;
    },
    make: (input, json) => takePrototype(input, json, make()),
    fill(input, json, object) {
      const v = (json.v ?? []) as unknown[];
      const values: unknown[] = [];
      for (let i = 0; i < v.length; i++) values[i] = input.get(v[i]);
      write(object, values);
      takeOwn(input, json, object);
    },
    state: read,
    setState: write,
  });
}

export function markedKindOf({ tag, parts, make }: MarkedKind): Kind {
  return defineKind({
    tag,
    write(out, object) {
      const json: Json = { $: tag, v: putList(out, parts(object), undefined) };
      // A proxy, too, can be given private fields.
      const elements = privateElements(object);
      if (elements !== undefined) putElements(out, elements, json);
      return json;
    },
    make(input, json) {
      const v = json.v as unknown[];
      const values: unknown[] = [];
      for (let i = 0; i < v.length; i++) values[i] = input.make(v[i]);
      return make(values);
    },
    fill(input, json, object) {
      if (json.q !== undefined) takeElements(input, json.q as unknown[], object);
    },
    state: parts,
  });
}

const scopes = new SafeMap<number, ScopeEntry>();
const frames = new SafeMap<number, FrameEntry>();

const entryOf = <E>(table: SafeMap<number, E>, what: string, json: Json): E => {
  const entry = table.get(json.i as number);
  if (entry === undefined) throw new TypeError(`the program has no ${what} ${json.i}`);
  return entry;
};

const fillScope: Kind["fill"] = (input, json, scope) => {
  const { names } = entryOf(scopes, "scope", json);
  const v = json.v as unknown[];
  for (let i = 0; i < names.length; i++) (scope as Record_)[names[i] as string] = input.get(v[i]);
};

const scopeReader = defineKind({
  tag: "S",
  write: () => undefined,
  make: (_input, json) => new (entryOf(scopes, "scope", json).class)(),
  fill: fillScope,
});

export function scopeKindOf(entry: ScopeEntry): Kind {
  const { id, names } = entry;
  scopes.set(id, entry);
  return {
    ...scopeReader,
    id,
    write: (out, scope) => ({ $: "S", i: id, v: putList(out, fieldsOf(scope, names), names) }),
    state: (scope) => fieldsOf(scope, names),
    setState: (scope, values) => setFields(scope, names, values),
  };
}

const HEADER = ["_p", "_w", "_c"] as const;
const HEADER_KEYS = ["p", "w", "c"] as const;

const frameReader = defineKind({
  tag: "F",
  write: () => undefined,
  make: (_input, json) => new (entryOf(frames, "function", json).class)(),
  fill(input, json, object) {
    const frame = object as Record_;
    const { slots } = entryOf(frames, "function", json);
    frame._l = json.l ?? 0;
    for (let i = 0; i < HEADER.length; i++) {
      const value = json[HEADER_KEYS[i] as string];
      if (value !== undefined) frame[HEADER[i] as string] = input.get(value);
    }
    const s = (json.s ?? []) as unknown[];
    for (let i = 0; i < slots.length; i++) frame[slots[i] as string] = input.get(s[i]);
  },
});

export function frameKindOf(entry: FrameEntry): Kind {
  const { id, slots } = entry;
  frames.set(id, entry);
  return {
    ...frameReader,
    id,
    write(out, object) {
      const frame = object as Record_;
      const json: Json = { $: "F", i: id };
      if (frame._l !== 0) json.l = frame._l;
      for (let i = 0; i < HEADER.length; i++) {
        const field = HEADER[i] as string;
        const key = HEADER_KEYS[i] as string;
        if (frame[field] !== undefined) json[key] = out.put(frame[field], json, key, field);
      }
      const s = putList(out, fieldsOf(frame, slots), slots);
      if (s.length > 0) json.s = s;
      return json;
    },
    state: (frame) => fieldsOf(frame, slots),
    setState: (frame, values) => setFields(frame, slots, values),
  };
}
