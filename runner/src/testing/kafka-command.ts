// `scripts/kafka`: a real Kafka on this machine for whoever wants to try something.

import { createReadStream, existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { type BrokerSet, DEFAULT_VERSION, type RunningBroker, readBrokerSet } from "./broker-set.js";
import { isAlive, startBrokers, stopBrokers } from "./brokers.js";
import { docker } from "./docker-broker.js";
import { logFile } from "./jvm-broker.js";
import { CannotRunKafka } from "./kafka-jars.js";

const usage = `Usage: scripts/kafka start|stop|status|logs [options]

  start    start a Kafka and wait until a client can produce: containers when a Docker engine answers, else plain JVMs
           from jars that Maven downloads once (Java 17 and mvn are needed then)
  stop     end it and leave nothing behind; only a folder given with --data stays, so that a start finds its records
  status   say what runs, exit code 0 only if all of it does
  logs     print what the brokers wrote

  --brokers 1|3      how many (1)
  --version VERSION  of Kafka (${DEFAULT_VERSION}); 3.9.2 is known to work too
  --port PORT        of the first broker, the others follow (9092); with it, stop and the others find the right Kafka
  --data DIR         keep everything there
  --heap SIZE        of each broker, as Java writes it (512m)
`;

export async function main(args: readonly string[]): Promise<number> {
  const command = parse(args);
  if (typeof command === "string") {
    process.stderr.write(`scripts/kafka: ${command}\n\n${usage}`);
    return 2;
  }
  try {
    return await run(command);
  } catch (error) {
    if (!(error instanceof CannotRunKafka)) throw error;
    process.stderr.write(`scripts/kafka: ${error.message}\n`);
    return 1;
  }
}

interface Command {
  readonly verb: "start" | "stop" | "status" | "logs" | "help";
  readonly brokers: number;
  readonly version: string;
  readonly port: number;
  readonly folder: string;
  readonly ownsFolder: boolean;
  readonly heap: string;
}

function parse(args: readonly string[]): Command | string {
  const string = { type: "string" } as const;
  const options = {
    brokers: string,
    version: string,
    port: string,
    data: string,
    heap: string,
    help: { type: "boolean" },
  } as const;
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    return (error as Error).message;
  }
  const { values, positionals } = parsed;
  const verb = values.help ? "help" : positionals[0];
  if (verb !== "start" && verb !== "stop" && verb !== "status" && verb !== "logs" && verb !== "help") {
    return verb === undefined ? "what should it do?" : `there is no command ${verb}`;
  }
  const brokers = Number(values.brokers ?? "1");
  if (![1, 2, 3].includes(brokers)) return "--brokers takes 1, 2 or 3";
  const port = Number(values.port ?? "9092");
  if (!Number.isInteger(port) || port < 1 || port > 65_000) return "--port takes a number up to 65000";
  if (values.heap !== undefined && !/^\d+[kmg]?$/i.test(values.heap))
    return "--heap takes a size as Java writes it, 512m or 1g";
  return {
    verb,
    brokers,
    version: values.version ?? DEFAULT_VERSION,
    port,
    folder: values.data === undefined ? join(tmpdir(), `kwf-kafka-${port}`) : resolve(values.data),
    ownsFolder: values.data === undefined,
    heap: values.heap ?? "512m",
  };
}

async function run(command: Command): Promise<number> {
  const { folder } = command;
  const set = readBrokerSet(folder);
  switch (command.verb) {
    case "help":
      process.stdout.write(usage);
      return 0;
    case "start":
      return start(command, set);
    case "stop":
      if (!set) return say(`no Kafka was started in ${folder}`);
      await stopBrokers(folder);
      return say(`stopped${set.ownsFolder ? ", nothing is left" : `; its records stay in ${folder}`}`);
    case "status":
      return status(set, folder);
    case "logs":
      return logs(set, folder);
  }
}

async function start(command: Command, running: BrokerSet | undefined): Promise<number> {
  if (running?.brokers.every(works)) return say(`runs already: ${addresses(running)}`);
  // What a crash or a restart of the machine left.
  if (running) await stopBrokers(command.folder);
  say(`starting Kafka ${command.version}${command.brokers > 1 ? `, ${command.brokers} brokers` : ""}`);
  const set = await startBrokers(command);
  return say(`ready (${set.how === "docker" ? "Docker" : "plain JVM"}): ${addresses(set)}`);
}

function status(set: BrokerSet | undefined, folder: string): number {
  if (!set) {
    say(`no Kafka was started in ${folder}`);
    return 1;
  }
  say(`Kafka ${set.version} (${set.how === "docker" ? "Docker" : "plain JVM"}), ${folder}`);
  for (const broker of set.brokers) {
    const where = broker.container ? `container ${broker.container.slice(0, 12)}` : `process ${broker.pid}`;
    say(`broker ${broker.id}  ${broker.address}  ${works(broker) ? "runs" : "has ended"}  ${where}`);
  }
  return set.brokers.every(works) ? 0 : 1;
}

async function logs(set: BrokerSet | undefined, folder: string): Promise<number> {
  if (!set) {
    say(`no Kafka was started in ${folder}`);
    return 1;
  }
  for (const { id, container } of set.brokers) {
    if (set.brokers.length > 1) say(`--- broker ${id}`);
    if (container) process.stdout.write(docker("logs", container));
    else if (existsSync(logFile(folder, id)))
      await pipeline(createReadStream(logFile(folder, id)), process.stdout, { end: false });
  }
  return 0;
}

function works({ pid, container }: RunningBroker): boolean {
  if (pid !== undefined) return isAlive(pid);
  return container !== undefined && docker("inspect", "--format", "{{.State.Running}}", container).trim() === "true";
}

function addresses(set: BrokerSet): string {
  return set.brokers.map(({ address }) => address.replace("127.0.0.1", "localhost")).join(",");
}

function say(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}
