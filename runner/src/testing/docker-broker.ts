// Brokers as containers of the public image, through testcontainers.

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import {
  type BrokerOptions,
  type BrokerSet,
  brokerSetFile,
  brokerSettings,
  DEFAULT_VERSION,
  type RunningBroker,
  writeBrokerSet,
} from "./broker-set.js";
import { CannotRunKafka } from "./kafka-jars.js";
import { freePorts } from "./ports.js";

const CLUSTER_ID = "a3dmLXRlc3QtY2x1c3Rlcg";
const START_MS = 120_000;

export function dockerAnswers(): boolean {
  const { status, stdout } = spawnSync("docker", ["info", "--format", "{{.ServerVersion}}"], { encoding: "utf8" });
  return status === 0 && stdout.trim() !== "";
}

/** Throws CannotRunKafka, and leaves nothing behind then. */
export async function startDockerBrokers(options: BrokerOptions): Promise<BrokerSet> {
  const {
    brokers: count = 1,
    version = DEFAULT_VERSION,
    folder,
    heap = "512m",
    ownsFolder = false,
    forTests = false,
  } = options;
  // Whoever reaps the containers is the owner of the set, not the process that happens to start them.
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true";
  const { GenericContainer, Network, Wait } = await import("testcontainers").catch((error) => {
    throw new CannotRunKafka(
      "Docker answers, and testcontainers is missing: npm install --save-dev testcontainers@11",
      { cause: error },
    );
  });
  const network = await new Network().start();
  const name = (id: number) => `${network.getName()}-kafka-${id}`;
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const ports = await freePorts(count * 2);
  const voters = ids.map((id) => `${id}@${name(id)}:9093`).join(",");
  const planned = ids.map((id): RunningBroker => {
    const port = options.port === undefined ? ports[id - 1]! : options.port + id - 1;
    const saslAddress = `localhost:${ports[count + id - 1]!}`;
    return { id, address: `localhost:${port}`, ...(forTests ? { saslAddress } : {}), container: name(id) };
  });
  const set: BrokerSet = { version, how: "docker", brokers: planned, network: network.getName(), ownsFolder };
  // Before the first one starts: if this process dies meanwhile, somebody else has to find them.
  writeBrokerSet(folder, set);
  const started = await Promise.allSettled(
    planned.map(async (broker): Promise<RunningBroker> => {
      const { id, address, saslAddress } = broker;
      const settings = {
        ...brokerSettings(options),
        "node.id": String(id),
        "controller.quorum.voters": voters,
        listeners: `CLIENT://:9092,CONTROLLER://:9093,BROKER://:9094${saslAddress ? ",SASL://:9095" : ""}`,
        "advertised.listeners": `CLIENT://${address},BROKER://${name(id)}:9094${saslAddress ? `,SASL://${saslAddress}` : ""}`,
        "listener.security.protocol.map": "CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,SASL:SASL_PLAINTEXT",
        "inter.broker.listener.name": "BROKER",
      };
      const environment = Object.entries(settings).map(([key, value]) => [variable(key), value]);
      const container = await new GenericContainer(`apache/kafka:${version}`)
        .withName(name(id))
        .withHostname(name(id))
        .withNetwork(network)
        .withNetworkAliases(name(id))
        .withExposedPorts(
          { container: 9092, host: portOf(address) },
          ...(saslAddress ? [{ container: 9095, host: portOf(saslAddress) }] : []),
        )
        .withEnvironment({ ...Object.fromEntries(environment), CLUSTER_ID, KAFKA_HEAP_OPTS: `-Xmx${heap}` })
        .withWaitStrategy(Wait.forListeningPorts())
        .withStartupTimeout(START_MS)
        .start();
      return { ...broker, container: container.getId() };
    }),
  );
  const problem = started.find((one) => one.status === "rejected");
  if (problem) {
    const made = docker("ps", "--all", "--quiet", "--filter", `network=${network.getName()}`)
      .split("\n")
      .filter(Boolean);
    if (made.length > 0) docker("rm", "--force", "--volumes", ...made);
    docker("network", "rm", network.getName());
    rmSync(brokerSetFile(folder), { force: true });
    throw new CannotRunKafka(
      `Docker answers, but cannot run apache/kafka:${version}: ${(problem.reason as Error).message}`,
    );
  }
  const brokers = started.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
  writeBrokerSet(folder, { ...set, brokers });
  return { ...set, brokers };
}

const portOf = (address: string): number => Number(address.split(":")[1]);

/** How the image is told a setting. */
function variable(setting: string): string {
  return `KAFKA_${setting.replaceAll("_", "__").replaceAll("-", "___").replaceAll(".", "_").toUpperCase()}`;
}

/** What the command prints. */
export function docker(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync("docker", args, { encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
  if (status !== 0) throw new Error(`docker ${args.join(" ")}: ${stderr.trim()}`);
  return stdout;
}
