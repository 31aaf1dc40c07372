// ArrayBuffer and the views on it. Bytes are base64; views name their buffer, so views that shared one still do.
import { apply, call, getOwnPropertyDescriptor, isView, typedArray } from "../pristine.js";
import { defineBuiltin, succeeds } from "./builtins.js";
import type { Json } from "./kind.js";
import { putOwn, takeOwn, takePrototype } from "./properties.js";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const PADDING = 61;
const codeOf = new Uint8Array(64);
const values = new Uint8Array(128);
for (let i = 0; i < 64; i++) {
  codeOf[i] = DIGITS.charCodeAt(i);
  values[DIGITS.charCodeAt(i)] = i;
}

const { fromCharCode } = String;
const CHUNK = 8192;

function toBase64(bytes: Uint8Array): string {
  const { length } = bytes;
  const codes = new Uint8Array(Math.ceil(length / 3) * 4);
  let at = 0;
  for (let i = 0; i < length; i += 3) {
    const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    codes[at++] = codeOf[bits >> 18]!;
    codes[at++] = codeOf[(bits >> 12) & 63]!;
    codes[at++] = i + 1 < length ? codeOf[(bits >> 6) & 63]! : PADDING;
    codes[at++] = i + 2 < length ? codeOf[bits & 63]! : PADDING;
  }
  let text = "";
  for (let i = 0; i < at; i += CHUNK) text += apply(fromCharCode, undefined, codes.subarray(i, i + CHUNK));
  return text;
}

function fromBase64(text: string, bytes: Uint8Array): void {
  let at = 0;
  for (let i = 0; i < text.length; i += 4) {
    const bits =
      (values[text.charCodeAt(i)]! << 18) |
      (values[text.charCodeAt(i + 1)]! << 12) |
      (values[text.charCodeAt(i + 2)]! << 6) |
      values[text.charCodeAt(i + 3)]!;
    bytes[at++] = bits >> 16;
    bytes[at++] = bits >> 8;
    bytes[at++] = bits;
  }
}

const NativeArrayBuffer = ArrayBuffer;
const bufferGetter = (name: string): (() => unknown) | undefined =>
  getOwnPropertyDescriptor(ArrayBuffer.prototype, name)?.get;
const byteLength = bufferGetter("byteLength") as () => number;
const resizable = bufferGetter("resizable") as (() => boolean) | undefined;
const maxByteLength = bufferGetter("maxByteLength") as () => number;
const { resize } = ArrayBuffer.prototype as unknown as { resize: (length: number) => void };
const isResizable = (buffer: ArrayBuffer): boolean =>
  resizable !== undefined && succeeds(() => call(resizable, buffer)) && call(resizable, buffer);

/**
 * `b` bytes, `l` their number, `m` the most they can become. A resizable one is made at its full size, so that views that
 * do not fit just now can be made, and gets its size at the end.
 */
defineBuiltin<ArrayBuffer>(ArrayBuffer.prototype, {
  tag: "ArrayBuffer",
  is: (object) => succeeds(() => call(byteLength, object)),
  write(out, buffer) {
    const length = call(byteLength, buffer);
    // A detached buffer has no bytes to look at.
    const json: Json = { $: "ArrayBuffer", l: length, b: length === 0 ? "" : toBase64(new Uint8Array(buffer)) };
    if (isResizable(buffer)) json.m = call(maxByteLength, buffer);
    putOwn(out, buffer, json, NativeArrayBuffer.prototype);
    return json;
  },
  make(input, json) {
    const length = json.l as number;
    const most = json.m as number | undefined;
    const Make = NativeArrayBuffer as new (length: number, options?: object) => ArrayBuffer;
    const buffer = most === undefined ? new Make(length) : new Make(most, { maxByteLength: most });
    fromBase64(json.b as string, new Uint8Array(buffer));
    if (most !== undefined) input.after(() => call(resize, buffer, length));
    return takePrototype(input, json, buffer) as ArrayBuffer;
  },
  fill: takeOwn,
  bytes: (buffer) => new Uint8Array(buffer),
  state(buffer) {
    const length = call(byteLength, buffer);
    return [length === 0 ? "" : toBase64(new Uint8Array(buffer)), length];
  },
  setState(buffer, [data, length]) {
    if (call(byteLength, buffer) !== length) call(resize, buffer, length as number);
    fromBase64(data as string, new Uint8Array(buffer));
  },
});

const viewTag = getOwnPropertyDescriptor(typedArray.prototype, Symbol.toStringTag)!.get as () => string | undefined;
const viewGetters = (prototype: object) => ({
  buffer: getOwnPropertyDescriptor(prototype, "buffer")!.get as () => ArrayBuffer,
  offset: getOwnPropertyDescriptor(prototype, "byteOffset")!.get as () => number,
  bytes: getOwnPropertyDescriptor(prototype, "byteLength")!.get as () => number,
});

/** A typed array of which properties beside its elements are not looked for: all of these would have to be named. */
export const hasManyElements = (object: object): boolean =>
  isView(object) && call(viewTag, object) !== undefined && (object as Uint8Array).length > 256;

type ViewConstructor = new (buffer: ArrayBuffer, offset: number, length?: number) => ArrayBufferView;

function defineView(name: string, make: ViewConstructor, elementSize: number): void {
  const prototype = make.prototype as object;
  const get = viewGetters(elementSize === 0 ? prototype : typedArray.prototype);
  defineBuiltin<ArrayBufferView>(prototype, {
    tag: name,
    is: (object) => isView(object) && (call(viewTag, object) ?? "DataView") === name,
    write(out, view) {
      const json: Json = { $: name };
      const buffer = call(get.buffer, view);
      json.b = out.put(buffer, json, "b", "buffer");
      const { offset, bytes } = extentOf(buffer, elementSize || 1, () => ({
        offset: call(get.offset, view),
        bytes: call(get.bytes, view),
      }));
      if (offset !== 0) json.o = offset;
      if (bytes !== undefined) json.l = bytes / (elementSize || 1);
      const count = elementSize === 0 ? 0 : (view as Uint8Array).length;
      let seen = 0;
      putOwn(out, view, json, prototype, () => seen++ < count);
      return json;
    },
    make(input, json) {
      const view = new make(
        input.make(json.b) as ArrayBuffer,
        (json.o as number | undefined) ?? 0,
        json.l as number | undefined,
      );
      return takePrototype(input, json, view) as ArrayBufferView;
    },
    fill: takeOwn,
    state: (view) => [call(get.buffer, view)],
  });
}

interface Extent {
  readonly offset: number;
  /** undefined: as far as the buffer goes. */
  readonly bytes: number | undefined;
}

/**
 * Where a view lies. Of one on a resizable buffer nothing says whether it grows with it, and one that does not fit says
 * nothing at all: the buffer is made as large as it can be for a moment, then a little smaller.
 */
function extentOf(buffer: ArrayBuffer, elementSize: number, read: () => { offset: number; bytes: number }): Extent {
  if (!isResizable(buffer)) return read();
  const length = call(byteLength, buffer);
  const most = call(maxByteLength, buffer);
  const saved = new Uint8Array(buffer).slice();
  call(resize, buffer, most);
  const { offset, bytes } = read();
  let follows = false;
  if (bytes > elementSize && most - offset - bytes < elementSize) {
    call(resize, buffer, most - elementSize);
    // A view of fixed length does not fit any more; a DataView even throws.
    follows = succeeds(read) && read().bytes === bytes - elementSize;
  }
  call(resize, buffer, length);
  new Uint8Array(buffer).set(saved);
  return { offset, bytes: follows ? undefined : bytes };
}

for (const name of [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
]) {
  const found = (globalThis as Record<string, unknown>)[name] as
    | (ViewConstructor & { BYTES_PER_ELEMENT: number })
    | undefined;
  if (found !== undefined) defineView(name, found, found.BYTES_PER_ELEMENT);
}
defineView("DataView", DataView as unknown as ViewConstructor, 0);
