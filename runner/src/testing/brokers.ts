// Starts a real Kafka on this machine and ends it again: containers when a Docker engine answers, else plain JVMs. It owns
// the order of things; docker-broker.ts and jvm-broker.ts own the two ways.

import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { KafkaLog } from "../log/kafka/kafka-log.js";
import { type BrokerOptions, type BrokerSet, brokerSetFile, readBrokerSet } from "./broker-set.js";
import { docker, dockerAnswers, startDockerBrokers } from "./docker-broker.js";
import { lastWords, startJvmBrokers } from "./jvm-broker.js";
import { CannotRunKafka } from "./kafka-jars.js";
import { expectFree } from "./ports.js";

const READY_MS = 120_000;
const STOP_MS = 15_000;

/** Resolves when a client can produce. Throws CannotRunKafka. */
export async function startBrokers(options: BrokerOptions): Promise<BrokerSet> {
  const { folder, ownsFolder, port, brokers = 1, secured } = options;
  for (let n = 0; port !== undefined && n < brokers; n++) await expectFree(port + n);
  mkdirSync(folder, { recursive: true });
  try {
    const set = secured === undefined && dockerAnswers() ? await inDocker(options) : await startJvmBrokers(options);
    await untilReady(set, folder);
    return set;
  } catch (error) {
    await stopBrokers(folder);
    if (ownsFolder) rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Where the engine has no image and cannot get one, plain JVMs do as well; that is said, once. */
async function inDocker(options: BrokerOptions): Promise<BrokerSet> {
  try {
    return await startDockerBrokers(options);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}; starting plain JVMs instead\n`);
    return startJvmBrokers(options);
  }
}

/** Ends the brokers of a folder and, if it is theirs, the folder. Nothing to do is fine. */
export async function stopBrokers(folder: string): Promise<void> {
  const set = readBrokerSet(folder);
  if (!set) return;
  await Promise.all(set.brokers.map((broker) => (broker.pid === undefined ? undefined : endProcess(broker.pid))));
  const containers = set.brokers.flatMap(({ container }) => container ?? []);
  if (containers.length > 0) docker("rm", "--force", "--volumes", ...containers);
  if (set.network) docker("network", "rm", set.network);
  if (set.ownsFolder) rmSync(folder, { recursive: true, force: true });
  else rmSync(brokerSetFile(folder), { force: true });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function endProcess(pid: number, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const deadline = performance.now() + STOP_MS;
  for (let next: NodeJS.Signals | 0 = signal; isAlive(pid); next = performance.now() > deadline ? "SIGKILL" : 0) {
    try {
      process.kill(pid, next);
    } catch {
      return;
    }
    await sleep(50);
  }
}

/** Every broker is a member of the cluster, and it gives out producer ids and group coordinators. */
export async function untilReady(set: BrokerSet, folder: string): Promise<void> {
  const deadline = performance.now() + READY_MS;
  const log = new KafkaLog({ brokers: set.brokers.map(({ address }) => address), operationTimeoutMs: 2_000 });
  try {
    for (;;) {
      for (const { id, pid } of set.brokers) {
        if (pid !== undefined && !isAlive(pid)) {
          throw new CannotRunKafka(`broker ${id} ended while it started; its last words:\n${lastWords(folder, id)}`);
        }
      }
      try {
        await probe(log, set.brokers.length);
        return;
      } catch (error) {
        if (performance.now() > deadline) {
          const words = set.brokers.map(({ id }) => lastWords(folder, id)).join("\n");
          throw new CannotRunKafka(
            `Kafka was not ready after ${READY_MS / 1000} s: ${(error as Error).message}\n${words}`,
          );
        }
        await sleep(100);
      }
    }
  } finally {
    await log.close();
  }
}

async function probe(log: KafkaLog, brokers: number): Promise<void> {
  const there = await log.brokerCount();
  if (there < brokers) throw new Error(`${there} of ${brokers} brokers are there`);
  await (await log.fence("kwf-ready-probe")).close();
  await log.describeGroup("kwf-ready-probe");
}

/**
 * Ends the brokers of a folder when a process ends, however it ends: a small process of its own waits for that.
 * Plain JavaScript in a string, because it has to run where only the sources are.
 */
export function endWith(owner: number, folder: string): void {
  const script = `
    const { existsSync, readFileSync, rmSync } = require("node:fs");
    const { spawnSync } = require("node:child_process");
    const [owner, folder, file] = process.argv.slice(1);
    const alive = (pid) => { try { process.kill(pid, 0); return true; } catch { return false; } };
    const timer = setInterval(() => {
      if (alive(Number(owner)) && existsSync(folder)) return;
      clearInterval(timer);
      const { brokers, network } = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : { brokers: [] };
      for (const { pid } of brokers) if (pid && alive(pid)) { process.kill(pid, "SIGCONT"); process.kill(pid, "SIGKILL"); }
      const containers = brokers.flatMap(({ container }) => container ?? []);
      if (containers.length) spawnSync("docker", ["rm", "--force", "--volumes", ...containers]);
      if (network) spawnSync("docker", ["network", "rm", network]);
      const clean = () => { try { rmSync(folder, { recursive: true, force: true }); } catch {} };
      clean();
      setTimeout(clean, 500);
    }, 250);`;
  const child = spawn(process.execPath, ["-e", script, String(owner), folder, brokerSetFile(folder)], {
    detached: true,
    stdio: "ignore",
  });
  child.unref();
}
