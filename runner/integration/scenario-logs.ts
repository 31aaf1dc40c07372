// The logs that scenarios are played on, each with a runner that can be killed at any time and begins again by itself.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DevProcess } from "./dev-process.js";
import type { RunnerProcess } from "./runner-process.js";
import type { LoggedRecord, ScenarioLog, Writing } from "./scenario-player.js";
import { Stage } from "./stage.js";

const RESUME = "workflow-resume";
/** Neither a workflow's nor about one. */
const OTHER = /-changelog$|^workflow-bundles$/;
const text = (bytes: Buffer | null): string | null => bytes?.toString() ?? null;

/** Of its runners. */
type Environment = Readonly<Record<string, string>>;

/** A log that a test opens, kills the runner of, and looks through in the end. */
export interface KillableLog extends ScenarioLog {
  /** SIGKILL, and what the runner has on disk with it. */
  kill(state: "kept" | "deleted"): Promise<void>;
  /** What every topic holds. */
  all(): Promise<Map<string, LoggedRecord[]>>;
  close(): Promise<void>;
}

export class KafkaScenarioLog implements KillableLog {
  readonly #stage: Stage;
  readonly #bundle: string;
  readonly #topics: readonly string[];
  readonly #environment: Environment;
  #runner: RunnerProcess | undefined;

  private constructor(stage: Stage, bundle: string, topics: readonly string[], environment: Environment) {
    this.#environment = environment;
    this.#stage = stage;
    this.#bundle = bundle;
    this.#topics = topics;
  }

  static async open(entry: string, environment: Environment): Promise<KafkaScenarioLog> {
    const stage = await Stage.open();
    const bundle = await stage.entry(entry);
    stage.createTopics(bundle);
    const { prefix, log } = stage;
    const own = (await log.topicNames()).filter((topic) => topic.startsWith(prefix));
    return new KafkaScenarioLog(
      stage,
      bundle,
      own.map((topic) => topic.slice(prefix.length)),
      environment,
    );
  }

  get prefix(): string {
    return this.#stage.prefix;
  }

  async records(topic: string): Promise<LoggedRecord[]> {
    const found = await this.#stage.records(this.#stage.names.topic(topic));
    return found.map(({ offset, key, value }) => ({ offset, key: text(key), value: text(value) }));
  }

  async run(writings: readonly Writing[]): Promise<number[]> {
    this.#runner ??= this.#stage.run(this.#bundle, ["--no-scheduler"], { environment: this.#environment });
    const offsets = await this.#stage.send(...writings);
    for (let last = offsets.at(-1)!, passed = -1; passed < last; last = (await this.records(RESUME)).at(-1)!.offset) {
      await this.#stage.passed(last);
      await this.#settled(this.#runner);
      passed = last;
    }
    return offsets;
  }

  /** A transaction ends on one partition after the other: until it has ended on all of them. */
  async #settled(runner: RunnerProcess): Promise<void> {
    const { log, names } = this.#stage;
    const where = this.#topics.map((topic) => ({ topic: names.topic(topic), partition: 0 }));
    const ends = async (isolation: "committed" | "uncommitted") => String(await log.endOffsets(where, isolation));
    const same = async () => (await ends("uncommitted")) === (await ends("committed")) || undefined;
    await runner.eventually(same, "the end of its transaction");
  }

  async kill(state: "kept" | "deleted"): Promise<void> {
    await this.#runner?.kill();
    this.#runner = undefined;
    if (state === "deleted") this.#stage.loseLocalState();
  }

  async all(): Promise<Map<string, LoggedRecord[]>> {
    const found = new Map<string, LoggedRecord[]>();
    for (const topic of this.#topics) if (!OTHER.test(topic)) found.set(topic, await this.records(topic));
    return found;
  }

  close(): Promise<void> {
    return this.#stage.close();
  }
}

export class EmbeddedScenarioLog implements KillableLog {
  readonly #folder = mkdtempSync(join(tmpdir(), "kwf-demos-"));
  readonly #entry: string;
  readonly #environment: Environment;
  #running: DevProcess | undefined;
  /** Records on workflow-resume when it began. */
  #before = 0;

  constructor(entry: string, environment: Environment) {
    this.#entry = entry;
    this.#environment = environment;
  }

  async #dev(): Promise<DevProcess> {
    if (this.#running !== undefined) return this.#running;
    this.#running = new DevProcess(this.#folder, this.#entry, ["--no-scheduler"], this.#environment);
    await this.#running.says("HTTP at");
    this.#before = (await this.#running.all(RESUME)).length;
    return this.#running;
  }

  async records(topic: string): Promise<LoggedRecord[]> {
    return (await this.#dev()).all(topic);
  }

  async run(writings: readonly Writing[]): Promise<number[]> {
    const dev = await this.#dev();
    const body = writings.map(([key, value]) => ({ key, value }));
    const { records } = (await (await dev.post(RESUME, body)).json()) as { records: { offset: number }[] };
    for (let count = body.length, stepped = 0; stepped < count; count = (await dev.all(RESUME)).length - this.#before) {
      await dev.stepped(count);
      stepped = count;
    }
    return records.map(({ offset }) => offset);
  }

  async kill(state: "kept" | "deleted"): Promise<void> {
    await this.#running?.kill();
    this.#running = undefined;
    if (state === "deleted") rmSync(join(this.#folder, ".kwf/dev/state"), { recursive: true, force: true });
  }

  async all(): Promise<Map<string, LoggedRecord[]>> {
    const { url } = await this.#dev();
    const { topics } = (await (await fetch(`${url}/topics`)).json()) as { topics: string[] };
    const found = new Map<string, LoggedRecord[]>();
    for (const topic of topics) if (!OTHER.test(topic)) found.set(topic, await this.records(topic));
    return found;
  }

  async close(): Promise<void> {
    await this.#running?.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
