// Owns what a store says of itself: which changelog it is a copy of, up to where, and when that was last known to be all of it.
// It travels inside the batch whose states it speaks of (store.ts, I1). Whether it can be trusted is decided here and nowhere else.

export interface Checkpoint extends Origin {
  /** The next changelog offset: what lies below is in the store. */
  readonly position: number;
  /** The next offset to run, by input topic. */
  readonly inputs: Readonly<Record<string, number>>;
  /** ms since the epoch: when `position` was last known to be the end of the changelog. */
  readonly currentAt: number;
}

/** The one changelog partition, of the one cluster, that a store is a copy of. */
export interface Origin {
  readonly cluster: string;
  /** The changelog topic, with its prefix. */
  readonly topic: string;
  readonly partition: number;
  /** The random id that was written first into this partition: a topic made anew has another one. */
  readonly incarnation: string;
}

/** The changelog partition as it is now. */
export interface Changelog extends Origin {
  /** First offset that can be read. */
  readonly start: number;
  /** Offset behind the last record, open transactions included. */
  readonly end: number;
  readonly tombstoneRetentionMs: number;
}

/** Why a store with this checkpoint cannot be brought up to date by reading the changelog from its position; undefined if it can. */
export function distrust(checkpoint: Checkpoint, changelog: Changelog, now: number): string | undefined {
  for (const [name, field] of ORIGIN) {
    if (checkpoint[field] !== changelog[field]) {
      return `it was made from ${name} ${checkpoint[field]}, and this is ${name} ${changelog[field]}`;
    }
  }
  const { position, currentAt } = checkpoint;
  if (position > changelog.end) return `it is at offset ${position}, and the changelog ends at ${changelog.end}`;
  if (position < changelog.start) return `it is at offset ${position}, and the changelog begins at ${changelog.start}`;
  // A clock that was set back makes the age negative: no better known than one too high.
  if (Math.abs(now - currentAt) > changelog.tombstoneRetentionMs) {
    return `it was last current at ${new Date(currentAt).toISOString()}, and tombstones are kept for ${changelog.tombstoneRetentionMs} ms: deletions may be missing`;
  }
  return undefined;
}

const ORIGIN = [
  ["cluster", "cluster"],
  ["topic", "topic"],
  ["partition", "partition"],
  ["changelog incarnation", "incarnation"],
] as const;

export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array {
  const { cluster, topic, partition, incarnation, position, inputs, currentAt } = checkpoint;
  return Buffer.from(JSON.stringify({ cluster, topic, partition, incarnation, position, inputs, currentAt }));
}

/** Undefined for bytes that are no checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array): Checkpoint | undefined {
  let found: Partial<Checkpoint> | null;
  try {
    found = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
  if (typeof found !== "object" || found === null) return undefined;
  const { cluster, topic, partition, incarnation, position, inputs, currentAt } = found;
  const sound =
    [cluster, topic, incarnation].every((text) => typeof text === "string") &&
    [partition, position, currentAt].every(isCount) &&
    typeof inputs === "object" &&
    inputs !== null &&
    Object.values(inputs).every(isCount);
  return sound ? (found as Checkpoint) : undefined;
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
