// The role `scheduler` of a task: a record sets a timer or takes it back; a timer that is due becomes a record on `workflow-resume`. It
// owns when a timer may fire and what a turn comes to; timer.ts owns what a timer is, timer-index.ts which is next, the task the transaction.
//
// I1 A timer due at d fires only when its partition has been read to an end that was observed at or after d, open transactions included,
//    and that lies behind the record that set it: a cancel that commits first wins.
// I2 Firing is one transaction: the record for the thread, the tombstone, the position as it was.
// I3 Timers fire in the order of their times; those of one time in the order in which they were set.

import { type Clock, DrivenClock, SYSTEM_CLOCK } from "../clock.js";
import type { Log, LogRecord } from "../log/log.js";
import type { Names } from "../names.js";
import { type LetterAttempt, LetterRefusals, type Subject } from "../records/letter-refusals.js";
import { spaceOf, timerKey } from "../store/keys.js";
import type { Change, StateStore } from "../store/store.js";
import { faultPoint } from "../task/faults.js";
import type { Role, Turn } from "../task/role.js";
import type { TopicTable } from "../topics/topic-table.js";
import { changesOf, decodeTimer, isUnreadable, requestOf, type Timer } from "./timer.js";
import { TimerIndex } from "./timer-index.js";
import { type TimerFate, TimerTransaction } from "./timer-transaction.js";

/** Who is told what becomes of timers: log and metrics. */
export interface TimerObserver {
  /** How many wait. */
  pending(count: number): void;
  /** After the commit. */
  committed(turn: CommittedTimers): void;
  refused(error: Error): void;
  closed(): void;
}

export interface CommittedTimers {
  readonly fates: readonly TimerFate[];
  /** How long after their time those that fired did so. */
  readonly lateMs: readonly number[];
  readonly outputs: number;
  readonly commitMs: number;
}

export interface TimerRoleOptions {
  readonly log: Log;
  readonly names: Names;
  readonly partition: number;
  readonly topics: TopicTable;
  /** Of one transaction. */
  readonly maxRecords: number;
  readonly observer: TimerObserver;
  /** The system's, if absent. */
  readonly clock?: Clock | undefined;
}

/** What one transaction fires, at most, but for one timer larger than that. */
const MOST_BYTES = 1024 * 1024;

const NEVER = { time: Number.NEGATIVE_INFINITY, end: 0 };

export class TimerRole implements Role {
  readonly #options: TimerRoleOptions;
  readonly #clock: Clock;
  readonly #refusals: LetterRefusals;
  readonly #index = new TimerIndex();
  #store: StateStore | undefined;
  #attempt: LetterAttempt | undefined;
  #pending = 0;
  /** Everything below has been read. */
  #reached = 0;
  /** The end of the partition as it was at that time (I1). */
  #observed = NEVER;

  constructor(options: TimerRoleOptions) {
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#refusals = new LetterRefusals(options.maxRecords);
  }

  changesOf(key: Uint8Array, value: Uint8Array | null): Change[] {
    return changesOf(key, value);
  }

  async begin(store: StateStore, next: number): Promise<void> {
    this.#store = store;
    this.#reached = next;
    this.#observed = NEVER;
    await this.#index.begin(store);
    let count = 0;
    for await (const _ of store.range({ prefix: spaceOf("timer") })) count += 1;
    this.#setPending(count);
  }

  limitAt(): number {
    return this.#refusals.limit;
  }

  reached(next: number): void {
    this.#reached = next;
  }

  dueIn(): number | undefined {
    if (!this.#index.known) return 0;
    const { next } = this.#index;
    if (next === undefined) return undefined;
    const wait = next.at - this.#clock.now();
    if (wait > 0) return Math.min(wait, this.#clock.lookMs ?? wait);
    return this.#reached < this.#observed.end ? undefined : 0;
  }

  run(records: readonly LogRecord[]): Promise<Turn | undefined> {
    this.#attempt = undefined;
    return records.length > 0 ? this.#schedule(records) : this.#fire();
  }

  refused(error: unknown): boolean {
    if (this.#attempt === undefined || !this.#refusals.learn(error, this.#attempt)) return false;
    this.#options.observer.refused(error as Error);
    return true;
  }

  close(): void {
    this.#options.observer.closed();
  }

  async #schedule(records: readonly LogRecord[]): Promise<Turn> {
    const requests = records.map(
      (record) => this.#refusals.of(record.offset) ?? requestOf(record, this.#setAt(record)),
    );
    const before = await this.#timersOf(requests.flatMap((request) => (isUnreadable(request) ? [] : request.key)));
    const made = await this.#transaction();
    const after = new Map<string, { readonly timer: Timer | undefined; readonly owner: number }>();
    for (const [owner, request] of requests.entries()) {
      const record = records[owner]!;
      if (isUnreadable(request)) {
        made.letter(owner, record, record.offset, request);
        continue;
      }
      const { key, timer } = request;
      const known = after.has(key) ? after.get(key)?.timer : before.get(key);
      if (timer === undefined) made.fates.push(known === undefined ? "unmatched" : "cancelled");
      else made.fates.push(known === undefined ? "scheduled" : "replaced");
      after.set(key, { timer, owner });
    }
    for (const [key, { timer, owner }] of after) {
      const known = before.get(key);
      if (known !== undefined || timer !== undefined) made.put(owner, key, known, timer);
    }
    return this.#turn(
      made,
      records.map(({ offset }) => offset),
      records.length,
    );
  }

  async #fire(): Promise<Turn | undefined> {
    if (!this.#index.known) await this.#index.fill();
    const { next } = this.#index;
    const now = this.#clock.now();
    if (next === undefined || next.at > now || this.#reached < this.#observed.end) return undefined;
    if (!this.#covers(next)) {
      const { log, names, partition } = this.#options;
      const [end = 0] = await log.endOffsets([{ topic: names.scheduler, partition }], "uncommitted");
      this.#observed = { time: now, end };
      faultPoint("observed");
      if (this.#reached < end) return undefined; // I1
    }
    const { timers, leftovers } = await this.#index.due({
      timers: this.#refusals.limit,
      bytes: MOST_BYTES,
      covers: (timer) => this.#covers(timer),
    });
    const made = await this.#transaction();
    for (const [owner, timer] of timers.entries()) {
      const { key, value, headers, offset } = timer;
      const refusal = this.#refusals.of(key);
      if (refusal === undefined) made.fire(owner, timer);
      else made.letter(owner, { key: Buffer.from(key), value: Buffer.from(value), headers }, offset, refusal);
      made.put(owner, key, timer, undefined);
    }
    for (const place of leftovers) made.forget(place);
    return this.#turn(
      made,
      timers.map(({ key }) => key),
      0,
    );
  }

  async #transaction(): Promise<TimerTransaction> {
    const { names, partition, topics } = this.#options;
    await topics.learn([names.resume, names.deadLetter]);
    return new TimerTransaction({ names, partition, partitionsOf: (topic) => topics.get(topic).partitions });
  }

  #turn(made: TimerTransaction, subjects: readonly Subject[], done: number): Turn {
    const { records, owners, changes, fates, fired, outputs } = made;
    this.#attempt = { subjects, owners };
    const applied = (commitMs: number) => {
      const now = this.#clock.now();
      this.#refusals.passed(subjects);
      for (const place of made.removed) this.#index.remove(place);
      for (const place of made.added) this.#index.add(place);
      this.#setPending(this.#pending + made.more);
      this.#options.observer.committed({ fates, lateMs: fired.map((at) => now - at), outputs, commitMs });
    };
    return { done, records, changes, applied };
  }

  /** From when a delay counts. */
  #setAt({ timestamp, headers }: LogRecord): number {
    return this.#clock instanceof DrivenClock ? this.#clock.setAt(headers) : timestamp;
  }

  #covers({ at, offset }: Pick<Timer, "at" | "offset">): boolean {
    return at <= this.#observed.time && offset < this.#observed.end;
  }

  async #timersOf(keys: readonly string[]): Promise<Map<string, Timer>> {
    const all = [...new Set(keys)];
    const values = await this.#store!.getMany(all.map(timerKey));
    const timers = new Map<string, Timer>();
    for (const [index, key] of all.entries()) {
      const value = values[index];
      if (value !== undefined) timers.set(key, decodeTimer(key, value));
    }
    return timers;
  }

  #setPending(count: number): void {
    this.#pending = count;
    this.#options.observer.pending(count);
  }
}
