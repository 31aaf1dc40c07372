import { expect, test } from "vitest";
import { Reader, sizeOfVarint, sizeOfVarlong, Writer } from "./wire.js";

test("varints and varlongs come back, in as many bytes as were promised", () => {
  const small = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 1 << 20, -(1 << 27), 2 ** 31 - 1, -(2 ** 31)];
  const large = [
    ...small,
    2 ** 31,
    -(2 ** 31) - 1,
    2 ** 40,
    -(2 ** 52),
    Number.MAX_SAFE_INTEGER,
    Number.MIN_SAFE_INTEGER,
  ];
  for (const value of small) {
    const { bytes } = new Writer(1).varint(value);
    expect(bytes).toHaveLength(sizeOfVarint(value));
    expect(new Reader(bytes).varint()).toBe(value);
  }
  for (const value of large) {
    const { bytes } = new Writer(1).varlong(value);
    expect(bytes).toHaveLength(sizeOfVarlong(value));
    const reader = new Reader(bytes);
    expect(reader.varlong()).toBe(value);
    expect(reader.left).toBe(0);
  }
});

test("other types come back", () => {
  const out = new Writer(1)
    .int8(-5)
    .int16(-300)
    .int32(70_000)
    .int64(2 ** 52)
    .int64(-1)
    .int64(-9n)
    .string("ж")
    .string(null);
  const reader = new Reader(out.array([1, 2], (item) => out.int32(item)).bytes);
  expect([reader.int8(), reader.int16(), reader.int32(), reader.int64(), reader.int64()]).toEqual([
    -5,
    -300,
    70_000,
    2 ** 52,
    -1,
  ]);
  expect([reader.bigint64(), reader.string(), reader.nullableString()]).toEqual([-9n, "ж", null]);
  expect(reader.array(() => reader.int32())).toEqual([1, 2]);
  expect(reader.left).toBe(0);
});

test("what is too short says so", () => {
  expect(() => new Reader(Buffer.alloc(3)).int32()).toThrow(RangeError);
  expect(() => new Reader(Buffer.from([0, 5, 1])).string()).toThrow(RangeError);
  expect(() => new Reader(Buffer.from([0x80])).varint()).toThrow(RangeError);
});

test("a byte that needs more room is written into the larger buffer", () => {
  const out = new Writer(1).int8(1).int8(2).int8(-3);
  expect([...out.bytes]).toEqual([1, 2, 253]);
});
