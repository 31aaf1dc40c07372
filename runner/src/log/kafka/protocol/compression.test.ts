import { expect, test } from "vitest";
import { lz4Frame } from "./lz4.js";
import { snappy, snappyFramed } from "./snappy.js";

// What brokers and other clients write is read in the conformance suite; here are the odd corners of the formats.

test("snappy: literals of every length form, copies of every distance form, copies into themselves", () => {
  expect(snappy(Buffer.from([5, 0x10, ...Buffer.from("hello")]))).toEqual(Buffer.from("hello"));
  // Literal "ab", then a copy of 8 from distance 2 (one-byte form).
  expect(snappy(Buffer.from([10, 0x04, 97, 98, 0b000_100_01, 2])).toString()).toBe("ababababab");
  // The same with distances in two and in four bytes.
  expect(snappy(Buffer.from([10, 0x04, 97, 98, (7 << 2) | 2, 2, 0])).toString()).toBe("ababababab");
  expect(snappy(Buffer.from([10, 0x04, 97, 98, (7 << 2) | 3, 2, 0, 0, 0])).toString()).toBe("ababababab");
  const long = Buffer.alloc(300, 120);
  expect(snappy(Buffer.from([0xac, 0x02, 61 << 2, 299 & 255, 299 >> 8, ...long]))).toEqual(long);
  const block = [5, 0x10, ...Buffer.from("hello")];
  const header = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1];
  expect(snappyFramed(Buffer.from([...header, 0, 0, 0, 7, ...block, 0, 0, 0, 7, ...block])).toString()).toBe(
    "hellohello",
  );
});

test("lz4: stored blocks, long lengths, copies over block borders, checksums", () => {
  const frame = (flags: number, ...rest: number[]) => Buffer.from([0x04, 0x22, 0x4d, 0x18, flags, 0x40, 0, ...rest]);
  const end = [0, 0, 0, 0];
  expect(lz4Frame(frame(0x60, 3, 0, 0, 0x80, 97, 98, 99, ...end)).toString()).toBe("abc");
  // "ab", then 4 + 15 + 6 more from distance 2; a block ends with literals.
  expect(lz4Frame(frame(0x60, 7, 0, 0, 0, 0x2f, 97, 98, 2, 0, 6, 0, ...end)).toString()).toBe(`${"ab".repeat(13)}a`);
  // The second block refers into the first; both carry a checksum, which is passed over.
  const linked = frame(0x50, 2, 0, 0, 0x80, 97, 98, 1, 1, 1, 1, 4, 0, 0, 0, 0x00, 2, 0, 0, 1, 1, 1, 1, ...end);
  expect(lz4Frame(linked).toString()).toBe("ababab");
});

test("what reaches outside its data is an error, not other people's memory", () => {
  expect(() => snappy(Buffer.from([10, 0x04, 97, 98, (7 << 2) | 2, 3, 0]))).toThrow(RangeError);
  expect(() => snappy(Buffer.from([4, 0x10, ...Buffer.from("hello")]))).toThrow(RangeError);
  expect(() => snappy(Buffer.from([9, 0x10, ...Buffer.from("hello")]))).toThrow(RangeError);
  expect(() => lz4Frame(Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0, 5, 0, 0, 0, 0x10, 97, 9, 0, 0]))).toThrow(
    RangeError,
  );
  expect(() => lz4Frame(Buffer.alloc(20))).toThrow(RangeError);
});
