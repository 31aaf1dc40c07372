// A Kafka cluster for tests. One is shared by all test files of a run that ask for the same; it ends with the run, however
// that ends. There is no silent way out: without Docker, Java or Maven it throws what to install.

import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type BrokerSet, DEFAULT_VERSION, readBrokerSet, type SecuredListeners, TEST_USER } from "./broker-set.js";
import { endProcess, endWith, startBrokers, stopBrokers, untilReady } from "./brokers.js";
import { docker } from "./docker-broker.js";
import { relaunch } from "./jvm-broker.js";
import { CannotRunKafka } from "./kafka-jars.js";

export type { SecuredListeners } from "./broker-set.js";
export { CannotRunKafka } from "./kafka-jars.js";
export { TestClock } from "./test-clock.js";

export interface ClusterOptions {
  /** 1 */
  readonly brokers?: number;
  /** What KWF_TEST_KAFKA_VERSION says, else 4.3.1. */
  readonly version?: string;
  /** True: for all tests of this run, so nobody may stop a broker of it. */
  readonly shared?: boolean;
  /** With TLS beside what every cluster has; such a one is never shared. */
  readonly secured?: SecuredListeners;
}

export interface TestCluster {
  /** `host:port` of each broker. */
  readonly brokers: readonly string[];
  /** The same brokers for clients with a name. Without one everything is allowed; this user may be forbidden things (ACLs). */
  readonly sasl: { readonly brokers: readonly string[]; readonly username: string; readonly password: string };
  /** Of `secured`: for clients with a certificate, and for clients with the name above or a token, both over TLS. */
  readonly secured: { readonly tls: readonly string[]; readonly saslTls: readonly string[] };
  readonly version: string;
  /** A name nobody else in this run uses, with that word in it. */
  unique(word: string): string;
  /** SIGKILL. Brokers are counted from 1. */
  kill(broker: number): Promise<void>;
  /** Starts those that were killed; resolves when the cluster is whole again. */
  restart(...brokers: number[]): Promise<void>;
  /** SIGSTOP: it keeps its connections and answers nothing. */
  freeze(broker: number): void;
  thaw(broker: number): void;
  /** Of a shared one: does nothing. */
  stop(): Promise<void>;
}

/** How long one test file waits for another one to start the cluster. */
const SHARED_MS = 300_000;

/**
 * A Kafka for tests, from Maven's jars or as containers. The same one for all test files of a run, unless `shared` is false.
 * @throws CannotRunKafka (`cannot-run-kafka`) that says what to install
 */
export async function createTestCluster(options: ClusterOptions = {}): Promise<TestCluster> {
  const { brokers = 1, version = process.env.KWF_TEST_KAFKA_VERSION ?? DEFAULT_VERSION, shared = true } = options;
  const { secured } = options;
  if (shared && secured === undefined) return handle(await sharedFolder(brokers, version), true);
  const folder = mkdtempSync(join(tmpdir(), "kwf-kafka-"));
  await start(folder, brokers, version, secured);
  return handle(folder, false);
}

async function start(folder: string, brokers: number, version: string, secured?: SecuredListeners): Promise<void> {
  endWith(owner(), folder);
  await startBrokers({ brokers, version, folder, ownsFolder: true, forTests: true, heap: "384m", secured });
}

/** The process whose end is the end of the tests: vitest's own, where this is one of its workers. */
function owner(): number {
  return process.env.VITEST_POOL_ID !== undefined && process.send !== undefined ? process.ppid : process.pid;
}

async function sharedFolder(brokers: number, version: string): Promise<string> {
  const folder = join(tmpdir(), `kwf-kafka-of-${owner()}-${version}-${brokers}`);
  const claim = join(folder, "claim");
  const failure = join(folder, "failure");
  const ready = join(folder, "ready");
  mkdirSync(folder, { recursive: true });
  let mine = false;
  try {
    closeSync(openSync(claim, "wx"));
    mine = true;
  } catch {
    // Another test file starts it.
  }
  if (mine) {
    try {
      await start(folder, brokers, version);
      writeFileSync(ready, "");
    } catch (error) {
      mkdirSync(folder, { recursive: true });
      endWith(owner(), folder);
      writeFileSync(failure, (error as Error).message);
      throw error;
    }
    return folder;
  }
  const deadline = performance.now() + SHARED_MS;
  while (!existsSync(ready)) {
    if (existsSync(failure)) throw new CannotRunKafka(readFileSync(failure, "utf8"));
    if (performance.now() > deadline)
      throw new CannotRunKafka(`the shared Kafka did not start within ${SHARED_MS / 1000} s`);
    await sleep(100);
  }
  return folder;
}

/** Given by this process, for whatever cluster. */
let names = 0;

function handle(folder: string, shared: boolean): TestCluster {
  const set = (): BrokerSet => {
    const known = readBrokerSet(folder);
    if (!known) throw new Error("this cluster was stopped");
    return known;
  };
  const broker = (id: number) => {
    if (shared) throw new Error("a shared cluster stays as it is; ask for one of your own with { shared: false }");
    const found = set().brokers.find((one) => one.id === id);
    if (!found) throw new Error(`there is no broker ${id}`);
    return found;
  };
  const signal = (id: number, name: NodeJS.Signals, command: string) => {
    const { pid, container } = broker(id);
    if (container) docker(command, container);
    else process.kill(pid!, name);
  };
  return {
    brokers: set().brokers.map(({ address }) => address),
    sasl: { brokers: set().brokers.flatMap(({ saslAddress }) => saslAddress ?? []), ...TEST_USER },
    secured: {
      tls: set().brokers.flatMap(({ secured }) => secured?.tls ?? []),
      saslTls: set().brokers.flatMap(({ secured }) => secured?.saslTls ?? []),
    },
    version: set().version,
    unique: (word) => `${word}-${process.pid.toString(36)}-${Date.now().toString(36)}-${++names}`,
    kill: async (id) => {
      const { pid, container } = broker(id);
      if (container) docker("kill", container);
      else await endProcess(pid!, "SIGKILL");
    },
    restart: async (...ids) => {
      for (const id of ids) {
        const { container } = broker(id);
        if (container) docker("start", container);
        else relaunch({ folder, forTests: true, heap: "384m" }, set(), id);
      }
      await untilReady(set(), folder);
    },
    freeze: (id) => signal(id, "SIGSTOP", "pause"),
    thaw: (id) => signal(id, "SIGCONT", "unpause"),
    stop: async () => {
      if (!shared) await stopBrokers(folder);
    },
  };
}
