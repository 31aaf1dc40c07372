import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";

/** How to reach a cluster. What is absent has the value beside it. */
export interface KafkaSettings {
  /** `host:port`; more than one so that one may be down. */
  readonly brokers: readonly string[];
  /** `kwf`. What brokers write into their logs. */
  readonly clientId?: string;
  /** No TLS. `true`: TLS with the certificate authorities of Node. */
  readonly tls?: boolean | ConnectionOptions;
  readonly sasl?: SaslSettings;
  /** 10,000: for a connection to be there, TLS included. */
  readonly connectTimeoutMs?: number;
  /** 8,000: for the answer to a request; has to stay below the timeout of transactions. */
  readonly requestTimeoutMs?: number;
  /** 30,000: for an operation with all its tries, such as `describeTopics` or `fence`. */
  readonly operationTimeoutMs?: number;
  /** Makes the sockets: for tests and proxies. */
  readonly socketFactory?: SocketFactory;
}

export type SaslSettings =
  | {
      readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: "oauthbearer"; readonly oauthBearerProvider: () => Promise<{ readonly value: string }> };

export type SocketFactory = (options: {
  host: string;
  port: number;
  ssl: ConnectionOptions | undefined;
  onConnect: () => void;
}) => Socket;

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port` or `[address]:port`; undefined if it is neither. */
export function brokerAddress(text: string): BrokerAddress | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host !== undefined && port > 0 && port < 65536 ? { host, port } : undefined;
}
