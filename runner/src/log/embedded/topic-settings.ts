// The settings a topic can have, by Kafka's names, and what they are where nobody said otherwise. Kafka's defaults, but for the size of
// a segment: a log on somebody's own machine is tidied up earlier.

import { RequestRefused } from "../errors.js";

interface Kind {
  readonly means: string;
  readonly fits: (value: string) => boolean;
}

const whole = (least: number): Kind => ({
  means: `a whole number from ${least}`,
  fits: (value) => /^-?\d+$/.test(value) && Number(value) >= least,
});
const ratio: Kind = {
  means: "a number from 0 to 1",
  fits: (value) => value.trim() !== "" && Number(value) >= 0 && Number(value) <= 1,
};
const truth: Kind = { means: "true or false", fits: (value) => value === "true" || value === "false" };
const oneOf = (...words: string[]): Kind => ({ means: words.join(" or "), fits: (value) => words.includes(value) });
const cleanup: Kind = {
  means: "delete, compact or both",
  fits: (value) => value.split(",").every((word) => ["delete", "compact"].includes(word.trim())),
};

/** Those below the line are taken and kept, and change nothing here. */
const known: Readonly<Record<string, readonly [standard: string, kind: Kind]>> = {
  "cleanup.policy": ["delete", cleanup],
  "delete.retention.ms": ["86400000", whole(0)],
  "max.message.bytes": ["1048588", whole(0)],
  "message.timestamp.type": ["CreateTime", oneOf("CreateTime", "LogAppendTime")],
  "min.cleanable.dirty.ratio": ["0.5", ratio],
  "min.compaction.lag.ms": ["0", whole(0)],
  "retention.bytes": ["-1", whole(-1)],
  "retention.ms": ["604800000", whole(-1)],
  "segment.bytes": ["16777216", whole(14)],
  "segment.ms": ["604800000", whole(1)],
  // ---
  "compression.type": ["producer", oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")],
  "file.delete.delay.ms": ["60000", whole(0)],
  "flush.messages": ["9223372036854775807", whole(0)],
  "flush.ms": ["9223372036854775807", whole(0)],
  "max.compaction.lag.ms": ["9223372036854775807", whole(0)],
  "min.insync.replicas": ["1", whole(1)],
  preallocate: ["false", truth],
  "unclean.leader.election.enable": ["false", truth],
};

export class TopicSettings {
  /** Every setting in force. */
  readonly all: ReadonlyMap<string, string>;
  readonly compact: boolean;
  readonly delete: boolean;
  readonly maxMessageBytes: number;
  /** How long a tombstone can be read after compaction met it. */
  readonly tombstoneRetentionMs: number;
  /** -1: for ever. */
  readonly retentionMs: number;
  /** -1: no limit. */
  readonly retentionBytes: number;
  readonly compactionLagMs: number;
  readonly dirtyRatio: number;
  readonly segmentBytes: number;
  readonly segmentMs: number;
  /** Records get the log's clock, not their producer's. */
  readonly appendTime: boolean;

  /** Throws RequestRefused for a name or a value that is none of Kafka's. */
  constructor(
    topic: string,
    readonly given: Readonly<Record<string, string>>,
  ) {
    for (const [name, value] of Object.entries(given)) {
      const kind = Object.hasOwn(known, name) ? known[name]![1] : undefined;
      if (kind === undefined) throw new RequestRefused(`topic ${topic}: there is no setting ${name}`);
      if (!kind.fits(value)) throw new RequestRefused(`topic ${topic}: ${name} is ${kind.means}, not "${value}"`);
    }
    const all = new Map(Object.entries(known).map(([name, [standard]]) => [name, given[name] ?? standard]));
    const number = (name: string) => Number(all.get(name));
    const policy = all.get("cleanup.policy")!.split(",");
    this.all = all;
    this.compact = policy.some((word) => word.trim() === "compact");
    this.delete = policy.some((word) => word.trim() === "delete");
    this.maxMessageBytes = number("max.message.bytes");
    this.tombstoneRetentionMs = number("delete.retention.ms");
    this.retentionMs = number("retention.ms");
    this.retentionBytes = number("retention.bytes");
    this.compactionLagMs = number("min.compaction.lag.ms");
    this.dirtyRatio = number("min.cleanable.dirty.ratio");
    this.segmentBytes = number("segment.bytes");
    this.segmentMs = number("segment.ms");
    this.appendTime = all.get("message.timestamp.type") === "LogAppendTime";
  }
}
