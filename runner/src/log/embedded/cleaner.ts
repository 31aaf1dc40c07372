// When what is removed: retention, compaction, what is left of deleted topics. One thing at a time, in the background; what each does is
// retention.ts's and compaction.ts's.

import type { Database } from "../../store/rocksdb/database.js";
import { LogClosed } from "../errors.js";
import type { TopicPartition } from "../log.js";
import { Troubles } from "../troubles.js";
import { compact, isDue } from "./compaction.js";
import { readErrorOf } from "./directory-error.js";
import type { Journal, Round } from "./journal.js";
import { allOf, deletedKey } from "./keys.js";
import type { Partition } from "./partition.js";
import { deleteBefore, expire } from "./retention.js";
import type { Topics } from "./topics.js";

/** So long a segment that is over waits for others. */
const GATHER_MS = 100;
const PORTION = 1_000;

export class Cleaner {
  readonly troubles = new Troubles();
  readonly #directory: string;
  readonly #database: Database;
  readonly #journal: Journal;
  readonly #topics: Topics;
  readonly #everyMs: number;
  readonly #due = new Set<Partition>();
  #soon: NodeJS.Timeout | undefined;
  #often: NodeJS.Timeout | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();

  constructor(directory: string, database: Database, journal: Journal, topics: Topics, everyMs: number) {
    this.#directory = directory;
    this.#database = database;
    this.#journal = journal;
    this.#topics = topics;
    this.#everyMs = everyMs;
  }

  /** With the topics whose deletion was not finished. */
  start(deleted: readonly number[]): void {
    for (const id of deleted) this.sweep(id);
    this.#all();
    this.#often = setInterval(() => this.#all(), this.#everyMs).unref();
  }

  /** A segment of it is over. */
  due(partition: Partition): void {
    const { compact: compacts, delete: deletes, retentionBytes } = partition.of.settings;
    if (!compacts && !(deletes && retentionBytes >= 0)) return;
    this.#due.add(partition);
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      const due = [...this.#due];
      this.#due.clear();
      for (const one of due) this.#clean(one);
    }, GATHER_MS).unref();
  }

  /** Removes what lies under the number of a topic that was deleted. */
  sweep(topicId: number): void {
    this.#inTurn(async () => {
      for (const { gte, lt } of allOf(topicId)) while (await this.#sweepSome(gte, lt));
      const make = (round: Round) => round.delete(deletedKey(topicId));
      await this.#journal.write({ bytes: 100, make });
    }).catch(() => {}); // The next one who opens the log goes on with it.
  }

  /** Throws OffsetOutOfRange, TopicMissing, RequestRefused. */
  deleteBefore(where: TopicPartition, offset: number): Promise<void> {
    return this.#inTurn(() => deleteBefore(this.#database, this.#journal, this.#topics.partition(where), offset));
  }

  async close(): Promise<void> {
    this.#closing.abort(new LogClosed(`the log in ${this.#directory} is closed`));
    clearTimeout(this.#soon);
    clearInterval(this.#often);
    await this.#last;
  }

  #all(): void {
    for (const { partitions } of this.#topics.all()) for (const partition of partitions) this.#clean(partition);
  }

  #clean(partition: Partition): void {
    const now = Date.now();
    const { delete: deletes } = partition.of.settings;
    const holds = partition.bytes > 0;
    if (!holds || (!deletes && !isDue(partition, now))) return;
    const what = `tidy up ${partition.topic}-${partition.partition}`;
    this.#inTurn(async () => {
      if (partition.of.deleted) return;
      if (deletes) await expire(this.#database, this.#journal, partition, now);
      if (isDue(partition, now)) await compact(this.#database, this.#journal, partition, now, this.#closing.signal);
    }).then(
      () => this.troubles.clear(partition),
      (error) => {
        if (!(error instanceof LogClosed)) this.troubles.report(what, readErrorOf(this.#directory, error), partition);
      },
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(() => {
      this.#closing.signal.throwIfAborted();
      return work();
    });
    this.#last = next.catch(() => {});
    return next;
  }

  async #sweepSome(gte: Buffer, lt: Buffer): Promise<boolean> {
    const keys: Buffer[] = [];
    for await (const [key] of this.#database.range(gte, lt, PORTION)) keys.push(key);
    const make = (round: Round) => {
      for (const key of keys) round.delete(key);
    };
    if (keys.length > 0) await this.#journal.write({ bytes: keys.length * 100, make });
    return keys.length === PORTION;
  }
}
