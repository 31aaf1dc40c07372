// A partition of an input topic: its records become records on `workflow-resume`. It owns the order of things from fence to commit and
// where in the topic it is; lives.ts owns when it begins again, the bundle what a record means.
//
// I1 Fence first, then read the group's offset, then run: after the fence no earlier owner can commit, so the offset is the last one. Between
//    fence and first turn the group confirms the generation.
// I2 One transaction a turn: what the records came to, and the offset behind them. The offset is the only truth about where to go on.
// I3 Any error from the first request of a transaction to the answer to its commit is doubt: it begins again at I1, and asks what was
//    committed. A commit is never sent twice.
// I4 A record that cannot be passed on becomes a dead letter, and holds up nobody.
// I5 An offset outside the topic stops the task, and says what is lost; nothing is skipped silently. Where the group has none, it begins
//    with the first record that there is.

import type { InputRecord, Routed } from "@kwf/engine";
import { OffsetOutOfRange } from "../log/errors.js";
import {
  type Log,
  type LogRecord,
  type PartitionReader,
  partitionKey,
  type TopicPartition,
  type TransactionalProducer,
} from "../log/log.js";
import type { Names } from "../names.js";
import { LetterRefusals } from "../records/letter-refusals.js";
import { StepsDied } from "../steps/steps.js";
import { faultPoint } from "../task/faults.js";
import { Lives, type LivesObserver, type Phase } from "../task/lives.js";
import { inputLost } from "../task/losses.js";
import { inputOf, isUnreadable } from "../threads/input.js";
import type { TopicTable } from "../topics/topic-table.js";
import { type InputTransaction, inputTransaction, type Looked } from "./input-transaction.js";

export interface InputTaskOptions {
  readonly log: Log;
  readonly names: Names;
  /** As the manifest names it. */
  readonly topic: string;
  readonly partition: number;
  readonly topics: TopicTable;
  /** What records mean, for as many as there was time for, one at least. Throws StepsDied. */
  readonly route: (topic: string, records: readonly InputRecord[]) => Promise<readonly Routed[]>;
  /** Asks the group whether the partition is still ours. */
  readonly confirm: () => Promise<boolean>;
  /** Go on where the topic begins instead of stopping (I5). */
  readonly acceptLoss: boolean;
  readonly maxRecords: number;
  readonly observer: InputObserver;
}

/** Who is told what an input task does: log and metrics. */
export interface InputObserver extends LivesObserver {
  begun(next: number): void;
  /** After the commit. */
  committed(turn: CommittedTurn): void;
  refused(error: Error, records: number): void;
}

export interface CommittedTurn {
  readonly looked: readonly Looked[];
  readonly made: InputTransaction;
  readonly commitMs: number;
}

/** What lives from one fence to the next doubt. */
interface Life {
  readonly producer: TransactionalProducer;
  next: number;
}

export class InputTask {
  readonly role = "input";
  readonly topic: string;
  readonly partition: number;
  /** Records between the offset and the end of the topic, as last seen. */
  lag: number | undefined;
  readonly #options: InputTaskOptions;
  readonly #lives: Lives;
  readonly #refusals: LetterRefusals;
  #life: Life | undefined;

  constructor(options: InputTaskOptions) {
    this.#options = options;
    this.topic = options.topic;
    this.partition = options.partition;
    this.#refusals = new LetterRefusals(options.maxRecords);
    const { confirm, observer } = options;
    this.#lives = new Lives({
      live: () => this.#live(),
      confirm,
      lost: (error) => inputLost("input", error),
      observer,
    });
  }

  get phase(): Phase {
    return this.#lives.phase;
  }
  get trouble(): Error | undefined {
    return this.#lives.trouble;
  }
  /** The next offset to look at; undefined until that is known. */
  get next(): number | undefined {
    return this.#life?.next;
  }

  start(): void {
    this.#lives.start();
  }
  suspend(): Promise<void> {
    return this.#lives.suspend();
  }
  proceed(): void {
    this.#lives.proceed();
  }
  close({ now = false } = {}): Promise<void> {
    return this.#lives.close(now ? () => this.#life?.producer.close() : undefined);
  }

  get #where(): TopicPartition {
    return { topic: this.#options.names.topic(this.topic), partition: this.partition };
  }

  /** From a fence to the next doubt, or to the end of the task. */
  async #live(): Promise<void> {
    const { log, names, topic, partition, observer } = this.#options;
    const lives = this.#lives;
    const { signal } = lives;
    await lives.confirmed();
    lives.phase = "fencing";
    const producer = await log.fence(names.inputTransactionalId(topic, partition), { signal });
    let reader: PartitionReader | undefined;
    const stop = () => void reader?.close();
    try {
      faultPoint("input-fenced");
      await lives.confirmed();
      const life: Life = { producer, next: await this.#begin() };
      this.#life = life;
      await lives.confirmed(); // I1
      reader = log.reader({ ...this.#where, from: life.next });
      signal.addEventListener("abort", stop, { once: true });
      signal.throwIfAborted();
      lives.phase = "running";
      lives.trouble = undefined;
      observer.begun(life.next);
      await this.#read(life, reader);
    } finally {
      signal.removeEventListener("abort", stop);
      this.#life = undefined;
      await reader?.close();
      await producer.close();
    }
  }

  /** Where the group says, if that is in the topic. */
  async #begin(): Promise<number> {
    const { log, names, acceptLoss } = this.#options;
    const where = this.#where;
    const committed = (await log.groupOffsets(names.inputGroup, [where])).get(partitionKey(where));
    const [start = 0] = await log.startOffsets([where]);
    const [end = 0] = await log.endOffsets([where], "uncommitted");
    if (committed === undefined) return start;
    if (committed >= start && committed <= end) return committed;
    if (acceptLoss) return start;
    throw new OffsetOutOfRange(where, committed, start, end);
  }

  async #read(life: Life, reader: PartitionReader): Promise<never> {
    for (;;) {
      const part = await reader.read();
      this.lag = part.endOffset - part.nextOffset;
      let rest = part.records;
      while (rest.length > 0) {
        const some = rest.slice(0, this.#refusals.limit);
        const whole = some.length === rest.length ? part.nextOffset : undefined;
        const done = await this.#lives.turn(() => this.#turn(life, some, whole));
        rest = rest.slice(done);
      }
    }
  }

  /** How many of the records are done. */
  async #turn(life: Life, records: readonly LogRecord[], nextIfAll: number | undefined): Promise<number> {
    faultPoint("input-read");
    const { names, topic, partition, topics, observer } = this.#options;
    const subjects = records.map(({ offset }) => offset);
    let owners: readonly number[] = [];
    try {
      const looked = await this.#look(records);
      faultPoint("input-routed");
      await topics.learn([names.resume, names.deadLetter]);
      const partitionsOf = (name: string) => topics.get(name).partitions;
      const made = inputTransaction({ names, topic, partition, partitionsOf }, looked);
      owners = made.owners;
      const done = looked.length;
      const next = (done === records.length ? nextIfAll : undefined) ?? records[done - 1]!.offset + 1;
      const begin = performance.now();
      const transaction = life.producer.begin();
      transaction.send(made.records);
      transaction.commitOffsets(names.inputGroup, [{ ...this.#where, offset: next }]); // I2
      await transaction.flush();
      faultPoint("input-sent");
      await transaction.commit();
      faultPoint("input-committed");
      life.next = next;
      this.#lives.healthy();
      this.#refusals.passed(subjects.slice(0, done));
      observer.committed({ looked, made, commitMs: performance.now() - begin });
      return done;
    } catch (error) {
      if (!this.#refusals.learn(error, { subjects, owners }) || life.producer.ended !== undefined) throw error; // I3
      observer.refused(error as Error, records.length);
      return 0;
    }
  }

  /** As far as there was time; the bundle is asked for what can be read, and has not killed the thread that asks. */
  async #look(records: readonly LogRecord[]): Promise<Looked[]> {
    const looked: Looked[] = [];
    const asked: { readonly index: number; readonly input: InputRecord }[] = [];
    for (const [index, record] of records.entries()) {
      const input = inputOf(record, this.partition);
      const refusal = this.#refusals.of(record.offset);
      looked.push({ record, input, routed: undefined, refusal });
      if (!isUnreadable(input) && refusal?.reason !== "KWF_STEP_DIED") asked.push({ index, input });
    }
    if (asked.length === 0) return looked;
    let routed: readonly Routed[];
    try {
      routed = await this.#options.route(
        this.topic,
        asked.map(({ input }) => input),
      );
    } catch (error) {
      if (error instanceof StepsDied && error.index !== undefined)
        throw new StepsDied(asked[error.index]?.index, error.message);
      throw error;
    }
    for (const [n, one] of routed.entries()) {
      const { index } = asked[n]!;
      looked[index] = { ...looked[index]!, routed: one };
    }
    return looked.slice(0, asked[routed.length]?.index);
  }
}
