// Reads one partition. It owns the position; partition.ts owns what can be read.
//
// I1 A reader at the end asks the disk for nothing: it waits to be told of a write, or for `maxWaitMs`.
// I2 The position is the offset behind what was looked at, not behind the last record that was given: aborted records, markers and what
//    compaction took are passed over.
// I3 What was read before a seek is never given after it.

import type { Database } from "../../store/rocksdb/database.js";
import { LogClosed, OffsetOutOfRange } from "../errors.js";
import { Gate } from "../gate.js";
import type { LogRecord, PartitionReader, ReaderOptions, ReadPart } from "../log.js";
import type { Troubles } from "../troubles.js";
import { BatchRow } from "./batch-row.js";
import { readErrorOf } from "./directory-error.js";
import { batchKey, lastOffsetOf } from "./keys.js";
import type { Link } from "./link.js";
import type { Partition } from "./partition.js";
import { missing, type Topics } from "./topics.js";

const LEAST_READ_AHEAD = 16 << 10;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface ReaderParts {
  readonly directory: string;
  readonly database: Database;
  readonly topics: Topics;
  readonly link: Link;
  readonly troubles: Troubles;
}

export class EmbeddedPartitionReader implements PartitionReader {
  readonly topic: string;
  readonly partition: number;
  readonly #parts: ReaderParts;
  readonly #committed: boolean;
  readonly #maxBytes: number;
  readonly #maxWaitMs: number;
  readonly #onClose: (reader: EmbeddedPartitionReader) => void;
  readonly #gate = new Gate();
  /** The topic that the position belongs to: the one that has the name when it is first read, where nobody said which. */
  #topicId: string | undefined;
  #position: number;
  #closed = false;
  #reading = false;
  /** Counts what makes a part that is being read a part of the past (I3). */
  #turn = 0;
  /** Ends what a `read` waits for. */
  #wake = () => {};
  #ahead: { readonly from: number; readonly part: Promise<ReadPart> } | undefined;

  constructor(parts: ReaderParts, options: ReaderOptions, onClose: (reader: EmbeddedPartitionReader) => void) {
    const { topic, partition, from, isolation = "committed", maxBytes = 1 << 20, maxWaitMs = 500 } = options;
    this.#topicId = options.topicId;
    this.topic = topic;
    this.partition = partition;
    this.#parts = parts;
    this.#committed = isolation === "committed";
    this.#maxBytes = maxBytes;
    this.#maxWaitMs = maxWaitMs;
    this.#position = from;
    this.#onClose = onClose;
  }

  get position(): number {
    return this.#position;
  }

  async read(): Promise<ReadPart> {
    if (this.#reading) throw new Error(`${this.topic}-${this.partition} is being read already`);
    this.#reading = true;
    try {
      for (;;) {
        await this.#gate.pass();
        this.#mustBeOpen();
        const turn = this.#turn;
        const part = await this.#next(turn);
        this.#mustBeOpen();
        if (part === undefined || turn !== this.#turn) continue; // I3
        this.#position = part.nextOffset;
        return part;
      }
    } finally {
      this.#reading = false;
    }
  }

  seek(offset: number): void {
    this.#position = offset;
    this.#ahead = undefined;
    this.#turn += 1;
    this.#wake();
  }

  pause(): void {
    if (!this.#gate.isOpen) return;
    this.#gate.shut();
    this.#turn += 1;
    this.#wake();
  }

  resume(): void {
    this.#gate.open();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#ahead = undefined;
    this.#wake();
    this.resume();
    this.#onClose(this);
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new LogClosed(`the reader of ${this.topic}-${this.partition} is closed`);
  }

  /** Undefined when something came in between. */
  async #next(turn: number): Promise<ReadPart | undefined> {
    const until = performance.now() + this.#maxWaitMs;
    const over = () => this.#closed || turn !== this.#turn;
    for (;;) {
      const partition = await this.#found(over);
      if (partition === undefined || over()) return undefined;
      const offset = this.#position;
      const limit = this.#limit(partition);
      const ahead = this.#ahead;
      this.#ahead = undefined;
      if (ahead?.from === offset) return this.#given(partition, await ahead.part);
      const topicId = String(partition.of.id);
      this.#topicId ??= topicId;
      const { start, end } = partition;
      const replaced = topicId !== this.#topicId;
      if (replaced || offset < start || offset > end)
        throw new OffsetOutOfRange({ topic: this.topic, partition: this.partition }, offset, start, end, replaced);
      if (offset < limit) return this.#given(partition, await this.#part(partition, offset, limit));
      const left = until - performance.now();
      if (left <= 0)
        return { records: [], nextOffset: offset, endOffset: partition.end, stableOffset: partition.stable };
      await this.#wait((wake) => partition.watch(wake), left);
      if (over()) return undefined;
    }
  }

  /** Reads one part ahead, where there is more to read already. */
  #given(partition: Partition, part: ReadPart): ReadPart {
    const limit = this.#limit(partition);
    if (part.nextOffset < limit && !this.#closed) {
      const next = this.#part(partition, part.nextOffset, limit);
      next.catch(() => {}); // It is `read` that hears of it.
      this.#ahead = { from: part.nextOffset, part: next };
    }
    return part;
  }

  #limit({ stable, end }: Partition): number {
    return this.#committed ? stable : end;
  }

  /** Waits for the link, and for a topic that is missing; undefined when something came in between. Throws RequestRefused. */
  async #found(over: () => boolean): Promise<Partition | undefined> {
    const { topics, link, troubles } = this.#parts;
    let trouble: object | undefined;
    try {
      while (!over()) {
        const there = topics.find(this.topic) !== undefined;
        if (link.up && there) return topics.partition(this);
        if (link.up) trouble = troubles.report(`read ${this.topic}-${this.partition}`, missing(this.topic), trouble);
        await this.#wait((wake) => (link.up ? topics.watch(wake) : link.watch(wake)));
      }
      return undefined;
    } finally {
      if (trouble) troubles.clear(trouble);
    }
  }

  async #wait(watch: (wake: () => void) => { forget(): void }, ms?: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(() => wake(), Math.min(ms, LONGEST_TIMER_MS));
      const wake = () => {
        clearTimeout(timer);
        watched.forget();
        this.#wake = () => {};
        resolve();
      };
      const watched = watch(wake);
      this.#wake = wake;
    });
  }

  /** What lies from the offset on and before the limit, up to the size of a part. Rejects with RecordUnreadable, LogUnavailable. */
  async #part(partition: Partition, offset: number, limit: number): Promise<ReadPart> {
    const { end, stable, of } = partition;
    const { directory, database } = this.#parts;
    const records: LogRecord[] = [];
    let nextOffset = limit; // I2
    let bytes = 0;
    const [from, to] = [batchKey(of.id, this.partition, offset), batchKey(of.id, this.partition, limit)];
    try {
      const readAhead = Math.max(LEAST_READ_AHEAD, Math.min(this.#maxBytes, 1 << 20));
      for await (const [key, value] of database.range(from, to, -1, readAhead)) {
        if (bytes > 0 && bytes + value.length > this.#maxBytes) {
          nextOffset = offset;
          break;
        }
        bytes += value.length;
        const last = lastOffsetOf(key);
        const batch = new BatchRow(key, value, `${this.topic}-${this.partition} at offset ${last}`).read();
        if (!this.#committed || !partition.isAborted(batch)) {
          // A batch may begin before the position.
          for (const record of batch.records) if (record.offset >= offset) records.push(record);
        }
        offset = last + 1;
      }
    } catch (error) {
      throw readErrorOf(directory, error);
    }
    return { records, nextOffset, endOffset: end, stableOffset: stable };
  }
}
