// What a record of an input topic makes the runner write: a record on `workflow-resume`, a dead letter, or nothing. Pure, as step.ts is:
// (bundle, topic, record) -> outputs. The bundle says what a record means; it sees the record's own time and nothing of any thread.
//
// I1  The same record comes to the same again: clock and randomness of the mapping come from the record and its place.

import type { Bundle } from "./bundle.js";
import { EngineError } from "./errors.js";
import { DEAD_LETTER_TOPIC, type Headers, type InputRecord, type OutputRecord, RESUME_TOPIC } from "./record.js";
import type { StepOptions } from "./step.js";
import { type ConsoleLine, consoleLine, type EventResult } from "./step-result.js";

export type RouteOptions = Pick<StepOptions, "timeoutMs" | "fresh" | "config">;

export interface Routed {
  readonly fate: "started" | "resumed" | "skipped" | "dead-lettered";
  /** One record at most. */
  readonly output?: OutputRecord;
  /** Why it is a dead letter; `stack` shows the author's files. */
  readonly refusal?: { readonly reason: string; readonly message: string; readonly stack?: string };
  readonly console: readonly ConsoleLine[];
}

/** The bundle's own words. */
type Answer = (
  | { type: "record"; thread: string; value: string; starts: boolean }
  | { type: "skipped" }
  | { type: "refused"; why: "failed" | "answer"; message: string; stack?: string }
) &
  Pick<EventResult, "console" | "spoilt">;

const REASON = { failed: "mapping-failed", answer: "mapping-answer" } as const;

/** `topic` as the manifest names it. */
export function route(bundle: Bundle, topic: string, record: InputRecord, options: RouteOptions = {}): Routed {
  const { key, value, timestamp, headers = {} } = record;
  const source = `${topic}/${record.partition}/${record.offset}`;
  let answer: Answer;
  try {
    if (options.fresh === true) bundle.dropRealm();
    const config = options.config === undefined ? "" : `,"config":${options.config}`;
    const meta = JSON.stringify({ thread: "", step: "", now: timestamp, seed: source });
    const text = bundle.realm.route(
      topic,
      JSON.stringify({ key, value, headers, timestamp }),
      `${meta.slice(0, -1)}${config}}`,
      options.timeoutMs ?? 10_000,
    );
    answer = JSON.parse(text) as Answer;
    if (answer.spoilt === true) bundle.dropRealm();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const message = `manifest.inputTopics["${topic}"]: ${error.message} [${error.code}]`;
    return { ...refused(topic, record, { reason: REASON.failed, message }), console: [] };
  }
  const lines = answer.console.map(consoleLine);
  if (answer.type === "skipped") return { fate: "skipped", console: lines };
  if (answer.type === "refused") {
    const { why, message, stack } = answer;
    const refusal = { reason: REASON[why], message, ...(stack === undefined ? {} : { stack }) };
    return { ...refused(topic, record, refusal), console: lines };
  }
  const { thread, value: command, starts } = answer;
  const output: OutputRecord = {
    topic: RESUME_TOPIC,
    key: thread,
    value: command,
    headers: { "kwf-source": source, ...traced(headers) },
  };
  return { fate: starts ? "started" : "resumed", output, console: lines };
}

const traced = ({ traceparent }: Headers): Headers => (traceparent === undefined ? {} : { traceparent });

/** The record as it came; what is wrong with it, and where it came from, stands in the headers. */
function refused(topic: string, record: InputRecord, refusal: NonNullable<Routed["refusal"]>): Omit<Routed, "console"> {
  const { key, value, headers, partition, offset } = record;
  const own = {
    "kwf-reason": refusal.reason,
    "kwf-message": refusal.message,
    "kwf-topic": topic,
    "kwf-partition": String(partition),
    "kwf-offset": offset,
  };
  const output = { topic: DEAD_LETTER_TOPIC, key, value, headers: { ...headers, ...own } };
  return { fate: "dead-lettered", output, refusal };
}
