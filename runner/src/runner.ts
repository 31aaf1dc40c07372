// A runner: the process's share of the input's partitions. It owns membership in the group and the tasks; a task owns everything below.
//
// I1 A task exists only for a partition that the group gave to this runner in the present generation, or in the one before and not
//    taken since.
// I2 Between `rebalancing` and `assigned` no task begins a batch.
// I3 A partition count that is not the one the threads were spread over stops all tasks.

import { join } from "node:path";
import type { StepOptions } from "@kwf/engine";
import { type AdminServer, startAdminServer } from "./admin-server.js";
import { type Health, healthOf } from "./health.js";
import type { Assignment, GroupListener, GroupMember, Log } from "./log/log.js";
import type { Logger } from "./logging.js";
import { Metrics } from "./metrics.js";
import type { Names } from "./names.js";
import { Problem } from "./problem.js";
import type { Steps } from "./steps/steps.js";
import { ThreadSteps } from "./steps/thread-steps.js";
import { openPartitionStore } from "./task/partition-store.js";
import { partitionsChanged, Task } from "./task/task.js";
import { observeTask } from "./task-observer.js";
import { Bundles } from "./threads/bundles.js";
import { RunningMark } from "./threads/running-mark.js";
import { ThreadRole } from "./threads/thread-role.js";
import { retryWaiting } from "./threads/waiting-threads.js";
import { TopicTable } from "./topic-table.js";

export interface RunnerOptions {
  readonly log: Log;
  readonly cluster: string;
  readonly names: Names;
  readonly stateDirectory: string;
  readonly bundle: { readonly hash: string; readonly source: string };
  /** JSON of `W.config`. */
  readonly config: string | undefined;
  readonly stepOptions: Pick<StepOptions, "timeoutMs" | "onDuplicateStart" | "idempotencyWindowMs">;
  readonly stepMemoryMb: number;
  /** How many run steps side by side; a partition stays with one of them. */
  readonly stepThreads: number;
  readonly maxHeld: number;
  readonly maxRecords: number;
  readonly sessionTimeoutMs: number;
  readonly acceptLoss: boolean;
  /** How long a restore may stand still before the health says so. */
  readonly restorePatienceMs: number;
  readonly admin: { readonly host: string; readonly port: number | undefined; readonly advertise: string | undefined };
  readonly logger: Logger;
}

const TICK_MS = 5_000;
/** How often all topics are looked at, and not only the input. */
const TICKS_A_LOOK = 6;
const TICKS_A_CHECKPOINT = 12;
const BATCH_BUDGET_MS = 2_000;

export class Runner implements GroupListener {
  readonly metrics: Metrics;
  readonly #options: RunnerOptions;
  readonly #tasks = new Map<number, Task>();
  readonly #topics: TopicTable;
  readonly #bundles: Bundles;
  readonly #steps: readonly Steps[];
  readonly #ended: Promise<Error | undefined>;
  #end: (error: Error | undefined) => void = () => {};
  #member: GroupMember | undefined;
  #generation: number | undefined;
  #admin: AdminServer | undefined;
  #timer: NodeJS.Timeout | undefined;
  #ticks = 0;
  /** The offsets that the group has from this runner, by partition. */
  readonly #written = new Map<number, number>();
  #ticking = false;
  #partitions = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    const { log, names, logger } = options;
    this.metrics = new Metrics(() => this.#tasks.values());
    this.#topics = new TopicTable(log);
    this.#bundles = new Bundles(log, names.bundles);
    const memoryMb = Math.ceil(options.stepMemoryMb / options.stepThreads);
    const say = (level: string, text: string) => logger.info({ workflow: true, console: level }, text);
    this.#steps = Array.from({ length: options.stepThreads }, () => new ThreadSteps({ memoryMb, log: say }));
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Resolves when it has stopped: with the error, if there was one. */
  get ended(): Promise<Error | undefined> {
    return this.#ended;
  }

  get adminAddress(): string | undefined {
    return this.#admin?.address;
  }

  health(): Health {
    return healthOf(this.#generation !== undefined, this.#tasks.values(), this.#options.log.troubles());
  }

  async start(): Promise<void> {
    const { log, names, bundle, admin, logger, sessionTimeoutMs } = this.#options;
    await this.#bundles.publish(bundle.hash, bundle.source);
    for (const steps of this.#steps) steps.addBundle(bundle.hash, bundle.source);
    this.#partitions = (await this.#topics.describe(names.resume)).partitions;
    this.#admin = await startAdminServer({ ...admin, health: () => this.health(), metrics: this.metrics.registry });
    const address = admin.advertise ?? this.#admin.address;
    logger.info({ admin: `http://${this.#admin.address}`, group: names.consumerGroup() }, "joining the group");
    this.#member = log.join({
      group: names.consumerGroup(),
      topics: [names.resume],
      metadata: JSON.stringify({ admin: address, bundle: bundle.hash }),
      sessionTimeoutMs,
      heartbeatMs: Math.min(1_500, Math.floor(sessionTimeoutMs / 3)),
      listener: this,
    });
    this.#timer = setInterval(() => void this.#tick(), TICK_MS);
  }

  /** Finishes and commits the batches that have begun, then leaves the group. */
  stop(error?: Error): Promise<void> {
    this.#stopping ??= this.#stop(error);
    return this.#stopping;
  }

  async #stop(error: Error | undefined): Promise<void> {
    clearInterval(this.#timer);
    const tasks = [...this.#tasks.values()];
    await Promise.all(tasks.map((task) => task.suspend()));
    await this.#writeOffsets();
    await Promise.all(tasks.map((task) => task.close()));
    await this.#member?.leave();
    await Promise.all(this.#steps.map((steps) => steps.close()));
    await this.#admin?.close();
    this.#end(error);
  }

  async rebalancing({ lost }: { readonly lost: boolean }): Promise<void> {
    this.#options.logger.info(
      { lost },
      lost ? "the group went on without this runner" : "the group shares out its partitions anew",
    );
    this.#generation = undefined;
    this.#written.clear();
    if (lost) await this.#close([...this.#tasks.keys()], true);
    else await Promise.all([...this.#tasks.values()].map((task) => task.suspend())); // I2
  }

  async assigned({ generation, partitions, gained, lost }: Assignment): Promise<void> {
    if (this.#stopping !== undefined) return;
    this.#generation = generation;
    await this.#close(
      lost.map(({ partition }) => partition),
      false,
    );
    for (const { partition } of gained)
      if (!this.#tasks.has(partition)) this.#tasks.set(partition, this.#task(partition));
    const list = partitions.map(({ partition }) => partition).sort((a, b) => a - b);
    this.#options.logger.info(
      { generation, partitions: list },
      list.length === 0 ? "assigned nothing" : "assigned partitions",
    );
    for (const task of this.#tasks.values()) {
      task.start();
      task.proceed();
    }
  }

  failed(error: Error): void {
    this.#generation = undefined;
    this.#options.logger.error({ error }, `cannot be in the group: ${error.message}`);
    void this.stop(error);
  }

  async #close(partitions: readonly number[], now: boolean): Promise<void> {
    const tasks = partitions.flatMap((partition) => this.#tasks.get(partition) ?? []);
    for (const { partition } of tasks) this.#tasks.delete(partition);
    await Promise.all(tasks.map((task) => task.close({ now })));
  }

  #task(partition: number): Task {
    const {
      log,
      cluster,
      names,
      stateDirectory,
      bundle,
      config,
      logger,
      maxRecords,
      maxHeld,
      acceptLoss,
      restorePatienceMs,
      stepOptions,
    } = this.#options;
    const observer = observeTask(partition, logger, this.metrics);
    const work = new ThreadRole({
      names,
      partition,
      topics: this.#topics,
      bundles: this.#bundles,
      bundle: bundle.hash,
      steps: this.#steps[partition % this.#steps.length]!,
      step: {
        options: { ...stepOptions, ...(config === undefined ? {} : { config }) },
        maxHeld,
        budgetMs: BATCH_BUDGET_MS,
      },
      maxRecords,
      openMark: () => new RunningMark(join(stateDirectory, `${partition}.running`)),
      observer,
    });
    return new Task({
      log,
      cluster,
      names,
      role: "run",
      partition,
      topics: this.#topics,
      work,
      openStore: () => openPartitionStore(stateDirectory, partition),
      confirm: async () => {
        const generation = this.#generation;
        return (
          generation !== undefined &&
          (await this.#member?.confirm(generation)) === true &&
          this.#generation === generation
        );
      },
      acceptLoss,
      restorePatienceMs,
      observer,
    });
  }

  async #tick(): Promise<void> {
    if (this.#ticking) return;
    this.#ticking = true;
    try {
      await this.#writeOffsets();
      const { log, names } = this.#options;
      await this.#topics.refresh(this.#ticks % TICKS_A_LOOK === 0 ? undefined : [names.resume]);
      const { partitions } = await this.#topics.describe(names.resume);
      if (partitions !== this.#partitions) {
        const problem = partitionsChanged(names.resume, this.#partitions, partitions);
        this.#options.logger.error({ error: problem }, problem.message);
        await this.stop(problem); // I3
        return;
      }
      this.#ticks += 1;
      const permissions = this.#ticks % TICKS_A_CHECKPOINT === 0;
      for (const { store, partition } of this.#tasks.values()) {
        if (store === undefined) continue;
        const count = await retryWaiting(store, { log, names, bundles: this.#bundles, permissions });
        if (count > 0)
          this.#options.logger.info({ partition, threads: count }, "threads go on: what they waited for is there");
      }
      if (this.#ticks % TICKS_A_CHECKPOINT === 0) {
        for (const task of this.#tasks.values()) await task.refreshCheckpoint();
      }
    } catch (error) {
      if (!(error instanceof Problem)) this.#options.logger.debug({ error }, "the cluster could not be asked");
    } finally {
      this.#ticking = false;
    }
  }

  /** For other tools; the position record is what counts. */
  async #writeOffsets(): Promise<void> {
    const topic = this.#options.names.resume;
    const offsets = [...this.#tasks.values()].flatMap(({ partition, next }) =>
      next === undefined || next === this.#written.get(partition) ? [] : [{ topic, partition, offset: next }],
    );
    if (offsets.length === 0 || this.#generation === undefined) return;
    try {
      await this.#member?.commitOffsets(this.#generation, offsets);
      for (const { partition, offset } of offsets) this.#written.set(partition, offset);
    } catch {
      // The next time will do.
    }
  }
}
