// Owns what a thread emits: records that leave with the step, in the order of the calls.
// Neighbour: step.ts hands them to the engine when the step is over.
//
// I1. A step that emitted to an undeclared topic fails, whether or not workflow code caught the error.
// I2. The declared topics are those of the manifest and those that module code has declared while it was loaded; from then on
//     they are the bundle's, the same for every thread.
import { UndeclaredTopicError } from "./errors.js";
import { append, copyList } from "./pristine.js";
import { type Output, stepFor } from "./thread.js";

const RESUME = "workflow-resume";
const SCHEDULER = "workflow-scheduler";

const declared: string[] = [];
let loaded = false;

/** Called once, when module code has run, with the manifest's output topics: gives all of them (I2). */
export const declareTopics = (topics: readonly string[]): readonly string[] => {
  const own = copyList(declared);
  declared.length = 0;
  for (let i = 0; i < topics.length; i++) addTopic(topics[i]!);
  for (let i = 0; i < own.length; i++) addTopic(own[i]!);
  loaded = true;
  return declared;
};

/**
 * Declares an output topic from module code, as `manifest.outputTopics` does: for objects that stand for a topic.
 * @throws UndeclaredTopicError (KWF_UNDECLARED_TOPIC) once the workflow is loaded, for a topic that was not declared by then
 */
export function declareTopic(topic: string): void {
  if (typeof topic !== "string" || topic === "")
    throw new TypeError("W.declareTopic: the topic must be a string that is not empty");
  if (loaded && !isDeclared(topic)) throw new UndeclaredTopicError(topic, declared, true);
  addTopic(topic);
}

function addTopic(topic: string): void {
  if (!isListed(topic)) append(declared, topic);
}

function isDeclared(topic: string): boolean {
  return topic === RESUME || topic === SCHEDULER || isListed(topic);
}

function isListed(topic: string): boolean {
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
 * @throws UndeclaredTopicError (KWF_UNDECLARED_TOPIC) for a topic that neither the manifest nor `declareTopic` names
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
