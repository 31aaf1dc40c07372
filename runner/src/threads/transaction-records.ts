// Owns what the transaction of a batch of steps holds, and whose each record is: when the log refuses one, the step that made it is known.
//
// I1 In this order: outputs as the steps made them, one changelog record for each changed thread, held records that come and go.
// I2 The changelog goes to the task's own partition, whatever the key; everything else where its key belongs.

import { DEAD_LETTER_TOPIC, type InputRecord, type OutputRecord } from "@kwf/engine";
import type { LogRecord, NewRecord } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import type { Names } from "../names.js";
import { deadLetter, letterHeaders, type Unreadable } from "../records/dead-letter.js";
import type { StepAnswer } from "../steps/step-batch.js";
import { type HeldChanges, heldKey } from "./held-records.js";

/** A record that was read, and what is known of it. */
export interface Arrived {
  readonly record: LogRecord;
  readonly input: InputRecord | Unreadable;
  /** It has waited, and comes from the changelog, not from the input. */
  readonly waited?: boolean;
  /** It belongs to this other partition, and is handed on as it came. */
  readonly elsewhere?: number;
}

export interface TransactionParts {
  readonly names: Names;
  readonly partition: number;
  /** How many partitions a topic has. Throws TopicMissing. */
  readonly partitionsOf: (topic: string) => number;
  readonly arrived: readonly Arrived[];
  /** For each of `arrived` its outcome, or undefined where it was not readable. */
  readonly outputs: readonly (readonly OutputRecord[])[];
  readonly states: StepAnswer["states"];
  readonly held: HeldChanges;
  /** Offsets of input records whose dead letter has to be a reference. */
  readonly references: ReadonlySet<number>;
  /** What records that set timers say besides. */
  readonly timerHeaders?: readonly (readonly [string, string])[];
}

export interface TransactionRecords {
  readonly records: readonly NewRecord[];
  /** For each record the index in `arrived` of the step that made it. */
  readonly owners: readonly number[];
}

export function transactionRecords(parts: TransactionParts): TransactionRecords {
  const { names, partition, partitionsOf, arrived, outputs, states, held, references, timerHeaders = [] } = parts;
  const records: NewRecord[] = [];
  const owners: number[] = [];
  const last = new Map<string, number>();
  const copies = new Map<string, number>();
  for (const [index, own] of outputs.entries()) {
    const { record, input, elsewhere } = arrived[index]!;
    if (elsewhere !== undefined) {
      const { key, value, headers, timestamp } = record;
      records.push({ topic: names.resume, partition: elsewhere, key, value, headers, timestamp });
      owners.push(index);
    }
    if ("key" in input && input.key !== null) {
      last.set(input.key, index);
      copies.set(heldKey(input.key, record.offset), index);
    }
    for (const output of own) {
      const topic = names.topic(output.topic);
      const more = topic === names.scheduler ? timerHeaders : [];
      const made = isLetterOf(output, record)
        ? deadLetter(record, output.headers ?? {}, references.has(record.offset))
        : { key: output.key, value: output.value, headers: [...headersOf(output), ...more] };
      const partitions = partitionsOf(topic);
      records.push({ topic, partition: made.key === null ? 0 : partitionOf(made.key, partitions), ...made });
      owners.push(index);
    }
  }
  const changelog = { topic: names.changelog(), partition };
  for (const [key, value] of states) {
    records.push({ ...changelog, key, value });
    owners.push(last.get(key) ?? -1);
  }
  for (const [key, value] of held) {
    records.push({ ...changelog, key, value });
    owners.push(copies.get(key) ?? -1);
  }
  return { records, owners };
}

/** What could not be read at all becomes a dead letter too. */
export function unreadableLetter(
  unreadable: Unreadable,
  topic: string,
  partition: number,
  { offset }: LogRecord,
): OutputRecord {
  return {
    topic: DEAD_LETTER_TOPIC,
    key: null,
    value: null,
    headers: letterHeaders(unreadable, topic, partition, offset),
  };
}

const isLetterOf = ({ topic, headers }: OutputRecord, { offset }: LogRecord): boolean =>
  topic === DEAD_LETTER_TOPIC && headers?.["kwf-offset"] === String(offset);

const ERROR_HEADER = "kwf-error";
const LONGEST_ERROR = 16_384;

/** What the runner adds always fits: a stack has no limit of its own. */
function headersOf({ headers = {} }: OutputRecord): [string, string][] {
  return Object.entries(headers).map(([name, value]) =>
    name === ERROR_HEADER && value.length > LONGEST_ERROR ? [name, shortError(value)] : [name, value],
  );
}

function shortError(json: string): string {
  const { name, message, stack } = JSON.parse(json) as Record<string, unknown>;
  const cut = (value: unknown) => (typeof value === "string" ? value.slice(0, LONGEST_ERROR / 4) : undefined);
  return JSON.stringify({ name: cut(name), message: cut(message), stack: cut(stack), cut: true });
}
