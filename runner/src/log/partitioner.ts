// Which partition a key belongs to, as the default partitioner of the Java client chooses it (murmur2 of the key's bytes,
// sign bit off, modulo the number of partitions), so that a key lands where every other client puts it.

/** Keys that are text are taken as UTF-8. */
export function partitionOf(key: Uint8Array | string, partitions: number): number {
  const bytes = typeof key === "string" ? Buffer.from(key) : key;
  return (murmur2(bytes) & 0x7fffffff) % partitions;
}

/** org.apache.kafka.common.utils.Utils.murmur2: a signed 32-bit number. */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  const { length } = data;
  let h = 0x9747b28c ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  const rest = length - whole;
  if (rest > 2) h ^= data[whole + 2]! << 16;
  if (rest > 1) h ^= data[whole + 1]! << 8;
  if (rest > 0) {
    h ^= data[whole]!;
    h = Math.imul(h, m);
  }
  h ^= h >>> 13;
  h = Math.imul(h, m);
  h ^= h >>> 15;
  return h | 0;
}
