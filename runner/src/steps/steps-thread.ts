// What runs in the thread of thread-steps.ts.

import { parentPort, workerData } from "node:worker_threads";
import { type Bundle, loadBundle } from "@kwf/engine";
import { type RouteAnswer, type RouteBatch, runRoutes } from "./route-batch.js";
import { runSteps, type StepAnswer, type StepBatch } from "./step-batch.js";

export type ThreadWork =
  | { readonly type: "steps"; readonly batch: StepBatch }
  | { readonly type: "routes"; readonly batch: RouteBatch };

export interface ThreadRequest {
  /** Those the thread does not know yet: hash and source. */
  readonly bundles: readonly (readonly [hash: string, source: string])[];
  readonly work: ThreadWork;
}

export type ThreadAnswer =
  | { readonly type: "answer"; readonly answer: StepAnswer | RouteAnswer }
  | { readonly type: "failed"; readonly message: string; readonly stack: string | undefined }
  | { readonly type: "log"; readonly level: string; readonly text: string };

const { running } = workerData as { running: Int32Array };
const bundles = new Map<string, Bundle>();
const say = (answer: ThreadAnswer) => parentPort?.postMessage(answer);

parentPort?.on("message", ({ bundles: fresh, work }: ThreadRequest) => {
  try {
    for (const [hash, source] of fresh) {
      bundles.set(hash, loadBundle(source, { log: (level, text) => say({ type: "log", level, text }) }));
    }
    const tell = (index: number) => Atomics.store(running, 0, index + 1);
    const answer = work.type === "steps" ? runSteps(work.batch, bundles, tell) : runRoutes(work.batch, bundles, tell);
    Atomics.store(running, 0, 0);
    say({ type: "answer", answer });
  } catch (error) {
    const { message, stack } = error as Error;
    say({ type: "failed", message, stack });
  }
});
