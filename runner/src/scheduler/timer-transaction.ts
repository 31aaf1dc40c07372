// Owns what the transaction of a turn of timers holds, and whose each record is: when the log refuses one, the timer is known. Beside the
// records it keeps what changes in the store and in the index when they are committed.
//
// I1 The changelog goes to the task's own partition; everything else where its key belongs.

import type { LogRecord, NewRecord } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import { type Names, SCHEDULER_TOPIC } from "../names.js";
import { deadLetter, letterHeaders } from "../records/dead-letter.js";
import type { Refusal } from "../records/letter-refusals.js";
import type { Change } from "../store/store.js";
import { changesOf, dueKey, encodeTimer, firing, type Timer } from "./timer.js";

export type TimerFate = "scheduled" | "replaced" | "cancelled" | "unmatched" | "fired" | "dead-lettered";

export interface TransactionPlace {
  readonly names: Names;
  readonly partition: number;
  /** How many partitions a topic has. */
  readonly partitionsOf: (topic: string) => number;
}

export class TimerTransaction {
  readonly records: NewRecord[] = [];
  /** For each record the index of its subject. */
  readonly owners: number[] = [];
  readonly changes: Change[] = [];
  readonly fates: TimerFate[] = [];
  /** Places in the index that come and go. */
  readonly added: Buffer[] = [];
  readonly removed: Buffer[] = [];
  /** The times of those that fire. */
  readonly fired: number[] = [];
  /** How many timers there are more than before. */
  more = 0;
  outputs = 0;
  readonly #place: TransactionPlace;

  constructor(place: TransactionPlace) {
    this.#place = place;
  }

  fire(owner: number, timer: Timer): void {
    const { names } = this.#place;
    this.#output(owner, names.resume, firing(timer));
    this.fired.push(timer.at);
    this.fates.push("fired");
  }

  /** Of the record at that offset, or of the timer that it set. */
  letter(
    owner: number,
    record: Pick<LogRecord, "key" | "value" | "headers">,
    offset: number,
    why: Omit<Refusal, "asReference"> & { readonly asReference?: boolean },
  ): void {
    const { names, partition } = this.#place;
    const headers = letterHeaders(why, SCHEDULER_TOPIC, partition, offset);
    this.#output(owner, names.deadLetter, deadLetter(record, headers, why.asReference === true));
    this.fates.push("dead-lettered");
  }

  /** In the place of the one that was there; undefined: none. */
  put(owner: number, key: string, before: Timer | undefined, timer: Timer | undefined): void {
    const { names, partition } = this.#place;
    const value = timer === undefined ? null : encodeTimer(timer);
    this.records.push({ topic: names.changelog("scheduler"), partition, key, value });
    this.owners.push(owner);
    if (before !== undefined) this.forget(dueKey(before));
    if (timer !== undefined) this.added.push(dueKey(timer));
    this.changes.push(...changesOf(Buffer.from(key), value));
    this.more += (timer === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
  }

  /** An entry of the index that says nothing any more. */
  forget(place: Buffer): void {
    this.changes.push({ key: place, value: null });
    this.removed.push(place);
  }

  #output(owner: number, topic: string, record: Pick<NewRecord, "key" | "value" | "headers">): void {
    const { key } = record;
    const partition = key === null ? 0 : partitionOf(key, this.#place.partitionsOf(topic));
    this.records.push({ topic, partition, ...record });
    this.owners.push(owner);
    this.outputs += 1;
  }
}
