// Built-in objects with hidden contents: Date, RegExp, Map, Set, Error, boxed primitives. Own properties and another
// prototype (subclasses) are written as for any object.
//
// I1. A kind is tried only for objects that inherit from its prototype; `is` then looks at the hidden slot itself, so
//     `Object.create(Map.prototype)` is no Map.
import { isMap, isPattern, isSet } from "../native-iterator.js";
import { apply, call, defineProperty, deleteProperty, getOwnPropertyDescriptor, SafeMap } from "../pristine.js";
import { functionId } from "../stamp.js";
import { defineKind, type Json, type Kind, type Output } from "./kind.js";
import { putOwn, takeOwn, takePrototype } from "./properties.js";

export interface BuiltinKind<T extends object = object> extends Kind<T> {
  is(object: object): boolean;
}

/** By the prototype its instances inherit from. */
export const builtinKinds = new SafeMap<object, BuiltinKind>();

export function defineBuiltin<T extends object>(prototype: object, kind: BuiltinKind<T>): BuiltinKind<T> {
  defineKind(kind);
  builtinKinds.set(prototype, kind as unknown as BuiltinKind);
  return kind;
}

export const succeeds = (test: () => unknown): boolean => {
  try {
    test();
    return true;
  } catch {
    return false;
  }
};

type EachEntry = (each: (value: unknown, key: unknown) => void) => void;

const NO_ENTRIES: readonly unknown[] = [];

const { getTime, setTime } = Date.prototype;
const NativeDate = Date;

defineBuiltin<Date>(Date.prototype, {
  tag: "Date",
  is: (object) => succeeds(() => call(getTime, object)),
  write(out, date) {
    const time = call(getTime, date);
    const json: Json = { $: "Date", v: Number.isFinite(time) ? time : null };
    putOwn(out, date, json, NativeDate.prototype);
    return json;
  },
  make: (input, json) => takePrototype(input, json, new NativeDate((json.v as number | null) ?? Number.NaN)) as Date,
  fill: takeOwn,
  state: (date) => [call(getTime, date)],
  setState: (date, [time]) => void call(setTime as (time: number) => number, date, time as number),
});

const sourceOf = getOwnPropertyDescriptor(RegExp.prototype, "source")!.get as () => string;
const NativeRegExp = RegExp;

defineBuiltin<RegExp>(RegExp.prototype, {
  tag: "RegExp",
  is: isPattern,
  write(out, pattern) {
    const json: Json = { $: "RegExp", src: call(sourceOf, pattern), flags: ownFlags(pattern) };
    const last = getOwnPropertyDescriptor(pattern, "lastIndex") as PropertyDescriptor;
    if (last.value !== 0) json.last = out.put(last.value, json, "last", "lastIndex");
    if (!last.writable) json.w = 1;
    putOwn(out, pattern, json, NativeRegExp.prototype, (key) => key === "lastIndex");
    return json;
  },
  make: (input, json) =>
    takePrototype(input, json, new NativeRegExp(json.src as string, json.flags as string)) as RegExp,
  fill(input, json, pattern) {
    if (json.last !== undefined) pattern.lastIndex = input.get(json.last) as number;
    if (json.w === 1) defineProperty(pattern, "lastIndex", { writable: false });
    takeOwn(input, json, pattern);
  },
});

// The `flags` getter asks the object's own `global` and the others, which a subclass may have changed: the built-in
// getters read the slots.
const flagGetters: [flag: string, get: () => boolean][] = [];
for (const [flag, name] of [
  ["d", "hasIndices"],
  ["g", "global"],
  ["i", "ignoreCase"],
  ["m", "multiline"],
  ["s", "dotAll"],
  ["u", "unicode"],
  ["v", "unicodeSets"],
  ["y", "sticky"],
] as const) {
  const get = getOwnPropertyDescriptor(RegExp.prototype, name)?.get;
  if (get !== undefined) flagGetters.push([flag, get]);
}

export function ownFlags(pattern: RegExp): string {
  let flags = "";
  for (let i = 0; i < flagGetters.length; i++) {
    const getter = flagGetters[i] as (typeof flagGetters)[number];
    if (call(getter[1], pattern)) flags += getter[0];
  }
  return flags;
}

const { set: mapSet, forEach: mapForEach, clear: mapClear } = Map.prototype;
const NativeMap = Map;

function putList(out: Output, list: readonly unknown[], labels: readonly unknown[]): unknown[] {
  const json: unknown[] = [];
  for (let i = 0; i < list.length; i++) {
    const label = labels[i];
    json[i] = out.put(list[i], json, i, typeof label === "string" || typeof label === "symbol" ? label : i);
  }
  return json;
}

defineBuiltin<Map<unknown, unknown>>(Map.prototype, {
  tag: "Map",
  is: isMap,
  write(out, map) {
    const keys: unknown[] = [];
    const values: unknown[] = [];
    call(mapForEach as EachEntry, map, (value: unknown, key: unknown) => {
      keys[keys.length] = key;
      values[values.length] = value;
    });
    const json: Json = { $: "Map" };
    if (keys.length > 0) {
      json.k = putList(out, keys, NO_ENTRIES);
      json.v = putList(out, values, keys);
    }
    putOwn(out, map, json, NativeMap.prototype);
    return json;
  },
  make: (input, json) => takePrototype(input, json, new NativeMap()) as Map<unknown, unknown>,
  fill(input, json, map) {
    const keys = (json.k ?? NO_ENTRIES) as unknown[];
    const values = (json.v ?? NO_ENTRIES) as unknown[];
    for (let i = 0; i < keys.length; i++) {
      call(mapSet as (key: unknown, value: unknown) => unknown, map, input.get(keys[i]), input.get(values[i]));
    }
    takeOwn(input, json, map);
  },
  state(map) {
    const entries: unknown[] = [];
    call(mapForEach as EachEntry, map, (value: unknown, key: unknown) => {
      entries[entries.length] = key;
      entries[entries.length] = value;
    });
    return entries;
  },
  setState(map, entries) {
    call(mapClear, map);
    for (let i = 0; i < entries.length; i += 2) {
      call(mapSet as (key: unknown, value: unknown) => unknown, map, entries[i], entries[i + 1]);
    }
  },
});

const { add: setAdd, forEach: setForEach, clear: setClear } = Set.prototype;
const NativeSet = Set;

function membersOf(set: Set<unknown>): unknown[] {
  const members: unknown[] = [];
  call(setForEach as EachEntry, set, (value: unknown) => {
    members[members.length] = value;
  });
  return members;
}

defineBuiltin<Set<unknown>>(Set.prototype, {
  tag: "Set",
  is: isSet,
  write(out, set) {
    const json: Json = { $: "Set", l: putList(out, membersOf(set), NO_ENTRIES) };
    putOwn(out, set, json, NativeSet.prototype);
    return json;
  },
  make: (input, json) => takePrototype(input, json, new NativeSet()) as Set<unknown>,
  fill(input, json, set) {
    const members = json.l as unknown[];
    for (let i = 0; i < members.length; i++) call(setAdd as (value: unknown) => unknown, set, input.get(members[i]));
    takeOwn(input, json, set);
  },
  state: membersOf,
  setState(set, members) {
    call(setClear, set);
    for (let i = 0; i < members.length; i++) call(setAdd as (value: unknown) => unknown, set, members[i]);
  },
});

const { toString: builtinTag } = Object.prototype;
const NativeError = Error as ErrorConstructor & { stackTraceLimit: number };

/** `stack` is an own property and comes back as the text it was. */
defineBuiltin<Error>(Error.prototype, {
  tag: "Error",
  is: (object) =>
    apply(builtinTag, object, []) === "[object Error]" || getOwnPropertyDescriptor(object, "stack") !== undefined,
  write(out, error) {
    const json: Json = { $: "Error" };
    ownStack(error);
    putOwn(out, error, json, NativeError.prototype);
    return json;
  },
  make(input, json) {
    const { stackTraceLimit } = NativeError;
    NativeError.stackTraceLimit = 0;
    const error = new NativeError();
    NativeError.stackTraceLimit = stackTraceLimit;
    deleteProperty(error, "stack");
    return takePrototype(input, json, error) as Error;
  },
  fill: takeOwn,
});

// Some engines give an error a native accessor for its stack: it becomes the text it reads.
function ownStack(error: Error): void {
  const stack = getOwnPropertyDescriptor(error, "stack");
  if (stack?.get === undefined || functionId(stack.get) !== undefined) return;
  const value = call(stack.get as () => unknown, error);
  defineProperty(error, "stack", { value, writable: true, enumerable: false, configurable: true });
}

/** Boxed primitives, by the method that reads the slot. */
const boxes: [tag: string, prototype: object, valueOf: () => unknown][] = [
  ["String", String.prototype, String.prototype.valueOf],
  ["Number", Number.prototype, Number.prototype.valueOf],
  ["Boolean", Boolean.prototype, Boolean.prototype.valueOf],
  ["SymbolObject", Symbol.prototype, Symbol.prototype.valueOf],
  ["BigIntObject", BigInt.prototype, BigInt.prototype.valueOf],
];
for (const [tag, prototype, unbox] of boxes) {
  defineBuiltin(prototype, {
    tag,
    is: (object) => succeeds(() => call(unbox, object)),
    write(out, object) {
      const json: Json = { $: tag };
      const value = call(unbox, object);
      json.v = out.put(value, json, "v", "value");
      const length = typeof value === "string" ? value.length : -1;
      const inText = (key: PropertyKey) =>
        length >= 0 && typeof key === "string" && (key === "length" || isPlace(key, length));
      putOwn(out, object, json, prototype, inText);
      return json;
    },
    make: (input, json) => takePrototype(input, json, Object(input.make(json.v))),
    fill: takeOwn,
  });
}

const isPlace = (key: string, length: number): boolean => String(Number(key) >>> 0) === key && Number(key) < length;
