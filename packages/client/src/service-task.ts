// A partition of a service's topic. It owns the order of its requests, and the transaction that has their answers and the offset behind them.
// Neighbours: handling.ts owns what becomes of one request, the kit's Lives when it begins again, service.ts the membership.
//
// I1. Fence first, then read the group's offset, then handle: after the fence no earlier owner can commit, so the offset is the last one.
// I2. One transaction: answers and dead letters of the oldest requests that are done, and the offset behind them. An answer waits for those
//     before it in the partition, so that none is written twice.
// I3. Requests of one key are handled one after the other, others beside each other, as far as there is room.
// I4. Any error from the first request of a transaction to the answer to its commit is doubt: it begins again at I1, and what was not committed
//     is handled again, under the same idempotency keys.

import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import {
  deadLetter,
  faultPoint,
  Gate,
  LetterRefusals,
  Lives,
  type Log,
  type LogRecord,
  letterHeaders,
  type Names,
  type NewRecord,
  OffsetOutOfRange,
  type PartitionReader,
  Problem,
  partitionKey,
  partitionOf,
  type TopicPartition,
  type TopicTable,
  type TransactionalProducer,
} from "kwf/client-kit";
import { type Fate, type Handling, handle } from "./handling.js";
import type { Slots } from "./slots.js";

export interface ServiceTaskOptions {
  readonly log: Log;
  readonly names: Names;
  readonly topics: TopicTable;
  /** With the prefix. */
  readonly group: string;
  readonly partition: number;
  readonly slots: Slots;
  readonly handling: Omit<Handling, "attempt" | "signal" | "failed" | "partition">;
  readonly failed: (error: Error, where: { offset: number; attempt: number; final: boolean }) => void;
  readonly trouble: (error: Error) => void;
  readonly stopped: (error: Error) => void;
  readonly confirm: () => Promise<boolean>;
  /** How long attempts that run may take when no other is to begin. */
  readonly patienceMs: () => number;
}

interface Item {
  readonly record: LogRecord;
  fate: Fate | undefined;
}

/** What lives from one fence to the next doubt. */
interface Life {
  readonly producer: TransactionalProducer;
  readonly ending: AbortController;
  readonly fail: (error: unknown) => void;
  /** Read and not committed, oldest first. */
  window: Item[];
  /** Behind the last one read. */
  readTo: number;
  /** The last request of each key. */
  readonly tails: Map<string, Promise<void>>;
  committing: Promise<void> | undefined;
  /** Lets the reader go on. */
  wake: () => void;
}

/** So many are taken at once, counted from the oldest whose answer is not committed. */
const WINDOW = 200;
const MAX_BYTES = 256 * 1024;

export class ServiceTask {
  readonly #options: ServiceTaskOptions;
  readonly #lives: Lives;
  readonly #refusals = new LetterRefusals(WINDOW);
  /** Shut: no attempt begins. */
  readonly #gate = new Gate();
  readonly #attempts = new Set<Promise<unknown>>();
  #life: Life | undefined;

  constructor(options: ServiceTaskOptions) {
    this.#options = options;
    const { confirm, trouble: doubt, stopped } = options;
    this.#lives = new Lives({ live: () => this.#live(), confirm, lost, observer: { doubt, stopped } });
  }

  start(): void {
    this.#lives.start();
  }

  /** No attempt begins from now on; those that have begun may end, and what is done is committed. */
  async suspend(): Promise<void> {
    this.#gate.shut();
    const waited = new AbortController();
    const patience = sleep(this.#options.patienceMs(), undefined, { signal: waited.signal }).catch(() => {});
    await Promise.race([Promise.allSettled(this.#attempts), patience]);
    waited.abort();
    // What has just ended is told one turn later.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#life?.committing;
    await this.#lives.suspend();
  }

  proceed(): void {
    this.#lives.proceed();
    this.#gate.open();
  }

  /** What is still being handled is left open: it is another's, or the next one's. */
  async close({ now = false } = {}): Promise<void> {
    await this.#lives.close(now ? () => this.#life?.producer.close() : undefined);
  }

  get #where(): TopicPartition {
    const { names, handling, partition } = this.#options;
    return { topic: names.topic(handling.topic.name), partition };
  }

  /** From a fence to the next doubt, or to the end of the task. */
  async #live(): Promise<void> {
    const { log, group, handling, partition } = this.#options;
    const lives = this.#lives;
    const { signal } = lives;
    await lives.confirmed();
    lives.phase = "fencing";
    const producer = await log.fence(`${group}-${handling.topic.name}-${partition}`, { signal });
    const ending = new AbortController();
    // As many as there are attempts and pauses.
    setMaxListeners(0, ending.signal);
    const stop = () => {
      ending.abort(signal.reason);
      this.#gate.open();
    };
    signal.addEventListener("abort", stop, { once: true });
    let reader: PartitionReader | undefined;
    let reading: Promise<never> | undefined;
    try {
      await lives.confirmed();
      const from = await this.#begin();
      await lives.confirmed(); // I1
      signal.throwIfAborted();
      reader = log.reader({ ...this.#where, from, maxBytes: MAX_BYTES });
      let fail: Life["fail"] = () => {};
      const failed = new Promise<never>((_, reject) => {
        fail = reject;
      });
      ending.signal.addEventListener("abort", () => fail(ending.signal.reason), { once: true });
      const life: Life = {
        ...{ producer, ending, fail },
        ...{ window: [], readTo: from, tails: new Map(), committing: undefined, wake: () => {} },
      };
      this.#life = life;
      lives.phase = "running";
      lives.trouble = undefined;
      reading = this.#read(life, reader);
      await Promise.race([reading, failed]);
    } finally {
      signal.removeEventListener("abort", stop);
      const life = this.#life;
      this.#life = undefined;
      ending.abort();
      life?.wake();
      await reader?.close();
      await Promise.allSettled([reading, life?.committing, ...(life?.tails.values() ?? [])]);
      await producer.close();
    }
  }

  /** Where the group says, if that is in the topic; where it says nothing, with the first record that there is. */
  async #begin(): Promise<number> {
    const { log, group } = this.#options;
    const where = this.#where;
    const committed = (await log.groupOffsets(group, [where])).get(partitionKey(where));
    const [start = 0] = await log.startOffsets([where]);
    const [end = 0] = await log.endOffsets([where], "uncommitted");
    if (committed === undefined) return start;
    if (committed < start || committed > end) throw new OffsetOutOfRange(where, committed, start, end);
    return committed;
  }

  async #read(life: Life, reader: PartitionReader): Promise<never> {
    for (;;) {
      const { records, nextOffset } = await reader.read();
      for (const record of records) {
        while (life.window.length >= WINDOW && !life.ending.signal.aborted) {
          await new Promise<void>((resolve) => {
            life.wake = resolve;
          });
        }
        life.ending.signal.throwIfAborted();
        this.#take(life, { record, fate: undefined });
        life.readTo = record.offset + 1;
      }
      life.readTo = nextOffset;
    }
  }

  /** I3 */
  #take(life: Life, item: Item): void {
    const { key, offset } = item.record;
    const name = key === null ? `without ${offset}` : `key ${key.toString("latin1")}`;
    life.window.push(item);
    const before = life.tails.get(name) ?? Promise.resolve();
    const done = before.then(() => this.#handle(life, item)).catch(life.fail);
    life.tails.set(name, done);
    void done.then(() => {
      if (life.tails.get(name) === done) life.tails.delete(name);
    });
  }

  async #handle(life: Life, item: Item): Promise<void> {
    const { handling, partition, slots, failed } = this.#options;
    const { signal } = life.ending;
    signal.throwIfAborted();
    item.fate = await handle(item.record, {
      ...handling,
      partition,
      signal,
      attempt: (work) =>
        slots.run(async () => {
          await this.#gate.pass();
          signal.throwIfAborted();
          const attempt = work();
          this.#attempts.add(attempt);
          return attempt.finally(() => this.#attempts.delete(attempt));
        }),
      failed: (error, attempt, final) => failed(error, { offset: item.record.offset, attempt, final }),
    });
    life.committing ??= this.#commit(life)
      .catch(life.fail)
      .finally(() => {
        life.committing = undefined;
      });
  }

  /** As long as the oldest ones are done. */
  async #commit(life: Life): Promise<void> {
    for (;;) {
      const open = life.window.findIndex(({ fate }) => fate === undefined);
      const done = open === -1 ? life.window.length : open;
      if (done === 0) return;
      const count = await this.#lives.turn(() =>
        this.#transaction(life, life.window.slice(0, Math.min(done, this.#refusals.limit))),
      );
      life.window = life.window.slice(count);
      life.wake();
    }
  }

  /** I2. How many are committed. */
  async #transaction(life: Life, items: readonly Item[]): Promise<number> {
    faultPoint("service-handled");
    const { group, names, topics } = this.#options;
    const subjects = items.map(({ record }) => record.offset);
    const owners: number[] = [];
    try {
      await topics.learn([names.resume, names.deadLetter]);
      const records: NewRecord[] = [];
      for (const [index, item] of items.entries()) {
        const made = this.#made(item);
        if (made === undefined) continue;
        const partition = made.key === null ? 0 : partitionOf(made.key, topics.get(made.topic).partitions);
        records.push({ ...made, partition });
        owners.push(index);
      }
      const offset = items.length === life.window.length ? life.readTo : items.at(-1)!.record.offset + 1;
      const transaction = life.producer.begin();
      transaction.send(records);
      transaction.commitOffsets(group, [{ ...this.#where, offset }]);
      await transaction.flush();
      faultPoint("service-sent");
      await transaction.commit();
      faultPoint("service-committed");
      this.#lives.healthy();
      this.#refusals.passed(subjects);
      return items.length;
    } catch (error) {
      if (!this.#refusals.learn(error, { subjects, owners }) || life.producer.ended !== undefined) throw error; // I4
      this.#options.trouble(error as Error);
      return 0;
    }
  }

  #made({ record, fate }: Item): Omit<NewRecord, "partition"> | undefined {
    const { names, handling, partition } = this.#options;
    const refusal = this.#refusals.of(record.offset);
    const letter = fate!.type === "letter" ? fate : refusal;
    if (letter !== undefined) {
      const own = letterHeaders(letter, handling.topic.name, partition, record.offset);
      const asReference = refusal !== undefined && (refusal.asReference || fate!.type === "letter");
      return { topic: names.deadLetter, ...deadLetter(record, own, asReference) };
    }
    if (fate?.type !== "answer") return undefined;
    const traced = record.headers.filter(([name]) => name === "traceparent");
    return { topic: names.resume, key: fate.thread, value: fate.value, headers: traced };
  }
}

const lost = ({ message, where }: OffsetOutOfRange): Problem =>
  new Problem(
    "input-lost",
    `${message}. Nobody has answered the lost requests. To go on, set the offset of the service's group on ${where.topic}-${where.partition}`,
  );
