// What happened to a thread, as the topics still tell it: the records that came for it, and what each step put out, by the headers that every output
// carries. Nothing is kept for it: what retention has taken is gone, and `workflow-status` may have been compacted to its last word.
//
// I1  In the order of the steps; a record before what came of it. What belongs to no step stands where its time says.
// I2  Of one run, the last, unless more is asked for: a topic is read backwards, no further than the run's first record.

import type { Log, LogRecord } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import type { Names } from "../names.js";
import { textOf } from "../records/utf8.js";
import { describeVisible } from "../topics/topic-table.js";
import { declaredTopics } from "./declared-topics.js";
import { readBackwards } from "./read-backwards.js";

export interface HistoryEntry {
  readonly type: "record" | "output" | "status" | "result" | "error" | "dead-letter";
  /** Epoch milliseconds. */
  readonly at: number;
  /** Without prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  /** Text; base64 of what is none. */
  readonly value: string | null;
  /** Offset of the record whose step it came of; of a record its own. */
  readonly step?: number;
  readonly run?: string;
  /** Of a dead letter. */
  readonly reason?: string;
}

export interface HistoryQuery {
  /** Every run that is still there. */
  readonly all?: boolean;
  /** Where outputs are looked for, without prefix; `*`: every topic that is seen. If absent, those that the published bundles declare. */
  readonly topics?: readonly string[];
}

interface Found extends HistoryEntry {
  readonly order: number;
}

const STARTS = /^(new|init):/;
const AFTER: Readonly<Record<HistoryEntry["type"], number>> = {
  record: 0,
  output: 1,
  result: 2,
  error: 2,
  status: 3,
  "dead-letter": 4,
};

export async function threadHistory(
  log: Log,
  names: Names,
  thread: string,
  { all = false, topics }: HistoryQuery = {},
): Promise<HistoryEntry[]> {
  const own = await partitionsOf(log, ownTopics(names));
  const resume = own.get(names.resume);
  const found: Found[] = [];
  let since: number | undefined;
  const start = await lastStart(log, names, thread, own.get(names.status));
  // I2. A later record that asks for a start was refused.
  const isStart = ({ offset, value }: LogRecord) =>
    start === undefined ? STARTS.test(value?.toString() ?? "") : offset <= start;
  if (resume !== undefined) {
    const only = partitionOf(thread, resume);
    for await (const { partition, record } of readBackwards(
      log,
      { topic: names.resume, partitions: resume },
      { only },
    )) {
      if (textOf(record.key ?? Buffer.of()) !== thread) continue;
      found.push(entryOf("record", names.resume, partition, record, names));
      since = record.timestamp;
      if (!all && isStart(record)) break;
    }
  }
  const read = async (looked: ReadonlyMap<string, number>): Promise<void> => {
    for (const [topic, partitions] of looked) {
      if (topic === names.resume) continue;
      const type = typeOf(topic, names);
      const keyed = type === "result" || type === "error" || type === "status" || type === "dead-letter";
      const options = {
        ...(since === undefined || all ? {} : { since }),
        ...(keyed ? { only: partitionOf(thread, partitions) } : {}),
      };
      for await (const { partition, record } of readBackwards(log, { topic, partitions }, options)) {
        const whose = keyed ? textOf(record.key ?? Buffer.of()) : header(record, "kwf-thread");
        if (whose !== thread || (options.since !== undefined && record.timestamp < options.since)) continue;
        found.push(entryOf(type, topic, partition, record, names));
      }
    }
  };
  await read(own);
  const bundles = new Set(found.flatMap(({ type, value }) => (type === "status" ? bundleIn(value) : [])));
  const others = await outputTopics(log, names, topics, bundles);
  await read(
    await partitionsOf(
      log,
      others.filter((topic) => !own.has(topic)),
    ),
  );
  return inOrder(found);
}

/** Offset of the record that started the last run that is known. */
async function lastStart(
  log: Log,
  { status }: Names,
  thread: string,
  partitions: number | undefined,
): Promise<number | undefined> {
  if (partitions === undefined) return undefined;
  const only = partitionOf(thread, partitions);
  for await (const { record } of readBackwards(log, { topic: status, partitions }, { only })) {
    if (textOf(record.key ?? Buffer.of()) !== thread) continue;
    const offset = /^\d+:(\d+)$/.exec(header(record, "kwf-run") ?? "")?.[1];
    if (offset !== undefined) return Number(offset);
  }
  return undefined;
}

/** Of a status. */
function bundleIn(status: string | null): string[] {
  const hash = /"bundle":"([^"]+)"/.exec(status ?? "")?.[1];
  return hash === undefined ? [] : [hash];
}

const ownTopics = ({ resume, status, result, error, deadLetter, scheduler }: Names): string[] => [
  resume,
  status,
  result,
  error,
  deadLetter,
  scheduler,
];

async function outputTopics(
  log: Log,
  names: Names,
  asked: readonly string[] | undefined,
  bundles: ReadonlySet<string>,
): Promise<string[]> {
  const named = asked?.includes("*") === true ? undefined : (asked ?? (await declaredTopics(log, names, bundles)));
  if (named === undefined) return (await log.topicNames()).filter((name) => isOutput(name, names));
  return [...named].map((name) => names.topic(name));
}

/** Of those that are there. */
async function partitionsOf(log: Log, topics: readonly string[]): Promise<Map<string, number>> {
  const { found } = await describeVisible(log, topics);
  return new Map([...found].map(([name, { partitions }]) => [name, partitions]));
}

/** Changelogs and bundles hold no outputs, nor do the cluster's own topics. */
const isOutput = (name: string, names: Names): boolean =>
  name.startsWith(names.prefix) &&
  !name.startsWith("__") &&
  name !== names.bundles &&
  !/-(run|scheduler)-changelog$/.test(name);

function typeOf(topic: string, { result, error, status, deadLetter }: Names): HistoryEntry["type"] {
  if (topic === result) return "result";
  if (topic === error) return "error";
  if (topic === status) return "status";
  return topic === deadLetter ? "dead-letter" : "output";
}

function entryOf(type: HistoryEntry["type"], topic: string, partition: number, record: LogRecord, names: Names): Found {
  const { offset, timestamp, key, value } = record;
  const run = header(record, "kwf-run");
  const reason = type === "dead-letter" ? header(record, "kwf-reason") : undefined;
  const step = stepOf(type, record, names);
  return {
    type,
    at: timestamp,
    topic: topic.slice(names.prefix.length),
    partition,
    offset,
    key: key === null ? null : text(key),
    value: value === null ? null : text(value),
    ...(step === undefined ? {} : { step }),
    ...(run === undefined ? {} : { run }),
    ...(reason === undefined ? {} : { reason }),
    order: AFTER[type],
  };
}

function stepOf(type: HistoryEntry["type"], record: LogRecord, names: Names): number | undefined {
  if (type === "record") return record.offset;
  const from = type === "dead-letter" && header(record, "kwf-topic") === names.resume ? "kwf-offset" : "kwf-step";
  const step = header(record, from);
  return step === undefined || !/^\d+$/.test(step) ? undefined : Number(step);
}

const header = ({ headers }: LogRecord, name: string): string | undefined =>
  headers.findLast(([one]) => one === name)?.[1]?.toString();

const text = (bytes: Buffer): string => textOf(bytes) ?? bytes.toString("base64");

/** I1 */
function inOrder(found: readonly Found[]): HistoryEntry[] {
  const steps = found.filter(({ type }) => type === "record").sort((a, b) => a.offset - b.offset);
  const place = ({ step, at }: Found): number => step ?? steps.findLast((one) => one.at <= at)?.offset ?? -1;
  return found
    .map((entry) => ({ entry, step: place(entry) }))
    .sort(
      (a, b) =>
        a.step - b.step ||
        a.entry.order - b.entry.order ||
        (a.entry.topic < b.entry.topic ? -1 : a.entry.topic > b.entry.topic ? 1 : a.entry.offset - b.entry.offset),
    )
    .map(({ entry: { order: _, ...entry } }) => entry);
}
