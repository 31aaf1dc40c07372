// Snappy (google/snappy format_description.txt), bare or in the blocks of the Java library's stream.

const STREAM = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const STREAM_HEADER = 16;

export function snappyFramed(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, STREAM.length).equals(STREAM)) return snappy(bytes);
  const blocks: Buffer[] = [];
  for (let at = STREAM_HEADER; at < bytes.length; ) {
    const size = bytes.readInt32BE(at);
    if (size < 0 || at + 4 + size > bytes.length) throw new RangeError("a block goes past the end");
    blocks.push(snappy(bytes.subarray(at + 4, at + 4 + size)));
    at += 4 + size;
  }
  return Buffer.concat(blocks);
}

export function snappy(bytes: Buffer): Buffer {
  let at = 0;
  let size = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes.readUInt8(at++);
    size += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const out = Buffer.allocUnsafe(size);
  let to = 0;
  while (at < bytes.length) {
    const tag = bytes.readUInt8(at++);
    const kind = tag & 3;
    if (kind === 0) {
      let length = (tag >> 2) + 1;
      if (length > 60) {
        const wide = length - 60;
        length = bytes.readUIntLE(at, wide) + 1;
        at += wide;
      }
      if (at + length > bytes.length || to + length > size) throw new RangeError("a literal goes past the end");
      bytes.copy(out, to, at, at + length);
      at += length;
      to += length;
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const width = kind === 3 ? 4 : kind;
    const distance = kind === 1 ? ((tag >> 5) << 8) | bytes.readUInt8(at) : bytes.readUIntLE(at, width);
    at += width;
    if (distance === 0 || distance > to || to + length > size) throw new RangeError("a copy reaches outside the data");
    for (let i = 0; i < length; i++, to++) out[to] = out[to - distance]!;
  }
  if (to !== size) throw new RangeError(`${to} bytes where ${size} were promised`);
  return out;
}
