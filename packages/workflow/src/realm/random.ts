// The realm's randomness: one generator (sfc32, 128 bits of state), seeded by the bundle's hash while it loads and
// by the step's seed at the start of each step. Its state is never saved: a step is a function of its seed.

let a = 0;
let b = 0;
let c = 0;
let d = 1;

/** Any text can be a seed; the host gives 128 random bits, a test gives what it likes. */
export function setSeed(seed: string): void {
  // Four FNV-1a-like lanes: only spreads the seed over the state, secrecy comes from the seed itself.
  let h1 = 0x811c9dc5;
  let h2 = 0x9747b28c;
  let h3 = 0x3c6ef372;
  let h4 = 0xa54ff53a;
  for (let i = 0; i < seed.length; i++) {
    const unit = seed.charCodeAt(i);
    h1 = Math.imul(h1 ^ unit, 0x01000193);
    h2 = Math.imul(h2 ^ unit, 0x85ebca6b) + h1;
    h3 = Math.imul(h3 ^ unit, 0xc2b2ae35) + h2;
    h4 = Math.imul(h4 ^ unit, 0x27d4eb2f) + h3;
  }
  a = h1 ^ h4;
  b = h2 ^ h1;
  c = h3 ^ h2;
  d = h4 | 1;
  for (let i = 0; i < 16; i++) nextUint32();
}

export type RandomState = readonly [number, number, number, number];

export const randomState = (): RandomState => [a, b, c, d];

export function setRandomState(state: RandomState): void {
  [a, b, c, d] = state;
}

export function nextUint32(): number {
  const t = (((a + b) | 0) + d) | 0;
  d = (d + 1) | 0;
  a = b ^ (b >>> 9);
  b = (c + (c << 3)) | 0;
  c = (((c << 21) | (c >>> 11)) + t) | 0;
  return t >>> 0;
}

/** A number in [0, 1) with 53 random bits. */
export function nextDouble(): number {
  const high = nextUint32() >>> 5;
  const low = nextUint32() >>> 6;
  return (high * 0x4000000 + low) / 0x20000000000000;
}

export function fillRandom(bytes: Uint8Array): void {
  for (let i = 0; i < bytes.length; i += 4) {
    const word = nextUint32();
    for (let j = 0; j < 4 && i + j < bytes.length; j++) bytes[i + j] = word >>> (8 * j);
  }
}

setSeed("kwf");
