// The one way from a thread into its bundle: an event goes in, and what the runtime answered comes out. thread.ts knows what it means.

import { randomUUID } from "node:crypto";
import type { Bundle } from "./bundle.js";
import { ForeignBundleError } from "./errors.js";
import type { InputRecord } from "./record.js";
import type { StepOptions } from "./step.js";
import type { EventResult, Microseconds } from "./step-result.js";
import { bundleOf, type ThreadState } from "./thread-state.js";

export interface EventAnswer {
  /** The new continuation; null where nothing is left. */
  readonly continuation: string | null;
  readonly result: EventResult;
  readonly micros: Microseconds;
}

/** Throws EngineError: the step could not be completed, and nothing of it has happened. */
export function runEvent(
  bundle: Bundle,
  state: ThreadState,
  event: string,
  record: InputRecord,
  options: StepOptions,
): EventAnswer {
  const home = bundleOf(state);
  if (home !== undefined && home !== bundle.hash) throw new ForeignBundleError(home, bundle.hash);
  if (options.fresh === true) bundle.dropRealm();
  const config = options.config === undefined ? "" : `,"config":${options.config}`;
  const meta = JSON.stringify({
    thread: record.key,
    run: state.run,
    step: record.offset,
    now: options.now ?? record.timestamp,
    seed: options.seed ?? randomUUID(),
    headers: record.headers,
  });
  const begin = performance.now();
  const { realm } = bundle;
  const text = realm.step(
    state.continuation === "" ? null : state.continuation,
    event,
    `${meta.slice(0, -1)}${config}}`,
    options.timeoutMs ?? 10_000,
  );
  const result = JSON.parse(text.result) as EventResult;
  const total = (performance.now() - begin) * 1000;
  if (result.spoilt === true) bundle.dropRealm();
  const { load = 0, save = 0, run = Math.max(0, total - load - save) } = result.micros ?? {};
  return { continuation: text.state, result, micros: { load, run, save } };
}
