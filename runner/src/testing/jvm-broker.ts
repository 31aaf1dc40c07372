// Brokers as plain JVMs: KRaft, every one broker and controller, with ports and folders of their own.

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type BrokerOptions,
  type BrokerSet,
  brokerSettings,
  DEFAULT_VERSION,
  type RunningBroker,
  SCRAM_USERS,
  securedSettings,
  writeBrokerSet,
} from "./broker-set.js";
import { CannotRunKafka, kafkaJars } from "./kafka-jars.js";
import { freePorts } from "./ports.js";

const HOST = "127.0.0.1";
const PROTOCOLS: Readonly<Record<string, string>> = {
  CONTROLLER: "PLAINTEXT",
  PLAINTEXT: "PLAINTEXT",
  SASL: "SASL_PLAINTEXT",
  TLS: "SSL",
  SASLTLS: "SASL_SSL",
};

/** Starts the processes and returns before they are ready. Throws CannotRunKafka. */
export async function startJvmBrokers(options: BrokerOptions): Promise<BrokerSet> {
  const {
    brokers: count = 1,
    version = DEFAULT_VERSION,
    folder,
    ownsFolder = false,
    forTests = false,
    secured,
  } = options;
  expectJava(version);
  const jars = kafkaJars(version);
  mkdirSync(folder, { recursive: true });
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const names = ["PLAINTEXT", "CONTROLLER", ...(forTests ? ["SASL"] : []), ...(secured ? ["TLS", "SASLTLS"] : [])];
  const ports = await freePorts(count * names.length);
  const nodes = ids.map((id, index) => {
    const own = new Map(names.map((name, n) => [name, `${HOST}:${ports[n * count + index]}`]));
    if (options.port !== undefined) own.set("PLAINTEXT", `${HOST}:${options.port + index}`);
    return { id, own };
  });
  const voters = nodes.map(({ id, own }) => `${id}@${own.get("CONTROLLER")}`).join(",");
  const clusterId = randomBytes(16).toString("base64url");
  const fresh = nodes.filter(({ id, own }) => {
    const listeners = [...own].map(([name, address]) => `${name}://${address}`);
    const settings = {
      ...brokerSettings(options),
      "node.id": String(id),
      "controller.quorum.voters": voters,
      listeners: listeners.join(","),
      "advertised.listeners": listeners.filter((one) => !one.startsWith("CONTROLLER")).join(","),
      "inter.broker.listener.name": "PLAINTEXT",
      "listener.security.protocol.map": names.map((name) => `${name}:${PROTOCOLS[name]}`).join(","),
      ...(secured ? securedSettings(secured) : {}),
      "log.dirs": join(folder, `broker-${id}`, "data"),
    };
    mkdirSync(join(folder, `broker-${id}`), { recursive: true });
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value.replaceAll("\\", "\\\\")}\n`);
    writeFileSync(propertiesFile(folder, id), lines.join(""));
    return !existsSync(join(folder, `broker-${id}`, "data", "meta.properties"));
  });
  await Promise.all(
    fresh.map(({ id }) => format(jars, folder, id, [`--cluster-id=${clusterId}`, ...(secured ? SCRAM_USERS : [])])),
  );
  const brokers = nodes.map(
    ({ id, own }): RunningBroker => ({
      id,
      address: own.get("PLAINTEXT")!,
      ...(forTests ? { saslAddress: own.get("SASL")! } : {}),
      ...(secured ? { secured: { tls: own.get("TLS")!, saslTls: own.get("SASLTLS")! } } : {}),
      pid: launch(jars, options, id),
    }),
  );
  const set: BrokerSet = { version, how: "jvm", brokers, ownsFolder };
  writeBrokerSet(folder, set);
  return set;
}

/** One broker of a set again, after it ended. */
export function relaunch(options: BrokerOptions, set: BrokerSet, id: number): BrokerSet {
  const pid = launch(kafkaJars(set.version), options, id);
  const next = { ...set, brokers: set.brokers.map((broker) => (broker.id === id ? { ...broker, pid } : broker)) };
  writeBrokerSet(options.folder, next);
  return next;
}

export function logFile(folder: string, id: number): string {
  return join(folder, `broker-${id}`, "server.log");
}

function propertiesFile(folder: string, id: number): string {
  return join(folder, `broker-${id}`, "server.properties");
}

function expectJava(version: string): void {
  const needed = version.startsWith("3.") ? 11 : 17;
  const { error, stderr } = spawnSync("java", ["-version"], { encoding: "utf8" });
  const found = /version "(?:1\.)?(\d+)/.exec(stderr ?? "")?.[1];
  if (!error && found !== undefined && Number(found) >= needed) return;
  throw new CannotRunKafka(
    `Kafka ${version} needs Java ${needed} or newer, and ${error ? "there is no java here" : `java here is version ${found}`}. ` +
      "Install one (Debian: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17), or start a Docker engine.",
  );
}

function format(jars: string, folder: string, id: number, more: readonly string[]): Promise<void> {
  const args = ["format", "-c", propertiesFile(folder, id), ...more];
  const child = spawn("java", [
    "-Xmx128m",
    "-XX:TieredStopAtLevel=1",
    "-cp",
    join(jars, "*"),
    "kafka.tools.StorageTool",
    ...args,
  ]);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0
        ? resolve()
        : reject(new CannotRunKafka(`the folder ${folder} could not be made ready for Kafka:\n${output.trim()}`)),
    );
  });
}

function launch(jars: string, { folder, heap = "512m", forTests = false }: BrokerOptions, id: number): number {
  const log = openSync(logFile(folder, id), "a");
  const speed = forTests ? ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"] : [];
  const java = [
    `-Xmx${heap}`,
    ...speed,
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
  ];
  const child = spawn("java", [...java, "-cp", join(jars, "*"), "kafka.Kafka", propertiesFile(folder, id)], {
    detached: true,
    stdio: ["ignore", log, log],
  });
  if (child.pid === undefined) throw new CannotRunKafka("java could not be started");
  child.unref();
  return child.pid;
}

/** The last lines a broker wrote. */
export function lastWords(folder: string, id: number): string {
  try {
    return readFileSync(logFile(folder, id), "utf8").trimEnd().split("\n").slice(-15).join("\n");
  } catch {
    return "";
  }
}
