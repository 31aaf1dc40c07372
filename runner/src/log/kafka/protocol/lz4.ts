// LZ4 frames (lz4/doc lz4_Frame_format.md, lz4_Block_format.md). Checksums are left unread: the batch has one over everything.

const MAGIC = 0x184d2204;
const UNCOMPRESSED = 0x80000000;

export function lz4Frame(bytes: Buffer): Buffer {
  if (bytes.readUInt32LE(0) !== MAGIC) throw new RangeError("not an LZ4 frame");
  const flags = bytes.readUInt8(4);
  const blockChecksums = (flags & 0x10) !== 0;
  const contentSize = (flags & 0x08) !== 0;
  const dictionary = (flags & 0x01) !== 0;
  let at = 6 + (contentSize ? 8 : 0) + (dictionary ? 4 : 0) + 1;
  const out = new Window();
  for (;;) {
    const head = bytes.readUInt32LE(at);
    at += 4;
    if (head === 0) return out.bytes;
    const size = (head & 0x7fffffff) >>> 0;
    if (at + size > bytes.length) throw new RangeError("a block goes past the end");
    const block = bytes.subarray(at, at + size);
    if (head >= UNCOMPRESSED) out.literal(block, 0, size);
    else lz4Block(block, out);
    at += size + (blockChecksums ? 4 : 0);
  }
}

function lz4Block(block: Buffer, out: Window): void {
  let at = 0;
  const more = (length: number): number => {
    if (length < 15) return length;
    let total = length;
    for (;;) {
      const byte = block.readUInt8(at++);
      total += byte;
      if (byte < 255) return total;
    }
  };
  while (at < block.length) {
    const token = block.readUInt8(at++);
    const literal = more(token >> 4);
    if (at + literal > block.length) throw new RangeError("a literal goes past the end");
    out.literal(block, at, literal);
    at += literal;
    if (at >= block.length) return;
    const distance = block.readUInt16LE(at);
    at += 2;
    out.copy(distance, more(token & 15) + 4);
  }
}

/** What was decoded so far; blocks of one frame may refer back into each other. */
class Window {
  #buffer = Buffer.allocUnsafe(64 * 1024);
  #length = 0;

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #room(size: number): void {
    const end = this.#length + size;
    if (end <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(end, this.#buffer.length * 2));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }

  literal(from: Buffer, at: number, size: number): void {
    this.#room(size);
    from.copy(this.#buffer, this.#length, at, at + size);
    this.#length += size;
  }

  copy(distance: number, size: number): void {
    if (distance === 0 || distance > this.#length) throw new RangeError("a copy reaches outside the data");
    this.#room(size);
    const buffer = this.#buffer;
    let to = this.#length;
    for (const end = to + size; to < end; to++) buffer[to] = buffer[to - distance]!;
    this.#length = to;
  }
}
