import { API, type Protocol } from "../kafkajs.js";
import { Reader, Writer } from "./wire.js";

export interface ClusterMetadata {
  readonly clusterId: string | null;
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  /** One for each that was asked for. */
  readonly topics: readonly TopicMetadata[];
}

export interface TopicMetadata {
  readonly topic: string;
  readonly errorCode: number;
  /** Another one when a topic of this name is made anew (KIP-516). */
  readonly id: string;
  readonly partitions: readonly { readonly partition: number; readonly leader: number; readonly replicas: number }[];
  /** What this client may do there (KIP-430). */
  readonly may: { readonly read: boolean; readonly write: boolean };
}

/** Bits are numbered as org.apache.kafka.common.acl.AclOperation. */
const READ = 1 << 3;
const WRITE = 1 << 4;

/** Metadata version 10, the first with topic ids (brokers from 2.8 on). Creates nothing. */
export function metadata(topics: readonly string[] | "all"): Protocol<ClusterMetadata> {
  return {
    request: {
      apiKey: API.metadata,
      apiVersion: 10,
      apiName: "Metadata",
      encode: async () => {
        const out = new Writer(128).noTags(); // of the header
        if (topics === "all") out.uvarint(0);
        else out.compactArray(topics, (topic) => out.uuid(NO_ID).compactString(topic).noTags());
        out.int8(0).int8(0).int8(1).noTags(); // create none; not what may be done with the cluster; with the topics
        return { buf: out.bytes, buffer: out.bytes };
      },
    },
    response: { decode, parse: async (decoded) => decoded },
    logResponseError: false,
  };
}

const NO_ID = Buffer.alloc(16).toString("base64url");

async function decode(payload: Buffer): Promise<ClusterMetadata & { clientSideThrottleTime: number }> {
  const reader = new Reader(payload);
  reader.skipTags(); // of the header
  const clientSideThrottleTime = reader.int32();
  const brokers = reader.compactArray(() => {
    const broker = { nodeId: reader.int32(), host: reader.compactString(), port: reader.int32() };
    reader.compactNullableString(); // rack
    reader.skipTags();
    return broker;
  });
  const clusterId = reader.compactNullableString();
  reader.int32(); // controller
  const topics = reader.compactArray(() => readTopic(reader));
  return { clusterId, brokers, topics, clientSideThrottleTime };
}

function readTopic(reader: Reader): TopicMetadata {
  const errorCode = reader.int16();
  const topic = reader.compactString();
  const id = reader.uuid();
  reader.int8(); // internal
  const partitions = reader.compactArray(() => readPartition(reader));
  const may = reader.int32();
  reader.skipTags();
  return { topic, errorCode, id, partitions, may: { read: (may & READ) !== 0, write: (may & WRITE) !== 0 } };
}

function readPartition(reader: Reader): TopicMetadata["partitions"][number] {
  reader.int16(); // whether there is a leader: that is said again
  const partition = reader.int32();
  const leader = reader.int32();
  reader.int32(); // its epoch
  const [replicas] = [0, 1, 2].map(() => reader.compactArray(() => reader.int32())); // in sync, offline
  reader.skipTags();
  return { partition, leader, replicas: replicas!.length };
}
