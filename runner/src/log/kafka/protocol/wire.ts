// Kafka's primitive types, written to and read from buffers (kafka.apache.org/protocol, "Protocol Primitive Types").

export class Writer {
  #buffer: Buffer;
  #length = 0;

  constructor(capacity = 256) {
    this.#buffer = Buffer.allocUnsafe(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written: a view, not a copy. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Makes room for `size` bytes and returns where they begin. */
  #take(size: number): number {
    const at = this.#length;
    const end = at + size;
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#length = end;
    return at;
  }

  int8(value: number): this {
    // Taking room may put another buffer in this place: first that, then the buffer.
    const at = this.#take(1);
    this.#buffer.writeInt8(value, at);
    return this;
  }

  int16(value: number): this {
    const at = this.#take(2);
    this.#buffer.writeInt16BE(value, at);
    return this;
  }

  int32(value: number): this {
    const at = this.#take(4);
    this.#buffer.writeInt32BE(value, at);
    return this;
  }

  int64(value: number | bigint): this {
    const at = this.#take(8);
    this.#buffer.writeBigInt64BE(BigInt(value), at);
    return this;
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const size = Buffer.byteLength(value);
    return this.int16(size).text(value, size);
  }

  /** As in flexible requests (KIP-482), and so are the compact ones below. */
  compactString(value: string | null): this {
    if (value === null) return this.uvarint(0);
    const size = Buffer.byteLength(value);
    return this.uvarint(size + 1).text(value, size);
  }

  compactArray<T>(items: readonly T[], write: (item: T) => void): this {
    this.uvarint(items.length + 1);
    for (const item of items) write(item);
    return this;
  }

  /** An id of 16 bytes, as the text that Kafka's tools print. */
  uuid(value: string): this {
    return this.raw(Buffer.from(value, "base64url"));
  }

  /** The end of a flexible structure: kwf has no tagged fields to send. */
  noTags(): this {
    return this.uvarint(0);
  }

  raw(value: Uint8Array): this {
    const at = this.#take(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  /** Text without a length before it; `size` is its length in bytes. */
  text(value: string, size: number): this {
    const at = this.#take(size);
    this.#buffer.write(value, at, size, "utf8");
    return this;
  }

  /** Zigzag, as in records. */
  varint(value: number): this {
    return this.uvarint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  uvarint(value: number): this {
    let rest = value;
    while (rest > 0x7f) {
      const at = this.#take(1);
      this.#buffer[at] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    const at = this.#take(1);
    this.#buffer[at] = rest;
    return this;
  }

  varlong(value: number): this {
    if (value === (value | 0)) return this.varint(value);
    const wide = BigInt(value);
    let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
    while (rest > 0x7fn) {
      const at = this.#take(1);
      this.#buffer[at] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    const at = this.#take(1);
    this.#buffer[at] = Number(rest);
    return this;
  }

  array<T>(items: readonly T[], write: (item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(item);
    return this;
  }
}

export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0;
  return zigzag < 0x80 ? 1 : zigzag < 0x4000 ? 2 : zigzag < 0x200000 ? 3 : zigzag < 0x10000000 ? 4 : 5;
}

export function sizeOfVarlong(value: number): number {
  if (value === (value | 0)) return sizeOfVarint(value);
  const wide = BigInt(value);
  let rest = BigInt.asUintN(64, (wide << 1n) ^ (wide >> 63n));
  let size = 1;
  while (rest > 0x7fn) {
    size += 1;
    rest >>= 7n;
  }
  return size;
}

/** Reads past the end throw a RangeError. */
export class Reader {
  position = 0;

  constructor(readonly buffer: Buffer) {}

  get left(): number {
    return this.buffer.length - this.position;
  }

  #take(size: number): number {
    const at = this.position;
    if (size < 0 || at + size > this.buffer.length)
      throw new RangeError(`${size} bytes expected at ${at}, ${this.left} are left`);
    this.position = at + size;
    return at;
  }

  int8(): number {
    return this.buffer.readInt8(this.#take(1));
  }

  int16(): number {
    return this.buffer.readInt16BE(this.#take(2));
  }

  int32(): number {
    return this.buffer.readInt32BE(this.#take(4));
  }

  bigint64(): bigint {
    return this.buffer.readBigInt64BE(this.#take(8));
  }

  /** An offset or a time; neither ever needs more than 53 bits. */
  int64(): number {
    const at = this.#take(8);
    return this.buffer.readInt32BE(at) * 0x100000000 + this.buffer.readUInt32BE(at + 4);
  }

  string(): string {
    return this.nullableString() ?? "";
  }

  nullableString(): string | null {
    const size = this.int16();
    return size < 0 ? null : this.text(size);
  }

  text(size: number): string {
    const at = this.#take(size);
    return this.buffer.toString("utf8", at, at + size);
  }

  /** A view, not a copy. */
  bytes(size: number): Buffer {
    const at = this.#take(size);
    return this.buffer.subarray(at, at + size);
  }

  varint(): number {
    const value = this.uvarint();
    return (value >>> 1) ^ -(value & 1);
  }

  uvarint(): number {
    let value = 0;
    let shift = 0;
    for (;;) {
      const byte = this.buffer[this.#take(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      shift += 7;
      if (shift > 28) throw new RangeError("a varint of more than five bytes");
    }
    return value >>> 0;
  }

  varlong(): number {
    const at = this.position;
    // Up to four bytes fit a varint, and nearly every delta of times does.
    for (let i = 0; i < 4; i++) if ((this.buffer[at + i] ?? 0) < 0x80) return this.varint();
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      if (shift > 63n) throw new RangeError("a varlong of more than ten bytes");
      const byte = this.buffer[this.#take(1)]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const wide = BigInt.asUintN(64, value);
    return Number((wide >> 1n) ^ -(wide & 1n));
  }

  array<T>(read: () => T): T[] {
    const count = this.int32();
    const items: T[] = [];
    for (let i = 0; i < count; i++) items.push(read());
    return items;
  }

  compactNullableString(): string | null {
    const size = this.uvarint();
    return size === 0 ? null : this.text(size - 1);
  }

  compactString(): string {
    return this.compactNullableString() ?? "";
  }

  compactBytes(): Buffer {
    return this.bytes(Math.max(0, this.uvarint() - 1));
  }

  compactArray<T>(read: () => T): T[] {
    return Array.from({ length: Math.max(0, this.uvarint() - 1) }, read);
  }

  uuid(): string {
    return this.bytes(16).toString("base64url");
  }

  /** What ends a flexible structure, known or not. */
  skipTags(): void {
    for (let left = this.uvarint(); left > 0; left--) {
      this.uvarint();
      this.bytes(this.uvarint());
    }
  }
}
