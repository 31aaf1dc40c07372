// Owns what the transaction of a turn of an input topic holds beside the offset, and whose each record is: for every record at most one
// on `workflow-resume`, or a dead letter.

import { DEAD_LETTER_TOPIC, type InputRecord, type Routed } from "@kwf/engine";
import type { LogRecord, NewRecord } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import type { Names } from "../names.js";
import { deadLetter, letterHeaders, type Unreadable } from "../records/dead-letter.js";
import type { Refusal } from "../records/letter-refusals.js";
import { isUnreadable } from "../threads/input.js";

export type InputFate = Routed["fate"];

/** A record that was read, and what is known of it. */
export interface Looked {
  readonly record: LogRecord;
  readonly input: InputRecord | Unreadable;
  /** What the bundle makes of it; undefined where it was not asked. */
  readonly routed: Routed | undefined;
  /** What the log has said to it before. */
  readonly refusal: Refusal | undefined;
}

export interface TransactionPlace {
  readonly names: Names;
  /** As the manifest names it. */
  readonly topic: string;
  readonly partition: number;
  /** How many partitions a topic has. Throws TopicMissing. */
  readonly partitionsOf: (topic: string) => number;
}

export interface InputTransaction {
  readonly records: readonly NewRecord[];
  /** For each record the index of what it comes from. */
  readonly owners: readonly number[];
  /** For each that was looked at. */
  readonly fates: readonly InputFate[];
  /** Why those that are dead letters are, by index. */
  readonly letters: ReadonlyMap<number, Letter>;
}

export interface Letter {
  readonly reason: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

export function inputTransaction(place: TransactionPlace, looked: readonly Looked[]): InputTransaction {
  const records: NewRecord[] = [];
  const owners: number[] = [];
  const fates: InputFate[] = [];
  const letters = new Map<number, Letter>();
  for (const [index, one] of looked.entries()) {
    const letter = letterOf(one);
    if (letter !== undefined) letters.set(index, letter);
    fates.push(letter === undefined ? one.routed!.fate : "dead-lettered");
    const made = letter === undefined ? routedRecord(place, one.routed!) : letterRecord(place, one, letter);
    if (made === undefined) continue;
    const partition = made.key === null ? 0 : partitionOf(made.key, place.partitionsOf(made.topic));
    records.push({ ...made, partition });
    owners.push(index);
  }
  return { records, owners, fates, letters };
}

type Made = Omit<NewRecord, "partition">;

function routedRecord({ names }: TransactionPlace, { output }: Routed): Made | undefined {
  if (output === undefined) return undefined;
  const { topic, key, value, headers = {} } = output;
  return { topic: names.topic(topic), key, value, headers: Object.entries(headers) };
}

/** The bundle's own reason stays, whatever the log says to the letter. */
function letterOf({ input, routed, refusal }: Looked): Letter | undefined {
  if (isUnreadable(input)) return input;
  return routed?.refusal ?? refusal;
}

function letterRecord(place: TransactionPlace, { record, input, routed, refusal }: Looked, why: Letter): Made {
  const { names, topic, partition } = place;
  // A letter that was refused itself becomes a reference.
  const again = isUnreadable(input) || routed?.refusal !== undefined;
  const asReference = refusal !== undefined && (refusal.asReference || again);
  const own = letterHeaders(why, topic, partition, record.offset);
  return { topic: names.topic(DEAD_LETTER_TOPIC), ...deadLetter(record, own, asReference) };
}
