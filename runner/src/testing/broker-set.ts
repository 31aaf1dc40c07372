// The brokers of one cluster that runs on this machine, as they are written into a file of their folder: what whoever comes
// later needs to ask for them, to kill one, and to leave nothing behind.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface BrokerSet {
  readonly version: string;
  readonly how: "docker" | "jvm";
  readonly brokers: readonly RunningBroker[];
  /** A network of Docker's that goes with them. */
  readonly network?: string;
  /** The folder is nobody else's: it goes with the brokers. */
  readonly ownsFolder: boolean;
}

export interface RunningBroker {
  readonly id: number;
  /** `host:port` for clients. */
  readonly address: string;
  /** The same for clients with a name and a password; only brokers of tests have it. */
  readonly saslAddress?: string;
  /** Of the listeners that `SecuredListeners` adds. */
  readonly secured?: { readonly tls: string; readonly saslTls: string };
  /** Of the JVM. */
  readonly pid?: number;
  readonly container?: string;
}

export interface BrokerOptions {
  /** 1 */
  readonly brokers?: number;
  /** 4.3.1 */
  readonly version?: string;
  /** Of the first broker, the others follow; free ones, if absent. */
  readonly port?: number | undefined;
  /** Where everything is kept. */
  readonly folder: string;
  readonly ownsFolder?: boolean;
  /** As Java's -Xmx; 512m. */
  readonly heap?: string;
  /** Start fast and be small, rather than be fast later. */
  readonly forTests?: boolean;
  readonly secured?: SecuredListeners | undefined;
}

/** Two listeners more, of plain JVMs: TLS with certificates on both sides, and TLS with a name and a password, or a token. */
export interface SecuredListeners {
  /** PKCS12: the broker's own certificate. */
  readonly keyStore: string;
  readonly password: string;
  /** PEM: the certificates of clients that are let in without a name. */
  readonly clients: string;
}

export const DEFAULT_VERSION = "4.3.1";
const FILE = "brokers.json";

export function readBrokerSet(folder: string): BrokerSet | undefined {
  const file = join(folder, FILE);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as BrokerSet) : undefined;
}

export function writeBrokerSet(folder: string, set: BrokerSet): void {
  const file = join(folder, FILE);
  writeFileSync(`${file}.new`, JSON.stringify(set, undefined, 2));
  renameSync(`${file}.new`, file);
}

export function brokerSetFile(folder: string): string {
  return join(folder, FILE);
}

/** Who may use the SASL listener of brokers of tests. */
export const TEST_USER = { username: "kwf", password: "kwf-secret" } as const;

/** What differs from a broker's own defaults, wherever it runs: small, quick, and no topic by accident. */
export function brokerSettings({ brokers = 1, forTests = false }: BrokerOptions): Record<string, string> {
  const copies = String(Math.min(3, brokers));
  return {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "default.replication.factor": copies,
    "offsets.topic.replication.factor": copies,
    "offsets.topic.num.partitions": "8",
    "transaction.state.log.replication.factor": copies,
    "transaction.state.log.min.isr": String(Math.min(2, brokers)),
    "transaction.state.log.num.partitions": "8",
    "share.coordinator.state.topic.replication.factor": copies,
    "share.coordinator.state.topic.min.isr": String(Math.min(2, brokers)),
    "group.initial.rebalance.delay.ms": "0",
    ...(forTests ? testSettings : {}),
  };
}

const { username, password } = TEST_USER;
const PLAIN_USERS = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`;
const testSettings: Readonly<Record<string, string>> = {
  // What a test would otherwise wait for.
  "log.cleaner.backoff.ms": "200",
  "transaction.abort.timed.out.transaction.cleanup.interval.ms": "200",
  "group.min.session.timeout.ms": "500",
  // Whoever comes without a name may do everything, whoever has one may be forbidden things.
  "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
  "super.users": "User:ANONYMOUS",
  "allow.everyone.if.no.acl.found": "true",
  "listener.name.sasl.sasl.enabled.mechanisms": "PLAIN",
  "listener.name.sasl.plain.sasl.jaas.config": PLAIN_USERS,
};

/** Passwords of SCRAM are records of the cluster: they are there when its folder is made ready. */
export const SCRAM_USERS = ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
  "--add-scram",
  `${mechanism}=[name=${username},password=${password}]`,
]);

/** After this long a broker wants to see a token again (KIP-368). Clients come 10 s earlier, and a broker takes it once a second. */
export const SESSION_MS = 12_000;

/** Of the listeners TLS and SASLTLS. Tokens are taken unsigned: it is the client that is tested. */
export function securedSettings({ keyStore, password, clients }: SecuredListeners): Record<string, string> {
  const modules = "org.apache.kafka.common.security";
  return {
    "ssl.keystore.type": "PKCS12",
    "ssl.keystore.location": keyStore,
    "ssl.keystore.password": password,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": clients,
    "listener.name.tls.ssl.client.auth": "required",
    "listener.name.sasltls.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,OAUTHBEARER,SCRAM-SHA-512",
    "listener.name.sasltls.plain.sasl.jaas.config": PLAIN_USERS,
    "listener.name.sasltls.scram-sha-256.sasl.jaas.config": `${modules}.scram.ScramLoginModule required;`,
    "listener.name.sasltls.scram-sha-512.sasl.jaas.config": `${modules}.scram.ScramLoginModule required;`,
    "listener.name.sasltls.oauthbearer.sasl.jaas.config": `${modules}.oauthbearer.OAuthBearerLoginModule required;`,
    "listener.name.sasltls.oauthbearer.connections.max.reauth.ms": String(SESSION_MS),
  };
}
