// The one way to write. It owns the order of all changes and what they share: changes that are asked for while one round is on its
// way to the disk make up the next round, one batch of RocksDB with one fsync (group commit).
//
// I1 A change looks at the state, changes it and says what to write in one tick, in the order of the asking: what it checked (an epoch, a
//    topic) still holds when it is written.
// I2 A change that throws has changed nothing, and only its own caller hears of it.
// I3 A round is on the disk, whole or not at all and fsync included, before anybody hears of it or can read it. Without exception: when
//    the machine dies, what is in doubt is the last round and nothing before it, and a damaged round before others is a damaged disk
//    (../../store/rocksdb/write-ahead-log.ts).
// I4 No room on the disk is found out before a change is made: it has no effect, and the next one may have. Any other error of the
//    disk leaves it unknown what was written, and ends the log until it is opened again.

import type { Database, Operation } from "../../store/rocksdb/database.js";
import type { DiskSpace } from "../../store/rocksdb/disk-space.js";
import { LogClosed, LogUnavailable, LogUnreachable } from "../errors.js";
import { partitionRowKey } from "./keys.js";
import type { Partition } from "./partition.js";
import { writeRow } from "./rows.js";

export interface Change<T> {
  /** About as many as it writes. */
  readonly bytes: number;
  make(round: Round): T;
}

/** What is written together. */
export class Round {
  readonly operations: Operation[] = [];
  readonly touched = new Set<Partition>();
  readonly #afterwards: (() => void)[] = [];

  /** ms since the epoch, of the log's clock. */
  constructor(readonly now: number) {}

  put(key: Buffer, value: Buffer): void {
    this.operations.push({ type: "put", key, value });
  }

  delete(key: Buffer): void {
    this.operations.push({ type: "del", key });
  }

  /** Its row is written, what it has got can be read afterwards. */
  touch(partition: Partition): void {
    this.touched.add(partition);
  }

  /** In the tick in which the round becomes visible. */
  afterwards(act: () => void): void {
    this.#afterwards.push(act);
  }

  close(): void {
    for (const partition of this.touched) {
      if (partition.of.deleted) continue;
      const key = partitionRowKey(partition.of.id, partition.partition);
      this.put(key, writeRow(key, partition.row));
    }
  }

  publish(): void {
    for (const act of this.#afterwards) act();
    for (const partition of this.touched) partition.end = partition.next;
    for (const partition of this.touched) partition.changed();
  }
}

interface Asked {
  readonly change: Change<unknown>;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

export class Journal {
  readonly #directory: string;
  readonly #database: Database;
  readonly #space: DiskSpace;
  #asked: Asked[] = [];
  #working: Promise<void> | undefined;
  /** What is thrown from now on. */
  #ended: Error | undefined;

  constructor(directory: string, database: Database, space: DiskSpace) {
    this.#directory = directory;
    this.#database = database;
    this.#space = space;
  }

  write<T>(change: Change<T>): Promise<T> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#asked.push({ change, resolve, reject });
      this.#working ??= this.#work();
    });
  }

  /** What was asked for before is still written. */
  async close(): Promise<void> {
    this.#ended ??= new LogClosed(`the log in ${this.#directory} is closed`);
    await this.#working;
  }

  async #work(): Promise<void> {
    // Who asks in this tick is in the first round.
    await undefined;
    while (this.#asked.length > 0) {
      const asked = this.#asked;
      this.#asked = [];
      await this.#round(asked);
    }
    this.#working = undefined;
  }

  async #round(asked: readonly Asked[]): Promise<void> {
    try {
      let bytes = 0;
      for (const { change } of asked) bytes += change.bytes;
      await this.#space.mustHaveRoomFor(bytes);
    } catch (error) {
      const full = new LogUnavailable(`nothing can be written: ${(error as Error).message}`, { cause: error });
      for (const { reject } of asked) reject(full);
      return;
    }
    const round = new Round(Date.now());
    const made: (() => void)[] = [];
    const doubt: Asked[] = [];
    for (const one of asked) {
      try {
        const result = one.change.make(round);
        made.push(() => one.resolve(result as never));
        doubt.push(one);
      } catch (error) {
        one.reject(error);
      }
    }
    try {
      round.close();
      if (round.operations.length > 0) await this.#database.batch(round.operations, true);
    } catch (error) {
      this.#fail(error, doubt);
      return;
    }
    round.publish();
    for (const tell of made) tell();
  }

  #fail(cause: unknown, doubt: readonly Asked[]): void {
    const why = (cause as Error).message;
    const unknown = new LogUnreachable(`whether it was written is not known: the disk of ${this.#directory}: ${why}`, {
      cause,
    });
    this.#ended = new LogUnavailable(`the log in ${this.#directory} has to be opened again: ${why}`, { cause });
    for (const { reject } of doubt) reject(unknown);
    for (const { reject } of this.#asked) reject(this.#ended);
    this.#asked = [];
  }
}
