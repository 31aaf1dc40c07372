// A task: everything a runner does for one partition, from fence to commit. It owns the order of things (design, section 6), the producer,
// the store and the position; the runner owns whether the partition is ours; the engine owns what a step means.
//
// I1  Fence before restore, restore before the first step. Between fence and first step the group confirms the generation.
// I2  Steps run on an overlay. The store is written only after the commit succeeded, in one batch with its checkpoint.
// I3  One transaction a batch: outputs, changelog, position. Nothing is sent before the last step of the batch has ended.
// I4  Any error from the first request of a transaction to the answer to its commit is doubt: overlay and producer are dropped, and
//     the task begins again at I1. A commit is never sent twice.
// I5  The position record decides what runs next. The group's offset is read only to notice that a changelog was lost.
// I6  While the gate is shut no batch begins; one that has begun is finished.
// I7  A position outside the input's log stops the task, and says what is lost; nothing is skipped silently.

import { setTimeout as sleep } from "node:timers/promises";
import { type OutputRecord, RESUME_TOPIC } from "@kwf/engine";
import type { Bundles } from "./bundles.js";
import { bundleNeeded, changesOf } from "./changelog.js";
import { faultPoint } from "./faults.js";
import { Gate } from "./gate.js";
import { inputOf, isUnreadable } from "./input.js";
import { OffsetOutOfRange } from "./log/errors.js";
import type { Log, LogRecord, PartitionReader, TransactionalProducer } from "./log/log.js";
import type { Names } from "./names.js";
import { encodePosition, firstPosition, POSITION_KEY, type Position } from "./position.js";
import { Problem } from "./problem.js";
import { type Attempt, Refusals } from "./refusals.js";
import { type RestoreEvent, restore } from "./restore.js";
import type { RunningMark } from "./running-mark.js";
import type { StepAnswer, StepBatch, StepOutcome } from "./steps/step-batch.js";
import { type Steps, StepsDied } from "./steps/steps.js";
import type { Checkpoint } from "./store/checkpoint.js";
import { threadKey } from "./store/keys.js";
import type { StateStore } from "./store/store.js";
import type { TopicTable } from "./topic-table.js";
import { type Arrived, transactionRecords, unreadableLetter } from "./transaction-records.js";

export interface TaskOptions {
  readonly log: Log;
  readonly cluster: string;
  readonly names: Names;
  readonly partition: number;
  readonly topics: TopicTable;
  readonly bundles: Bundles;
  /** The one that new threads start on. */
  readonly bundle: string;
  readonly steps: Steps;
  readonly step: Pick<StepBatch, "options" | "maxHeld" | "budgetMs">;
  readonly maxRecords: number;
  readonly openStore: () => Promise<StateStore>;
  readonly openMark: () => RunningMark;
  /** Asks the group whether the partition is still ours. */
  readonly confirm: () => Promise<boolean>;
  /** Go on where the log begins, or from an empty changelog, instead of stopping (I7). */
  readonly acceptLoss: boolean;
  readonly observer: TaskObserver;
}

/** Who is told what a task does: log and metrics. */
export interface TaskObserver {
  restore(event: RestoreEvent): void;
  /** After the commit. */
  step(record: LogRecord, key: string | null, outcome: StepOutcome): void;
  committed(batch: { records: number; outputs: number; bytes: number; stepMs: number; commitMs: number }): void;
  refused(error: Error, records: number): void;
  doubt(error: Error): void;
  stopped(error: Error): void;
}

export type Phase = "waiting" | "fencing" | "restoring" | "running" | "stopped" | "closed";

/** What lives from one fence to the next doubt. */
interface Life {
  readonly producer: TransactionalProducer;
  readonly store: StateStore;
  position: Position;
  changelogAt: number;
}

const LONGEST_BACKOFF_MS = 5_000;
const CONFIRM_AGAIN_MS = 200;

/** The partition may belong to somebody else now. */
class NotConfirmed extends Error {}

export class Task {
  readonly partition: number;
  phase: Phase = "waiting";
  /** What keeps it from running; undefined when all is well. */
  trouble: Error | undefined;
  /** Records between the position and the end of the input, as last seen. */
  lag: number | undefined;
  readonly #options: TaskOptions;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  readonly #refusals: Refusals;
  #mark: RunningMark | undefined;
  #life: Life | undefined;
  #batch: Promise<unknown> | undefined;
  #running: Promise<void> | undefined;

  constructor(options: TaskOptions) {
    this.#options = options;
    this.partition = options.partition;
    this.#refusals = new Refusals(options.names, options.maxRecords);
  }

  /** The next offset to run; undefined until that is known. */
  get next(): number | undefined {
    return this.#life?.position.next[this.#options.names.resume];
  }

  get store(): StateStore | undefined {
    return this.#life?.store;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** No batch begins from now on (I6); resolves when the last one has ended. */
  async suspend(): Promise<void> {
    this.#gate.shut();
    await this.#batch?.catch(() => {});
  }

  proceed(): void {
    this.#gate.open();
  }

  /** Finishes the batch unless `now`, frees everything. */
  async close({ now = false } = {}): Promise<void> {
    this.#gate.shut();
    if (!now) await this.#batch?.catch(() => {});
    this.#closing.abort();
    this.#gate.open();
    if (now) await this.#life?.producer.close();
    await this.#running;
    this.#mark?.close();
    if (this.phase !== "stopped") this.phase = "closed";
  }

  /** Says that the store is still current, so that a long idle time does not make it old. */
  async refreshCheckpoint(): Promise<void> {
    const life = this.#life;
    if (life === undefined || this.#batch !== undefined || this.phase !== "running") return;
    if (!(await this.#options.confirm()) || this.#batch !== undefined || this.#life !== life) return;
    await life.store.write([], this.#checkpoint(life)).catch(() => {});
  }

  async #run(): Promise<void> {
    let wait = 50;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await this.#live(() => {
          wait = 50;
        });
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof Problem || error instanceof OffsetOutOfRange) {
          this.phase = "stopped";
          this.trouble = error;
          this.#options.observer.stopped(error);
          return;
        }
        this.phase = "waiting";
        if (error instanceof NotConfirmed) {
          await sleep(CONFIRM_AGAIN_MS, undefined, { signal }).catch(() => {});
          continue;
        }
        this.trouble = error as Error;
        this.#options.observer.doubt(error as Error);
        await sleep(wait, undefined, { signal }).catch(() => {});
        wait = Math.min(wait * 2, LONGEST_BACKOFF_MS);
      }
    }
  }

  /** From a fence to the next doubt, or to the end of the task. */
  async #live(healthy: () => void): Promise<void> {
    const { log, names, partition, confirm } = this.#options;
    const { signal } = this.#closing;
    await this.#gate.pass();
    if (!(await confirm())) throw new NotConfirmed();
    this.phase = "fencing";
    const producer = await log.fence(names.transactionalId(partition), { signal });
    let store: StateStore | undefined;
    let reader: PartitionReader | undefined;
    const stop = () => void reader?.close();
    try {
      faultPoint("fenced");
      if (!(await confirm())) throw new NotConfirmed();
      this.phase = "restoring";
      const life = await this.#restored(producer, (open) => {
        store = open;
      });
      store = life.store;
      this.#life = life;
      faultPoint("restored");
      await this.#mustBeInLog(life);
      this.#mark ??= this.#openMark(life);
      await this.#gate.pass();
      if (!(await confirm())) throw new NotConfirmed(); // I1
      reader = log.reader({ topic: names.resume, partition, from: this.next ?? 0 });
      signal.addEventListener("abort", stop, { once: true });
      signal.throwIfAborted();
      this.phase = "running";
      this.trouble = undefined;
      await this.#read(life, reader, healthy);
    } finally {
      signal.removeEventListener("abort", stop);
      const life = this.#life;
      this.#life = undefined;
      await reader?.close();
      // The last word on an orderly end: the store was current up to now.
      if (life !== undefined && signal.aborted && producer.ended === undefined) {
        await life.store.write([], this.#checkpoint(life)).catch(() => {});
      }
      await producer.close();
      await store?.close();
    }
  }

  async #restored(producer: TransactionalProducer, opened: (store: StateStore) => void): Promise<Life> {
    const { log, cluster, names, partition, topics, openStore, observer, acceptLoss } = this.#options;
    const changelog = { topic: names.changelog(), partition };
    const { tombstoneRetentionMs } = await topics.describe(changelog.topic);
    let store = await openStore();
    opened(store);
    const { signal } = this.#closing;
    const restored = await restore({
      log,
      cluster,
      changelog,
      tombstoneRetentionMs,
      store,
      emptyStore: async () => {
        store = await openStore();
        opened(store);
        return store;
      },
      acceptLoss,
      tell: (event) => observer.restore(event),
      signal,
    });
    const life = { producer, store: restored.store, changelogAt: restored.changelogAt };
    const { partitions } = await topics.describe(names.resume);
    const { position } = restored;
    if (position === undefined) return this.#begin(life, partitions);
    if (position.partitions !== partitions) throw partitionsChanged(names.resume, position.partitions, partitions);
    return { ...life, position };
  }

  /** The first record of a changelog partition is its position. */
  async #begin(life: Omit<Life, "position">, partitions: number): Promise<Life> {
    const { log, names, partition, acceptLoss } = this.#options;
    const input = { topic: names.resume, partition };
    const [start = 0] = await log.startOffsets([input]);
    const committed = [...(await log.groupOffsets(names.consumerGroup(), [input])).values()][0];
    if (committed !== undefined && committed > start && !acceptLoss) {
      throw new Problem(
        "changelog-lost",
        `${names.changelog()}-${partition} is empty, but group ${names.consumerGroup()} has run ${names.resume}-${partition} up to offset ${committed}: the states of its threads are lost. Bring the topic back, or start with --accept-loss to go on from that offset without them`,
      );
    }
    const position = firstPosition(partitions, { [names.resume]: committed ?? start });
    const transaction = life.producer.begin();
    transaction.send([{ topic: names.changelog(), partition, key: POSITION_KEY, value: encodePosition(position) }]);
    const last = (await transaction.commit()).lastOffset(names.changelog(), partition);
    const begun: Life = { ...life, position, changelogAt: (last ?? 0) + 1 };
    await begun.store.write([], this.#checkpoint(begun));
    return begun;
  }

  async #mustBeInLog(life: Life): Promise<void> {
    const { log, names, partition, acceptLoss } = this.#options;
    const input = { topic: names.resume, partition };
    const next = life.position.next[names.resume] ?? 0;
    const [start = 0] = await log.startOffsets([input]);
    const [end = 0] = await log.endOffsets([input], "uncommitted");
    if (next >= start && next <= end) return;
    if (acceptLoss) {
      life.position = { ...life.position, next: { ...life.position.next, [names.resume]: start } };
      return;
    }
    const { message } = new OffsetOutOfRange(input, next, start, end);
    throw new Problem(
      "input-lost",
      `${message}. Start with --accept-loss to go on at offset ${start}; threads that waited for what is lost wait on`,
    );
  }

  #openMark(life: Life): RunningMark {
    const mark = this.#options.openMark();
    if (mark.found?.offset === life.position.next[this.#options.names.resume]) this.#refusals.unclean(mark.found!);
    return mark;
  }

  async #read(life: Life, reader: PartitionReader, healthy: () => void): Promise<void> {
    const { signal } = this.#closing;
    for (;;) {
      const part = await reader.read();
      this.lag = part.endOffset - part.nextOffset;
      let rest = part.records;
      while (rest.length > 0) {
        await this.#gate.pass();
        signal.throwIfAborted();
        faultPoint("read");
        const some = rest.slice(0, this.#refusals.limitAt(rest[0]!.offset));
        const batch = this.#runBatch(life, some, some.length === rest.length ? part.nextOffset : undefined);
        this.#batch = batch;
        const done = await batch.finally(() => {
          this.#batch = undefined;
        });
        rest = rest.slice(done);
        if (done > 0) healthy();
      }
    }
  }

  /** How many of the records are done. */
  async #runBatch(life: Life, records: readonly LogRecord[], nextIfAll: number | undefined): Promise<number> {
    const { names, partition, topics, observer } = this.#options;
    const all: Arrived[] = records.map((record) => ({ record, input: inputOf(record, partition) }));
    const attempt: { -readonly [K in keyof Attempt]: Attempt[K] } = { arrived: all };
    const begin = performance.now();
    try {
      const { answer, arrived, outcomes } = await this.#steps(life, all);
      const stepMs = performance.now() - begin;
      faultPoint("stepped");
      const outputs = arrived.map(({ record, input }, index): readonly OutputRecord[] =>
        isUnreadable(input)
          ? [unreadableLetter(input, RESUME_TOPIC, partition, record)]
          : (outcomes[index]?.outputs ?? []),
      );
      attempt.arrived = arrived;
      attempt.outputs = outputs;
      await topics.learn(outputs.flat().map(({ topic }) => names.topic(topic)));
      const whole = arrived.length === records.length;
      const next = (whole ? nextIfAll : undefined) ?? arrived.at(-1)!.record.offset + 1;
      const position: Position = { ...life.position, next: { ...life.position.next, [names.resume]: next } };
      const transaction = transactionRecords({
        names,
        partition,
        partitionsOf: (topic) => topics.get(topic).partitions,
        arrived,
        outputs,
        states: answer.states,
        position,
        references: this.#refusals.references,
      });
      attempt.transaction = transaction;
      await this.#commit(life, transaction.records, answer, position);
      this.#refusals.passed(next);
      const commitMs = performance.now() - begin - stepMs;
      const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
      observer.committed({ records: arrived.length, outputs: outputs.flat().length, bytes, stepMs, commitMs });
      for (const [index, { record, input }] of arrived.entries()) {
        const outcome = outcomes[index];
        if (outcome !== undefined && !isUnreadable(input)) observer.step(record, input.key, outcome);
      }
      return arrived.length;
    } catch (error) {
      if (!this.#refusals.learn(error, attempt)) throw error;
      observer.refused(error as Error, attempt.arrived.length);
      if (life.producer.ended !== undefined) throw error; // I4
      return 0;
    }
  }

  /** Runs what can be run; `arrived` is what of it was reached, with an outcome for each record that is readable. */
  async #steps(life: Life, all: readonly Arrived[]) {
    const { bundle, steps, step } = this.#options;
    const runnable: number[] = [];
    const inputs: StepBatch["records"][number][] = [];
    for (const [index, { record, input }] of all.entries()) {
      if (isUnreadable(input)) continue;
      const verdict = this.#refusals.verdictOf(record.offset);
      runnable.push(index);
      inputs.push(verdict === undefined ? { input } : { input, verdict });
    }
    const none: StepAnswer = { outcomes: [], states: new Map() };
    const outcomes: (StepOutcome | undefined)[] = [];
    if (inputs.length === 0) return { answer: none, arrived: all, outcomes };
    const states = await this.#statesOf(life.store, new Set(inputs.map(({ input }) => input.key ?? "")));
    await this.#loadBundles(states.values());
    const { offset } = all[0]!.record;
    this.#mark?.set({ offset, count: all.length, deaths: this.#refusals.deathsAt(offset) });
    faultPoint("stepping");
    let answer: StepAnswer;
    try {
      answer = await steps.run({ ...step, bundle, records: inputs, states });
    } catch (error) {
      if (!(error instanceof StepsDied) || error.index === undefined) throw error;
      throw new StepsDied(runnable[error.index], error.message);
    } finally {
      this.#mark?.clear();
    }
    const done = answer.outcomes.length;
    answer.outcomes.forEach((outcome, index) => {
      outcomes[runnable[index]!] = outcome;
    });
    return { answer, arrived: done === inputs.length ? all : all.slice(0, runnable[done]), outcomes };
  }

  async #statesOf(store: StateStore, threads: ReadonlySet<string>): Promise<Map<string, Uint8Array>> {
    const ids = [...threads];
    const found = await store.getMany(ids.map(threadKey));
    const states = new Map<string, Uint8Array>();
    for (const [index, id] of ids.entries()) {
      const state = found[index];
      if (state !== undefined) states.set(id, state);
    }
    return states;
  }

  /** A bundle that is nowhere is no error here: the engine pauses the thread. */
  async #loadBundles(states: Iterable<Uint8Array>): Promise<void> {
    const { bundles, bundle, steps } = this.#options;
    const needed = new Set<string>();
    for (const state of states) {
      const hash = bundleNeeded(state);
      if (hash !== undefined && hash !== bundle) needed.add(hash);
    }
    for (const hash of needed) {
      const source = await bundles.source(hash);
      if (source !== undefined) steps.addBundle(hash, source);
    }
  }

  async #commit(
    life: Life,
    records: ReturnType<typeof transactionRecords>["records"],
    { states }: StepAnswer,
    position: Position,
  ): Promise<void> {
    const { names, partition } = this.#options;
    const transaction = life.producer.begin();
    transaction.send(records);
    await transaction.flush();
    faultPoint("sent");
    const committed = await transaction.commit();
    faultPoint("committed");
    life.position = position;
    life.changelogAt = (committed.lastOffset(names.changelog(), partition) ?? life.changelogAt - 1) + 1;
    const changes = [...states].flatMap(([thread, state]) => changesOf(Buffer.from(thread), state));
    changes.push(...changesOf(Buffer.from(POSITION_KEY), Buffer.from(encodePosition(position))));
    await life.store.write(changes, this.#checkpoint(life));
    faultPoint("applied");
  }

  #checkpoint({ position, changelogAt }: Life): Checkpoint {
    const { cluster, names, partition } = this.#options;
    const origin = { cluster, topic: names.changelog(), partition, incarnation: position.incarnation };
    return { ...origin, position: changelogAt, inputs: position.next, currentAt: Date.now() };
  }
}

export function partitionsChanged(topic: string, before: number, now: number): Problem {
  return new Problem(
    "wrong-partition-count",
    `${topic} has ${now} partitions, and its threads were spread over ${before}: their records would go elsewhere. Make a topic with ${before} partitions again, or begin with another --prefix`,
  );
}
