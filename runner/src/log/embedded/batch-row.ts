// How a batch of records lies on the disk: a head of our own, then the batch as Kafka's clients send it
// (../kafka/protocol/record-batch.ts), so that sizes and limits are the same on both logs.
//
//   <crc32 of key, head and the first bytes of the batch: 4> <appended: 8> <horizon: 8> <batch>
//
// I1 Nothing that was damaged is read: the head's checksum covers key, place and the batch's own checksum, that one the rest.

import { crc32 } from "node:zlib";
import { RecordUnreadable } from "../errors.js";
import { placeAt, type RecordBatch, readBatches, withOnly } from "../kafka/protocol/record-batch.js";
import type { LogRecord } from "../log.js";

const AT_APPENDED = 4;
const AT_HORIZON = 12;
const HEAD = 20;
/** Offset, length and checksum of the batch. */
const SIGNED = HEAD + 21;

/** `appended` is the log's clock, ms since the epoch. */
export function writeBatchRow(key: Buffer, batch: Buffer, baseOffset: number, appended: number): Buffer {
  const row = Buffer.allocUnsafe(HEAD + batch.length);
  batch.copy(row, HEAD);
  placeAt(row.subarray(HEAD), baseOffset);
  writeTime(row, appended, AT_APPENDED);
  writeTime(row, 0, AT_HORIZON);
  return sign(key, row);
}

export class BatchRow {
  readonly #key: Buffer;
  readonly #row: Buffer;

  /** Throws RecordUnreadable for what was damaged (I1). */
  constructor(key: Buffer, row: Buffer, what: string) {
    if (row.length < SIGNED || row.readUInt32LE() !== checksum(key, row))
      throw new RecordUnreadable(`${what} is damaged: its checksum is wrong`);
    this.#key = key;
    this.#row = row;
  }

  get size(): number {
    return this.#row.length;
  }

  get appended(): number {
    return Number(this.#row.readBigUInt64LE(AT_APPENDED));
  }

  /** When the tombstones in it may go; 0 while compaction has not met them. */
  get horizon(): number {
    return Number(this.#row.readBigUInt64LE(AT_HORIZON));
  }

  read(): RecordBatch {
    return [...readBatches(this.#row.subarray(HEAD))][0]!;
  }

  /** With these records only, and this horizon; undefined if none is left. */
  withOnly(keep: (record: LogRecord) => boolean, horizon: number): Buffer | undefined {
    const batch = withOnly(this.#row.subarray(HEAD), keep);
    if (batch === undefined) return undefined;
    const row = Buffer.concat([this.#row.subarray(0, HEAD), batch]);
    writeTime(row, horizon, AT_HORIZON);
    return sign(this.#key, row);
  }
}

function writeTime(row: Buffer, time: number, at: number): void {
  row.writeBigUInt64LE(BigInt(time), at);
}

function sign(key: Buffer, row: Buffer): Buffer {
  row.writeUInt32LE(checksum(key, row));
  return row;
}

function checksum(key: Buffer, row: Buffer): number {
  return crc32(row.subarray(AT_APPENDED, SIGNED), crc32(key));
}
