import { API, type Protocol } from "../kafkajs.js";
import { Reader, Writer } from "./wire.js";

export interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly maxBytes: number;
  readonly maxWaitMs: number;
  readonly isolation: "committed" | "uncommitted";
}

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

/** Fetch version 11, the newest without tagged fields (brokers from 2.3 on), of one partition and without a fetch session. */
export function fetch(request: FetchRequest): Protocol<{ answer: FetchAnswer | undefined }> {
  return {
    request: {
      apiKey: API.fetch,
      apiVersion: 11,
      apiName: "Fetch",
      encode: async () => {
        const out = new Writer(128)
          .int32(-1) // not a replica
          .int32(request.maxWaitMs)
          .int32(1)
          .int32(request.maxBytes)
          .int8(request.isolation === "committed" ? 1 : 0)
          .int32(0) // session id
          .int32(-1); // session epoch
        out.int32(1).string(request.topic).int32(1);
        out.int32(request.partition).int32(-1).int64(request.offset).int64(-1).int32(request.maxBytes);
        out.int32(0).string("");
        return { buf: out.bytes, buffer: out.bytes };
      },
    },
    response: { decode, parse: async (decoded) => decoded },
    requestTimeout: request.maxWaitMs + GRACE_MS,
    logResponseError: false,
  };
}

async function decode(payload: Buffer): Promise<{ answer: FetchAnswer | undefined; clientSideThrottleTime: number }> {
  const reader = new Reader(payload);
  const clientSideThrottleTime = reader.int32();
  const topLevel = reader.int16();
  reader.int32(); // session id
  const answers = reader
    .array(() => {
      reader.string();
      return reader.array(() => readPartition(reader));
    })
    .flat();
  const [answer] = answers;
  return {
    answer: answer && topLevel !== 0 ? { ...answer, errorCode: topLevel } : answer,
    clientSideThrottleTime,
  };
}

function readPartition(reader: Reader): FetchAnswer {
  reader.int32(); // partition
  const errorCode = reader.int16();
  const highWatermark = reader.int64();
  const lastStableOffset = reader.int64();
  reader.int64(); // log start offset
  const aborted = reader.array(() => ({ producerId: reader.bigint64(), firstOffset: reader.int64() }));
  reader.int32(); // preferred replica: only for clients that name a rack
  const records = reader.bytes(Math.max(0, reader.int32()));
  return { errorCode, highWatermark, lastStableOffset, aborted, records };
}
