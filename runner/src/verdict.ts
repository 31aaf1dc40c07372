// What the log would not take of a step comes back to the step as a verdict: it is not run, its thread pauses, and its record waits.
// Pure: (state before, record, verdict) -> what a step would have answered. The engine owns pauses of its own (thread.ts).
//
// I1 The continuation stays as it was before the step, byte for byte.
// I2 A record that does not fit as a held copy becomes a dead letter; nothing is dropped.

import {
  DEAD_LETTER_TOPIC,
  decodeState,
  encodeState,
  type HeldRecord,
  type InputRecord,
  type OutputRecord,
  STATUS_TOPIC,
  type StepResult,
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
  now: number,
): StepResult {
  const before: ThreadState =
    state === null ? { run: `${record.partition}:${record.offset}`, since: now, continuation: "" } : decodeState(state);
  const { code, message, topic, withoutCopy = false } = verdict;
  const error = { code, message, ...(topic === undefined ? {} : { topic }) };
  const outputs: OutputRecord[] = [];
  const wasPaused = before.paused !== undefined;
  if (record.value?.startsWith("ctl:")) {
    // A command is never held. What it would have done has not happened; who sent it finds it among the dead letters.
    const again = /"op"\s*:\s*"(retry|unpause)"/.test(record.value);
    if (!again) outputs.push(letter(record, verdict, before.run));
    const fate = again ? "obeyed" : "dead-lettered";
    return { ...NOTHING, state, status: wasPaused ? "paused" : "running", outputs, fate, error };
  }
  const paused = before.paused ?? { code: "limit" as const, error, held: [] };
  if (withoutCopy) outputs.push(letter(record, verdict, before.run));
  else paused.held.push(copy(record));
  if (!wasPaused) {
    before.since = now;
    outputs.push(status(bundle, before, record, error));
  }
  // A start that cannot even be kept leaves no thread behind.
  const gone = withoutCopy && state === null;
  return {
    ...NOTHING,
    state: gone ? null : encodeState({ ...before, paused }),
    status: gone ? undefined : "paused",
    outputs: gone ? outputs.slice(0, 1) : outputs,
    fate: withoutCopy ? "dead-lettered" : "held",
    error,
  };
}

const NOTHING = { pending: [], console: [], unhandled: [], micros: { load: 0, run: 0, save: 0 } };

const copy = ({ value, offset, partition, timestamp, headers }: InputRecord): HeldRecord => ({
  value: value ?? "",
  offset,
  partition,
  timestamp,
  ...(headers === undefined ? {} : { headers }),
});

function status(bundle: string, { run, since }: ThreadState, record: InputRecord, error: object): OutputRecord {
  const { code, message } = error as { code: string; message: string };
  return {
    topic: STATUS_TOPIC,
    key: record.key,
    value: JSON.stringify({ state: "paused", since, run, bundle, reason: { code: "limit", error: code, message } }),
    headers: { "kwf-thread": record.key ?? "", "kwf-run": run, "kwf-step": record.offset },
  };
}

function letter(record: InputRecord, { code, message }: Verdict, run: string): OutputRecord {
  return {
    topic: DEAD_LETTER_TOPIC,
    key: record.key,
    value: record.value,
    headers: { "kwf-reason": code, "kwf-message": message, "kwf-offset": record.offset, "kwf-run": run },
  };
}
