// Owns the waiting for runs: one reader for all that this client has started. Neighbours: run.ts is one of them as the user holds it; the
// kit's RunJudge says what records mean for it.
//
// I1 A run is expected before its start is written, and the readers stand where the topics ended before that: nothing can be missed. What is
//    read before the place of the start is known is kept and judged then.
// I2 A reader that cannot go on ends the waiting for all, with its error. The next run has readers of its own.

import {
  type Log,
  type Names,
  type PartitionReader,
  RunJudge,
  type RunOutcome,
  SIGNS,
  type Sign,
} from "kwf/client-kit";

export interface Place {
  readonly partition: number;
  readonly offset: number;
}

/** Open without need for this long the readers are closed. */
const LINGER_MS = 10_000;

export class Outcomes {
  readonly #log: Log;
  readonly #names: Names;
  readonly #expected = new Map<string, Set<Expected>>();
  #feed: Promise<Feed> | undefined;
  #linger: NodeJS.Timeout | undefined;

  constructor(log: Log, names: Names) {
    this.#log = log;
    this.#names = names;
  }

  /** Before the start is written (I1). Throws TopicMissing. */
  async expect(thread: string): Promise<Expected> {
    clearTimeout(this.#linger);
    const expected = new Expected(thread, (one) => this.#forget(one));
    const same = this.#expected.get(thread) ?? new Set();
    this.#expected.set(thread, same.add(expected));
    this.#feed ??= this.#open();
    const feed = this.#feed;
    try {
      await feed;
    } catch (error) {
      if (this.#feed === feed) this.#feed = undefined;
      this.#forget(expected);
      throw error;
    }
    return expected;
  }

  async close(reason: Error): Promise<void> {
    clearTimeout(this.#linger);
    const feed = this.#feed;
    this.#feed = undefined;
    this.#fail(reason);
    await (await feed?.catch(() => undefined))?.close();
  }

  #open(): Promise<Feed> {
    const opening: Promise<Feed> = Feed.open(
      this.#log,
      this.#names,
      (sign) => {
        for (const one of this.#expected.get(sign.record.key?.toString() ?? "") ?? []) one.see(sign);
      },
      (error) => {
        if (this.#feed === opening) void this.close(error); // I2
      },
    );
    return opening;
  }

  #fail(error: Error): void {
    for (const same of [...this.#expected.values()]) for (const one of [...same]) one.fail(error);
  }

  #forget(one: Expected): void {
    const same = this.#expected.get(one.thread);
    same?.delete(one);
    if (same?.size === 0) this.#expected.delete(one.thread);
    if (this.#expected.size > 0) return;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => void this.close(new Error("nobody waits")), LINGER_MS).unref();
  }
}

/** One run that is waited for. */
export class Expected {
  readonly outcome: Promise<RunOutcome>;
  readonly #over: (one: Expected) => void;
  #early: Sign[] = [];
  #judge: RunJudge | undefined;
  #settle: { resolve: (outcome: RunOutcome) => void; reject: (error: Error) => void } | undefined;

  constructor(
    readonly thread: string,
    over: (one: Expected) => void,
  ) {
    this.#over = over;
    this.outcome = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Perhaps nobody asks.
    this.outcome.catch(() => {});
  }

  /** The start is written. `anyRun`: it is enough that the thread lives already. */
  at(place: Place, anyRun: boolean): void {
    this.#judge = new RunJudge(this.thread, place, { anyRun });
    const early = this.#early;
    this.#early = [];
    for (const sign of early) this.see(sign);
  }

  see(sign: Sign): void {
    if (this.#settle === undefined) return;
    if (this.#judge === undefined) {
      this.#early.push(sign);
      return;
    }
    const outcome = this.#judge.see(sign);
    if (outcome === undefined) return;
    this.#settle.resolve(outcome);
    this.#end();
  }

  fail(error: Error): void {
    this.#settle?.reject(error);
    this.#end();
  }

  #end(): void {
    if (this.#settle === undefined) return;
    this.#settle = undefined;
    this.#over(this);
  }
}

/** All partitions of the topics that tell of ends, from where they ended. */
class Feed {
  #over = false;

  private constructor(readonly readers: readonly PartitionReader[]) {}

  static async open(log: Log, names: Names, see: (sign: Sign) => void, failed: (error: Error) => void): Promise<Feed> {
    const known = await log.describeTopics(SIGNS.map((sign) => names[sign]));
    const where = SIGNS.flatMap((sign) => {
      const topic = names[sign];
      // A topic that is not there is the reader's to name.
      const partitions = known.get(topic)?.partitions ?? 1;
      return Array.from({ length: partitions }, (_, partition) => ({ sign, place: { topic, partition } }));
    });
    const ends = await log.endOffsets(
      where.map(({ place }) => place),
      "committed",
    );
    const readers = where.map(({ place }, index) => log.reader({ ...place, from: ends[index] ?? 0 }));
    const feed = new Feed(readers);
    for (const [index, { sign }] of where.entries()) feed.#follow(sign, readers[index]!, see).catch(failed);
    return feed;
  }

  async #follow(topic: Sign["topic"], reader: PartitionReader, see: (sign: Sign) => void): Promise<void> {
    while (!this.#over) {
      try {
        for (const record of (await reader.read()).records) see({ topic, record });
      } catch (error) {
        if (!this.#over) throw error;
      }
    }
  }

  async close(): Promise<void> {
    this.#over = true;
    await Promise.all(this.readers.map((reader) => reader.close()));
  }
}
