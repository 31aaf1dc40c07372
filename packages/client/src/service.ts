// Owns a service: its membership in a consumer group of the topic, and a task for each partition it was given.
// Neighbour: service-task.ts owns everything below.
//
// I1 A task exists only for a partition that the group gave to this member in the present generation, or in the one before and not
//    taken since.
// I2 Between `rebalancing` and `assigned` no attempt begins, and nothing is committed.
// I3 A topic that has other partitions than when it was joined is joined again.

import type { Topic } from "@kwf/patterns";
import {
  type Assignment,
  type GroupListener,
  type GroupMember,
  type Log,
  type Names,
  partitionKey,
  TopicTable,
} from "kwf/client-kit";
import type { Handler, HandlingOptions } from "./handling.js";
import { ServiceTask } from "./service-task.js";
import { Slots } from "./slots.js";

export interface ServeOptions extends HandlingOptions {
  /** The consumer group, which instances of one service share; `<topic>-service`, if absent. The prefix goes before it. */
  readonly group?: string;
  /** 10: how many attempts run at once, in this instance. */
  readonly concurrency?: number;
  /** 10,000: how long `close` waits for attempts that run. */
  readonly stopTimeoutMs?: number;
  /** 6,000: an instance not heard of for this long is dead, and others take its partitions. */
  readonly sessionTimeoutMs?: number;
  /** Is told of what goes wrong; what is absent is printed to stderr. */
  readonly onTrouble?: (trouble: Trouble) => void;
}

export interface Trouble {
  readonly error: Error;
  /**
   * `attempt`: a handler failed, and is asked again; `dead-letter`: for the last time. `doubt`: an answer could not be written, and the
   * requests since the last commit are handled again. `stopped`: the service no longer handles this partition, or any, until somebody acts.
   */
  readonly kind: "attempt" | "dead-letter" | "doubt" | "stopped";
  readonly topic: string;
  readonly partition?: number;
  readonly offset?: number;
  readonly attempt?: number;
}

/** A rebalance waits this long for attempts that run. */
const REBALANCE_PATIENCE_MS = 5_000;
const LOOK_AT_TOPIC_MS = 30_000;

export class Service implements GroupListener {
  /** Resolves when the service has been closed. */
  readonly closed: Promise<void>;
  readonly #log: Log;
  readonly #names: Names;
  readonly #topic: Topic;
  readonly #handler: Handler;
  readonly #options: ServeOptions;
  readonly #topics: TopicTable;
  readonly #slots: Slots;
  readonly #tasks = new Map<string, ServiceTask>();
  #member: GroupMember | undefined;
  #generation: number | undefined;
  #partitions = 0;
  #assigned: { resolve: () => void; reject: (error: Error) => void } | undefined;
  #looking: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  #saysClosed = () => {};

  /** `serve` of a client makes one. */
  constructor(log: Log, names: Names, topic: Topic, handler: Handler, options: ServeOptions) {
    const { concurrency = 10 } = options;
    if (!Number.isInteger(concurrency) || concurrency < 1)
      throw new RangeError(`concurrency is ${concurrency}, expected a whole number from 1`);
    this.#log = log;
    this.#names = names;
    this.#topic = topic;
    this.#handler = handler;
    this.#options = options;
    this.#topics = new TopicTable(log);
    this.#slots = new Slots(concurrency);
    this.closed = new Promise((resolve) => {
      this.#saysClosed = resolve;
    });
  }

  get group(): string {
    return this.#names.topic(this.#options.group ?? `${this.#topic.name}-service`);
  }

  /** Partitions that it has at present. */
  get partitions(): number {
    return this.#tasks.size;
  }

  /** Resolves when the group has given it its share, which may be none. Throws TopicMissing. */
  async join(): Promise<void> {
    try {
      await this.#join();
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#looking = setInterval(() => void this.#look(), LOOK_AT_TOPIC_MS).unref();
  }

  /** Takes no more requests, waits for those in hand, commits their answers and leaves the group. */
  close(): Promise<void> {
    clearInterval(this.#looking);
    this.#closing ??= this.#next(async () => {
      await this.#leave(this.#options.stopTimeoutMs ?? 10_000);
      this.#saysClosed();
    });
    return this.#closing;
  }

  async rebalancing({ lost }: { readonly lost: boolean }): Promise<void> {
    this.#generation = undefined;
    if (lost) await this.#close([...this.#tasks.keys()], true);
    else await Promise.all([...this.#tasks.values()].map((task) => task.suspend(REBALANCE_PATIENCE_MS))); // I2
  }

  async assigned({ generation, gained, lost }: Assignment): Promise<void> {
    this.#generation = generation;
    await this.#close(lost.map(partitionKey), false);
    for (const where of gained) {
      const key = partitionKey(where);
      if (!this.#tasks.has(key)) this.#tasks.set(key, this.#task(where.partition));
    }
    for (const task of this.#tasks.values()) {
      task.start();
      task.proceed();
    }
    this.#assigned?.resolve();
  }

  failed(error: Error): void {
    this.#generation = undefined;
    this.#member = undefined;
    void this.#close([...this.#tasks.keys()], false);
    this.#assigned?.reject(error);
    this.#tell({ error, kind: "stopped" });
  }

  async #join(): Promise<void> {
    const topic = this.#names.topic(this.#topic.name);
    await this.#topics.refresh([topic]);
    this.#partitions = (await this.#topics.describe(topic)).partitions;
    const { sessionTimeoutMs = 6_000 } = this.#options;
    const assigned = new Promise<void>((resolve, reject) => {
      this.#assigned = { resolve, reject };
    });
    this.#member = this.#log.join({
      group: this.group,
      topics: [topic],
      sessionTimeoutMs,
      heartbeatMs: Math.min(1_500, Math.floor(sessionTimeoutMs / 3)),
      listener: this,
    });
    await assigned;
  }

  async #leave(patienceMs: number): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.suspend(patienceMs)));
    await this.#close([...this.#tasks.keys()], false);
    await this.#member?.leave();
    this.#member = undefined;
    this.#generation = undefined;
    // What was given meanwhile.
    await this.#close([...this.#tasks.keys()], false);
  }

  /** I3 */
  async #look(): Promise<void> {
    try {
      const topic = this.#names.topic(this.#topic.name);
      await this.#topics.refresh([topic]);
      if ((await this.#topics.describe(topic)).partitions === this.#partitions) return;
      await this.#next(async () => {
        if (this.#closing !== undefined) return;
        await this.#leave(REBALANCE_PATIENCE_MS);
        await this.#join();
      });
    } catch {
      // The log says what is wrong where it is needed; the next look will do.
    }
  }

  /** One change of the membership after the other. */
  #next(work: () => Promise<void>): Promise<void> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  async #close(keys: readonly string[], now: boolean): Promise<void> {
    const tasks = keys.flatMap((key) => this.#tasks.get(key) ?? []);
    for (const key of keys) this.#tasks.delete(key);
    await Promise.all(tasks.map((task) => task.close({ now })));
  }

  #tell(trouble: Omit<Trouble, "topic">): void {
    const told: Trouble = { topic: this.#topic.name, ...trouble };
    const { onTrouble = print } = this.#options;
    onTrouble(told);
  }

  #task(partition: number): ServiceTask {
    return new ServiceTask({
      log: this.#log,
      names: this.#names,
      topics: this.#topics,
      group: this.group,
      partition,
      slots: this.#slots,
      handling: { topic: this.#topic, handler: this.#handler, options: this.#options },
      failed: (error, { offset, attempt, final }) =>
        this.#tell({ error, kind: final ? "dead-letter" : "attempt", partition, offset, attempt }),
      trouble: (error) => this.#tell({ error, kind: "doubt", partition }),
      stopped: (error) => this.#tell({ error, kind: "stopped", partition }),
      confirm: async () => {
        const generation = this.#generation;
        return (
          generation !== undefined &&
          (await this.#member?.confirm(generation)) === true &&
          this.#generation === generation
        );
      },
    });
  }
}

function print({ error, kind, topic, partition, offset }: Trouble): void {
  const place = [topic, partition, offset].filter((part) => part !== undefined).join("/");
  console.error(
    `kwf: ${kind} at ${place}: ${kind === "attempt" || kind === "dead-letter" ? error.stack : error.message}`,
  );
}
