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
        const out = new Writer(128).uvarint(0); // tagged fields of the header
        compactString(out, group);
        out.uvarint(topics.length + 1);
        for (const { topic, partitions } of topics) {
          compactString(out, topic);
          out.uvarint(partitions.length + 1);
          for (const partition of partitions) out.int32(partition);
          out.uvarint(0);
        }
        out.int8(1).uvarint(0); // stable ones only
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
  skipTagged(reader); // of the header
  const clientSideThrottleTime = reader.int32();
  const offsets = compactArray(reader, () => {
    const topic = reader.text(reader.uvarint() - 1);
    const own = compactArray(reader, () => readPartition(reader, topic));
    skipTagged(reader);
    return own;
  }).flat();
  const errorCode = reader.int16();
  return { errorCode, offsets, clientSideThrottleTime };
}

function readPartition(reader: Reader, topic: string): FetchedOffset {
  const partition = reader.int32();
  const offset = reader.int64();
  reader.int32(); // leader epoch
  reader.bytes(Math.max(0, reader.uvarint() - 1)); // metadata
  const errorCode = reader.int16();
  skipTagged(reader);
  return { topic, partition, offset, errorCode };
}

function compactString(out: Writer, text: string): void {
  const size = Buffer.byteLength(text);
  out.uvarint(size + 1).text(text, size);
}

function compactArray<T>(reader: Reader, read: () => T): T[] {
  return Array.from({ length: Math.max(0, reader.uvarint() - 1) }, read);
}

function skipTagged(reader: Reader): void {
  for (let left = reader.uvarint(); left > 0; left--) {
    reader.uvarint();
    reader.bytes(reader.uvarint());
  }
}
