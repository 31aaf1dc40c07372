import { API, type Protocol } from "../kafkajs.js";
import { Reader, Writer } from "./wire.js";

export interface TopicPermissions {
  readonly topic: string;
  readonly errorCode: number;
  readonly read: boolean;
  readonly write: boolean;
}

/** Bits are numbered as org.apache.kafka.common.acl.AclOperation. */
const READ = 1 << 3;
const WRITE = 1 << 4;

/** Metadata version 8, the newest without tagged fields (brokers from 2.3 on): what this client may do with topics (KIP-430). */
export function permissions(topics: readonly string[]): Protocol<{ topics: readonly TopicPermissions[] }> {
  return {
    request: {
      apiKey: API.metadata,
      apiVersion: 8,
      apiName: "Metadata",
      encode: async () => {
        const out = new Writer(128);
        out.array(topics, (topic) => out.string(topic));
        out.int8(0).int8(0).int8(1); // create none; not of the cluster; of the topics
        return { buf: out.bytes, buffer: out.bytes };
      },
    },
    response: { decode, parse: async (decoded) => decoded },
    logResponseError: false,
  };
}

async function decode(payload: Buffer): Promise<{ topics: TopicPermissions[]; clientSideThrottleTime: number }> {
  const reader = new Reader(payload);
  const clientSideThrottleTime = reader.int32();
  reader.array(() => [reader.int32(), reader.string(), reader.int32(), reader.nullableString()]); // brokers
  reader.nullableString(); // cluster
  reader.int32(); // controller
  const topics = reader.array(() => readTopic(reader));
  return { topics, clientSideThrottleTime };
}

function readTopic(reader: Reader): TopicPermissions {
  const errorCode = reader.int16();
  const topic = reader.string();
  reader.int8(); // internal
  reader.array(() => {
    reader.int16();
    for (let field = 0; field < 3; field++) reader.int32(); // partition, leader, its epoch
    for (let list = 0; list < 3; list++) reader.array(() => reader.int32()); // replicas, in sync, offline
  });
  const may = reader.int32();
  return { topic, errorCode, read: (may & READ) !== 0, write: (may & WRITE) !== 0 };
}
