import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { RecordUnreadable } from "../../errors.js";
import type { NewRecord } from "../../log.js";
import { crc32c } from "./crc32c.js";
import { BatchBuilder, placeAt, readBatches, sizeAlone, withOnly } from "./record-batch.js";

const stamp = { producerId: 7n, producerEpoch: 3, baseSequence: 11 };
const make = (value: string, more: Partial<NewRecord> = {}): NewRecord => ({
  topic: "t",
  partition: 0,
  key: "k",
  value,
  ...more,
});

function batch(records: readonly NewRecord[], transactional = true): Buffer {
  const builder = new BatchBuilder(1_000_000, 1_000);
  for (const record of records) expect(builder.add(record)).toBe(true);
  return Buffer.from(builder.finish(transactional, stamp));
}

/** As if it were another batch: what changes it has to be signed again. */
function sign(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

describe("a batch", () => {
  test("is read as it was written", () => {
    const records = [
      make("a", {
        timestamp: 5_000,
        headers: [
          ["h", "x"],
          ["h", null],
          ["", Buffer.alloc(200, 1)],
        ],
      }),
      make("", { key: null, timestamp: 4_000 }),
      make("c", { value: null, key: Buffer.alloc(0), timestamp: 9e12 }),
      make("x".repeat(100_000)),
    ];
    const [read, ...rest] = [...readBatches(batch(records))];
    expect(rest).toEqual([]);
    expect(read).toMatchObject({
      baseOffset: 0,
      lastOffset: 3,
      producerId: 7n,
      transactional: true,
      marker: undefined,
    });
    expect(read!.records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [0, 5_000],
      [1, 4_000],
      [2, 9e12],
      [3, 1_000],
    ]);
    expect(read!.records[0]!.headers).toEqual([
      ["h", Buffer.from("x")],
      ["h", null],
      ["", Buffer.alloc(200, 1)],
    ]);
    expect(read!.records.map(({ key, value }) => [key?.toString(), value?.toString().length])).toEqual([
      ["k", 1],
      [undefined, 0],
      ["", undefined],
      ["k", 100_000],
    ]);
  });

  test("grows to its limit and not over it (I1)", () => {
    for (const size of [0, 1, 60, 63, 64, 127, 128, 5_000]) {
      const record = make("x".repeat(size), { headers: [["name", "y".repeat(size)]] });
      const exact = sizeAlone(record);
      expect(new BatchBuilder(exact - 1, 0).add(record)).toBe(false);
      const builder = new BatchBuilder(exact, 0);
      expect(builder.add(record)).toBe(true);
      expect(builder.add(make(""))).toBe(false);
      expect(builder.count).toBe(1);
      expect(builder.finish(false, stamp)).toHaveLength(exact);
    }
  });

  test("that was damaged is not read (I2)", () => {
    const bytes = batch([make("value")]);
    for (const at of [21, 30, 45, 57, bytes.length - 2]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1;
      expect(() => [...readBatches(damaged)]).toThrow(/damaged: its checksum is wrong/);
    }
  });

  test("that was cut off is left out, those before it are read", () => {
    const [one, two] = [batch([make("1")]), batch([make("2")])];
    for (const cut of [0, 5, 12, two.length - 1]) {
      const read = [...readBatches(Buffer.concat([one, two.subarray(0, cut)]))];
      expect(read.flatMap(({ records }) => records.map(({ value }) => `${value}`))).toEqual(["1"]);
    }
  });

  test("that compaction emptied still says how far it reached", () => {
    const bytes = batch([make("1"), make("2"), make("3")]).subarray(0, 61);
    bytes.writeInt32BE(61 - 12, 8);
    bytes.writeInt32BE(0, 57);
    expect([...readBatches(sign(bytes))]).toMatchObject([{ lastOffset: 2, records: [] }]);
  });

  test("keeps the offsets of what compaction leaves of it, and its own end", () => {
    const bytes = batch([make("1"), make("2", { key: null }), make("3"), make("4")]);
    placeAt(bytes, 7_000_000_000);
    const left = withOnly(bytes, ({ value }) => "24".includes(`${value}`))!;
    const [read] = [...readBatches(left)];
    expect(read).toMatchObject({ baseOffset: 7_000_000_000, lastOffset: 7_000_000_003, producerEpoch: 3 });
    expect(read!.records.map(({ offset, value }) => [offset, `${value}`])).toEqual([
      [7_000_000_001, "2"],
      [7_000_000_003, "4"],
    ]);
    expect(withOnly(bytes, () => true)).toBe(bytes);
    expect(withOnly(left, () => false)).toBeUndefined();
    expect([...readBatches(withOnly(left, ({ value }) => `${value}` === "4")!)][0]!.records).toHaveLength(1);
  });

  test("with the broker's clock has one time for all", () => {
    const bytes = batch([make("1", { timestamp: 1 }), make("2", { timestamp: 2 })]);
    bytes.writeInt16BE(0x08, 21);
    bytes.writeBigInt64BE(77n, 35);
    const [read] = [...readBatches(sign(bytes))];
    expect(read!.records.map(({ timestamp, offset }) => [timestamp, offset])).toEqual([
      [77, 0],
      [77, 1],
    ]);
  });

  test("of a control record says what its marker says and gives no records", () => {
    for (const [type, marker] of [
      [0, "abort"],
      [1, "commit"],
      [2, "other"],
    ] as const) {
      const key = Buffer.from([0, 0, 0, type]);
      const bytes = batch([make("", { key })]);
      bytes.writeInt16BE(0x30, 21);
      expect([...readBatches(sign(bytes))]).toMatchObject([{ marker, records: [] }]);
    }
  });

  test("of an old format or an unknown codec is named, not skipped", () => {
    const old = batch([make("1")]);
    old.writeInt8(1, 16);
    expect(() => [...readBatches(old)]).toThrow(RecordUnreadable);
    const odd = batch([make("1")]);
    odd.writeInt16BE(5, 21);
    expect(() => [...readBatches(sign(odd))]).toThrow(/codec 5/);
    const broken = batch([make("1")]);
    broken.writeInt16BE(2, 21);
    expect(() => [...readBatches(sign(broken))]).toThrow(/snappy data cannot be read/);
  });

  test("that another client compressed is read", () => {
    const plain = batch([make("1"), make("2")]);
    const bytes = Buffer.concat([plain.subarray(0, 61), gzipSync(plain.subarray(61))]);
    bytes.writeInt32BE(bytes.length - 12, 8);
    bytes.writeInt16BE(0x11, 21);
    const [read] = [...readBatches(sign(bytes))];
    expect(read!.records.map(({ value }) => `${value}`)).toEqual(["1", "2"]);
  });
});

test("crc32c is that of RFC 3720 appendix B.4", () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, n) => n)))).toBe(0x46dd794e);
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
});
