// ArrayBuffer and the views on it. Bytes are base64; views name their buffer, so views that shared one still do.
import { call, getOwnPropertyDescriptor, isView, typedArray } from "../pristine.js";
import { defineBuiltin, succeeds } from "./builtins.js";
import type { Json } from "./kind.js";
import { putOwn, takeOwn, takePrototype } from "./properties.js";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values = new Uint8Array(128);
for (let i = 0; i < 64; i++) values[DIGITS.charCodeAt(i)] = i;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  const { length } = bytes;
  for (let i = 0; i < length; i += 3) {
    const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += DIGITS[bits >> 18]! + DIGITS[(bits >> 12) & 63]!;
    text += i + 1 < length ? DIGITS[(bits >> 6) & 63]! : "=";
    text += i + 2 < length ? DIGITS[bits & 63]! : "=";
  }
  return text;
}

export function fromBase64(text: string, bytes: Uint8Array): void {
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
const resizable = bufferGetter("resizable");
const maxByteLength = bufferGetter("maxByteLength");
const { resize } = ArrayBuffer.prototype as { resize?: (length: number) => void };

/** `b` bytes, `l` their number, `m` the most they can become. Compared byte by byte where a program's root holds one. */
defineBuiltin<ArrayBuffer>(ArrayBuffer.prototype, {
  tag: "ArrayBuffer",
  is: (object) => succeeds(() => call(byteLength, object)),
  write(out, buffer) {
    const length = call(byteLength, buffer);
    // A detached buffer has no bytes to look at.
    const json: Json = { $: "ArrayBuffer", l: length, b: length === 0 ? "" : toBase64(new Uint8Array(buffer)) };
    if (resizable !== undefined && call(resizable, buffer)) json.m = call(maxByteLength as () => number, buffer);
    putOwn(out, buffer, json, NativeArrayBuffer.prototype);
    return json;
  },
  make(input, json) {
    const options = json.m === undefined ? undefined : { maxByteLength: json.m as number };
    const Make = NativeArrayBuffer as new (length: number, options?: object) => ArrayBuffer;
    const buffer = new Make(json.l as number, options);
    fromBase64(json.b as string, new Uint8Array(buffer));
    return takePrototype(input, json, buffer) as ArrayBuffer;
  },
  fill: takeOwn,
  state(buffer) {
    const length = call(byteLength, buffer);
    return [length === 0 ? "" : toBase64(new Uint8Array(buffer)), length];
  },
  setState(buffer, [data, length]) {
    if (call(byteLength, buffer) !== length) call(resize as (length: number) => void, buffer, length as number);
    fromBase64(data as string, new Uint8Array(buffer));
  },
});

const viewTag = getOwnPropertyDescriptor(typedArray.prototype, Symbol.toStringTag)!.get as () => string | undefined;
const viewGetters = (prototype: object) => ({
  buffer: getOwnPropertyDescriptor(prototype, "buffer")!.get as () => ArrayBuffer,
  offset: getOwnPropertyDescriptor(prototype, "byteOffset")!.get as () => number,
  bytes: getOwnPropertyDescriptor(prototype, "byteLength")!.get as () => number,
});

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
      const offset = call(get.offset, view);
      if (offset !== 0) json.o = offset;
      const length = call(get.bytes, view) / (elementSize || 1);
      if (!followsLength(buffer, () => call(get.bytes, view))) json.l = length;
      const count = elementSize === 0 ? 0 : length;
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
  });
}

/** Whether a view grows with its resizable buffer. Nothing says so: the buffer is resized for a moment. */
function followsLength(buffer: ArrayBuffer, bytes: () => number): boolean {
  if (resizable === undefined || resize === undefined || !succeeds(() => call(resizable, buffer))) return false;
  if (!call(resizable, buffer)) return false;
  const length = call(byteLength, buffer);
  const before = bytes();
  const grows = length + 8 <= (call(maxByteLength as () => number, buffer) as number);
  if (!grows && length < 8) return false;
  const saved = new Uint8Array(buffer).slice();
  call(resize, buffer, grows ? length + 8 : length - 8);
  const after = bytes();
  call(resize, buffer, length);
  new Uint8Array(buffer).set(saved);
  // A view of fixed length that no longer fits has none at all.
  return after !== before && after > 0;
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
