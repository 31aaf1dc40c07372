// What the log would not take of a step comes back to the step as a verdict: it is not run, its thread pauses, and its record waits.
// Pure: (state before, record, verdict) -> what a step would have answered. The engine owns pauses of its own (thread.ts).
//
// I1 The continuation stays as it was before the step, byte for byte.
// I2 A record that does not fit as a held copy becomes a dead letter; nothing is dropped.

import {
  DEAD_LETTER_TOPIC,
  decodeState,
  encodeState,
  type InputRecord,
  type OutputRecord,
  type StepResult,
  statusRecord,
  type ThreadState,
} from "@kwf/engine";

export interface Verdict {
  /** As in docs/errors.md: KWF_RECORD_TOO_LARGE, KWF_TOPIC_MISSING, … */
  readonly code: string;
  readonly message: string;
  /** The one that is missing, or that may not be written. */
  readonly topic?: string;
  /** The copy of the record would not fit either. */
  readonly withoutCopy?: boolean;
}

export function refuse(
  bundle: string,
  state: Uint8Array | null,
  record: InputRecord,
  verdict: Verdict,
  { now, behind }: { now: number; behind: boolean },
): StepResult {
  const { code, message, topic, withoutCopy = false } = verdict;
  const error = { code, message, ...(topic === undefined ? {} : { topic }) };
  const found = state === null ? undefined : decodeState(state);
  const before = found?.ended === undefined ? found : undefined;
  const wasPaused = before?.paused !== undefined;
  const status = wasPaused ? "paused" : before === undefined ? undefined : "running";
  const dead = (fate: "dead-lettered" | "obeyed", outputs: OutputRecord[]): StepResult => ({
    ...NOTHING,
    state,
    status,
    outputs,
    fate,
    error,
  });
  if (record.value?.startsWith("ctl:")) {
    // A command is never held. What it would have done has not happened; who sent it finds it among the dead letters.
    const again = /"op"\s*:\s*"(retry|unpause)"/.test(record.value);
    return again ? dead("obeyed", []) : dead("dead-lettered", [letter(record, verdict, before?.run)]);
  }
  // A start that cannot even be kept leaves no thread behind.
  if (withoutCopy && (wasPaused || behind || before === undefined)) {
    return dead("dead-lettered", [letter(record, verdict, before?.run)]);
  }
  if (wasPaused || behind) return { ...NOTHING, state, status, outputs: [], fate: "held", error };
  const after: ThreadState = {
    ...(before ?? { run: `${record.partition}:${record.offset}`, continuation: "" }),
    since: now,
    paused: { failure: { code: "limit", offset: record.offset, error, ...(withoutCopy ? { lost: true } : {}) } },
  };
  const change = statusOf(bundle, after, record);
  return {
    ...NOTHING,
    state: encodeState(after),
    status: "paused",
    outputs: withoutCopy ? [letter(record, verdict, after.run), change] : [change],
    fate: withoutCopy ? "dead-lettered" : "held",
    error,
    failed: true,
  };
}

const NOTHING = { pending: [], console: [], unhandled: [], micros: { load: 0, run: 0, save: 0 } };

function statusOf(bundle: string, { run, since, paused = {} }: ThreadState, record: InputRecord): OutputRecord {
  const headers = { "kwf-thread": record.key ?? "", "kwf-run": run, "kwf-step": record.offset };
  return statusRecord(record.key ?? "", { state: "paused", since, run, bundle }, paused, headers);
}

function letter(record: InputRecord, { code, message }: Verdict, run: string | undefined): OutputRecord {
  return {
    topic: DEAD_LETTER_TOPIC,
    key: record.key,
    value: record.value,
    headers: {
      "kwf-reason": code,
      "kwf-message": message,
      "kwf-offset": record.offset,
      ...(run === undefined ? {} : { "kwf-run": run }),
    },
  };
}
