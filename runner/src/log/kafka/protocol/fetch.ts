import { partitionKey, type TopicPartition } from "../../log.js";
import { API, type Protocol } from "../kafkajs.js";
import { Reader, Writer } from "./wire.js";

export interface FetchRequest {
  readonly places: readonly FetchPlace[];
  readonly maxWaitMs: number;
  readonly isolation: "committed" | "uncommitted";
}

export interface FetchPlace extends TopicPartition {
  readonly offset: number;
  readonly maxBytes: number;
}

/** By `partitionKey`. */
export type FetchAnswers = Map<string, FetchAnswer>;

export interface FetchAnswer {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  /** Those of which a record may be in `records`. In no order that may be relied on. */
  readonly aborted: readonly AbortedTransaction[];
  /** Batches, the last perhaps cut off. */
  readonly records: Buffer;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** How long after `maxWaitMs` an answer may still be on its way. */
const GRACE_MS = 5_000;

/** Fetch version 11, the newest without tagged fields (brokers from 2.3 on), without a fetch session. */
export function fetch({ places, maxWaitMs, isolation }: FetchRequest): Protocol<{ answers: FetchAnswers }> {
  return {
    request: {
      apiKey: API.fetch,
      apiVersion: 11,
      apiName: "Fetch",
      encode: async () => {
        const out = new Writer(128)
          .int32(-1) // not a replica
          .int32(maxWaitMs)
          .int32(1)
          .int32(Math.max(...places.map(({ maxBytes }) => maxBytes)))
          .int8(isolation === "committed" ? 1 : 0)
          .int32(0) // session id
          .int32(-1); // session epoch
        const topics = byTopic(places);
        out.int32(topics.size);
        for (const [topic, own] of topics) {
          out.string(topic).int32(own.length);
          for (const { partition, offset, maxBytes } of own) {
            out.int32(partition).int32(-1).int64(offset).int64(-1).int32(maxBytes);
          }
        }
        out.int32(0).string("");
        return { buf: out.bytes, buffer: out.bytes };
      },
    },
    response: { decode, parse: async (decoded) => decoded },
    requestTimeout: maxWaitMs + GRACE_MS,
    logResponseError: false,
  };
}

async function decode(payload: Buffer): Promise<{ answers: FetchAnswers; clientSideThrottleTime: number }> {
  const reader = new Reader(payload);
  const clientSideThrottleTime = reader.int32();
  const topLevel = reader.int16();
  reader.int32(); // session id
  const answers: FetchAnswers = new Map();
  reader.array(() => {
    const topic = reader.string();
    reader.array(() => {
      const { partition, ...answer } = readPartition(reader);
      if (topLevel !== 0) answer.errorCode = topLevel;
      answers.set(partitionKey({ topic, partition }), answer);
    });
  });
  return { answers, clientSideThrottleTime };
}

function byTopic(places: readonly FetchPlace[]): Map<string, FetchPlace[]> {
  const topics = new Map<string, FetchPlace[]>();
  for (const place of places) topics.set(place.topic, [...(topics.get(place.topic) ?? []), place]);
  return topics;
}

function readPartition(reader: Reader): { partition: number } & { -readonly [K in keyof FetchAnswer]: FetchAnswer[K] } {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  reader.int64(); // log start offset
  const aborted = reader.array(() => ({ producerId: reader.bigint64(), firstOffset: reader.int64() }));
  reader.int32(); // preferred replica: only for clients that name a rack
  const records = reader.bytes(Math.max(0, reader.int32()));
  return { partition, errorCode, highWatermark, lastStableOffset, aborted, records };
}
