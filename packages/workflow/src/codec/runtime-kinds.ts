// How what the registry holds is written: runtime classes, objects with hidden slots, marked objects, scopes, frames.
//
//     {"$":"F12","l":3,"p":...,"w":...,"c":...,"s":[...]}  frame of function 12: label, promise or generator, next waiter,
//                                                          cancellation scope, slots
//     {"$":["S5", ...]}                                    scope 5: bindings
//     {"$":[TAG, ...]}                                     runtime class or slots, by its tag
// Fields, bindings and slots lose their trailing undefined; `null` among them stands for undefined.
import { SafeMap } from "../pristine.js";
import { privateElements } from "../private-name.js";
import { defineKind, type Input, type Json, type Kind, type Output, tagOf } from "./kind.js";
import { putElements, putOwn, takeElements, takeOwn, takePrototype } from "./properties.js";
import type { AliveSlots, ClassEntry, FrameEntry, MarkedKind, ScopeEntry, SlotsEntry } from "./registry.js";
import { NULL } from "./values.js";

type Record_ = { [field: string]: unknown };

function putField(out: Output, value: unknown, list: unknown[], index: number, label: string | number): void {
  list[index] = value === undefined ? null : value === null ? NULL : out.put(value, list, index, label);
}

const takeField = (input: Input, json: unknown): unknown => (json === null ? undefined : input.get(json));

/** Adds the fields of those names to `list`. */
function putFields(out: Output, object: object, names: readonly string[], list: unknown[]): void {
  const first = list.length;
  let { length } = names;
  while (length > 0 && (object as Record_)[names[length - 1] as string] === undefined) length--;
  for (let i = 0; i < length; i++) {
    const name = names[i] as string;
    putField(out, (object as Record_)[name], list, first + i, name);
  }
}

const NO_LABELS: readonly string[] = [];

/** `{"$":[tag, value, ...]}`. */
function putTagged(out: Output, tag: string, values: readonly unknown[], labels: readonly string[] = NO_LABELS): Json {
  const list: unknown[] = [tag];
  let { length } = values;
  while (length > 0 && values[length - 1] === undefined) length--;
  for (let i = 0; i < length; i++) putField(out, values[i], list, i + 1, labels[i] ?? "");
  return tagged(list);
}

const tagged = (list: unknown[]): Json => ({ $: list.length === 1 ? (list[0] as string) : list });

const NO_FIELDS: readonly unknown[] = [""];
/** The tag, then the fields. */
const taggedIn = ({ $ }: Json): readonly unknown[] => (typeof $ === "object" ? $ : NO_FIELDS);

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
      const list: unknown[] = [tag];
      putFields(out, object, fields, list);
      return tagged(list);
    },
    make,
    fill(input, json, object) {
      const list = taggedIn(json);
      for (let i = 1; i < list.length; i++) (object as Record_)[fields[i - 1] as string] = takeField(input, list[i]);
    },
    state: (object) => fieldsOf(object, fields),
    setState: (object, values) => setFields(object, fields, values),
  });
}

export function slotsKindOf(entry: SlotsEntry): Kind {
  const { tag, prototype, labels, make, read, write } = entry;
  return defineKind({
    tag,
    write(out, object) {
      const json = putTagged(out, tag, read(object), labels);
      putOwn(out, object, json, prototype);
      return json;
    },
    make: (input, json) => takePrototype(input, json, make()),
    fill(input, json, object) {
      const list = taggedIn(json);
      const values: unknown[] = [];
      for (let i = 1; i < list.length; i++) values[i - 1] = takeField(input, list[i]);
      write(object, values);
      takeOwn(input, json, object);
    },
    state: read,
    setState: write,
  });
}

export function markedKindOf({ tag, labels, parts, make }: MarkedKind): Kind {
  return defineKind({
    tag,
    write(out, object) {
      const json = putTagged(out, tag, parts(object), labels);
      // A proxy, too, can be given private fields.
      const elements = privateElements(object);
      if (elements !== undefined) putElements(out, elements, json);
      return json;
    },
    make(input, json) {
      const list = taggedIn(json);
      const values: unknown[] = [];
      for (let i = 1; i < list.length; i++) values[i - 1] = list[i] === null ? undefined : input.make(list[i]);
      return make(values);
    },
    fill(input, json, object) {
      if (json.q !== undefined) takeElements(input, json.q as unknown[], object);
    },
    state: parts,
  });
}

/** By their tags. */
const scopes = new SafeMap<string, ScopeEntry>();
const frames = new SafeMap<string, FrameEntry>();

const entryOf = <E>(table: SafeMap<string, E>, what: string, json: Json): E => {
  const entry = table.get(tagOf(json));
  if (entry === undefined) throw new TypeError(`the program has no ${what} ${tagOf(json)}`);
  return entry;
};

const fillScope: Kind["fill"] = (input, json, scope) => {
  const { names } = entryOf(scopes, "scope", json);
  const list = taggedIn(json);
  for (let i = 0; i < names.length; i++) (scope as Record_)[names[i] as string] = takeField(input, list[i + 1]);
};

const scopeReader = defineKind({
  tag: "S",
  write: () => undefined,
  make: (_input, json) => new (entryOf(scopes, "scope", json).class)(),
  fill: fillScope,
});

export function scopeKindOf(entry: ScopeEntry): Kind {
  const { id, names, isFixed } = entry;
  const tag = `S${id}`;
  scopes.set(tag, entry);
  return {
    ...scopeReader,
    id,
    slots: names,
    isFixed,
    write(out, scope) {
      const list: unknown[] = [tag];
      putFields(out, scope, names, list);
      return tagged(list);
    },
    state: (scope) => fieldsOf(scope, names),
    setState: (scope, values) => setFields(scope, names, values),
  };
}

interface Header {
  _l: number;
  _p: unknown;
  _w: unknown;
  _c: unknown;
}

/** Adds what the slots hold that are alive where the frame stands. */
function putAlive(out: Output, frame: Header, slots: readonly string[], alive: AliveSlots, list: unknown[]): void {
  for (let i = 0; i < slots.length; i++) {
    const name = slots[i] as string;
    const value = (frame as unknown as Record_)[name];
    if (value === undefined || !isAlive(alive[i], frame._l)) continue;
    while (list.length < i) list[list.length] = null;
    putField(out, value, list, i, name);
  }
}

function isAlive(ranges: readonly number[] | undefined, label: number): boolean {
  if (ranges === undefined) return true;
  for (let i = 0; i < ranges.length; i += 2)
    if ((ranges[i] as number) <= label && label <= (ranges[i + 1] as number)) return true;
  return false;
}

const NO_SLOTS: readonly unknown[] = [];

const frameReader = defineKind({
  tag: "F",
  write: () => undefined,
  make: (_input, json) => new (entryOf(frames, "function", json).class)(),
  fill(input, json, object) {
    const frame = object as Header;
    const { slots } = entryOf(frames, "function", json);
    frame._l = (json.l ?? 0) as number;
    if (json.p !== undefined) frame._p = input.get(json.p);
    if (json.w !== undefined) frame._w = input.get(json.w);
    if (json.c !== undefined) frame._c = input.get(json.c);
    const s = (json.s ?? NO_SLOTS) as readonly unknown[];
    for (let i = 0; i < slots.length; i++) (object as Record_)[slots[i] as string] = takeField(input, s[i]);
  },
});

export function frameKindOf(entry: FrameEntry): Kind {
  const { id, slots, alive } = entry;
  const fields = ["_l", "_p", "_w", "_c", ...slots];
  const tag = `F${id}`;
  frames.set(tag, entry);
  return {
    ...frameReader,
    id,
    write(out, object) {
      const frame = object as Header;
      const json: Json = { $: tag };
      if (frame._l !== 0) json.l = frame._l;
      if (frame._p !== undefined) json.p = out.put(frame._p, json, "p", "_p");
      if (frame._w !== undefined) json.w = out.put(frame._w, json, "w", "_w");
      if (frame._c !== undefined) json.c = out.put(frame._c, json, "c", "_c");
      const s: unknown[] = [];
      if (alive === undefined) putFields(out, object, slots, s);
      else putAlive(out, object as Header, slots, alive, s);
      if (s.length > 0) json.s = s;
      return json;
    },
    state: (frame) => fieldsOf(frame, fields),
    setState: (frame, values) => setFields(frame, fields, values),
  };
}
