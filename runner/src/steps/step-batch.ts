// A run of records through the engine, in order, on an overlay of the states they began with: a later record of a thread sees what an
// earlier one left. Nothing is written anywhere; the caller has all of it in the answer, or none of it.

import { type Bundle, type InputRecord, type StepOptions, type StepResult, step } from "@kwf/engine";
import { bundleNeeded } from "../threads/state-header.js";
import { refuse, type Verdict } from "../threads/verdict.js";

export interface StepBatch {
  /** The bundle that new threads start on. */
  readonly bundle: string;
  readonly records: readonly BatchRecord[];
  /** Of the threads among the records that live. */
  readonly states: ReadonlyMap<string, Uint8Array>;
  /** How many records wait for a thread; no entry for none. */
  readonly held: ReadonlyMap<string, number>;
  readonly options: StepOptions;
  /** Threads of other bundles move to this one by themselves, where nothing that they refer to has changed. */
  readonly moves?: boolean;
  /** No more records than this wait for one thread. */
  readonly maxHeld: number;
  /** No further step begins after this many milliseconds, or when states and outputs hold this many bytes; at least one does. */
  readonly budgetMs: number;
  readonly budgetBytes: number;
}

export interface BatchRecord {
  readonly input: InputRecord;
  readonly verdict?: Verdict;
  /** It is one of those that wait for the thread, and its turn has come. */
  readonly waited?: boolean;
}

export type StepOutcome = Omit<StepResult, "state">;

export interface StepAnswer {
  /** In the order of the records, one for each that was run. */
  readonly outcomes: StepOutcome[];
  /** The last state of every thread that changed; `null` where nothing is left of it. */
  readonly states: Map<string, Uint8Array | null>;
  /** How many records wait now, for every thread among the records. */
  readonly held: Map<string, number>;
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
  let bytes = 0;
  const held = new Map<string, number>();
  const options: StepOptions = {
    ...batch.options,
    bundles: (hash) => bundles.get(hash),
    ...(batch.moves === true ? { moveTo: own } : {}),
  };
  for (const [index, { input, verdict, waited = false }] of batch.records.entries()) {
    if (index > 0 && (bytes > batch.budgetBytes || performance.now() - begin > batch.budgetMs)) break;
    running(index);
    const thread = input.key ?? "";
    const before = (states.has(thread) ? states.get(thread) : batch.states.get(thread)) ?? null;
    const needed = before === null ? undefined : bundleNeeded(before);
    const bundle = (needed === undefined ? undefined : bundles.get(needed)) ?? own;
    const waiting = held.get(thread) ?? batch.held.get(thread) ?? 0;
    const behind = waiting > 0 && !waited;
    const now = batch.options.now ?? Date.now();
    let result =
      verdict === undefined
        ? step(bundle, before, input, { ...options, now, behind })
        : refuse(bundle.hash, before, input, verdict, { now, behind });
    if (result.fate === "held" && behind && waiting >= batch.maxHeld) {
      const message = `thread "${thread}" is paused and ${batch.maxHeld} records wait for it already (--max-held)`;
      const full = { code: "too-many-held", message, withoutCopy: true };
      result = refuse(bundle.hash, before, input, full, { now, behind });
    }
    held.set(thread, waiting + waitingAfter(result, waited, waiting));
    const { state, ...outcome } = result;
    if (state !== before) states.set(thread, state);
    outcomes.push(outcome);
    bytes += state?.length ?? 0;
    for (const { value } of outcome.outputs) bytes += value?.length ?? 0;
  }
  return { outcomes, states, held };
}

/** How many more wait, or fewer. */
function waitingAfter({ fate, forgets }: StepResult, waited: boolean, waiting: number): number {
  if (forgets !== undefined) return forgets === "all" ? -waiting : -1;
  if (waited) return fate === "held" ? 0 : -1;
  return fate === "held" ? 1 : 0;
}
