// Owns the check of RocksDB's write-ahead log before RocksDB replays it. The binding turns `paranoid_checks` off, and then a
// damaged piece is left out and the batches behind it are applied: the store would have a hole, below a checkpoint that says it has
// all. A crash of the machine can do that (the log is not synced at every batch), and so can a bad disk.
//
// The format: blocks of 32 KiB, in each physical records of (crc32c of type and data, masked: 4; length: 2; type: 1; data); a
// batch is one FULL record, or FIRST, MIDDLE..., LAST. Its data begins with a sequence number (8) and the count of changes (4); the
// next batch's sequence number is their sum (RocksDB: db/log_format.h, db/write_batch.cc).
//
// I1 A log that was cut, or whose end was never written, is sound: what is there is a beginning of what was written.
// I2 A batch behind damage, with another sequence number than the last one before it leads to, is a hole.
// I3 RocksDB leaves the rest of a damaged block out, so what is whole in it may be lost too. Where every batch was synced before the next
//    one was written, a crash leaves nothing whole behind damage: then the rest of the block is looked through as well.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32c } from "../../log/kafka/protocol/crc32c.js";

const BLOCK = 32 * 1024;
const HEADER = 7;
const FULL = 1;
const FIRST = 2;
const LAST = 4;
/** Sequence number and count. */
const BATCH_HEADER = 12;

/** Where batches are missing from the midst of the log; undefined if none are. `synced`: every batch was (I3). */
export async function findHole(database: string, synced = false): Promise<string | undefined> {
  let damage: string | undefined;
  let expected: bigint | undefined;
  for (const name of await logsOf(database)) {
    const bytes = await readFile(join(database, name)).catch(gone);
    for (const piece of bytes === undefined ? [] : piecesOf(bytes, synced)) {
      if ("damagedAt" in piece) {
        damage ??= `${name}, byte ${piece.damagedAt}`;
        continue;
      }
      if (damage !== undefined && piece.sequence !== expected) return damage;
      damage = undefined;
      expected = piece.sequence + BigInt(piece.count);
    }
  }
  return undefined;
}

type Piece = { readonly sequence: bigint; readonly count: number } | { readonly damagedAt: number };

/** The batches of one log file, and the places where something is there that is none. */
export function* piecesOf(bytes: Buffer, synced = false): Generator<Piece> {
  let batch: Buffer | undefined;
  for (const { at, type, data } of recordsOf(bytes, synced)) {
    if (type === undefined) {
      batch = undefined;
      yield { damagedAt: at };
    } else if (type === FULL || type === FIRST) {
      if (batch !== undefined) yield { damagedAt: at };
      batch = data.subarray(0, BATCH_HEADER);
    } else if (batch === undefined) {
      yield { damagedAt: at };
    } else if (batch.length < BATCH_HEADER) {
      batch = Buffer.concat([batch, data]).subarray(0, BATCH_HEADER);
    }
    if (batch !== undefined && (type === FULL || type === LAST)) {
      if (batch.length < BATCH_HEADER) yield { damagedAt: at };
      else yield { sequence: batch.readBigUInt64LE(), count: batch.readUInt32LE(8) };
      batch = undefined;
    }
  }
  if (batch !== undefined) yield { damagedAt: bytes.length };
}

/** Physical records; of what is none only the place, and on with the next block, as RocksDB does it, or with the next record (I3). */
function* recordsOf(bytes: Buffer, synced: boolean): Generator<{ at: number; type: number | undefined; data: Buffer }> {
  const none = Buffer.alloc(0);
  for (let block = 0; block < bytes.length; block += BLOCK) {
    const end = Math.min(block + BLOCK, bytes.length);
    let at = block;
    while (at + HEADER <= end) {
      if (!isRecord(bytes, at, end)) {
        yield { at, type: undefined, data: none };
        if (!synced) break;
        do at++;
        while (at + HEADER <= end && !isRecord(bytes, at, end));
        if (at + HEADER > end) break;
      }
      const next = at + HEADER + bytes.readUInt16LE(at + 4);
      yield { at, type: bytes[at + 6]!, data: bytes.subarray(at + HEADER, next) };
      at = next;
    }
    if (at < end && end < block + BLOCK && at + HEADER > end) yield { at, type: undefined, data: none };
  }
}

function isRecord(bytes: Buffer, at: number, end: number): boolean {
  const type = bytes[at + 6]!;
  const next = at + HEADER + bytes.readUInt16LE(at + 4);
  if (type < FULL || type > LAST || next > end) return false;
  return unmask(bytes.readUInt32LE(at)) === crc32c(bytes.subarray(at + 6, next));
}

function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

/** By number: the order in which they were written. */
async function logsOf(database: string): Promise<string[]> {
  const names = (await readdir(database).catch(gone)) ?? [];
  return names
    .filter((name) => /^\d+\.log$/.test(name))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
}

function gone(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
