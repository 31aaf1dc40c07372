import { DOMException } from "./dom-exception.js";
import { EventTarget } from "./event-target.js";
import { stateKeys } from "./state-key.js";

const ERRORS: Readonly<Record<string, ErrorConstructor>> = {
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

/**
 * A deep copy of data, as HTML's StructuredSerialize has it: cycles and shared parts stay, prototypes and accessors
 * do not; functions, symbols and objects with an identity of their own throw a DataCloneError.
 */
export function structuredClone<T>(value: T, options?: { transfer?: readonly unknown[] }): T {
  if (options?.transfer && [...options.transfer].length > 0) {
    throw new DOMException("Nothing can be transferred between realms in a workflow", "DataCloneError");
  }
  return clone(value, new Map()) as T;
}

function clone(value: unknown, seen: Map<object, object>): unknown {
  if (typeof value === "symbol" || typeof value === "function") throw notCloneable(value);
  if (typeof value !== "object" || value === null) return value;
  const known = seen.get(value);
  if (known) return known;
  const leaf = cloneLeaf(value, seen);
  if (leaf !== undefined) {
    seen.set(value, leaf);
    return leaf;
  }
  const tag = Object.prototype.toString.call(value);
  if (Array.isArray(value)) {
    const copy: unknown[] = new Array(value.length);
    seen.set(value, copy);
    return copyProperties(value, copy, seen);
  }
  if (has(Map.prototype, "size", value)) {
    const copy = new Map();
    seen.set(value, copy);
    for (const [key, item] of [...Map.prototype.entries.call(value)]) copy.set(clone(key, seen), clone(item, seen));
    return copy;
  }
  if (has(Set.prototype, "size", value)) {
    const copy = new Set();
    seen.set(value, copy);
    for (const item of [...Set.prototype.values.call(value)]) copy.add(clone(item, seen));
    return copy;
  }
  if (isError(value)) return cloneError(value, seen);
  if (isOpaque(value, tag)) throw notCloneable(value);
  const copy = {};
  seen.set(value, copy);
  return copyProperties(value, copy, seen);
}

/** Copies of what holds no other object. */
function cloneLeaf(value: object, seen: Map<object, object>): object | undefined {
  if (ArrayBuffer.isView(value)) {
    const buffer = clone(value.buffer, seen) as ArrayBuffer;
    const View = viewConstructor(value);
    const length = value instanceof DataView ? value.byteLength : (value as Uint8Array).length;
    return new View(buffer, value.byteOffset, length);
  }
  switch (Object.prototype.toString.call(value)) {
    case "[object Date]":
      return attempt(() => new Date(Date.prototype.getTime.call(value)));
    case "[object RegExp]":
      return attempt(() => new RegExp((value as RegExp).source, (value as RegExp).flags));
    case "[object Boolean]":
      return attempt(() => Object(Boolean.prototype.valueOf.call(value)) as object);
    case "[object Number]":
      return attempt(() => Object(Number.prototype.valueOf.call(value)) as object);
    case "[object String]":
      return attempt(() => Object(String.prototype.valueOf.call(value)) as object);
    case "[object BigInt]":
      return attempt(() => Object(BigInt.prototype.valueOf.call(value)) as object);
    case "[object ArrayBuffer]":
      return attempt(() => ArrayBuffer.prototype.slice.call(value, 0));
    default:
      return undefined;
  }
}

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => object;

function viewConstructor(view: ArrayBufferView): ViewConstructor {
  const tag: string | undefined = typedArrayTag?.call(view);
  return (tag === undefined ? DataView : (globalThis as never)[tag]) as ViewConstructor;
}
const typedArrayTag = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
)?.get;

function copyProperties(from: object, to: object, seen: Map<object, object>): object {
  for (const key of Object.keys(from)) {
    // Only what is still there: a getter may have deleted it.
    if (!Object.hasOwn(from, key)) continue;
    const item = clone((from as Record<string, unknown>)[key], seen);
    Object.defineProperty(to, key, { value: item, writable: true, enumerable: true, configurable: true });
  }
  return to;
}

function isError(value: object): value is Error {
  return Object.prototype.toString.call(value) === "[object Error]" || value instanceof Error;
}

function cloneError(value: Error, seen: Map<object, object>): object {
  const hidden = { writable: true, enumerable: false, configurable: true };
  let copy: Error;
  if (value instanceof DOMException) copy = new DOMException(value.message, value.name);
  else {
    copy = new (ERRORS[`${value.name}`] ?? Error)();
    const message = Object.getOwnPropertyDescriptor(value, "message");
    if (message && "value" in message) Object.defineProperty(copy, "message", { ...hidden, value: `${message.value}` });
  }
  seen.set(value, copy);
  Object.defineProperty(copy, "stack", { ...hidden, value: value.stack });
  if (Object.hasOwn(value, "cause")) {
    Object.defineProperty(copy, "cause", { ...hidden, value: clone(value.cause, seen) });
  }
  return copy;
}

/** Objects whose state is not in their properties, or is the realm's. */
function isOpaque(value: object, tag: string): boolean {
  if (tag === "[object Object]") return false;
  if (value instanceof EventTarget) return true;
  const keys = Object.values(stateKeys());
  if (keys.some((key) => Object.hasOwn(value, key))) return true;
  return /^\[object (Promise|WeakMap|WeakSet|WeakRef|Symbol|.*Generator|.* Iterator|SharedArrayBuffer)\]$/.test(tag);
}

/** Whether the accessor `name` of a built-in prototype accepts `value`: it has that built-in's slots. */
function has(prototype: object, name: string, value: object): boolean {
  if (Object.prototype.toString.call(value) === "[object Object]") return false;
  return attempt(() => [Object.getOwnPropertyDescriptor(prototype, name)?.get?.call(value)]) !== undefined;
}

function attempt<T extends object>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

function notCloneable(value: unknown): DOMException {
  const what = typeof value === "object" ? `#<${value?.constructor?.name ?? "Object"}>` : String(value);
  return new DOMException(`${what} could not be cloned.`, "DataCloneError");
}
