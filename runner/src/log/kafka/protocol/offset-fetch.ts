import { API, type Protocol } from "../kafkajs.js";
import { Reader, Writer } from "./wire.js";

export interface FetchedOffset {
  readonly topic: string;
  readonly partition: number;
  /** Negative: there is none. */
  readonly offset: number;
  readonly errorCode: number;
}

/**
 * OffsetFetch version 7 (brokers from 2.5 on), the first that can ask for stable offsets only (KIP-447): where a transaction that has
 * offsets is not over, its coordinator included, the answer is UNSTABLE_OFFSET_COMMIT and not an older offset.
 */
export function fetchOffsets(
  group: string,
  topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
): Protocol<{ errorCode: number; offsets: readonly FetchedOffset[] }> {
  return {
    request: {
      apiKey: API.offsetFetch,
      apiVersion: 7,
      apiName: "OffsetFetch",
      encode: async () => {
        const out = new Writer(128).noTags(); // of the header
        out.compactString(group);
        out.compactArray(topics, ({ topic, partitions }) => {
          out.compactString(topic);
          out.compactArray(partitions, (partition) => out.int32(partition)).noTags();
        });
        out.int8(1).noTags(); // stable ones only
        return { buf: out.bytes, buffer: out.bytes };
      },
    },
    response: { decode, parse: async (decoded) => decoded },
    logResponseError: false,
  };
}

async function decode(
  payload: Buffer,
): Promise<{ errorCode: number; offsets: FetchedOffset[]; clientSideThrottleTime: number }> {
  const reader = new Reader(payload);
  reader.skipTags(); // of the header
  const clientSideThrottleTime = reader.int32();
  const offsets = reader
    .compactArray(() => {
      const topic = reader.compactString();
      const own = reader.compactArray(() => readPartition(reader, topic));
      reader.skipTags();
      return own;
    })
    .flat();
  const errorCode = reader.int16();
  return { errorCode, offsets, clientSideThrottleTime };
}

function readPartition(reader: Reader, topic: string): FetchedOffset {
  const partition = reader.int32();
  const offset = reader.int64();
  reader.int32(); // leader epoch
  reader.compactBytes(); // metadata
  const errorCode = reader.int16();
  reader.skipTags();
  return { topic, partition, offset, errorCode };
}
