// The records that wait for a paused thread, for a host that has no log to keep them in: `kwf simulate` and the test harness. A runner
// keeps them in the changelog instead, and follows the same rules.
//
// I1  Records run in the order in which they came, each with its own offset and time; those that come meanwhile join the tail.
// I2  A record is forgotten when its step has succeeded, or an operator said so; never before.

import { parseCommand } from "./command.js";
import type { InputRecord } from "./record.js";
import type { StepResult } from "./step.js";
import { type HeldRecord, hold } from "./thread-state.js";

/** What the host has to run next. */
export interface NextStep {
  readonly state: Uint8Array | null;
  readonly record: InputRecord;
  readonly behind: boolean;
}

export interface Received {
  /** Of all the steps together; `fate` is the record's own. */
  readonly result: StepResult;
  readonly held: readonly HeldRecord[];
}

/** Yields each step to run, takes its result, and returns what all of them came to. */
export function* receive(
  before: Uint8Array | null,
  held: readonly HeldRecord[],
  record: InputRecord,
): Generator<NextStep, Received, StepResult> {
  let waiting = [...held];
  const first = yield { state: before, record, behind: waiting.length > 0 };
  const { forgets } = first;
  if (forgets !== undefined) waiting = waiting.filter(({ offset }) => forgets !== "all" && offset !== forgets.offset);
  if (first.fate === "held" && parseCommand(record).type !== "control") waiting.push(hold(record));
  let result = first;
  while (waiting.length > 0 && result.status !== "paused") {
    const next = yield { state: result.state, record: { key: record.key, ...waiting[0]! }, behind: false };
    if (next.fate !== "held") waiting.shift();
    result = together(result, next);
    if (next.fate === "held" && next.status !== "paused") break;
  }
  return { result: { ...result, fate: first.fate }, held: waiting };
}

function together(before: StepResult, after: StepResult): StepResult {
  const micros = { ...before.micros };
  for (const part of ["load", "run", "save"] as const) micros[part] += after.micros[part];
  const movedTo = after.movedTo ?? before.movedTo;
  return {
    ...after,
    ...(movedTo === undefined ? {} : { movedTo }),
    outputs: [...before.outputs, ...after.outputs],
    console: [...before.console, ...after.console],
    unhandled: [...before.unhandled, ...after.unhandled],
    micros,
  };
}
