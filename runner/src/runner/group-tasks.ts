// A membership in one consumer group, and a task for each partition that it was given. What the tasks do, and when it joins and leaves, is
// whose it is: role-group.ts for a role with a changelog, inputs/input-group.ts for input topics, the services of @kwf/client.
//
// I1 A task exists only for a partition that the group gave to this member in the present generation, or in the one before and not
//    taken since.
// I2 Between `rebalancing` and `assigned` no task begins a turn.

import {
  type Assignment,
  type GroupListener,
  type GroupMember,
  type GroupOffset,
  type Log,
  partitionKey,
  type TopicPartition,
} from "../log/log.js";
import type { Logger } from "./logging.js";

/** What a group does with a task. */
export interface GroupTask {
  start(): void;
  suspend(): Promise<void>;
  proceed(): void;
  close(options?: { readonly now?: boolean }): Promise<void>;
}

export interface GroupTasksOptions<T extends GroupTask> {
  readonly log: Log;
  readonly group: string;
  readonly topics: readonly string[];
  /** What others see of this member. */
  readonly metadata: string;
  readonly sessionTimeoutMs: number;
  readonly task: (where: TopicPartition) => T;
  readonly logger: Pick<Logger, "info" | "error">;
  /** Waiting cannot help: it is out of the group. */
  readonly failed: (error: Error) => void;
}

export class GroupTasks<T extends GroupTask> implements GroupListener {
  readonly #options: GroupTasksOptions<T>;
  readonly #tasks = new Map<string, T>();
  readonly #member: GroupMember;
  /** Whether the group has ever taken it. */
  wasMember = false;
  #generation: number | undefined;
  #leaving = false;

  constructor(options: GroupTasksOptions<T>) {
    this.#options = options;
    const { log, group, topics, metadata, sessionTimeoutMs, logger } = options;
    logger.info({ group, topics }, "joining the group");
    const heartbeatMs = Math.min(1_500, Math.floor(sessionTimeoutMs / 3));
    this.#member = log.join({ group, topics, metadata, sessionTimeoutMs, heartbeatMs, listener: this });
  }

  get tasks(): Iterable<T> {
    return this.#tasks.values();
  }

  /** Undefined: it is not a member of a generation that goes on. */
  get generation(): number | undefined {
    return this.#generation;
  }

  /** Asks the group whether what it gave is still this member's. */
  async confirm(): Promise<boolean> {
    const generation = this.#generation;
    return generation !== undefined && (await this.#member.confirm(generation)) && this.#generation === generation;
  }

  /** Rejects when the generation is over. */
  async commitOffsets(generation: number, offsets: readonly GroupOffset[]): Promise<void> {
    await this.#member.commitOffsets(generation, offsets);
  }

  /** No turn begins from now on, also of what is given meanwhile; resolves when the last one has ended. */
  async finish(): Promise<void> {
    this.#leaving = true;
    await Promise.all([...this.#tasks.values()].map((task) => task.suspend()));
  }

  /** Finishes and commits the turns that have begun, then leaves the group. */
  async leave(): Promise<void> {
    await this.finish();
    await this.#close([...this.#tasks.keys()], false);
    await this.#member.leave();
  }

  async rebalancing({ lost }: { readonly lost: boolean }): Promise<void> {
    const message = lost ? "the group went on without this runner" : "the group shares out its partitions anew";
    this.#options.logger.info({ lost }, message);
    this.#generation = undefined;
    if (lost) await this.#close([...this.#tasks.keys()], true);
    else await Promise.all([...this.#tasks.values()].map((task) => task.suspend())); // I2
  }

  async assigned({ generation, partitions, gained, lost }: Assignment): Promise<void> {
    if (this.#leaving) return;
    this.#generation = generation;
    this.wasMember = true;
    await this.#close(lost.map(partitionKey), false);
    for (const where of gained) {
      const key = partitionKey(where);
      if (!this.#tasks.has(key)) this.#tasks.set(key, this.#options.task(where));
    }
    const list = [...partitions].sort(inOrder).map(partitionKey);
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
    this.#options.failed(error);
  }

  async #close(keys: readonly string[], now: boolean): Promise<void> {
    const tasks = keys.flatMap((key) => this.#tasks.get(key) ?? []);
    for (const key of keys) this.#tasks.delete(key);
    await Promise.all(tasks.map((task) => task.close({ now })));
  }
}

function inOrder(a: TopicPartition, b: TopicPartition): number {
  if (a.topic !== b.topic) return a.topic < b.topic ? -1 : 1;
  return a.partition - b.partition;
}
