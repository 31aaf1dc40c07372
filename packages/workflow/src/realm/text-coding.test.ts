import { describe, expect, test } from "vitest";
import { atob, btoa } from "./base64.js";
import { TextDecoder } from "./text-decoder.js";
import { TextEncoder } from "./text-encoder.js";

const native = globalThis as unknown as {
  TextEncoder: typeof TextEncoder;
  TextDecoder: typeof TextDecoder;
  atob: typeof atob;
  btoa: typeof btoa;
};

/** Outcome of either implementation: a value, or the error's name. */
function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return `throws ${(error as Error).name}`;
  }
}

/** Byte strings around every limit of UTF-8 and UTF-16. */
const BYTES = [
  [0x68, 0xc3, 0xa9],
  [0xef, 0xbb, 0xbf, 0x61],
  [0xef, 0xbb],
  [0xf0, 0x9f, 0x98, 0x80],
  [0xf0, 0x9f, 0x98],
  [0xf0, 0x9f, 0x41],
  [0xc0, 0x80],
  [0xe0, 0x80, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x41],
  [0x80, 0xff, 0xfe],
  [0xe2, 0x82, 0xe2, 0x82, 0xac],
  [0xff, 0xfe, 0x61, 0x00],
  [0x3d, 0xd8, 0x00, 0xde],
  [0x3d, 0xd8, 0x61, 0x00],
  [0x3d, 0xd8],
  [0x00, 0xde, 0x61],
];

describe("TextDecoder", () => {
  for (const label of ["utf-8", "utf-16le"]) {
    for (const fatal of [false, true]) {
      test(`decodes ${label}${fatal ? ", fatal," : ""} as Node does`, () => {
        for (const bytes of BYTES) {
          const input = Uint8Array.from(bytes);
          const ours = outcome(() => new TextDecoder(label, { fatal }).decode(input));
          expect(ours, bytes.join()).toBe(outcome(() => new native.TextDecoder(label, { fatal }).decode(input)));
        }
      });
    }
  }

  test("a stream may be cut between any two bytes", () => {
    for (const label of ["utf-8", "utf-16le"]) {
      for (const bytes of BYTES) {
        const ours = new TextDecoder(label);
        const whole = new native.TextDecoder(label).decode(Uint8Array.from(bytes));
        let text = "";
        for (const byte of bytes) text += ours.decode(Uint8Array.of(byte), { stream: true });
        expect(text + ours.decode(), `${label} ${bytes}`).toBe(whole);
      }
    }
  });

  test("latin1 is windows-1252, as the Encoding Standard has it", () => {
    const decoder = new TextDecoder("latin1");
    expect(decoder.encoding).toBe("windows-1252");
    expect(decoder.decode(Uint8Array.of(0x41, 0x80, 0x81, 0x9f, 0xe9))).toBe("A€\x81Ÿé");
  });

  test("names what it has when the label is unknown", () => {
    expect(() => new TextDecoder("koi8-r")).toThrow(/utf-8, utf-16le and latin1/);
  });
});

test("TextEncoder encodes as Node does", () => {
  for (const text of ["", "héllo", "€ 😀", "\ud800x", "x\udc00", "\ud83d\ude00".repeat(3)]) {
    expect([...new TextEncoder().encode(text)]).toEqual([...new native.TextEncoder().encode(text)]);
    for (let room = 0; room < 9; room++) {
      const [ours, theirs] = [new Uint8Array(room), new Uint8Array(room)];
      const result = new TextEncoder().encodeInto(text, ours);
      expect(result).toEqual(new native.TextEncoder().encodeInto(text, theirs));
      expect(ours).toEqual(theirs);
    }
  }
});

test("atob and btoa agree with Node's, errors included", () => {
  for (const text of ["", "a", "ab", "abc", "\xff\x00\x10", "€"]) {
    expect(outcome(() => btoa(text))).toBe(outcome(() => native.btoa(text)));
  }
  for (const text of ["", "YQ==", "YQ", "YWI=", "Y W\nJj", "YWJj=", "Y", "YQ=a", "@@@@", "AB==="]) {
    expect(
      outcome(() => atob(text)),
      text,
    ).toBe(outcome(() => native.atob(text)));
  }
});
