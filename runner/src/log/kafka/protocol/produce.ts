import { API, type Protocol } from "../kafkajs.js";
import { Reader, Writer } from "./wire.js";

export interface ProduceRequest {
  readonly transactionalId: string | null;
  readonly timeoutMs: number;
  /** One batch a partition. */
  readonly batches: readonly { readonly topic: string; readonly partition: number; readonly batch: Buffer }[];
}

export interface ProduceAnswer {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** The broker's own words, where it has some. */
  readonly message: string | null;
  readonly baseOffset: number;
}

/** Produce version 8, the newest without tagged fields; brokers from 2.4 on know it. Waits for all replicas. */
export function produce({
  transactionalId,
  timeoutMs,
  batches,
}: ProduceRequest): Protocol<{ answers: ProduceAnswer[] }> {
  const topics = new Map<string, { partition: number; batch: Buffer }[]>();
  let size = 64;
  for (const { topic, partition, batch } of batches) {
    size += batch.length + 16 + topic.length * 3;
    const partitions = topics.get(topic);
    if (partitions) partitions.push({ partition, batch });
    else topics.set(topic, [{ partition, batch }]);
  }
  return {
    request: {
      apiKey: API.produce,
      apiVersion: 8,
      apiName: "Produce",
      encode: async () => {
        const out = new Writer(size).string(transactionalId).int16(-1).int32(timeoutMs);
        out.array([...topics], ([topic, partitions]) => {
          out
            .string(topic)
            .array(partitions, ({ partition, batch }) => out.int32(partition).int32(batch.length).raw(batch));
        });
        return { buf: out.bytes, buffer: out.bytes };
      },
    },
    response: { decode, parse: async (decoded) => decoded },
    logResponseError: false,
  };
}

async function decode(payload: Buffer): Promise<{ answers: ProduceAnswer[]; clientSideThrottleTime: number }> {
  const reader = new Reader(payload);
  const answers = reader
    .array(() => {
      const topic = reader.string();
      return reader.array(() => {
        const partition = reader.int32();
        const errorCode = reader.int16();
        const baseOffset = reader.int64();
        reader.int64(); // log append time
        reader.int64(); // log start offset
        const details = reader.array(() => [reader.int32(), reader.nullableString()] as const);
        const message = reader.nullableString() ?? details.find(([, text]) => text)?.[1] ?? null;
        return { topic, partition, errorCode, message, baseOffset };
      });
    })
    .flat();
  return { answers, clientSideThrottleTime: reader.int32() };
}
