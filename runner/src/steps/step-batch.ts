// A run of records through the engine, in order, on an overlay of the states they began with: a later record of a thread sees what an
// earlier one left. Nothing is written anywhere; the caller has all of it in the answer, or none of it.

import { type Bundle, decodeState, type InputRecord, type StepOptions, type StepResult, step } from "@kwf/engine";
import { bundleNeeded } from "../changelog.js";
import { refuse, type Verdict } from "../verdict.js";

export interface StepBatch {
  /** The bundle that new threads start on. */
  readonly bundle: string;
  readonly records: readonly { readonly input: InputRecord; readonly verdict?: Verdict }[];
  /** Of the threads among the records that live. */
  readonly states: ReadonlyMap<string, Uint8Array>;
  readonly options: StepOptions;
  /** A paused thread keeps no more records than this. */
  readonly maxHeld: number;
  /** No further step begins after this many milliseconds; at least one does. */
  readonly budgetMs: number;
}

export type StepOutcome = Omit<StepResult, "state">;

export interface StepAnswer {
  /** In the order of the records, one for each that was run. */
  readonly outcomes: StepOutcome[];
  /** The last state of every thread that changed; `null` where nothing is left of it. */
  readonly states: Map<string, Uint8Array | null>;
}

/** `running` is told the index of each record before its step begins. */
export function runSteps(
  batch: StepBatch,
  bundles: ReadonlyMap<string, Bundle>,
  running: (index: number) => void = () => {},
): StepAnswer {
  const own = bundles.get(batch.bundle);
  if (own === undefined) throw new Error(`bundle ${batch.bundle} is not loaded`);
  const outcomes: StepOutcome[] = [];
  const states = new Map<string, Uint8Array | null>();
  const begin = performance.now();
  for (const [index, { input, verdict }] of batch.records.entries()) {
    if (index > 0 && performance.now() - begin > batch.budgetMs) break;
    running(index);
    const thread = input.key ?? "";
    const before = (states.has(thread) ? states.get(thread) : batch.states.get(thread)) ?? null;
    const needed = before === null ? undefined : bundleNeeded(before);
    const bundle = (needed === undefined ? undefined : bundles.get(needed)) ?? own;
    const now = Date.now();
    let result =
      verdict === undefined
        ? step(bundle, before, input, { now, ...batch.options })
        : refuse(bundle.hash, before, input, verdict, now);
    if (result.fate === "held" && result.state !== null && before !== null && heldBy(result.state) > batch.maxHeld) {
      const message = `thread "${thread}" is paused and holds ${batch.maxHeld} records already (--max-held)`;
      const full = { code: "too-many-held", message, withoutCopy: true };
      result = refuse(bundle.hash, before, input, full, now);
    }
    const { state, ...outcome } = result;
    if (state !== before) states.set(thread, state);
    outcomes.push(outcome);
  }
  return { outcomes, states };
}

function heldBy(state: Uint8Array): number {
  try {
    return decodeState(state).paused?.held.length ?? 0;
  } catch {
    return 0;
  }
}
