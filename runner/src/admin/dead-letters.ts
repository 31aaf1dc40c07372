// `workflow-dead-letter` as an operator reads it: newest first, what is wrong with each, and back to where it came from.
//
// I1 A letter is named `<partition>:<offset>` of this topic; the name stays as long as the letter does.
// I2 Redriving writes key, value and headers as they once came, less what the dead letter added, plus `kwf-redriven` with its name. The
//    letter stays where it is: redriving it twice writes it twice.

import { TopicMissing } from "../log/errors.js";
import type { Log, LogRecord, PlainRecord } from "../log/log.js";
import type { Names } from "../names.js";
import { textOf } from "../records/utf8.js";
import { type BackwardsOptions, readBackwards, readOne } from "./read-backwards.js";

export interface DeadLetter {
  /** `<partition>:<offset>` */
  readonly id: string;
  /** When it became one, epoch milliseconds. */
  readonly at: number;
  /** As in docs/errors.md. */
  readonly reason: string;
  readonly message: string;
  /** Where it came from; the topic without prefix. */
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: number | null;
  readonly run: string | null;
  /** Bytes that are no UTF-8 are in base64, and `encoding` says so. */
  readonly key: string | null;
  readonly value: string | null;
  readonly encoding: { readonly key?: "base64"; readonly value?: "base64" };
  /** What the record had of its own. */
  readonly headers: Readonly<Record<string, string>>;
  /** It did not fit: the value is where it came from, and only there. */
  readonly reference: { readonly bytes: number; readonly sha256: string } | null;
  /** It had been a dead letter before: its name then. */
  readonly redriven: string | null;
}

export interface DeadLetterFilter {
  readonly reason?: readonly string[];
  /** The record's key. */
  readonly thread?: string;
  /** The topic it came from, without prefix. */
  readonly topic?: string;
  /** Not older than this, epoch milliseconds. */
  readonly since?: number;
  /** In each of the partitions named only letters below the one named (I1): where the page before has ended. */
  readonly before?: readonly string[];
}

/** Newest first. Throws TopicMissing. */
export async function* deadLetters(log: Log, names: Names, filter: DeadLetterFilter = {}): AsyncGenerator<DeadLetter> {
  const topic = names.deadLetter;
  const partitions = (await log.describeTopics([topic])).get(topic)?.partitions;
  if (partitions === undefined) throw new TopicMissing(`${topic} does not exist: is --prefix the runner's?`, topic);
  const before = new Map((filter.before ?? []).map((id) => placeOf(id)!));
  const options: BackwardsOptions = { before, ...(filter.since === undefined ? {} : { since: filter.since }) };
  for await (const { partition, record } of readBackwards(log, { topic, partitions }, options)) {
    const letter = letterOf(partition, record);
    if (matches(letter, filter)) yield letter;
  }
}

/** Undefined: there is none of that name, or not any more. */
export async function deadLetter(log: Log, names: Names, id: string): Promise<DeadLetter | undefined> {
  const found = await raw(log, names, id);
  return found === undefined ? undefined : letterOf(placeOf(id)![0], found);
}

export interface Redriven {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

export class NotRedriven extends Error {
  override readonly name = "NotRedriven";
  constructor(
    readonly code: "gone" | "only-a-reference" | "no-origin",
    message: string,
  ) {
    super(message);
  }
}

/** Throws NotRedriven before anything is written, TopicMissing. */
export async function redrive(log: Log, names: Names, ids: readonly string[]): Promise<Redriven[]> {
  const records: PlainRecord[] = [];
  for (const id of ids) records.push(await redrivenRecord(log, names, id));
  const written = await log.produce(records);
  return written.map(({ topic, partition, offset }, index) => ({ id: ids[index]!, topic, partition, offset }));
}

async function redrivenRecord(log: Log, names: Names, id: string): Promise<PlainRecord> {
  const record = await raw(log, names, id);
  if (record === undefined) throw new NotRedriven("gone", `there is no dead letter ${id}, or not any more`);
  const { topic, partition, offset, reference } = letterOf(placeOf(id)![0], record);
  if (topic === null) {
    const message = `dead letter ${id} does not say where it came from (header kwf-topic)`;
    throw new NotRedriven("no-origin", message);
  }
  if (reference !== null) {
    const message = `dead letter ${id} is only a reference: its ${reference.bytes} bytes are on ${names.topic(topic)}-${partition} at offset ${offset}, and did not fit here`;
    throw new NotRedriven("only-a-reference", message);
  }
  const headers = record.headers.filter(([name]) => !name.startsWith(ADDED));
  return {
    topic: names.topic(topic),
    // Without a key it goes back to the partition it was on.
    ...(record.key === null && partition !== null ? { partition } : {}),
    key: record.key,
    value: record.value,
    headers: [...headers, [REDRIVEN, id]],
  };
}

/** `[partition, offset]`; undefined: that is no name of a letter (I1). */
export function placeOf(id: string): [partition: number, offset: number] | undefined {
  const found = /^(\d{1,9}):(\d{1,15})$/.exec(id);
  return found === null ? undefined : [Number(found[1]), Number(found[2])];
}

/** What `before` has to be for the page that follows these. */
export function pageAfter(letters: readonly DeadLetter[], before: readonly string[] = []): string[] {
  const lowest = new Map(before.map((id) => placeOf(id)!));
  for (const { id } of letters) {
    const [partition, offset] = placeOf(id)!;
    lowest.set(partition, Math.min(offset, lowest.get(partition) ?? offset));
  }
  return [...lowest].sort(([a], [b]) => a - b).map(([partition, offset]) => `${partition}:${offset}`);
}

const ADDED = "kwf-";
const REDRIVEN = "kwf-redriven";

async function raw(log: Log, names: Names, id: string): Promise<LogRecord | undefined> {
  const [partition, offset] = placeOf(id) ?? [];
  if (partition === undefined || offset === undefined) return undefined;
  return readOne(log, { topic: names.deadLetter, partition }, offset);
}

function letterOf(partition: number, { offset, timestamp, key, value, headers }: LogRecord): DeadLetter {
  const all = new Map(headers.map(([name, text]) => [name, text?.toString() ?? ""]));
  const number = (name: string) => (all.has(name) ? Number(all.get(name)) : null);
  const [keyText, keyEncoding] = shown(key);
  const [valueText, valueEncoding] = shown(value);
  const bytes = number("kwf-size");
  return {
    id: `${partition}:${offset}`,
    at: timestamp,
    reason: all.get("kwf-reason") ?? "unknown",
    message: all.get("kwf-message") ?? "",
    topic: all.get("kwf-topic") ?? null,
    partition: number("kwf-partition"),
    offset: number("kwf-offset"),
    run: all.get("kwf-run") ?? null,
    key: keyText,
    value: valueText,
    encoding: { ...(keyEncoding && { key: keyEncoding }), ...(valueEncoding && { value: valueEncoding }) },
    headers: Object.fromEntries([...all].filter(([name]) => !name.startsWith(ADDED))),
    reference: bytes === null || value !== null ? null : { bytes, sha256: all.get("kwf-sha256") ?? "" },
    redriven: all.get(REDRIVEN) ?? null,
  };
}

function shown(bytes: Buffer | null): [text: string | null, encoding?: "base64"] {
  if (bytes === null) return [null];
  const text = textOf(bytes);
  return text === undefined ? [bytes.toString("base64"), "base64"] : [text];
}

function matches(letter: DeadLetter, { reason, thread, topic, since }: DeadLetterFilter): boolean {
  return (
    (reason === undefined || reason.includes(letter.reason)) &&
    (thread === undefined || letter.key === thread) &&
    (topic === undefined || letter.topic === topic) &&
    (since === undefined || letter.at >= since)
  );
}
