// Owns a service: when it joins the consumer group of its topic and leaves it, and who is told of what goes wrong.
// Neighbours: the kit's GroupTasks owns the membership, service-task.ts what is done for a partition.
//
// I1 A topic that has other partitions than when it was joined is joined again.

import type { Topic } from "@kwf/patterns";
import {
  type Assignment,
  GroupTasks,
  type GroupTasksOptions,
  type Log,
  LogClosed,
  type Names,
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

export class Service {
  /** Resolves when the service has been closed. */
  readonly closed: Promise<void>;
  readonly #log: Log;
  readonly #names: Names;
  readonly #topic: Topic;
  readonly #handler: Handler;
  readonly #options: ServeOptions;
  readonly #topics: TopicTable;
  readonly #slots: Slots;
  #membership: Membership | undefined;
  #partitions = 0;
  #patienceMs = REBALANCE_PATIENCE_MS;
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

  /** Resolves when the group has given it its share, which may be none. Throws TopicMissing. */
  async join(): Promise<void> {
    try {
      await this.#join();
    } catch (error) {
      await this.close();
      throw error;
    }
    if (this.#closing === undefined) this.#looking = setInterval(() => void this.#look(), LOOK_AT_TOPIC_MS).unref();
  }

  /** Takes no more requests, waits for those in hand, commits their answers and leaves the group. */
  close(): Promise<void> {
    clearInterval(this.#looking);
    this.#patienceMs = this.#options.stopTimeoutMs ?? 10_000;
    this.#closing ??= this.#next(async () => {
      await this.#membership?.leave();
      this.#saysClosed();
    });
    return this.#closing;
  }

  async #join(): Promise<void> {
    const topic = this.#names.topic(this.#topic.name);
    await this.#topics.refresh([topic]);
    this.#partitions = (await this.#topics.describe(topic)).partitions;
    if (this.#closing !== undefined) throw new LogClosed(`the service of ${this.#topic.name} is closed`);
    const { sessionTimeoutMs = 6_000 } = this.#options;
    this.#membership = new Membership({
      log: this.#log,
      group: this.group,
      topics: [topic],
      metadata: "",
      sessionTimeoutMs,
      task: ({ partition }) => this.#task(partition),
      logger: { info: () => {}, error: () => {} },
      failed: (error) => {
        void this.#membership?.leave();
        this.#tell({ error, kind: "stopped" });
      },
    });
    await this.#membership.first;
  }

  /** I1 */
  async #look(): Promise<void> {
    try {
      const topic = this.#names.topic(this.#topic.name);
      await this.#topics.refresh([topic]);
      if ((await this.#topics.describe(topic)).partitions === this.#partitions) return;
      await this.#next(async () => {
        if (this.#closing !== undefined) return;
        await this.#membership?.leave();
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
      confirm: async () => (await this.#membership?.confirm()) === true,
      patienceMs: () => this.#patienceMs,
    });
  }
}

/** Knows when the group has taken it for the first time. */
class Membership extends GroupTasks<ServiceTask> {
  /** Rejects when it was not taken, and never will be. */
  readonly first: Promise<void>;
  readonly #settle: { resolve: () => void; reject: (error: Error) => void };

  constructor(options: GroupTasksOptions<ServiceTask>) {
    super(options);
    const { promise, ...settle } = withResolvers();
    this.first = promise;
    this.#settle = settle;
    promise.catch(() => {});
  }

  override async assigned(assignment: Assignment): Promise<void> {
    await super.assigned(assignment);
    this.#settle.resolve();
  }

  override failed(error: Error): void {
    this.#settle.reject(error);
    super.failed(error);
  }

  override async leave(): Promise<void> {
    this.#settle.reject(new LogClosed("the service is closed"));
    await super.leave();
  }
}

function withResolvers() {
  let resolve = () => {};
  let reject = (_: Error) => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function print({ error, kind, topic, partition, offset }: Trouble): void {
  const place = [topic, partition, offset].filter((part) => part !== undefined).join("/");
  console.error(
    `kwf: ${kind} at ${place}: ${kind === "attempt" || kind === "dead-letter" ? error.stack : error.message}`,
  );
}
