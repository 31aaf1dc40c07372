// Owns what a thread emits: records that leave with the step, in the order of the calls.
// Neighbour: step.ts hands them to the engine when the step is over.
//
// I1. A step that emitted to an undeclared topic fails, whether or not workflow code caught the error.
import { UndeclaredTopicError } from "./errors.js";
import { append } from "./pristine.js";
import { type Output, stepFor } from "./thread.js";

const RESUME = "workflow-resume";
const SCHEDULER = "workflow-scheduler";

let declared: readonly string[] = [];

/** Called once, with the manifest's output topics. */
export const declareTopics = (topics: readonly string[]): void => {
  declared = topics;
};

function isDeclared(topic: string): boolean {
  if (topic === RESUME || topic === SCHEDULER) return true;
  for (let i = 0; i < declared.length; i++) {
    if (declared[i] === topic) return true;
  }
  return false;
}

export interface OutputOptions {
  /** Headers of the record; names that begin with `kwf-` belong to the runner. */
  headers?: Record<string, string>;
}

/**
 * Emits a record when the step commits. A value of `null` is a record without a value (a tombstone).
 * @throws UndeclaredTopicError (KWF_UNDECLARED_TOPIC) for a topic that `manifest.outputTopics` does not name
 */
export function output(value: string | null, topic: string, key?: string, options?: OutputOptions): void {
  const step = stepFor("W.output");
  if (typeof topic !== "string" || topic === "") throw new TypeError("W.output: the topic must be a string");
  if (!isDeclared(topic)) {
    const error = new UndeclaredTopicError(topic, declared);
    step.failure ??= error;
    throw error;
  }
  const record: Output = { topic, key: textOf("key", key ?? step.threadId), value: recordValue(value) };
  const headers = options?.headers;
  if (headers !== undefined) record.headers = copyHeaders(headers);
  append(step.outputs, record);
}

/** Emits a record whose value is JSON of `value`; `undefined` gives a record without a value. */
export function outputJSON(value: unknown, topic: string, key?: string, options?: OutputOptions): void {
  output(stringify(value) ?? null, topic, key, options);
}

/** Starts the thread `key` with `value` as its input, unless there is one already. */
export function ensureThread(value: unknown, key: string): void {
  if (typeof key !== "string" || key === "") throw new TypeError("W.ensureThread: the key must be a thread id");
  output(`init:${stringify(value) ?? ""}`, RESUME, key);
}

const stringify = JSON.stringify as (value: unknown) => string | undefined;

function recordValue(value: unknown): string | null {
  return value === null || value === undefined ? null : textOf("value", value);
}

function textOf(what: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  throw new TypeError(`W.output: the ${what} must be a string; W.outputJSON writes anything else`);
}

function copyHeaders(headers: Record<string, string>): Record<string, string> {
  const copy: Record<string, string> = {};
  for (const name of Object.keys(headers)) copy[name] = textOf(`header ${name}`, headers[name]);
  return copy;
}
