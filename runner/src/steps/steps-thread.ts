// What runs in the thread of thread-steps.ts.
//
// I1 A step that runs too long is stopped by its own limit, in the batch as if it ran alone. That limit is dear, so a batch runs under one
//    for all of it first; where that one strikes, all of the batch is run again, each step under its own. Nothing of a batch is seen
//    outside before all of it has ended.

import { parentPort, workerData } from "node:worker_threads";
import { type Bundle, loadBundle } from "@kwf/engine";
import { runSteps, type StepAnswer, type StepBatch } from "./step-batch.js";
import { withinTime } from "./time-limit.js";

export interface ThreadRequest {
  /** Those the thread does not know yet: hash and source. */
  readonly bundles: readonly (readonly [hash: string, source: string])[];
  readonly batch: StepBatch;
}

export type ThreadAnswer =
  | { readonly type: "answer"; readonly answer: StepAnswer }
  | { readonly type: "failed"; readonly message: string; readonly stack: string | undefined }
  | { readonly type: "log"; readonly level: string; readonly text: string };

/** How long a batch may go on after the time in which its last step has to begin. */
const LAST_STEP_MS = 1_000;

const { running } = workerData as { running: Int32Array };
const bundles = new Map<string, Bundle>();
const say = (answer: ThreadAnswer) => parentPort?.postMessage(answer);

parentPort?.on("message", ({ bundles: fresh, batch }: ThreadRequest) => {
  try {
    for (const [hash, source] of fresh) {
      bundles.set(hash, loadBundle(source, { log: (level, text) => say({ type: "log", level, text }) }));
    }
    const answer = run(batch);
    Atomics.store(running, 0, 0);
    say({ type: "answer", answer });
  } catch (error) {
    const { message, stack } = error as Error;
    say({ type: "failed", message, stack });
  }
});

function run(batch: StepBatch): StepAnswer {
  const begins = (index: number) => Atomics.store(running, 0, index + 1);
  const { timeoutMs = 10_000 } = batch.options;
  const together = timeoutMs > 0 && batch.records.length > 1;
  const unlimited = { ...batch, options: { ...batch.options, timeoutMs: 0 } };
  const limit = batch.budgetMs + Math.min(timeoutMs, LAST_STEP_MS);
  const answer = together ? withinTime(limit, () => runSteps(unlimited, bundles, begins)) : undefined;
  return answer ?? runSteps(batch, bundles, begins);
}
