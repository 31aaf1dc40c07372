import { partitionKey, type TopicPartition } from "../../log.js";
import { API, type Protocol } from "../kafkajs.js";
import { Reader, Writer } from "./wire.js";

export interface FetchRequest {
  readonly places: readonly FetchPlace[];
  readonly maxWaitMs: number;
  readonly isolation: "committed" | "uncommitted";
}

export interface FetchPlace extends TopicPartition {
  /** The topic is asked for by it: another one of that name is not read by accident. */
  readonly topicId: string;
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

/** Fetch version 13, the first by topic id (brokers from 3.1 on), without a fetch session. */
export function fetch({ places, maxWaitMs, isolation }: FetchRequest): Protocol<{ answers: FetchAnswers }> {
  const topics = byId(places);
  return {
    request: {
      apiKey: API.fetch,
      apiVersion: 13,
      apiName: "Fetch",
      encode: async () => {
        const out = new Writer(128)
          .noTags() // of the header
          .int32(-1) // not a replica
          .int32(maxWaitMs)
          .int32(1)
          .int32(Math.max(...places.map(({ maxBytes }) => maxBytes)))
          .int8(isolation === "committed" ? 1 : 0)
          .int32(0) // session id
          .int32(-1); // session epoch
        out.compactArray([...topics], ([id, own]) => {
          out.uuid(id);
          out.compactArray(own, ({ partition, offset, maxBytes }) => {
            out.int32(partition).int32(-1).int64(offset).int32(-1).int64(-1).int32(maxBytes).noTags();
          });
          out.noTags();
        });
        out
          .compactArray([], () => {})
          .compactString("")
          .noTags(); // nothing forgotten, no rack
        return { buf: out.bytes, buffer: out.bytes };
      },
    },
    response: { decode: (payload) => decode(payload, topics), parse: async (decoded) => decoded },
    requestTimeout: maxWaitMs + GRACE_MS,
    logResponseError: false,
  };
}

async function decode(
  payload: Buffer,
  topics: ReadonlyMap<string, readonly FetchPlace[]>,
): Promise<{ answers: FetchAnswers; clientSideThrottleTime: number }> {
  const reader = new Reader(payload);
  reader.skipTags(); // of the header
  const clientSideThrottleTime = reader.int32();
  const topLevel = reader.int16();
  reader.int32(); // session id
  const answers: FetchAnswers = new Map();
  reader.compactArray(() => {
    const topic = topics.get(reader.uuid())?.[0]?.topic ?? "";
    reader.compactArray(() => {
      const { partition, ...answer } = readPartition(reader);
      if (topLevel !== 0) answer.errorCode = topLevel;
      answers.set(partitionKey({ topic, partition }), answer);
    });
    reader.skipTags();
  });
  return { answers, clientSideThrottleTime };
}

function byId(places: readonly FetchPlace[]): Map<string, FetchPlace[]> {
  const topics = new Map<string, FetchPlace[]>();
  for (const place of places) topics.set(place.topicId, [...(topics.get(place.topicId) ?? []), place]);
  return topics;
}

function readPartition(reader: Reader): { partition: number } & { -readonly [K in keyof FetchAnswer]: FetchAnswer[K] } {
  const partition = reader.int32();
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  reader.int64(); // log start offset
  const aborted = reader.compactArray(() => {
    const transaction = { producerId: reader.bigint64(), firstOffset: reader.int64() };
    reader.skipTags();
    return transaction;
  });
  reader.int32(); // preferred replica: only for clients that name a rack
  const records = reader.compactBytes();
  reader.skipTags();
  return { partition, errorCode, highWatermark, lastStableOffset, aborted, records };
}
