// The operator of whoever has the log open: a command, or a runner that answers its HTTP. Which threads live it asks of the first that has
// them at hand, and of the log itself at last; everything else is on topics.
//
// I1 A list begins where its cursor says, and gives each thread that lives all the time exactly once, whoever was asked for which part.

import { TopicMissing } from "../log/errors.js";
import type { Log } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import type { Names } from "../names.js";
import { Problem } from "../problem.js";
import { Bundles } from "../threads/bundles.js";
import { type ListedBundle, listBundles, removeBundle } from "./bundle-list.js";
import {
  type DeadLetter,
  type DeadLetterFilter,
  deadLetter,
  deadLetters,
  type Redriven,
  redrive,
} from "./dead-letters.js";
import { endedThread, endedThreads, FoldedThreads } from "./folded-threads.js";
import { ListedThread, summariesOf } from "./listed-thread.js";
import { type LiveThreads, NotHere } from "./live-threads.js";
import { LoadedBundles } from "./loaded-bundles.js";
import type { Operator, SendOptions, Sent, ThreadRecord } from "./operator.js";
import { RecordsRun } from "./records-run.js";
import type { OutcomeOptions, RunOutcome } from "./run-judge.js";
import { RunOutcomes } from "./run-outcome.js";
import { placeOfCursor } from "./thread-cursor.js";
import { endedDetail, type ThreadDetail } from "./thread-detail.js";
import { First, LIVE_STATES, matcher, type ThreadFilter } from "./thread-filter.js";
import { type HistoryEntry, type HistoryQuery, threadHistory } from "./thread-history.js";
import { type Timer, type TimerFilter, timers } from "./timer-list.js";

export interface LogOperatorOptions {
  readonly log: Log;
  readonly names: Names;
  /** Who is asked before the log is, in this order. */
  readonly sources?: readonly LiveThreads[];
}

/** How many partitions are asked at the same time. */
const AHEAD = 8;

export class LogOperator implements Operator {
  readonly #log: Log;
  readonly #names: Names;
  readonly #sources: readonly LiveThreads[];
  readonly #bundles: Bundles;

  constructor({ log, names, sources = [] }: LogOperatorOptions) {
    this.#log = log;
    this.#names = names;
    this.#bundles = new Bundles(log, names.bundles);
    const bundles = new LoadedBundles(this.#bundles);
    this.#sources = [...sources, new FoldedThreads(log, names, (hash) => bundles.get(hash))];
  }

  async *list(filter: ThreadFilter = {}, cursor?: string): AsyncGenerator<readonly ListedThread[]> {
    const { first } = filter;
    if (first === undefined) {
      yield* this.#list(filter, cursor);
      return;
    }
    const firsts = new First<ListedThread>(first);
    for await (const some of this.#list(filter, cursor)) firsts.see(some);
    yield firsts.found;
  }

  async *#list(filter: ThreadFilter, cursor: string | undefined): AsyncGenerator<readonly ListedThread[]> {
    const { state = LIVE_STATES } = filter;
    const place = cursor === undefined ? undefined : placeOfCursor(cursor);
    if (state.some((one) => LIVE_STATES.includes(one)) && place?.ended !== true) {
      const count = await this.#partitions(this.#names.resume);
      const begin = place === undefined ? 0 : partitionOf(place.thread, count);
      const parts = Array.from({ length: count - begin }, (_, index) => {
        return () => this.#live(begin + index, filter, index === 0 ? place?.thread : undefined);
      });
      yield* inTurn(parts, AHEAD);
    }
    if (state.every((one) => LIVE_STATES.includes(one))) return;
    const matches = matcher(filter);
    const topic = this.#names.status;
    const count = await this.#partitions(topic);
    const after = place?.ended === true ? place.thread : undefined;
    const begin = after === undefined ? 0 : partitionOf(after, count);
    for (let partition = begin; partition < count; partition++) {
      const mine = partition === begin ? after : undefined;
      yield (await endedThreads(this.#log, { topic, partition }, mine)).filter(matches).map(ListedThread.of);
    }
  }

  async show(thread: string): Promise<ThreadDetail | undefined> {
    const partition = partitionOf(thread, await this.#partitions(this.#names.resume));
    for (const source of this.#sources) {
      try {
        const found = await source.show(partition, thread);
        if (found !== undefined) return found;
        break;
      } catch (error) {
        if (!(error instanceof NotHere)) throw error;
      }
    }
    const topic = this.#names.status;
    const where = { topic, partition: partitionOf(thread, await this.#partitions(topic)) };
    const ended = await endedThread(this.#log, where, thread);
    return ended === undefined ? undefined : endedDetail(ended);
  }

  history(thread: string, query?: HistoryQuery): Promise<HistoryEntry[]> {
    return threadHistory(this.#log, this.#names, thread, query);
  }

  async states(threads: readonly string[]): Promise<Map<string, Uint8Array>> {
    const count = await this.#partitions(this.#names.resume);
    const byPartition = new Map<number, string[]>();
    for (const thread of new Set(threads)) {
      const partition = partitionOf(thread, count);
      byPartition.set(partition, [...(byPartition.get(partition) ?? []), thread]);
    }
    const found = new Map<string, Uint8Array>();
    for (const [partition, some] of byPartition)
      for (const [thread, state] of await this.#states(partition, some)) found.set(thread, state);
    return found;
  }

  async #states(partition: number, threads: readonly string[]): Promise<Map<string, Uint8Array>> {
    for (const source of this.#sources) {
      try {
        return await source.states(partition, threads);
      } catch (error) {
        if (!(error instanceof NotHere)) throw error;
      }
    }
    return new Map();
  }

  async send(records: readonly ThreadRecord[], { untilRun = false, signal }: SendOptions = {}): Promise<Sent[]> {
    const run = untilRun ? await RecordsRun.open(this.#log, this.#names) : undefined;
    const sent = await this.#produce(records);
    await run?.passed(sent, signal);
    return sent;
  }

  async runToEnd(record: ThreadRecord, tell: (where: Sent) => void, options: OutcomeOptions = {}): Promise<RunOutcome> {
    const outcomes = await RunOutcomes.open(this.#log, this.#names, record.thread);
    let sent: Sent;
    try {
      [sent] = (await this.#produce([record])) as [Sent];
    } catch (error) {
      await outcomes.close();
      throw error;
    }
    tell(sent);
    return outcomes.of(sent, options);
  }

  deadLetters(filter?: DeadLetterFilter): AsyncIterable<DeadLetter> {
    return deadLetters(this.#log, this.#names, filter);
  }

  deadLetter(id: string): Promise<DeadLetter | undefined> {
    return deadLetter(this.#log, this.#names, id);
  }

  redrive(ids: readonly string[]): Promise<Redriven[]> {
    return redrive(this.#log, this.#names, ids);
  }

  async bundles(): Promise<ListedBundle[]> {
    const live = new Map<string, number>();
    for await (const some of this.list()) {
      for (const { bundle } of summariesOf(some))
        if (bundle !== undefined) live.set(bundle, (live.get(bundle) ?? 0) + 1);
    }
    return listBundles(this.#log, this.#names, live);
  }

  bundle(hash: string): Promise<string | undefined> {
    return this.#bundles.source(hash);
  }

  publishBundle(hash: string, source: string): Promise<void> {
    return this.#bundles.publish(hash, source);
  }

  removeBundle(hash: string): Promise<boolean> {
    return removeBundle(this.#log, this.#names, hash);
  }

  async *timers(filter?: TimerFilter): AsyncGenerator<Timer> {
    yield* await timers(this.#log, this.#names, filter);
  }

  /** The log is whose it was. */
  async close(): Promise<void> {}

  /** One partition: whoever cannot go on is followed by the next, from there (I1). */
  async *#live(
    partition: number,
    filter: ThreadFilter,
    from: string | undefined,
  ): AsyncGenerator<readonly ListedThread[]> {
    let after = from;
    for (const source of this.#sources) {
      // The first ones have no order that another source could go on in.
      const whole: (readonly ListedThread[])[] = [];
      try {
        for await (const some of source.list(partition, filter, after)) {
          after = some.at(-1)?.summary.thread ?? after;
          if (filter.first === undefined) yield some;
          else whole.push(some);
        }
        yield whole.flat();
        return;
      } catch (error) {
        if (!(error instanceof NotHere)) throw error;
        if (filter.first !== undefined) after = from;
      }
    }
  }

  async #produce(records: readonly ThreadRecord[]): Promise<Sent[]> {
    const { resume } = this.#names;
    try {
      const written = await this.#log.produce(
        records.map(({ thread, value }) => ({ topic: resume, key: thread, value })),
      );
      return written.map(({ topic, partition, offset }, index) => {
        const { thread } = records[index]!;
        return { thread, topic, partition, offset };
      });
    } catch (error) {
      if (!(error instanceof TopicMissing)) throw error;
      throw this.#missing(resume);
    }
  }

  /** Throws Problem `missing-topics`. */
  async #partitions(topic: string): Promise<number> {
    const found = (await this.#log.describeTopics([topic])).get(topic);
    if (found === undefined) throw this.#missing(topic);
    return found.partitions;
  }

  #missing(topic: string): Problem {
    return new Problem(
      "missing-topics",
      `${topic} does not exist: \`kwf run … --create-topics\` or \`kwf topics create\` makes it, and --prefix has to be the runner's`,
    );
  }
}

/** One after the other; while one is gone through, the first of the next ones is waited for already. */
async function* inTurn<T>(parts: readonly (() => AsyncGenerator<T>)[], ahead: number): AsyncGenerator<T> {
  const open: { part: AsyncGenerator<T>; first: Promise<IteratorResult<T>> }[] = [];
  let next = 0;
  try {
    while (next < parts.length || open.length > 0) {
      while (open.length < ahead && next < parts.length) {
        const part = parts[next++]!();
        const first = part.next();
        // Its error is met when its turn comes.
        first.catch(() => {});
        open.push({ part, first });
      }
      const { part, first } = open[0]!;
      for (let found = await first; found.done !== true; found = await part.next()) yield found.value;
      open.shift();
    }
  } finally {
    await Promise.allSettled(open.map(({ part }) => part.return(undefined)));
  }
}
