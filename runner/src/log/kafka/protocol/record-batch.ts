// Record batches, format 2 (kafka.apache.org/documentation "Record Batch"): how records lie in produce requests and fetch
// responses. It owns the layout; which batches are given to whom is aborted.ts's and partition-reader.ts's.
//
// I1 A batch is at most as long as its builder was told: `max.message.bytes` limits the batch, not the record.
// I2 The checksum of what is read is verified.
// I3 Key, value and header values of what is read are views of the response: whoever keeps one keeps all of it.

import { RecordUnreadable } from "../../errors.js";
import type { Bytes, Header, LogRecord, NewRecord } from "../../log.js";
import { decompress } from "./compression.js";
import { crc32c } from "./crc32c.js";
import { Reader, sizeOfVarint, sizeOfVarlong, Writer } from "./wire.js";

export interface RecordBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** -1n: written without idempotence. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly transactional: boolean;
  /** For a control batch, what its marker says; its records are nobody's data. */
  readonly marker: "commit" | "abort" | "other" | undefined;
  readonly records: readonly LogRecord[];
}

export interface ProducerStamp {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

const OVERHEAD = 61;
const AT_LENGTH = 8;
const AT_MAGIC = 16;
const AT_CRC = 17;
const AT_ATTRIBUTES = 21;

const COMPRESSION = 0x07;
const LOG_APPEND_TIME = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

const sizeOf = (value: Bytes | null): number =>
  value === null ? -1 : typeof value === "string" ? Buffer.byteLength(value) : value.length;

/** How many bytes of `max.message.bytes` a record takes that is alone in its batch. */
export function sizeAlone(record: NewRecord): number {
  const body = sizeOfRecord(record, 0, 0);
  return OVERHEAD + sizeOfVarint(body) + body;
}

function sizeOfRecord(record: NewRecord, timeDelta: number, offsetDelta: number): number {
  const key = sizeOf(record.key);
  const value = sizeOf(record.value);
  const headers = record.headers ?? [];
  let size = 1 + sizeOfVarlong(timeDelta) + sizeOfVarint(offsetDelta);
  size +=
    sizeOfVarint(key) + Math.max(key, 0) + sizeOfVarint(value) + Math.max(value, 0) + sizeOfVarint(headers.length);
  for (const [name, content] of headers) {
    const nameSize = Buffer.byteLength(name);
    const contentSize = sizeOf(content);
    size += sizeOfVarint(nameSize) + nameSize + sizeOfVarint(contentSize) + Math.max(contentSize, 0);
  }
  return size;
}

export class BatchBuilder {
  readonly #out = new Writer(1024).raw(new Uint8Array(OVERHEAD));
  #count = 0;
  #baseTime = 0;
  #maxTime = 0;

  constructor(
    readonly limit: number,
    readonly now: number,
  ) {}

  get count(): number {
    return this.#count;
  }

  /** False, and nothing is added, when the batch would grow over its limit (I1). */
  add(record: NewRecord): boolean {
    const time = record.timestamp ?? this.now;
    const timeDelta = this.#count === 0 ? 0 : time - this.#baseTime;
    const size = sizeOfRecord(record, timeDelta, this.#count);
    if (this.#out.length + sizeOfVarint(size) + size > this.limit) return false;
    if (this.#count === 0) this.#baseTime = time;
    if (this.#count === 0 || time > this.#maxTime) this.#maxTime = time;
    const out = this.#out.varint(size).int8(0).varlong(timeDelta).varint(this.#count);
    write(out, record.key);
    write(out, record.value);
    const headers = record.headers ?? [];
    out.varint(headers.length);
    for (const [name, content] of headers) {
      write(out, name);
      write(out, content);
    }
    this.#count += 1;
    return true;
  }

  /** The finished batch: a view of the builder, which takes no more records. */
  finish(transactional: boolean, { producerId, producerEpoch, baseSequence }: ProducerStamp): Buffer {
    const batch = this.#out.bytes;
    batch.writeBigInt64BE(0n, 0);
    batch.writeInt32BE(batch.length - AT_LENGTH - 4, AT_LENGTH);
    batch.writeInt32BE(-1, 12);
    batch.writeInt8(2, AT_MAGIC);
    batch.writeInt16BE(transactional ? TRANSACTIONAL : 0, AT_ATTRIBUTES);
    batch.writeInt32BE(this.#count - 1, 23);
    batch.writeBigInt64BE(BigInt(this.#baseTime), 27);
    batch.writeBigInt64BE(BigInt(this.#maxTime), 35);
    batch.writeBigInt64BE(producerId, 43);
    batch.writeInt16BE(producerEpoch, 51);
    batch.writeInt32BE(baseSequence, 53);
    batch.writeInt32BE(this.#count, 57);
    batch.writeUInt32BE(crc32c(batch.subarray(AT_ATTRIBUTES)), AT_CRC);
    return batch;
  }
}

function write(out: Writer, value: Bytes | null): void {
  if (value === null) out.varint(-1);
  else if (typeof value === "string") {
    const size = Buffer.byteLength(value);
    out.varint(size).text(value, size);
  } else out.varint(value.length).raw(value);
}

/** Gives a finished batch its place in the log, as the one who keeps the log does. */
export function placeAt(batch: Buffer, baseOffset: number): void {
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
}

/**
 * The batch without the records that `keep` does not want, as compaction leaves it: offsets, also the last one, stay what they were.
 * The same batch if it keeps all, undefined if it keeps none. Not for what another client compressed.
 */
export function withOnly(batch: Buffer, keep: (record: LogRecord) => boolean): Buffer | undefined {
  const [{ records }] = [...readBatches(batch)] as [RecordBatch];
  const kept = records.map(keep);
  const count = kept.filter((one) => one).length;
  if (count === records.length) return batch;
  if (count === 0) return undefined;
  const reader = new Reader(batch.subarray(OVERHEAD));
  const parts: Buffer[] = [];
  for (const wanted of kept) {
    const start = reader.position;
    const size = reader.varint();
    reader.position += size;
    if (wanted) parts.push(reader.buffer.subarray(start, reader.position));
  }
  const rest = Buffer.concat([batch.subarray(0, OVERHEAD), ...parts]);
  rest.writeInt32BE(rest.length - AT_LENGTH - 4, AT_LENGTH);
  rest.writeInt32BE(count, 57);
  rest.writeUInt32BE(crc32c(rest.subarray(AT_ATTRIBUTES)), AT_CRC);
  return rest;
}

/** The complete batches of a fetch response, in order. The last may be cut off by the response's limit; it is left out. */
export function* readBatches(bytes: Buffer): Generator<RecordBatch> {
  for (let start = 0; start + AT_LENGTH + 4 <= bytes.length; ) {
    const end = start + AT_LENGTH + 4 + bytes.readInt32BE(start + AT_LENGTH);
    if (end > bytes.length) return;
    yield readBatch(bytes.subarray(start, end));
    start = end;
  }
}

function readBatch(bytes: Buffer): RecordBatch {
  const baseOffset = Number(bytes.readBigInt64BE(0));
  const magic = bytes.readInt8(AT_MAGIC);
  if (magic !== 2) {
    throw new RecordUnreadable(
      `the batch at offset ${baseOffset} has format ${magic}, written before Kafka 0.11; format 2 is needed`,
    );
  }
  if (crc32c(bytes.subarray(AT_ATTRIBUTES)) !== bytes.readUInt32BE(AT_CRC)) {
    throw new RecordUnreadable(`the batch at offset ${baseOffset} is damaged: its checksum is wrong`);
  }
  const attributes = bytes.readInt16BE(AT_ATTRIBUTES);
  const count = bytes.readInt32BE(57);
  const stored = bytes.subarray(OVERHEAD);
  const codec = attributes & COMPRESSION;
  const reader = new Reader(codec === 0 ? stored : decompress(codec, stored, baseOffset));
  const baseTime = Number(bytes.readBigInt64BE(27));
  const appendTime = attributes & LOG_APPEND_TIME ? Number(bytes.readBigInt64BE(35)) : undefined;
  const records: LogRecord[] = [];
  for (let i = 0; i < count; i++) records.push(readRecord(reader, baseOffset, baseTime, appendTime));
  return {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(23),
    producerId: bytes.readBigInt64BE(43),
    producerEpoch: bytes.readInt16BE(51),
    transactional: (attributes & TRANSACTIONAL) !== 0,
    marker: (attributes & CONTROL) === 0 ? undefined : markerOf(records[0]),
    records: (attributes & CONTROL) === 0 ? records : [],
  };
}

function readRecord(reader: Reader, baseOffset: number, baseTime: number, appendTime: number | undefined): LogRecord {
  const size = reader.varint();
  const end = reader.position + size;
  reader.int8();
  const timestamp = appendTime ?? baseTime + reader.varlong();
  if (appendTime !== undefined) reader.varlong();
  const offset = baseOffset + reader.varint();
  const key = readBytes(reader);
  const value = readBytes(reader);
  const headerCount = reader.varint();
  const headers: Header[] = [];
  for (let i = 0; i < headerCount; i++) headers.push([reader.text(reader.varint()), readBytes(reader)]);
  reader.position = end;
  return { offset, timestamp, key, value, headers };
}

function readBytes(reader: Reader): Buffer | null {
  const size = reader.varint();
  return size < 0 ? null : reader.bytes(size);
}

/** The key of a control record: version, then 0 for abort, 1 for commit (KIP-98). */
function markerOf(record: LogRecord | undefined): "commit" | "abort" | "other" {
  const key = record?.key;
  if (!key || key.length < 4) return "other";
  const type = key.readInt16BE(2);
  return type === 0 ? "abort" : type === 1 ? "commit" : "other";
}
