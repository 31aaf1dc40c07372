// Reading what other clients compressed. kwf itself writes uncompressed batches.

import { gunzipSync } from "node:zlib";
import { decompress as zstd } from "fzstd";
import { RecordUnreadable } from "../../errors.js";
import { lz4Frame } from "./lz4.js";
import { snappyFramed } from "./snappy.js";

const codecs: Readonly<Record<number, readonly [name: string, decode: (bytes: Buffer) => Uint8Array]>> = {
  1: ["gzip", gunzipSync],
  2: ["snappy", snappyFramed],
  3: ["lz4", lz4Frame],
  4: ["zstd", zstd],
};

/** `codec` is the number in the attributes of a batch. */
export function decompress(codec: number, bytes: Buffer, baseOffset: number): Buffer {
  const [name, decode] = codecs[codec] ?? [`codec ${codec}`, undefined];
  if (decode === undefined) {
    throw new RecordUnreadable(
      `the batch at offset ${baseOffset} is compressed with ${name}, which this release does not know`,
    );
  }
  try {
    const plain = decode(bytes);
    return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength);
  } catch (error) {
    throw new RecordUnreadable(`the batch at offset ${baseOffset} is damaged: its ${name} data cannot be read`, {
      cause: error,
    });
  }
}
