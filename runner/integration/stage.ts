// What one test works on: topics of its own on the shared broker, a bundle, a folder, the runners it started.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { KafkaLog } from "../src/log/kafka/kafka-log.js";
import type { LogRecord, TopicPartition } from "../src/log/log.js";
import { Names, type RoleName } from "../src/names.js";
import { POSITION_KEY } from "../src/task/position.js";
import { createTestCluster, type TestCluster } from "../src/testing/cluster.js";
import { kwf, PATIENCE_MS, RunnerProcess } from "./runner-process.js";

export interface StageOptions {
  readonly partitions?: number;
  /** Another cluster than the shared one. */
  readonly cluster?: TestCluster;
}

export interface RunOptions {
  readonly stateDirectory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly under?: readonly string[];
}

export interface Output {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

const demo = (name: string) => fileURLToPath(new URL(`../../demos/${name}/src/index.ts`, import.meta.url));

export class Stage {
  readonly brokers: string;
  readonly prefix: string;
  readonly folder = mkdtempSync(join(tmpdir(), "kwf-stage-"));
  readonly log: KafkaLog;
  readonly partitions: number;
  readonly #runners: RunnerProcess[] = [];

  private constructor(
    readonly cluster: TestCluster,
    { partitions = 1 }: StageOptions,
  ) {
    this.brokers = cluster.brokers.join(",");
    this.prefix = `${cluster.unique("it")}-`;
    this.partitions = partitions;
    this.log = new KafkaLog({ brokers: cluster.brokers });
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    return new Stage(options.cluster ?? (await createTestCluster()), options);
  }

  get names(): Names {
    return new Names(this.prefix, "kwf");
  }

  get stateDirectory(): string {
    return join(this.folder, "state");
  }

  demo(name: string): Promise<string> {
    return this.entry(demo(name), name);
  }

  /** A bundle of the workflow in that file. */
  async entry(file: string, name = "workflow"): Promise<string> {
    return this.#write((await build(file)).code, name);
  }

  /** A bundle of this text. */
  async workflow(source: string, name = "workflow"): Promise<string> {
    const entry = join(this.folder, `${name}.ts`);
    writeFileSync(entry, source);
    return this.#write((await build(entry)).code, name);
  }

  #write(code: string, name: string): string {
    const file = join(this.folder, `${name}.js`);
    writeFileSync(file, code);
    return file;
  }

  /** `kwf topics create`. */
  createTopics(bundle?: string): void {
    const { brokers, prefix, partitions } = this;
    const where = ["--brokers", brokers, "--prefix", prefix, "--partitions", String(partitions)];
    const { status, stdout, stderr } = kwf(["topics", "create", ...(bundle === undefined ? [] : [bundle]), ...where]);
    if (status !== 0) throw new Error(`kwf topics create ended with ${status}: ${stdout}${stderr}`);
  }

  run(bundle: string, more: readonly string[] = [], options: RunOptions = {}): RunnerProcess {
    return this.runWith(bundle, ["--brokers", this.brokers, ...more], options);
  }

  /** `kwf scheduler`. */
  scheduler(more: readonly string[] = [], options: RunOptions = {}): RunnerProcess {
    return this.runWith(undefined, ["--brokers", this.brokers, ...more], options);
  }

  /** The brokers are in what is given. */
  runWith(
    bundle: string | undefined,
    more: readonly string[],
    { stateDirectory = this.stateDirectory, ...options }: RunOptions = {},
  ): RunnerProcess {
    const runner = new RunnerProcess({ bundle, prefix: this.prefix, stateDirectory, more, ...options });
    this.#runners.push(runner);
    return runner;
  }

  loseLocalState(): void {
    rmSync(this.stateDirectory, { recursive: true, force: true });
  }

  /** Writes to `workflow-resume`, in order; resolves with the offsets. */
  async send(...records: readonly (readonly [thread: string, value: string | null])[]): Promise<number[]> {
    const topic = `${this.prefix}workflow-resume`;
    const offsets: number[] = [];
    for (const [key, value] of records) offsets.push((await this.log.produce([{ topic, key, value }]))[0]!.offset);
    return offsets;
  }

  /** Everything committed to a topic, in order per partition. */
  async outputs(name: string): Promise<Output[]> {
    const topic = `${this.prefix}${name}`;
    const found: Output[] = [];
    for (const record of await this.records(topic)) found.push(outputOf(name, record));
    return found;
  }

  async records(topic: string): Promise<LogRecord[]> {
    const partitions = (await this.log.describeTopics([topic])).get(topic)?.partitions ?? 0;
    const found: LogRecord[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const where = { topic, partition };
      const [end = 0] = await this.log.endOffsets([where], "committed");
      if (end === 0) continue;
      const reader = this.log.reader({ ...where, from: 0, maxWaitMs: 50 });
      while (reader.position < end) found.push(...(await reader.read()).records);
      await reader.close();
    }
    return found;
  }

  /** Until the record at that offset, and all before it, have been run and committed: the changelog says so, not the runner. */
  async passed(offset: number, partition = 0, role: RoleName = "run"): Promise<void> {
    const where = { topic: this.names.changelog(role), partition };
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const [end = 0] = await this.log.endOffsets([where], "committed").catch(() => []);
      const next = end === 0 ? 0 : await this.#position(where, end, this.names.input(role));
      if (next > offset) return;
      if (performance.now() > deadline) {
        const said = this.#runners.map(({ pid, text }) => `runner ${pid}:\n${text}`).join("\n");
        throw new Error(`offset ${offset} was not passed, the position is ${next}\n${said}`);
      }
      await sleep(30);
    }
  }

  async #position(where: TopicPartition, end: number, input: string): Promise<number> {
    const reader = this.log.reader({ ...where, from: 0, maxWaitMs: 50 });
    let next = 0;
    while (reader.position < end) {
      for (const { key, value } of (await reader.read()).records) {
        if (key?.toString() === POSITION_KEY) next = JSON.parse(value!.toString()).next[input];
      }
    }
    await reader.close();
    return next;
  }

  /** Until the topic holds what is wanted; what it held is in the error otherwise. */
  async until(name: string, wanted: (outputs: Output[]) => boolean): Promise<Output[]> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await this.outputs(name);
      if (wanted(found)) return found;
      if (performance.now() > deadline) {
        const said = this.#runners.map(({ pid, text }) => `runner ${pid}:\n${text}`).join("\n");
        throw new Error(`${name} holds ${JSON.stringify(found, undefined, 1)}\n${said}`);
      }
      await sleep(50);
    }
  }

  async close(): Promise<void> {
    for (const runner of this.#runners) if (!runner.over) await runner.kill();
    await this.log.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function outputOf(topic: string, { key, value, headers }: LogRecord): Output {
  return {
    topic,
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    headers: Object.fromEntries(headers.map(([name, text]) => [name, text?.toString() ?? ""])),
  };
}

/** `key value`, as tests compare them. */
export const lines = (outputs: readonly Output[]): string[] => outputs.map(({ key, value }) => `${key} ${value}`);
