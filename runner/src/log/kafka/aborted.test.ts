import { expect, test } from "vitest";
import { AbortedFilter } from "./aborted.js";
import type { RecordBatch } from "./protocol/record-batch.js";

const data = (producerId: bigint, offset: number, transactional = true): RecordBatch => ({
  baseOffset: offset,
  lastOffset: offset,
  producerId,
  producerEpoch: 0,
  transactional,
  marker: undefined,
  records: [],
});
const marker = (producerId: bigint, offset: number, kind: "abort" | "commit" | "other"): RecordBatch => ({
  ...data(producerId, offset),
  marker: kind,
});
const visible = (filter: AbortedFilter, ...batches: RecordBatch[]) =>
  batches.filter((batch) => filter.visible(batch)).map((batch) => batch.baseOffset);

test("the list is taken in the order of first offsets, however it comes (I1)", () => {
  const listed = [
    { producerId: 2n, firstOffset: 1 },
    { producerId: 1n, firstOffset: 0 },
  ];
  const batches = [data(1n, 0), data(2n, 1), marker(2n, 2, "abort"), data(1n, 3), marker(1n, 4, "abort"), data(1n, 5)];
  expect(visible(new AbortedFilter(listed), ...batches)).toEqual([5]);
  expect(visible(new AbortedFilter([...listed].reverse()), ...batches)).toEqual([5]);
});

test("all that begin at or before the end of a batch count (I2)", () => {
  const listed = [1n, 2n, 3n].map((producerId, firstOffset) => ({ producerId, firstOffset }));
  const wide = { ...data(9n, 0, false), lastOffset: 2 };
  expect(visible(new AbortedFilter(listed), wide, data(3n, 3), data(2n, 4), data(1n, 5), data(4n, 6))).toEqual([0, 6]);
});

test("only an abort marker of that producer ends an aborted transaction (I3)", () => {
  const listed = [{ producerId: 1n, firstOffset: 0 }];
  const batches = [
    data(1n, 0),
    marker(2n, 1, "abort"),
    data(1n, 2),
    marker(1n, 3, "commit"),
    data(1n, 4),
    marker(1n, 5, "other"),
    data(1n, 6),
    marker(1n, 7, "abort"),
    data(1n, 8),
  ];
  expect(visible(new AbortedFilter(listed), ...batches)).toEqual([8]);
});

test("a transaction of a producer may commit after an earlier one aborted, and abort again", () => {
  const listed = [
    { producerId: 1n, firstOffset: 4 },
    { producerId: 1n, firstOffset: 0 },
  ];
  const batches = [
    data(1n, 0),
    marker(1n, 1, "abort"),
    data(1n, 2),
    marker(1n, 3, "commit"),
    data(1n, 4),
    marker(1n, 5, "abort"),
  ];
  expect(visible(new AbortedFilter(listed), ...batches)).toEqual([2]);
});

test("what is not in a transaction is seen whoever wrote it", () => {
  const listed = [{ producerId: 1n, firstOffset: 0 }];
  expect(visible(new AbortedFilter(listed), data(1n, 0, false), data(-1n, 1, false))).toEqual([0, 1]);
});
