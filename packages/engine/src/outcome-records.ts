import type { Headers, InputRecord, OutputRecord } from "./record.js";
import { DEAD_LETTER_TOPIC, ERROR_TOPIC, RESULT_TOPIC, RESUME_TOPIC, STATUS_TOPIC } from "./record.js";
import type { ThreadStatus, WorkflowError } from "./step-result.js";
import type { Failure, Pause } from "./thread-state.js";

/** The headers of everything a step puts out. */
export function stepHeaders(record: InputRecord, run: string): Headers {
  const traceparent = record.headers?.traceparent;
  return {
    "kwf-thread": record.key ?? "",
    "kwf-run": run,
    "kwf-step": record.offset,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
}

/** `value` is JSON; absent where the workflow returned undefined. */
export const resultRecord = (key: string, value: string | undefined, headers: Headers): OutputRecord => ({
  topic: RESULT_TOPIC,
  key,
  value: value ?? null,
  headers,
});

export function errorRecord(key: string, { text, ...details }: WorkflowError, headers: Headers): OutputRecord {
  return {
    topic: ERROR_TOPIC,
    key,
    value: JSON.stringify(text),
    headers: { ...headers, "kwf-error": JSON.stringify(details) },
  };
}

export interface StatusChange {
  state: ThreadStatus;
  since: number;
  run: string;
  bundle: string;
}

export function statusRecord(
  key: string,
  change: StatusChange,
  pause: Pause | undefined,
  headers: Headers,
): OutputRecord {
  const reason = pause === undefined ? {} : { reason: pauseReason(pause) };
  return { topic: STATUS_TOPIC, key, value: JSON.stringify({ ...change, ...reason }), headers };
}

/** Takes the thread out of the compacted topic: nothing is left to say about it. */
export const statusTombstone = (key: string, headers: Headers): OutputRecord => ({
  topic: STATUS_TOPIC,
  key,
  value: null,
  headers,
});

/** Why a thread is paused. */
export interface PauseReason {
  code: "operator" | Failure["code"];
  /** Of the step that could not be completed, as in docs/errors.md. */
  error?: string;
  message?: string;
  /** Of its record, which `retry` and `discard` mean. */
  offset?: string;
  /** An operator has paused it too. */
  operator?: true;
}

/** What the operator has to do something about comes first. */
export function pauseReason({ operator, failure }: Pause): PauseReason {
  if (failure === undefined)
    return { code: "operator", ...(operator?.reason === undefined ? {} : { message: operator.reason }) };
  const { code, error, offset } = failure;
  return {
    code,
    error: error.code,
    message: error.message,
    offset,
    ...(operator === undefined ? {} : { operator: true }),
  };
}

/** The record as it came; what is wrong with it, and where it came from, stands in the headers. */
export function deadLetter(
  record: InputRecord,
  reason: string,
  message: string,
  run: string | undefined,
): OutputRecord {
  return {
    topic: DEAD_LETTER_TOPIC,
    key: record.key,
    value: record.value,
    headers: {
      ...record.headers,
      "kwf-reason": reason,
      "kwf-message": message,
      "kwf-topic": RESUME_TOPIC,
      "kwf-partition": String(record.partition),
      "kwf-offset": record.offset,
      ...(record.key === null ? {} : { "kwf-thread": record.key }),
      ...(run === undefined ? {} : { "kwf-run": run }),
      "kwf-step": record.offset,
    },
  };
}
