import { type InputRecord, RESUME_TOPIC } from "@kwf/engine";

/** What a line leaves out: the place in the log and the time. */
export interface LineDefaults {
  /** The next one of that topic. */
  offset(topic: string): number;
  timestamp: number;
}

export interface InputLine {
  /** `workflow-resume`, or an input topic of the bundle. */
  readonly topic: string;
  readonly record: InputRecord;
}

/** A line that is no record at all. What is a record, but means nothing to a workflow, is the engine's to judge. */
export class LineError extends Error {
  override readonly name = "LineError";
}

/** @throws LineError */
export function parseLine(line: string, defaults: LineDefaults): InputLine {
  let body: unknown;
  try {
    body = JSON.parse(line);
  } catch (error) {
    throw new LineError(`not JSON (${(error as Error).message})`);
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new LineError('expected an object, {"key":"thread id","value":"new:…"}');
  }
  const { key = null, value = null, offset, timestamp, partition = 0, headers } = body as Record<string, unknown>;
  const { topic = RESUME_TOPIC } = body as Record<string, unknown>;
  if (typeof topic !== "string") throw new LineError("topic is not a string");
  if (key !== null && typeof key !== "string") throw new LineError("key is not a string");
  if (value !== null && typeof value !== "string") {
    throw new LineError(
      "value is not a string: write it as it stands on workflow-resume, JSON as text within the JSON",
    );
  }
  if (typeof partition !== "number" || !Number.isSafeInteger(partition) || partition < 0)
    throw new LineError("partition is not a whole number");
  if (timestamp !== undefined && (typeof timestamp !== "number" || !Number.isFinite(timestamp))) {
    throw new LineError("timestamp is not a number of milliseconds");
  }
  const record: InputRecord = {
    key,
    value,
    offset: offset === undefined ? String(defaults.offset(topic)) : parseOffset(offset),
    partition,
    timestamp: timestamp ?? defaults.timestamp,
  };
  if (headers !== undefined) record.headers = parseHeaders(headers);
  return { topic, record };
}

function parseOffset(offset: unknown): string {
  const text = typeof offset === "number" ? String(offset) : offset;
  if (typeof text !== "string" || !/^\d+$/.test(text)) throw new LineError("offset is not a whole number");
  return text;
}

function parseHeaders(headers: unknown): Record<string, string> {
  const isRecord = typeof headers === "object" && headers !== null && !Array.isArray(headers);
  if (!isRecord || !Object.values(headers).every((value) => typeof value === "string")) {
    throw new LineError("headers is not an object of strings");
  }
  return headers as Record<string, string>;
}
