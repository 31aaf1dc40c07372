// `/topics/:name`, so that a service in any language can take part without a Kafka client: POST writes records, GET reads what is
// committed, and can wait for more. Bodies are JSON; the routes beside it are the admin server's.

import type { IncomingMessage, ServerResponse } from "node:http";
import { LogError } from "../log/errors.js";
import type { Log, LogRecord, PlainRecord } from "../log/log.js";
import type { Names } from "../names.js";

const MOST_BYTES = 16 * 1024 * 1024;
const LONGEST_WAIT_MS = 60_000;
const MOST_RECORDS = 10_000;

/** Something is wrong with the request. */
class BadRequest extends Error {}

interface TopicParts {
  readonly log: Log;
  readonly names: Names;
}

/** False: the request is for somebody else. */
export async function answerTopics(
  { log, names }: TopicParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const name = /^\/topics\/([^/]+)$/.exec(url.pathname)?.[1];
  if (name === undefined && url.pathname !== "/topics") return false;
  const send = (status: number, body: unknown) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(`${JSON.stringify(body)}\n`);
  };
  try {
    if (name === undefined) {
      const all = (await log.topicNames()).filter((topic) => topic.startsWith(names.prefix)).sort();
      send(200, { topics: all.map((topic) => topic.slice(names.prefix.length)) });
      return true;
    }
    const topic = names.topic(decodeURIComponent(name));
    const description = (await log.describeTopics([topic])).get(topic);
    if (description === undefined) send(404, { error: `there is no topic ${topic}` });
    else if (request.method === "POST") send(200, await write(log, topic, await bodyOf(request)));
    else if (request.method === "GET") {
      const gone = new AbortController();
      response.once("close", () => gone.abort());
      send(200, await read(log, topic, description.partitions, url.searchParams, gone.signal));
    } else send(405, { error: `${request.method} is not understood here: POST writes, GET reads` });
  } catch (error) {
    if (response.headersSent) throw error;
    if (error instanceof BadRequest) send(400, { error: error.message });
    else if (error instanceof LogError) send(503, { error: error.message });
    else throw error;
  }
  return true;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) throw new BadRequest(`the body has more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** One record `{"key", "value", "headers"?, "partition"?}` or a list of them; a value that is no text is written as JSON. */
async function write(log: Log, topic: string, body: string): Promise<unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    throw new BadRequest('the body is not JSON; expected {"key": …, "value": …} or a list of such records');
  }
  const records = (Array.isArray(parsed) ? parsed : [parsed]).map((one) => recordOf(topic, one));
  const written = await log.produce(records);
  return { records: written.map(({ partition, offset }) => ({ partition, offset })) };
}

function recordOf(topic: string, one: unknown): PlainRecord {
  if (typeof one !== "object" || one === null || Array.isArray(one)) {
    throw new BadRequest(`a record is an object with "key" and "value", not ${JSON.stringify(one)}`);
  }
  const { key = null, value = null, headers = {}, partition } = one as Record<string, unknown>;
  if (key !== null && typeof key !== "string") throw new BadRequest(`"key" is ${JSON.stringify(key)}, not a text`);
  if (partition !== undefined && !Number.isSafeInteger(partition)) {
    throw new BadRequest(`"partition" is ${JSON.stringify(partition)}, not a number`);
  }
  if (typeof headers !== "object" || headers === null) throw new BadRequest('"headers" is no object');
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
  const limit = numberOf(query, "limit", 1_000, MOST_RECORDS);
  const wait = numberOf(query, "wait", 0, LONGEST_WAIT_MS);
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
    const some = records.slice(0, Math.max(0, limit - found.length));
    found.push(...some.map((record) => shown(partition, record)));
    places[partition] = some.length < records.length ? records[some.length]!.offset : nextOffset;
    return partition;
  };
  try {
    const ends = await log.endOffsets(all, "committed");
    for (const { partition } of all) {
      while (places[partition]! < ends[partition]! && found.length < limit) await take(partition);
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
      throw new BadRequest(`from is "${from}", expected earliest, latest, an offset, or <partition>:<offset>,…`);
    }
    places[Number(partition)] = Number(offset);
  }
  return places;
}

function numberOf(query: URLSearchParams, name: string, otherwise: number, most: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new BadRequest(`${name} is "${text}", expected a whole number`);
  return Math.min(value, most);
}

const shown = (partition: number, { offset, timestamp, key, value, headers }: LogRecord) => ({
  partition,
  offset,
  timestamp,
  key: key?.toString() ?? null,
  value: value?.toString() ?? null,
  headers: Object.fromEntries(headers.map(([name, text]) => [name, text?.toString() ?? ""])),
});
