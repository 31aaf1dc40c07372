// Steps in a thread of their own (worker_threads). It owns the thread's life: started when first needed, watched, started again after it
// died; steps-thread.ts is what runs in it.
//
// I1 One batch at a time is in the thread, so that the one that killed it is known.
// I2 A step that neither ends nor is stopped by the engine's own limit ends with the thread.
// I3 A step that runs too long is stopped by the engine's limit, in a batch as if it ran alone. That limit costs more than most steps (V8
//    makes a thread for each), so a batch runs without it first, watched from here. Where a step takes long, the thread is ended and all of
//    the batch runs again in another one, each step under its limit: nothing of a batch is seen outside before all of it has ended.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { RouteAnswer, RouteBatch } from "./route-batch.js";
import type { StepAnswer, StepBatch } from "./step-batch.js";
import { type Steps, StepsDied } from "./steps.js";
import type { ThreadAnswer, ThreadRequest, ThreadWork } from "./steps-thread.js";

const LOOK_EVERY_MS = 500;
/** How long a step may seem to run without a limit of its own. */
const PATIENCE_MS = 2_000;
/** How much longer than its limit a step may seem to run: the thread may have to wait for a core. */
const GRACE_MS = 10_000;

export interface ThreadStepsOptions {
  /** Of JavaScript objects in the thread. */
  readonly memoryMb: number;
  /** What module code prints while a bundle is loaded. */
  readonly log: (level: string, text: string) => void;
}

export class ThreadSteps implements Steps {
  readonly #options: ThreadStepsOptions;
  readonly #sources = new Map<string, string>();
  /** Index of the record whose step runs, plus one. */
  readonly #running = new Int32Array(new SharedArrayBuffer(4));
  #worker: Worker | undefined;
  #told = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: ThreadStepsOptions) {
    this.#options = options;
  }

  addBundle(hash: string, source: string): void {
    this.#sources.set(hash, source);
  }

  run(batch: StepBatch): Promise<StepAnswer> {
    return this.#inTurn(async () => (await this.#run({ type: "steps", batch })) as StepAnswer);
  }

  route(batch: RouteBatch): Promise<RouteAnswer> {
    return this.#inTurn(async () => (await this.#run({ type: "routes", batch })) as RouteAnswer);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(work);
    this.#last = answer.catch(() => {});
    return answer;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }

  async #run(work: ThreadWork): Promise<StepAnswer | RouteAnswer> {
    const { timeoutMs = 10_000 } = work.batch.options;
    if (timeoutMs === 0) return this.#attempt(work, Number.POSITIVE_INFINITY);
    try {
      return await this.#attempt(unlimited(work), Math.min(timeoutMs, PATIENCE_MS));
    } catch (error) {
      if (!(error instanceof TookLong)) throw error;
      return this.#attempt(work, 2 * timeoutMs + GRACE_MS);
    }
  }

  /** Throws TookLong where one step seems to run longer than `patienceMs`; the thread is gone then. */
  #attempt(work: ThreadWork, patienceMs: number): Promise<StepAnswer | RouteAnswer> {
    if (this.#closed) return Promise.reject(new StepsDied(undefined, "steps are closed"));
    const worker = this.#thread();
    const bundles = [...this.#sources].filter(([hash]) => !this.#told.has(hash));
    for (const [hash] of bundles) this.#told.add(hash);
    Atomics.store(this.#running, 0, 0);
    return new Promise<StepAnswer | RouteAnswer>((resolve, reject) => {
      const watch = setInterval(() => look(), LOOK_EVERY_MS);
      let seen = 0;
      let since = performance.now();
      let reason = "the thread that runs steps ended";
      let tookLong = false;
      const look = () => {
        const now = Atomics.load(this.#running, 0);
        if (now !== seen) since = performance.now();
        seen = now;
        if (now === 0 || performance.now() - since < patienceMs) return;
        tookLong = true;
        // What the next batch needs is another one, even if this one answers while it ends.
        this.#worker = undefined;
        reason = `the step ran longer than ${work.batch.options.timeoutMs} ms and could not be stopped`;
        worker.terminate();
      };
      const end = () => {
        clearInterval(watch);
        worker.off("message", onMessage);
        worker.off("error", onError);
        worker.off("exit", onExit);
      };
      const onMessage = (message: ThreadAnswer) => {
        if (message.type === "log") return this.#options.log(message.level, message.text);
        end();
        if (message.type === "answer") resolve(message.answer);
        else reject(Object.assign(new Error(message.message), { stack: message.stack }));
      };
      const onError = (error: Error) => {
        reason =
          (error as NodeJS.ErrnoException).code === "ERR_WORKER_OUT_OF_MEMORY"
            ? `the step used more than ${this.#options.memoryMb} MB of memory`
            : String(error);
      };
      const onExit = () => {
        end();
        const running = Atomics.load(this.#running, 0);
        const Died = tookLong ? TookLong : StepsDied;
        reject(new Died(running === 0 ? undefined : running - 1, reason));
      };
      worker.on("message", onMessage);
      worker.on("error", onError);
      worker.on("exit", onExit);
      const request: ThreadRequest = { bundles, work };
      worker.postMessage(request);
    });
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    this.#told = new Set();
    const worker = new Worker(threadFile(), {
      workerData: { running: this.#running },
      resourceLimits: { maxOldGenerationSizeMb: this.#options.memoryMb },
    });
    // Between two batches it dies unheard; the next batch starts another.
    worker.on("error", () => {});
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    this.#worker = worker;
    return worker;
  }
}

function unlimited(work: ThreadWork): ThreadWork {
  const options = { ...work.batch.options, timeoutMs: 0 };
  return work.type === "steps"
    ? { ...work, batch: { ...work.batch, options } }
    : { ...work, batch: { ...work.batch, options } };
}

class TookLong extends StepsDied {}

function threadFile(): string {
  const built = fileURLToPath(new URL("./steps-thread.js", import.meta.url));
  // While tests run from source, Node needs the built file.
  return existsSync(built) ? built : fileURLToPath(new URL("../../dist/steps/steps-thread.js", import.meta.url));
}
