// The one reach into kafkajs (2.2.4, pinned: it is no longer released, so what is used here does not move). Taken from it: a
// connection with TLS and SASL, and the encoders of small requests. Not taken, since each is silently wrong: its cluster's
// and its clients' retries, transactions, fetch loop, offset manager and aborted-record filter.
//
// I1 Answers come back as they were decoded, error codes included: kafkajs's own checks are left out, because they throw the
//    first code they find without saying which topic, partition or group it belongs to.

import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";

const require = createRequire(import.meta.url);

/** What kafkajs calls a protocol: one request and how its answer is read. */
export interface Protocol<T> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<T & { clientSideThrottleTime?: number }>;
    readonly parse: (decoded: T) => Promise<T>;
  };
  readonly requestTimeout?: number;
  readonly logResponseError: false;
}

export type ApiVersions = Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;

export interface KafkajsConnection {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  authenticate(): Promise<void>;
  setVersions(versions: ApiVersions): void;
  setSupportAuthenticationProtocol(supported: boolean): void;
  send<T>(protocol: Protocol<T>): Promise<T>;
  rejectRequests(error: Error): void;
}

export interface ConnectionParameters {
  host: string;
  port: number;
  clientId: string;
  ssl: ConnectionOptions | undefined;
  sasl: object | undefined;
  connectionTimeout: number;
  socketFactory: (options: { host: string; port: number; ssl: ConnectionOptions; onConnect: () => void }) => Socket;
}

interface TopicPartitions<P> {
  readonly topic: string;
  readonly partitions: readonly P[];
}

/** Requests that kafkajs encodes, with what they take and what comes back. */
export interface Calls {
  ApiVersions: [
    Record<string, never>,
    { errorCode: number; apiVersions: { apiKey: number; minVersion: number; maxVersion: number }[] },
  ];
  ListOffsets: [
    { isolationLevel: 0 | 1; topics: readonly TopicPartitions<{ partition: number; timestamp: number }>[] },
    { responses: { topic: string; partitions: { partition: number; errorCode: number; offset: string }[] }[] },
  ];
  GroupCoordinator: [
    { groupId: string; coordinatorType: 0 | 1 },
    { errorCode: number; errorMessage?: string | null; coordinator: { nodeId: number; host: string; port: number } },
  ];
  InitProducerId: [
    { transactionalId: string | null; transactionTimeout: number },
    { errorCode: number; producerId: string; producerEpoch: number },
  ];
  AddPartitionsToTxn: [
    { transactionalId: string; producerId: string; producerEpoch: number; topics: readonly TopicPartitions<number>[] },
    { errors: { topic: string; partitionErrors: { partition: number; errorCode: number }[] }[] },
  ];
  EndTxn: [
    { transactionalId: string; producerId: string; producerEpoch: number; transactionResult: boolean },
    { errorCode: number },
  ];
  CreateTopics: [
    {
      topics: readonly {
        topic: string;
        numPartitions: number;
        replicationFactor: number;
        configEntries: readonly { name: string; value: string }[];
      }[];
      validateOnly: boolean;
      timeout: number;
    },
    { topicErrors: { topic: string; errorCode: number; errorMessage: string | null }[] },
  ];
  DescribeConfigs: [
    { resources: readonly { type: number; name: string; configNames: readonly never[] }[]; includeSynonyms: false },
    {
      resources: {
        errorCode: number;
        errorMessage: string | null;
        resourceName: string;
        configEntries: { configName: string; configValue: string | null; isSensitive: boolean }[];
      }[];
    },
  ];
  JoinGroup: [
    {
      groupId: string;
      sessionTimeout: number;
      rebalanceTimeout: number;
      memberId: string;
      protocolType: "consumer";
      groupProtocols: readonly { name: string; metadata: Buffer }[];
    },
    {
      errorCode: number;
      generationId: number;
      groupProtocol: string | null;
      leaderId: string;
      memberId: string;
      members: { memberId: string; memberMetadata: Buffer }[];
    },
  ];
  SyncGroup: [
    {
      groupId: string;
      generationId: number;
      memberId: string;
      groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[];
    },
    { errorCode: number; memberAssignment: Buffer },
  ];
  Heartbeat: [{ groupId: string; groupGenerationId: number; memberId: string }, { errorCode: number }];
  LeaveGroup: [{ groupId: string; memberId: string; members: readonly { memberId: string }[] }, { errorCode: number }];
  OffsetCommit: [
    {
      groupId: string;
      groupGenerationId: number;
      memberId: string;
      topics: readonly TopicPartitions<{ partition: number; offset: string; metadata: string | null }>[];
    },
    { responses: { topic: string; partitions: { partition: number; errorCode: number }[] }[] },
  ];
  AddOffsetsToTxn: [
    { transactionalId: string; producerId: string; producerEpoch: number; groupId: string },
    { errorCode: number },
  ];
  TxnOffsetCommit: [
    {
      transactionalId: string;
      groupId: string;
      producerId: string;
      producerEpoch: number;
      topics: readonly TopicPartitions<{ partition: number; offset: string; metadata: string | null }>[];
    },
    { topics: { topic: string; partitions: { partition: number; errorCode: number }[] }[] },
  ];
  DescribeGroups: [
    { groupIds: readonly string[] },
    {
      groups: {
        errorCode: number;
        groupId: string;
        state: string;
        members: {
          memberId: string;
          clientId: string;
          clientHost: string;
          memberMetadata: Buffer | null;
          memberAssignment: Buffer | null;
        }[];
      }[];
    },
  ];
  ListGroups: [Record<string, never>, { errorCode: number; groups: { groupId: string; protocolType: string }[] }];
}

export type CallName = keyof Calls;
// biome-ignore lint/suspicious/noExplicitAny: kafkajs's encoders are untyped; `Calls` types their two ends.
type Untyped = any;

const Connection = require("kafkajs/src/network/connection") as new (
  parameters: ConnectionParameters & { logger: unknown; requestTimeout: number; enforceRequestTimeout: false },
) => KafkajsConnection;
const { requests, lookup } = require("kafkajs/src/protocol/requests") as {
  requests: Record<string, Untyped>;
  lookup: (
    versions: ApiVersions,
  ) => (apiKey: number, definition: Untyped) => (parameters: Untyped) => Protocol<Untyped>;
};
const apiKeys = require("kafkajs/src/protocol/requests/apiKeys") as Record<string, number>;
const { createLogger, LEVELS } = require("kafkajs/src/loggers") as {
  createLogger: (options: { level: number; logCreator: () => () => void }) => unknown;
  LEVELS: { NOTHING: number };
};
const { createErrorFromCode } = require("kafkajs/src/protocol/error") as {
  createErrorFromCode: (code: number) => { type: string; message: string };
};

// Its queue looks at itself every millisecond, as long as the connection lives, although nothing waits in it: eight idle partitions
// took 4% of a core. It has a reason to only when something waits or the broker throttles.
interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}
const { prototype: queue } = require("kafkajs/src/network/requestQueue") as { prototype: RequestQueue };
const { scheduleCheckPendingRequests } = queue;
queue.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) scheduleCheckPendingRequests.call(this);
};

// What happens on connections is reported by those who asked; kafkajs itself says nothing.
const logger = createLogger({ level: LEVELS.NOTHING, logCreator: () => () => {} });

export function newConnection(parameters: ConnectionParameters): KafkajsConnection {
  return new Connection({ ...parameters, logger, requestTimeout: 0, enforceRequestTimeout: false });
}

/** The request in the newest version that both sides know. */
export function call<N extends CallName>(
  name: N,
  versions: ApiVersions,
  parameters: Calls[N][0],
): Protocol<Calls[N][1]> {
  const protocol = lookup(versions)(apiKeys[name]!, requests[name])(parameters);
  return {
    request: protocol.request,
    response: { decode: protocol.response.decode, parse: async (decoded) => decoded },
    ...(protocol.requestTimeout === undefined ? {} : { requestTimeout: protocol.requestTimeout }),
    logResponseError: false,
  };
}

/** Every broker answers this one before any other, whoever asks. */
export function apiVersionsCall(): Protocol<Calls["ApiVersions"][1]> {
  return call("ApiVersions", { [apiKeys.ApiVersions!]: { minVersion: 0, maxVersion: 0 } }, {});
}

export const API = {
  produce: apiKeys.Produce!,
  fetch: apiKeys.Fetch!,
  metadata: apiKeys.Metadata!,
  offsetFetch: apiKeys.OffsetFetch!,
  saslAuthenticate: apiKeys.SaslAuthenticate!,
} as const;

/** Kafka's name for an error code and its own words for it. */
export function errorOfCode(code: number): { type: string; message: string } {
  const { type, message } = createErrorFromCode(code);
  return { type, message };
}
