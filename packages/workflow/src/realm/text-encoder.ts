import { enumerable } from "./state-key.js";

/** UTF-8; a lone surrogate becomes U+FFFD. */
export class TextEncoder {
  get encoding(): string {
    return "utf-8";
  }

  encode(input: string = ""): Uint8Array {
    const text = `${input}`;
    const bytes = new Uint8Array(text.length * 3);
    return bytes.slice(0, write(text, bytes).written);
  }

  encodeInto(source: string, destination: Uint8Array): { read: number; written: number } {
    if (!(destination instanceof Uint8Array)) {
      throw new TypeError('The "dest" argument must be an instance of Uint8Array');
    }
    return write(`${source}`, destination);
  }
}
enumerable(TextEncoder.prototype, ["encoding", "encode", "encodeInto"]);
Object.defineProperty(TextEncoder.prototype, Symbol.toStringTag, { value: "TextEncoder", configurable: true });

/** Writes as many whole characters as there is room for. */
function write(text: string, bytes: Uint8Array): { read: number; written: number } {
  let read = 0;
  let written = 0;
  while (read < text.length) {
    let point = text.codePointAt(read) as number;
    const units = point > 0xffff ? 2 : 1;
    if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd;
    const size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (written + size > bytes.length) break;
    if (size === 1) bytes[written] = point;
    else {
      for (let i = size - 1; i > 0; i--, point >>= 6) bytes[written + i] = 0x80 | (point & 0x3f);
      bytes[written] = ((0xf00 >> size) & 0xff) | point;
    }
    read += units;
    written += size;
  }
  return { read, written };
}
