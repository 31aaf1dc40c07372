import { enumerable, stateKey } from "./state-key.js";

const ENCODING = stateKey("TextDecoder.encoding");
const OPTIONS = stateKey("TextDecoder.options");
const STREAM = stateKey("TextDecoder.stream");

type Encoding = "utf-8" | "utf-16le" | "windows-1252";
interface Options {
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
}

/** Between two `decode(..., { stream: true })`: whether a character was seen, and the bytes of one cut in two. */
interface Stream {
  readonly begun: boolean;
  readonly rest: number[];
}

// The labels of the Encoding Standard for the three encodings a realm has.
const LABELS: Readonly<Record<Encoding, string>> = {
  "utf-8": "unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8",
  "utf-16le": "csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le",
  "windows-1252":
    "ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252",
};

// What windows-1252 has at 0x80-0x9f, where latin-1 has control characters.
const WINDOWS_1252 =
  "\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f" +
  "\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178";

/** Decodes utf-8, utf-16le and latin1 (windows-1252, as the standard has it); a stream may be cut anywhere. */
export class TextDecoder {
  // The state is symbol-keyed: see state-key.ts.
  [key: symbol]: unknown;

  constructor(label: string = "utf-8", options: { fatal?: boolean; ignoreBOM?: boolean } = {}) {
    const wanted = `${label}`.trim().toLowerCase();
    const encoding = (Object.keys(LABELS) as Encoding[]).find((name) => LABELS[name].split(" ").includes(wanted));
    if (encoding === undefined) {
      throw new RangeError(`The "${label}" encoding is not supported: a bundle has utf-8, utf-16le and latin1`);
    }
    this[ENCODING] = encoding;
    this[OPTIONS] = { fatal: Boolean(options?.fatal), ignoreBOM: Boolean(options?.ignoreBOM) };
    this[STREAM] = undefined;
  }

  get encoding(): string {
    return this[ENCODING] as Encoding;
  }

  get fatal(): boolean {
    return (this[OPTIONS] as Options).fatal;
  }

  get ignoreBOM(): boolean {
    return (this[OPTIONS] as Options).ignoreBOM;
  }

  decode(input?: ArrayBufferLike | ArrayBufferView, options: { stream?: boolean } = {}): string {
    const stream = Boolean(options?.stream);
    const { fatal, ignoreBOM } = this[OPTIONS] as Options;
    const encoding = this[ENCODING] as Encoding;
    const { begun, rest } = (this[STREAM] as Stream | undefined) ?? { begun: false, rest: [] };
    const bytes = rest.length === 0 ? bytesOf(input) : Uint8Array.from([...rest, ...bytesOf(input)]);
    this[STREAM] = undefined; // what a fatal error leaves behind
    const out = decoders[encoding](bytes, fatal, stream);
    const marked = !begun && !ignoreBOM && encoding !== "windows-1252" && out.text.charCodeAt(0) === 0xfeff;
    if (stream) this[STREAM] = { begun: begun || out.text.length > 0, rest: [...bytes.subarray(out.used)] };
    return marked ? out.text.slice(1) : out.text;
  }
}
enumerable(TextDecoder.prototype, ["encoding", "fatal", "ignoreBOM", "decode"]);
Object.defineProperty(TextDecoder.prototype, Symbol.toStringTag, { value: "TextDecoder", configurable: true });

function bytesOf(input: unknown): Uint8Array {
  if (input === undefined) return new Uint8Array(0);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  try {
    return new Uint8Array((input as ArrayBuffer).slice(0));
  } catch {
    throw new TypeError('The "input" argument must be an ArrayBuffer or a view of one');
  }
}

type Decode = (bytes: Uint8Array, fatal: boolean, stream: boolean) => { text: string; used: number };

const decoders: Record<Encoding, Decode> = {
  "utf-8": decodeUtf8,
  "utf-16le": decodeUtf16,
  "windows-1252": (bytes) => {
    const units = Array.from(bytes, (byte) => ((byte & 0xe0) === 0x80 ? WINDOWS_1252.charCodeAt(byte & 0x1f) : byte));
    return { text: textOf(units), used: bytes.length };
  },
};

/** One U+FFFD for each maximal part that cannot be a character, as the Encoding Standard has it. */
function decodeUtf8(bytes: Uint8Array, fatal: boolean, stream: boolean): { text: string; used: number } {
  const units: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] as number;
    if (first < 0x80) {
      units.push(first);
      at++;
      continue;
    }
    const needed =
      first >= 0xc2 && first <= 0xdf ? 1 : (first & 0xf0) === 0xe0 ? 2 : first >= 0xf0 && first <= 0xf4 ? 3 : 0;
    let point = first & (0x3f >> needed);
    let seen = 0;
    while (seen < needed && at + 1 + seen < bytes.length) {
      const next = bytes[at + 1 + seen] as number;
      // The second byte of some lead bytes is limited: no overlong forms, no surrogates, nothing past U+10FFFF.
      const low = seen > 0 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
      const high = seen > 0 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
      if (next < low || next > high) break;
      point = (point << 6) | (next & 0x3f);
      seen++;
    }
    if (needed > 0 && seen === needed) {
      if (point > 0xffff) units.push(0xd7c0 + (point >> 10), 0xdc00 | (point & 0x3ff));
      else units.push(point);
    } else {
      if (stream && needed > 0 && at + 1 + seen === bytes.length) break;
      replace(units, fatal);
    }
    at += 1 + seen;
  }
  return { text: textOf(units), used: at };
}

function decodeUtf16(bytes: Uint8Array, fatal: boolean, stream: boolean): { text: string; used: number } {
  const units: number[] = [];
  let at = 0;
  for (; at + 1 < bytes.length; at += 2) {
    const unit = unitAt(bytes, at);
    if ((unit & 0xf800) !== 0xd800) {
      units.push(unit);
      continue;
    }
    const lead = unit < 0xdc00;
    if (lead && at + 3 >= bytes.length) {
      if (stream) break;
      replace(units, fatal);
      return { text: textOf(units), used: bytes.length };
    }
    const next = lead ? unitAt(bytes, at + 2) : 0;
    if (next >= 0xdc00 && next <= 0xdfff) {
      units.push(unit, next);
      at += 2;
    } else replace(units, fatal);
  }
  if (at < bytes.length && !stream) replace(units, fatal);
  return { text: textOf(units), used: stream ? at : bytes.length };
}

const unitAt = (bytes: Uint8Array, at: number): number => (bytes[at] as number) | ((bytes[at + 1] as number) << 8);

function replace(units: number[], fatal: boolean): void {
  if (!fatal) {
    units.push(0xfffd);
    return;
  }
  const error = new TypeError("The encoded data was not valid");
  throw Object.assign(error, { code: "ERR_ENCODING_INVALID_ENCODED_DATA" });
}

function textOf(units: readonly number[]): string {
  let text = "";
  for (let i = 0; i < units.length; i += 4096) text += String.fromCharCode(...units.slice(i, i + 4096));
  return text;
}
