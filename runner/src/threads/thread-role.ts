// The role `run` of a task: each record is a step of a thread. It owns what a batch of records comes to (states, outputs, records that
// wait) and what is tried when the log or the steps' thread refuses it; the engine owns what a step means, the task the transaction.

import { type OutputRecord, parseCommand, RESUME_TOPIC } from "@kwf/engine";
import type { DrivenClock } from "../clock.js";
import type { LogRecord } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import type { Names } from "../names.js";
import type { StepAnswer, StepBatch, StepOutcome } from "../steps/step-batch.js";
import { type Steps, StepsDied } from "../steps/steps.js";
import { threadKey } from "../store/keys.js";
import type { Change, StateStore } from "../store/store.js";
import { faultPoint } from "../task/faults.js";
import type { Role, Turn } from "../task/role.js";
import type { TopicTable } from "../topics/topic-table.js";
import type { Bundles } from "./bundles.js";
import { changesOf } from "./changelog.js";
import { EndedMarks } from "./ended-marks.js";
import { FinishedThreads } from "./finished-threads.js";
import { countHeld, heldChanges } from "./held-changes.js";
import { type HeldRecord, HeldRecords } from "./held-records.js";
import { placed } from "./home-partition.js";
import { inputOf, isUnreadable } from "./input.js";
import { type Attempt, Refusals } from "./refusals.js";
import type { RunningMark } from "./running-mark.js";
import { bundleNeeded, headerOf } from "./state-header.js";
import { type Arrived, transactionRecords, unreadableLetter } from "./transaction-records.js";

export interface ThreadRoleOptions {
  readonly names: Names;
  readonly partition: number;
  readonly topics: TopicTable;
  readonly bundles: Bundles;
  /** Hash of the one that new threads start on. */
  readonly bundle: () => string;
  readonly steps: Steps;
  readonly step: Pick<StepBatch, "options" | "moves" | "maxHeld" | "budgetMs" | "budgetBytes">;
  readonly maxRecords: number;
  /** Undefined: the system's. */
  readonly clock?: DrivenClock | undefined;
  readonly openMark: () => RunningMark;
  readonly closed: () => void;
  /** The record of that offset of the input, read again; undefined where it is gone. */
  readonly original: (offset: number, sha256: string) => Promise<LogRecord | undefined>;
  readonly observer: ThreadObserver;
}

/** Who is told what becomes of records: log and metrics. */
export interface ThreadObserver {
  /** After the commit. */
  step(record: LogRecord, key: string | null, outcome: StepOutcome): void;
  /** After the commit: the record belongs to another partition, and was handed on. */
  handedOn(record: LogRecord, partition: number): void;
  committed(batch: { records: number; outputs: number; bytes: number; stepMs: number; commitMs: number }): void;
  refused(error: Error, records: number): void;
}

export class ThreadRole implements Role {
  readonly #options: ThreadRoleOptions;
  readonly #refusals: Refusals;
  readonly #held = new HeldRecords();
  readonly #marks = new EndedMarks();
  /** Whose status is not kept any more. */
  readonly finished = new FinishedThreads();
  #mark: RunningMark | undefined;
  #store: StateStore | undefined;
  #attempt: { -readonly [K in keyof Attempt]: Attempt[K] } | undefined;

  constructor(options: ThreadRoleOptions) {
    this.#options = options;
    this.#refusals = new Refusals(options.names, options.maxRecords);
  }

  changesOf(key: Uint8Array, value: Uint8Array | null): Change[] {
    return changesOf(key, value);
  }

  async begin(store: StateStore, next: number): Promise<void> {
    this.#store = store;
    this.finished.reset();
    await this.#held.begin(store);
    if (this.#mark !== undefined) return;
    this.#mark = this.#options.openMark();
    const { found } = this.#mark;
    if (found !== undefined && (found.offset === next || found.waited)) this.#refusals.unclean(found);
  }

  limitAt(offset: number): number {
    return this.#refusals.limitAt(offset);
  }

  dueIn(): number | undefined {
    if (this.#held.due || this.finished.due) return 0;
    // Threads that have ended are looked through only where there is a window.
    if ((this.#options.step.options.idempotencyWindowMs ?? 0) === 0) return undefined;
    return this.#marks.dueIn();
  }

  async run(records: readonly LogRecord[]): Promise<Turn | undefined> {
    const { partition } = this.#options;
    if (records.length > 0) return this.#turn(records.map((record) => ({ record, input: inputOf(record, partition) })));
    if (!this.#held.due) return this.finished.due ? this.#forget() : this.#expire();
    const waiting = await this.#held.next(this.#options.maxRecords);
    if (waiting.length === 0) return undefined;
    const limit = Math.min(...waiting.map(({ offset }) => this.#refusals.limitAt(offset)));
    return this.#turn(await Promise.all(waiting.slice(0, limit).map((record) => this.#waited(record))));
  }

  async #waited(record: HeldRecord): Promise<Arrived> {
    const { names, partition, original } = this.#options;
    const whole = record.sha256 === undefined ? record : await original(record.offset, record.sha256);
    if (whole !== undefined) return { record: whole, input: inputOf(whole, partition), waited: true };
    const message = `it was too large to be kept, and offset ${record.offset} of ${names.resume}-${partition} does not hold it any more`;
    return { record, input: { reason: "held-record-gone", message }, waited: true };
  }

  refused(error: unknown): boolean {
    const attempt = this.#attempt;
    if (attempt === undefined || !this.#refusals.learn(error, attempt)) return false;
    this.#options.observer.refused(error as Error, attempt.arrived.length);
    return true;
  }

  close(): void {
    this.#mark?.close();
    this.#options.closed();
  }

  async #turn(all: readonly Arrived[]): Promise<Turn> {
    const { names, partition, topics, clock, observer } = this.#options;
    const now = clock?.now();
    this.#attempt = { arrived: all };
    for (const { input } of all) if (!isUnreadable(input) && input.key !== null) this.finished.ran(input.key);
    const begin = performance.now();
    const { answer, arrived, outcomes } = await this.#steps(await this.#placed(all), now);
    const stepMs = performance.now() - begin;
    faultPoint("stepped");
    const outputs = arrived.map(({ record, input }, index): readonly OutputRecord[] =>
      isUnreadable(input)
        ? [unreadableLetter(input, RESUME_TOPIC, partition, record)]
        : (outcomes[index]?.outputs ?? []),
    );
    Object.assign(this.#attempt, { arrived, outputs });
    await topics.learn(outputs.flat().map(({ topic }) => names.topic(topic)));
    const held = await heldChanges(this.#held, arrived, outcomes, this.#refusals.references);
    const transaction = transactionRecords({
      names,
      partition,
      partitionsOf: (topic) => topics.get(topic).partitions,
      arrived,
      outputs,
      states: answer.states,
      held,
      references: this.#refusals.references,
      timerHeaders: clock === undefined ? [] : [clock.header(now!)],
    });
    this.#attempt.transaction = transaction;
    const changes = [...answer.states, ...held].flatMap(([key, value]) => changesOf(Buffer.from(key), value));
    const applied = (commitMs: number) => {
      this.#refusals.passed(arrived.at(-1)!.record.offset + 1);
      countHeld(this.#held, answer, arrived, outcomes);
      const bytes = arrived.reduce((sum, { record: { value } }) => sum + (value?.length ?? 0), 0);
      observer.committed({ records: arrived.length, outputs: outputs.flat().length, bytes, stepMs, commitMs });
      for (const [index, { record, input, elsewhere }] of arrived.entries()) {
        const outcome = outcomes[index];
        if (outcome !== undefined && !isUnreadable(input)) observer.step(record, input.key, outcome);
        if (elsewhere !== undefined) observer.handedOn(record, elsewhere);
      }
    };
    return { done: arrived.length, records: transaction.records, changes, applied };
  }

  #placed(all: readonly Arrived[]): Promise<readonly Arrived[]> {
    const { names, partition, topics } = this.#options;
    const { partitions } = topics.get(names.resume);
    return placed(all, {
      partition,
      partitions,
      livingHere: async (threads) => {
        const states = await this.#statesOf(new Set(threads));
        return new Set(threads.filter((thread) => states.has(thread) || this.#held.count(thread) > 0));
      },
    });
  }

  /** Runs what can be run; `arrived` is what of it was reached, with an outcome for each record that is readable. */
  async #steps(all: readonly Arrived[], now: number | undefined) {
    const { bundle, steps, step } = this.#options;
    const options = { ...step.options, ...(now === undefined ? {} : { now }) };
    const runnable: number[] = [];
    const inputs: StepBatch["records"][number][] = [];
    for (const [index, { record, input, waited = false, elsewhere }] of all.entries()) {
      if (isUnreadable(input) || elsewhere !== undefined) continue;
      const verdict = this.#refusals.verdictOf(record.offset);
      runnable.push(index);
      inputs.push({ input, waited, ...(verdict === undefined ? {} : { verdict }) });
    }
    const none: StepAnswer = { outcomes: [], states: new Map(), held: new Map() };
    const outcomes: (StepOutcome | undefined)[] = [];
    if (inputs.length === 0) return { answer: none, arrived: all, outcomes };
    const threads = new Set(inputs.map(({ input }) => input.key ?? ""));
    const states = await this.#statesOf(threads);
    await this.#loadBundles(states.values(), inputs);
    const held = new Map([...threads].map((thread) => [thread, this.#held.count(thread)]));
    const [{ record, waited = false }] = all as [Arrived];
    this.#mark?.set({
      offset: record.offset,
      count: all.length,
      deaths: this.#refusals.deathsAt(record.offset),
      waited,
    });
    faultPoint("stepping");
    let answer: StepAnswer;
    try {
      answer = await steps.run({ ...step, options, bundle: bundle(), records: inputs, states, held });
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

  async #statesOf(threads: Pick<ReadonlySet<string>, "keys">): Promise<Map<string, Uint8Array>> {
    const ids = [...threads.keys()];
    const found = await this.#store!.getMany(ids.map(threadKey));
    const states = new Map<string, Uint8Array>();
    for (const [index, id] of ids.entries()) {
      const state = found[index];
      if (state !== undefined) states.set(id, state);
    }
    return states;
  }

  /** A bundle that is nowhere is no error here: the engine pauses the thread. */
  async #loadBundles(states: Iterable<Uint8Array>, records: StepBatch["records"]): Promise<void> {
    const { bundles, bundle, steps } = this.#options;
    const needed = new Set<string>();
    for (const state of states) {
      const hash = bundleNeeded(state);
      if (hash !== undefined && hash !== bundle()) needed.add(hash);
    }
    for (const { input } of records) {
      if (input.value?.startsWith("ctl:") !== true) continue;
      const command = parseCommand(input);
      if (command.type === "control" && command.move !== undefined) needed.add(command.move.bundle);
    }
    for (const hash of needed) {
      const source = await bundles.source(hash);
      if (source !== undefined) steps.addBundle(hash, source);
    }
  }

  /** What `workflow-status` says of threads that ended long ago becomes tombstones. */
  async #forget(): Promise<Turn> {
    const { names, topics } = this.#options;
    const threads = this.finished.next();
    const states = await this.#statesOf(new Set(threads));
    const over = threads.filter((thread) => {
      const state = states.get(thread);
      return state === undefined || headerOf(state)?.ended !== undefined;
    });
    const { partitions } = await topics.describe(names.status);
    this.#attempt = undefined;
    return {
      done: 0,
      records: over.map((key) => ({
        topic: names.status,
        partition: partitionOf(key, partitions),
        key,
        value: null,
        headers: [["kwf-thread", key]],
      })),
      changes: [],
      applied: () => this.finished.done(threads),
    };
  }

  /** Marks of threads whose idempotency window is over become tombstones. */
  async #expire(): Promise<Turn | undefined> {
    const { names, partition } = this.#options;
    const over = await this.#marks.over(this.#store!);
    if (over.length === 0) return undefined;
    this.#attempt = undefined;
    return {
      done: 0,
      records: over.map((key) => ({ topic: names.changelog(), partition, key, value: null })),
      changes: over.flatMap((key) => changesOf(Buffer.from(key), null)),
      applied: () => {},
    };
  }
}
