// A runner's share of one role: what its tasks have, and the offsets that other tools see. The runner (runner.ts) owns the process, the
// workload what the tasks do, group-tasks.ts the membership; a task owns everything below.
//
// I1 A partition count that is not the one the input was spread over ends the group, and the runner with it.

import type { Log } from "../log/log.js";
import type { Names, RoleName } from "../names.js";
import { partitionsChanged } from "../task/losses.js";
import { openPartitionStore } from "../task/partition-store.js";
import { Task } from "../task/task.js";
import type { TopicTable } from "../topics/topic-table.js";
import { GroupTasks } from "./group-tasks.js";
import type { Logger } from "./logging.js";
import type { Metrics } from "./metrics.js";
import { observeTask } from "./task-observer.js";
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

export class RoleGroup {
  readonly #options: RoleGroupOptions;
  readonly #logger: Logger;
  #group: GroupTasks<Task> | undefined;
  /** The offsets that the group has from this member, by partition, in one generation. */
  readonly #written = new Map<number, number>();
  #writtenIn: number | undefined;
  #partitions = 0;

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
    return this.#group?.tasks ?? [];
  }

  /** Whether it is a member of a generation that goes on. */
  get joined(): boolean {
    return this.#group?.generation !== undefined;
  }

  /** `metadata` is what others see of this member. */
  async join(metadata: string): Promise<void> {
    const { log, names, topics, sessionTimeoutMs, failed } = this.#options;
    this.#partitions = (await topics.describe(this.input)).partitions;
    this.#group = new GroupTasks({
      log,
      group: names.consumerGroup(this.role),
      topics: [this.input],
      metadata,
      sessionTimeoutMs,
      task: ({ partition }) => this.#task(partition),
      logger: this.#logger,
      failed,
    });
  }

  /** Finishes and commits the turns that have begun, then leaves the group. */
  async leave(): Promise<void> {
    await this.#group?.finish();
    await this.writeOffsets();
    await this.#group?.leave();
    await this.#options.workload.close();
  }

  /** What is due from time to time, when the topics were looked at. Throws Problem `wrong-partition-count`. */
  async tick(seldom: boolean): Promise<void> {
    const { topics, workload } = this.#options;
    const { partitions } = await topics.describe(this.input);
    if (partitions !== this.#partitions) throw partitionsChanged(this.input, this.#partitions, partitions); // I1
    for (const task of this.tasks) {
      await workload.tend(task, seldom);
      if (seldom) await task.refreshCheckpoint();
    }
  }

  /** For other tools; the position record is what counts. */
  async writeOffsets(): Promise<void> {
    const topic = this.input;
    const generation = this.#group?.generation;
    if (generation !== this.#writtenIn) this.#written.clear();
    this.#writtenIn = generation;
    const offsets = [...this.tasks].flatMap(({ partition, next }) =>
      next === undefined || next === this.#written.get(partition) ? [] : [{ topic, partition, offset: next }],
    );
    if (offsets.length === 0 || generation === undefined) return;
    try {
      await this.#group?.commitOffsets(generation, offsets);
      for (const { partition, offset } of offsets) this.#written.set(partition, offset);
    } catch {
      // The next time will do.
    }
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
      confirm: async () => (await this.#group?.confirm()) === true,
      acceptLoss,
      restorePatienceMs,
      observer: observeTask(this.role, logger, metrics),
    });
  }
}
