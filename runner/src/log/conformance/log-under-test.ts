// What a suite needs of an implementation of the log port. A suite is a function that registers tests; an implementation's
// own test file calls all of them with its factory (kafka/kafka-log.test.ts beside this).

import { afterAll, afterEach, beforeAll } from "vitest";
import type { Log, LogRecord, NewRecord, TopicPartition } from "../log.js";

export interface LogUnderTest {
  /** Another client of the same log, in no way connected to the others. */
  open(): Log;
  /** As if the process of that client was killed: no goodbye, nothing finished. */
  crash(log: Log): Promise<void>;
  /** The next such request of this client is lost on its way there, or its answer on the way back. */
  lose(log: Log, request: "send" | "commit", what: "request" | "answer"): void;
  /** A name no other test uses. */
  unique(word: string): string;
  /** Changes a topic's settings for everybody. */
  alterTopic(topic: string, settings: Readonly<Record<string, string>>): Promise<void>;
  /** What stands before the offset is no longer there. */
  deleteBefore(where: TopicPartition, offset: number): Promise<void>;
  deleteTopic(topic: string): Promise<void>;
  close(): Promise<void>;
}

export type Factory = () => Promise<LogUnderTest>;

/** For every test of a suite. Clients that a test opened are closed after it. */
export class Bench {
  #log: LogUnderTest | undefined;
  #open: Log[] = [];

  constructor(factory: Factory) {
    beforeAll(async () => {
      this.#log = await factory();
    }, 300_000);
    afterEach(async () => {
      const open = this.#open;
      this.#open = [];
      await Promise.all(open.map((log) => log.close()));
    });
    afterAll(async () => this.#log?.close());
  }

  get under(): LogUnderTest {
    if (!this.#log) throw new Error("the log under test is made before the tests");
    return this.#log;
  }

  open(): Log {
    const log = this.under.open();
    this.#open.push(log);
    return log;
  }

  /** A new topic with one partition, or as many as said. */
  async topic(
    log: Log,
    options: { partitions?: number; settings?: Record<string, string>; word?: string } = {},
  ): Promise<string> {
    const name = this.under.unique(options.word ?? "topic");
    await log.createTopics([{ name, partitions: options.partitions ?? 1, settings: options.settings ?? {} }]);
    return name;
  }
}

export function record(topic: string, value: string, partition = 0): NewRecord {
  return { topic, partition, key: `key of ${value.slice(0, 10)}`, value };
}

/** All that can be read from `from` to the uncommitted end: where a transaction is open, it waits for its end. */
export async function readAll(
  log: Log,
  where: TopicPartition,
  options: { from?: number; isolation?: "committed" | "uncommitted"; maxBytes?: number } = {},
): Promise<LogRecord[]> {
  const { isolation = "committed", from = (await log.startOffsets([where]))[0]! } = options;
  const [end] = await log.endOffsets([where], "uncommitted");
  const reader = log.reader({
    ...where,
    from,
    isolation,
    maxWaitMs: 100,
    ...(options.maxBytes ? { maxBytes: options.maxBytes } : {}),
  });
  const records: LogRecord[] = [];
  try {
    while (reader.position < end!) records.push(...(await reader.read()).records);
  } finally {
    await reader.close();
  }
  return records;
}

export async function valuesOf(
  log: Log,
  topic: string,
  options: Parameters<typeof readAll>[2] & { partition?: number } = {},
) {
  const records = await readAll(log, { topic, partition: options.partition ?? 0 }, options);
  return records.map(({ value }) => value?.toString() ?? null);
}

/** Waits for what will be, however long the machine takes; the test's own timeout is the only limit. */
export async function eventually<T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
