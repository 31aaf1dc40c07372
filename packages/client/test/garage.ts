// What the tests of a client work on: a stage with the workflow of fixtures/garage.ts, clients, and services in processes of their own.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { Stage } from "../../../runner/integration/stage.js";
import { type Client, connect } from "../src/index.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));

export class Garage {
  readonly bundle: string;
  readonly #clients: Client[] = [];
  readonly #services: ServiceProcess[] = [];

  private constructor(
    readonly stage: Stage,
    code: string,
  ) {
    this.bundle = join(stage.folder, "garage.js");
    writeFileSync(this.bundle, code);
    stage.createTopics(this.bundle);
  }

  static async open(partitions = 1): Promise<Garage> {
    const stage = await Stage.open({ partitions });
    return new Garage(stage, (await build(fixture("garage.ts"))).code);
  }

  connect(): Client {
    const client = connect({ brokers: this.stage.cluster.brokers, prefix: this.stage.prefix });
    this.#clients.push(client);
    return client;
  }

  /** What a command needs to reach it. */
  get connection(): string[] {
    return ["--brokers", this.stage.brokers, "--prefix", this.stage.prefix];
  }

  /** With a fault: where it is to end, as `kill -9` would. */
  async service(fault = ""): Promise<ServiceProcess> {
    const service = new ServiceProcess([this.stage.brokers, this.stage.prefix, this.#keys], fault);
    this.#services.push(service);
    await service.joined;
    return service;
  }

  get #keys(): string {
    return join(this.stage.folder, "keys");
  }

  /** The idempotency keys of the attempts in service processes, in order. */
  get keys(): string[] {
    return existsSync(this.#keys) ? readFileSync(this.#keys, "utf8").trim().split("\n") : [];
  }

  /** Answers on `workflow-resume`, by the ref they answer. */
  async answers(): Promise<string[]> {
    const found = await this.stage.outputs("workflow-resume");
    return found.flatMap(({ key, value }) => {
      const { ref } = value?.startsWith("{") ? JSON.parse(value) : { ref: undefined };
      return ref === undefined ? [] : [`${key} ${ref}`];
    });
  }

  async close(): Promise<void> {
    for (const service of this.#services) service.kill();
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.stage.close();
  }
}

export class ServiceProcess {
  readonly joined: Promise<void>;
  readonly ended: Promise<unknown>;
  readonly #process: ChildProcess;

  constructor(args: readonly string[], fault: string) {
    const env = { ...process.env, KWF_FAULT: fault };
    this.#process = spawn(process.execPath, [fixture("service.mjs"), ...args], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.ended = once(this.#process, "exit").then(([code, signal]) => signal ?? code);
    const said = once(this.#process.stdout!, "data").then(() => {});
    this.joined = Promise.race([
      said,
      this.ended.then((how) => Promise.reject(new Error(`the service ended with ${how} before it had joined`))),
    ]);
  }

  kill(): void {
    this.signal("SIGKILL");
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  stop(): Promise<unknown> {
    this.#process.kill("SIGTERM");
    return this.ended;
  }
}
