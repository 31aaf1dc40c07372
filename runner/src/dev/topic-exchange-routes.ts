// `/topics/{name}`, so that a service in any language can take part without a Kafka client: POST writes records, GET reads what is
// committed, and can wait for more. Routes of the admin HTTP that only `kwf dev` has.

import { limit, limitIn, text } from "../admin/http/query.js";
import { badRequest, type Content, json, RequestProblem, type Route } from "../admin/http/route.js";
import { object, ref, type Schema } from "../admin/http/schema.js";
import type { Log, LogRecord, PlainRecord } from "../log/log.js";
import type { Names } from "../names.js";

const LONGEST_WAIT_MS = 60_000;

const TEXT_OR_NULL: Schema = { type: ["string", "null"] };
const COUNT: Schema = { type: "integer", minimum: 0 };
const HEADERS: Schema = { type: "object", additionalProperties: { type: "string" } };
const list = (items: Schema): Schema => ({ type: "array", items });

const RECORD: Schema = object(
  { "key?": TEXT_OR_NULL, "value?": {}, "headers?": HEADERS, "partition?": COUNT },
  "a value that is no text is written as JSON",
);
const WRITTEN = object({ records: list(object({ partition: COUNT, offset: COUNT })) });
const READ = object({
  records: list(
    object({
      partition: COUNT,
      offset: COUNT,
      timestamp: COUNT,
      key: TEXT_OR_NULL,
      value: TEXT_OR_NULL,
      headers: HEADERS,
    }),
  ),
  next: { type: "string", description: "what `from` of the next request should be" },
});
const NO_TOPIC: Content = { description: "there is no such topic", schema: ref("Problem") };

export const topicExchangeRoutes = (log: Log, names: Names): Route[] => [
  {
    method: "GET",
    path: "/topics",
    summary: "names of topics, without the prefix",
    answers: { 200: { description: "all of them", schema: object({ topics: list({ type: "string" }) }) } },
    answer: async () => {
      const all = (await log.topicNames()).filter((topic) => topic.startsWith(names.prefix)).sort();
      return json({ topics: all.map((topic) => topic.slice(names.prefix.length)) });
    },
  },
  {
    method: "POST",
    path: "/topics/{name}",
    summary: "writes records",
    body: { description: "one, or a list of them", schema: { oneOf: [RECORD, list(RECORD)] } },
    answers: { 200: { description: "where they were written", schema: WRITTEN }, 404: NO_TOPIC },
    answer: async ({ path, body }) => {
      const { topic } = await topicOf(log, names, path.name!);
      return json(await write(log, topic, body));
    },
  },
  {
    method: "GET",
    path: "/topics/{name}",
    summary: "reads what is committed",
    query: {
      from: text("earliest (default), latest, an offset for the only partition, or <partition>:<offset>,…"),
      wait: {
        description: "milliseconds to wait for a first record",
        schema: { type: "integer", minimum: 0, default: 0 },
      },
      limit,
    },
    answers: { 200: { description: "records, and where the next ones begin", schema: READ }, 404: NO_TOPIC },
    answer: async ({ path, query, signal }) => {
      const { topic, partitions } = await topicOf(log, names, path.name!);
      return json(await read(log, topic, partitions, query, signal));
    },
  },
];

async function topicOf(log: Log, names: Names, name: string): Promise<{ topic: string; partitions: number }> {
  const topic = names.topic(name);
  const partitions = (await log.describeTopics([topic])).get(topic)?.partitions;
  if (partitions === undefined) throw new RequestProblem(404, "no-such-topic", `there is no topic ${topic}`);
  return { topic, partitions };
}

/** One record `{"key", "value", "headers"?, "partition"?}` or a list of them; a value that is no text is written as JSON. */
async function write(log: Log, topic: string, body: string): Promise<unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw badRequest('the body is not JSON; expected {"key": …, "value": …} or a list of such records');
  }
  const records = (Array.isArray(parsed) ? parsed : [parsed]).map((one) => recordOf(topic, one));
  const written = await log.produce(records);
  return { records: written.map(({ partition, offset }) => ({ partition, offset })) };
}

function recordOf(topic: string, one: unknown): PlainRecord {
  if (typeof one !== "object" || one === null || Array.isArray(one)) {
    throw badRequest(`a record is an object with "key" and "value", not ${JSON.stringify(one)}`);
  }
  const { key = null, value = null, headers = {}, partition } = one as Record<string, unknown>;
  if (key !== null && typeof key !== "string") throw badRequest(`"key" is ${JSON.stringify(key)}, not a text`);
  if (partition !== undefined && !Number.isSafeInteger(partition)) {
    throw badRequest(`"partition" is ${JSON.stringify(partition)}, not a number`);
  }
  if (typeof headers !== "object" || headers === null || Array.isArray(headers))
    throw badRequest(`"headers" is ${JSON.stringify(headers)}, not an object of texts`);
  return {
    topic,
    key,
    value: value === null || typeof value === "string" ? value : JSON.stringify(value),
    headers: Object.entries(headers).map(([name, text]) => [name, String(text)] as const),
    ...(partition === undefined ? {} : { partition: partition as number }),
  };
}

/**
 * `from`: `earliest` (default), `latest`, an offset for the only partition, or `0:12,1:7`. `wait`: milliseconds until an empty answer.
 * `limit`: records at most. The answer's `next` is what `from` of the next request should be.
 */
async function read(
  log: Log,
  topic: string,
  partitions: number,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<unknown> {
  const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const most = limitIn(query);
  const wait = waitIn(query);
  const places = await placesOf(log, all, query.get("from") ?? "earliest");
  const deadline = Date.now() + wait;
  const readers = all.map((where, index) =>
    log.reader({ ...where, from: places[index]!, maxWaitMs: Math.max(1, wait) }),
  );
  const close = () => void Promise.all(readers.map((reader) => reader.close()));
  if (signal.aborted) close();
  signal.addEventListener("abort", close, { once: true });
  const found: unknown[] = [];
  const take = async (partition: number) => {
    const { records, nextOffset } = await readers[partition]!.read();
    const some = records.slice(0, Math.max(0, most - found.length));
    found.push(...some.map((record) => shown(partition, record)));
    places[partition] = some.length < records.length ? records[some.length]!.offset : nextOffset;
    return partition;
  };
  try {
    const ends = await log.endOffsets(all, "committed");
    for (const { partition } of all) {
      while (places[partition]! < ends[partition]! && found.length < most) await take(partition);
    }
    const reading = all.map(({ partition }) => (found.length === 0 ? take(partition) : undefined));
    for (const one of reading) one?.catch(() => {});
    while (found.length === 0 && Date.now() < deadline && !signal.aborted) {
      const partition = await Promise.race(reading as Promise<number>[]);
      reading[partition] = take(partition);
      reading[partition].catch(() => {});
    }
  } finally {
    signal.removeEventListener("abort", close);
    await Promise.all(readers.map((reader) => reader.close()));
  }
  return { records: found, next: places.map((offset, partition) => `${partition}:${offset}`).join(",") };
}

async function placesOf(
  log: Log,
  all: readonly { topic: string; partition: number }[],
  from: string,
): Promise<number[]> {
  const start = await log.startOffsets(all);
  if (from === "earliest") return start;
  if (from === "latest") return log.endOffsets(all, "committed");
  const places = [...start];
  for (const part of from.split(",")) {
    const [, partition = "0", offset] = /^(?:(\d+):)?(\d+)$/.exec(part) ?? [];
    if (offset === undefined || Number(partition) >= all.length || (all.length > 1 && !part.includes(":"))) {
      throw badRequest(`from is "${from}", expected earliest, latest, an offset, or <partition>:<offset>,…`);
    }
    places[Number(partition)] = Number(offset);
  }
  return places;
}

function waitIn(query: URLSearchParams): number {
  const found = query.get("wait") ?? "0";
  const value = Number(found);
  if (!Number.isInteger(value) || value < 0) throw badRequest(`wait is "${found}", expected a whole number`);
  return Math.min(value, LONGEST_WAIT_MS);
}

const shown = (partition: number, { offset, timestamp, key, value, headers }: LogRecord) => ({
  partition,
  offset,
  timestamp,
  key: key?.toString() ?? null,
  value: value?.toString() ?? null,
  headers: Object.fromEntries(headers.map(([name, text]) => [name, text?.toString() ?? ""])),
});
