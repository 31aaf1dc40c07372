// Owns the form of a value on the disk: a checksum of key and value, then the value. RocksDB's iterators do not look at the
// checksums of what they read, so the store brings one that holds on every way to a value.

import { crc32 } from "node:zlib";

const SEAL = 4;

export function seal(key: Uint8Array, value: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(SEAL + value.length);
  sealed.writeUInt32LE(crc32(value, crc32(key)));
  sealed.set(value, SEAL);
  return sealed;
}

/** Undefined where key and value are not those that were sealed together. */
export function unseal(key: Uint8Array | string, sealed: Buffer): Buffer | undefined {
  if (sealed.length < SEAL) return undefined;
  const value = sealed.subarray(SEAL);
  return sealed.readUInt32LE() === crc32(value, crc32(key)) ? value : undefined;
}
