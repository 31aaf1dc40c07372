// A runner's share of the input topics of its bundle: which topics are read, and whom their records are shown to. Beside it role-group.ts has
// the tasks of a role; group-tasks.ts owns the membership, a task everything below.
//
// I1 It reads the topics of the bundle that new threads start on. Where they change, or one has other partitions than before, it leaves and
//    joins again.
// I2 A group that it cannot join at all ends the runner; one that it loses later is tried again, and threads go on without it.

import type { RouteOptions } from "@kwf/engine";
import { TopicMissing } from "../log/errors.js";
import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import { GroupTasks } from "../runner/group-tasks.js";
import type { Logger } from "../runner/logging.js";
import type { Metrics } from "../runner/metrics.js";
import type { Steps } from "../steps/steps.js";
import type { BundleSource } from "../threads/thread-workload.js";
import type { TopicTable } from "../topics/topic-table.js";
import { observeInput } from "./input-observer.js";
import { type CommittedTurn, InputTask } from "./input-task.js";

export interface InputGroupOptions {
  readonly log: Log;
  readonly names: Names;
  readonly topics: TopicTable;
  /** Where the bundle is asked, for a partition. */
  readonly steps: (partition: number) => Steps;
  readonly routeOptions: RouteOptions;
  readonly maxRecords: number;
  readonly sessionTimeoutMs: number;
  readonly acceptLoss: boolean;
  /** Is told of every turn, after its commit. */
  readonly onTurn?: ((topic: string, turn: CommittedTurn) => void) | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Waiting cannot help: the runner has to end. */
  readonly failed: (error: Error) => void;
}

const ROUTE_BUDGET_MS = 2_000;
const ROUTE_BUDGET_BYTES = 16 * 1024 * 1024;

export class InputGroup {
  readonly role = "input";
  /** Why it is not in its group; undefined when all is well. */
  trouble: Error | undefined;
  readonly #options: InputGroupOptions;
  readonly #logger: Logger;
  /** Topics as the manifest names them, and the hash of the bundle that is asked what their records mean. */
  #inputs: readonly string[] = [];
  #bundle = "";
  #metadata = "";
  #group: GroupTasks<InputTask> | undefined;
  /** How many partitions each topic had when it was joined. */
  #partitions = new Map<string, number>();
  #wasMember = false;
  #last: Promise<unknown> = Promise.resolve();
  #left = false;

  constructor(options: InputGroupOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ role: this.role });
  }

  get tasks(): Iterable<InputTask> {
    return this.#group?.tasks ?? [];
  }

  /** Whether it is a member of a generation that goes on, or has nothing to be a member for. */
  get joined(): boolean {
    return this.#inputs.length === 0 || this.#group?.generation !== undefined;
  }

  /** Topics that it reads, with their prefix. */
  get inputs(): string[] {
    return this.#inputs.map((name) => this.#options.names.topic(name));
  }

  /** `metadata` is what others see of this member. */
  join(bundle: BundleSource, metadata: string): Promise<void> {
    this.#metadata = metadata;
    return this.use(bundle);
  }

  /** From now on this one is asked, and its topics are read (I1). */
  use({ hash, inputTopics = [] }: BundleSource): Promise<void> {
    return this.#next(async () => {
      if (this.#left) return;
      const same =
        inputTopics.length === this.#inputs.length && inputTopics.every((name) => this.#inputs.includes(name));
      if (!same) await this.#leave();
      this.#bundle = hash;
      if (same) return;
      this.#inputs = [...inputTopics];
      await this.#join();
    });
  }

  /** Finishes and commits the turns that have begun, then leaves the group. */
  leave(): Promise<void> {
    this.#left = true;
    return this.#next(() => this.#leave());
  }

  /** What is due from time to time, when the topics were looked at. */
  async tick(): Promise<void> {
    if (this.#inputs.length === 0 || this.#left) return;
    const now = await this.#counts();
    const changed = [...now].filter(([name, count]) => this.#partitions.get(name) !== count);
    if (this.#group !== undefined && changed.length === 0) return;
    for (const [topic, partitions] of changed) this.#logger.info({ topic, partitions }, "other partitions than before");
    await this.#next(async () => {
      if (this.#left) return;
      await this.#leave();
      await this.#join();
    });
  }

  /** One change of the membership after the other. */
  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #join(): Promise<void> {
    if (this.#inputs.length === 0) return;
    const { log, names, sessionTimeoutMs } = this.#options;
    try {
      this.#partitions = await this.#counts();
    } catch (error) {
      this.trouble = error as Error;
      throw error;
    }
    this.trouble = undefined;
    this.#group = new GroupTasks({
      log,
      group: names.inputGroup,
      topics: this.inputs,
      metadata: this.#metadata,
      sessionTimeoutMs,
      task: ({ topic, partition }) => this.#task(topic, partition),
      logger: this.#logger,
      failed: (error) => this.#failed(error),
    });
  }

  async #leave(): Promise<void> {
    const group = this.#group;
    this.#group = undefined;
    if (group?.wasMember === true) this.#wasMember = true;
    await group?.leave();
  }

  #failed(error: Error): void {
    this.trouble = error;
    const first = !this.#wasMember && this.#group?.wasMember !== true;
    void this.#next(() => this.#leave());
    if (first) this.#options.failed(error); // I2
  }

  /** One that is gone keeps the number it had: its tasks say that it is missing. */
  async #counts(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const topic of this.inputs) {
      try {
        counts.set(topic, (await this.#options.topics.describe(topic)).partitions);
      } catch (error) {
        const before = this.#partitions.get(topic);
        if (!(error instanceof TopicMissing) || before === undefined) throw error;
        counts.set(topic, before);
      }
    }
    return counts;
  }

  #task(prefixed: string, partition: number): InputTask {
    const { log, names, topics, steps, routeOptions, acceptLoss, maxRecords, metrics, onTurn } = this.#options;
    const topic = this.#inputs.find((name) => names.topic(name) === prefixed) ?? prefixed;
    const logger = this.#logger.child({ topic, partition });
    return new InputTask({
      log,
      names,
      topic,
      partition,
      topics,
      route: async (of, records) => {
        const limits = { budgetMs: ROUTE_BUDGET_MS, budgetBytes: ROUTE_BUDGET_BYTES };
        const batch = { bundle: this.#bundle, topic: of, records, options: routeOptions, ...limits };
        return (await steps(partition).route(batch)).routed;
      },
      confirm: async () => (await this.#group?.confirm()) === true,
      acceptLoss,
      maxRecords,
      observer: observeInput(topic, logger, metrics, onTurn),
    });
  }
}
