// A runner's share of one role: its membership in the role's consumer group, and a task for each partition it was given. The runner
// (runner.ts) owns the process, the workload what the tasks do; a task owns everything below.
//
// I1 A task exists only for a partition that the group gave to this member in the present generation, or in the one before and not
//    taken since.
// I2 Between `rebalancing` and `assigned` no task begins a turn.
// I3 A partition count that is not the one the input was spread over ends the group, and the runner with it.

import type { Assignment, GroupListener, GroupMember, Log } from "./log/log.js";
import type { Logger } from "./logging.js";
import type { Metrics } from "./metrics.js";
import type { Names, RoleName } from "./names.js";
import { partitionsChanged } from "./task/losses.js";
import { openPartitionStore } from "./task/partition-store.js";
import { Task } from "./task/task.js";
import { observeTask } from "./task-observer.js";
import type { TopicTable } from "./topic-table.js";
import type { Workload } from "./workload.js";

export interface RoleGroupOptions {
  readonly log: Log;
  readonly cluster: string;
  readonly names: Names;
  readonly topics: TopicTable;
  readonly workload: Workload;
  /** Of this role alone. */
  readonly stateDirectory: string;
  readonly sessionTimeoutMs: number;
  readonly acceptLoss: boolean;
  readonly restorePatienceMs: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Waiting cannot help: the runner has to end. */
  readonly failed: (error: Error) => void;
}

export class RoleGroup implements GroupListener {
  readonly #options: RoleGroupOptions;
  readonly #logger: Logger;
  readonly #tasks = new Map<number, Task>();
  /** The offsets that the group has from this member, by partition. */
  readonly #written = new Map<number, number>();
  #member: GroupMember | undefined;
  #generation: number | undefined;
  #partitions = 0;
  #leaving = false;

  constructor(options: RoleGroupOptions) {
    this.#options = options;
    this.#logger = options.logger.child({ role: this.role });
  }

  get role(): RoleName {
    return this.#options.workload.role;
  }

  get input(): string {
    return this.#options.names.input(this.role);
  }

  get tasks(): Iterable<Task> {
    return this.#tasks.values();
  }

  /** Whether it is a member of a generation that goes on. */
  get joined(): boolean {
    return this.#generation !== undefined;
  }

  /** `metadata` is what others see of this member. */
  async join(metadata: string): Promise<void> {
    const { log, names, topics, sessionTimeoutMs } = this.#options;
    this.#partitions = (await topics.describe(this.input)).partitions;
    const group = names.consumerGroup(this.role);
    this.#logger.info({ group }, "joining the group");
    this.#member = log.join({
      group,
      topics: [this.input],
      metadata,
      sessionTimeoutMs,
      heartbeatMs: Math.min(1_500, Math.floor(sessionTimeoutMs / 3)),
      listener: this,
    });
  }

  /** Finishes and commits the turns that have begun, then leaves the group. */
  async leave(): Promise<void> {
    this.#leaving = true;
    const tasks = [...this.#tasks.values()];
    await Promise.all(tasks.map((task) => task.suspend()));
    await this.writeOffsets();
    await Promise.all(tasks.map((task) => task.close()));
    await this.#member?.leave();
    await this.#options.workload.close();
  }

  async rebalancing({ lost }: { readonly lost: boolean }): Promise<void> {
    this.#logger.info(
      { lost },
      lost ? "the group went on without this runner" : "the group shares out its partitions anew",
    );
    this.#generation = undefined;
    this.#written.clear();
    if (lost) await this.#close([...this.#tasks.keys()], true);
    else await Promise.all([...this.#tasks.values()].map((task) => task.suspend())); // I2
  }

  async assigned({ generation, partitions, gained, lost }: Assignment): Promise<void> {
    if (this.#leaving) return;
    this.#generation = generation;
    await this.#close(
      lost.map(({ partition }) => partition),
      false,
    );
    for (const { partition } of gained)
      if (!this.#tasks.has(partition)) this.#tasks.set(partition, this.#task(partition));
    const list = partitions.map(({ partition }) => partition).sort((a, b) => a - b);
    this.#logger.info({ generation, partitions: list }, list.length === 0 ? "assigned nothing" : "assigned partitions");
    for (const task of this.#tasks.values()) {
      task.start();
      task.proceed();
    }
  }

  failed(error: Error): void {
    this.#generation = undefined;
    this.#logger.error({ error }, `cannot be in the group: ${error.message}`);
    this.#options.failed(error);
  }

  /** What is due from time to time, when the topics were looked at. Throws Problem `wrong-partition-count`. */
  async tick(seldom: boolean): Promise<void> {
    const { topics, workload } = this.#options;
    const { partitions } = await topics.describe(this.input);
    if (partitions !== this.#partitions) throw partitionsChanged(this.input, this.#partitions, partitions); // I3
    for (const task of this.#tasks.values()) {
      await workload.tend(task, seldom);
      if (seldom) await task.refreshCheckpoint();
    }
  }

  /** For other tools; the position record is what counts. */
  async writeOffsets(): Promise<void> {
    const topic = this.input;
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

  async #close(partitions: readonly number[], now: boolean): Promise<void> {
    const tasks = partitions.flatMap((partition) => this.#tasks.get(partition) ?? []);
    for (const { partition } of tasks) this.#tasks.delete(partition);
    await Promise.all(tasks.map((task) => task.close({ now })));
  }

  #task(partition: number): Task {
    const { log, cluster, names, topics, workload, stateDirectory, acceptLoss, restorePatienceMs, metrics } =
      this.#options;
    const logger = this.#logger.child({ partition });
    return new Task({
      log,
      cluster,
      names,
      role: this.role,
      partition,
      topics,
      work: workload.work(partition, logger),
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
      observer: observeTask(this.role, logger, metrics),
    });
  }
}
