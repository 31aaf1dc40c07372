// What the tasks of the role `run` share in a process: bundles, the threads that run steps, how a step is run.

import { join } from "node:path";
import type { StepOptions } from "@kwf/engine";
import type { DrivenClock } from "../clock.js";
import type { CommittedTurn } from "../inputs/input-task.js";
import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import type { Logger } from "../runner/logging.js";
import type { Metrics } from "../runner/metrics.js";
import type { Workload } from "../runner/workload.js";
import type { Steps } from "../steps/steps.js";
import { ThreadSteps } from "../steps/thread-steps.js";
import type { Task } from "../task/task.js";
import type { TopicTable } from "../topics/topic-table.js";
import { Bundles } from "./bundles.js";
import { FinishedLook } from "./finished-look.js";
import { originalRecord } from "./original-record.js";
import { RunningMark } from "./running-mark.js";
import { observeThreads } from "./thread-observer.js";
import { type ThreadObserver, ThreadRole } from "./thread-role.js";
import { retryWaiting } from "./waiting-threads.js";

export interface BundleSource {
  readonly hash: string;
  readonly source: string;
  /** Of its manifest. */
  readonly inputTopics?: readonly string[];
}

export interface ThreadSettings {
  /** The one that new threads start on, until `use` names another. */
  readonly bundle: BundleSource;
  /** JSON of `W.config`. */
  readonly config: string | undefined;
  readonly stepOptions: Pick<StepOptions, "timeoutMs" | "onDuplicateStart" | "idempotencyWindowMs">;
  /** Threads of other bundles move by themselves, where nothing that they refer to has changed. Default: yes. */
  readonly moves?: boolean;
  readonly stepMemoryMb: number;
  /** How many run steps side by side; a partition stays with one of them. */
  readonly stepThreads: number;
  readonly maxHeld: number;
  readonly maxRecords: number;
  /** So long `workflow-status` says of a thread that it has ended, milliseconds. */
  readonly keepFinishedMs: number;
  /** Is told of every step, after its commit. */
  readonly onStep?: ThreadObserver["step"];
  /** Is told of every turn of an input topic, after its commit. */
  readonly onInput?: (topic: string, turn: CommittedTurn) => void;
}

export interface ThreadWorkloadOptions extends ThreadSettings {
  readonly log: Log;
  readonly names: Names;
  readonly topics: TopicTable;
  readonly stateDirectory: string;
  /** Undefined: the system's. */
  readonly clock?: DrivenClock | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const BATCH_BUDGET_MS = 2_000;
const BATCH_BUDGET_BYTES = 16 * 1024 * 1024;

export class ThreadWorkload implements Workload {
  readonly role = "run";
  readonly bundles: Bundles;
  readonly #options: ThreadWorkloadOptions;
  readonly #steps: readonly Steps[];
  readonly #finished: FinishedLook;
  readonly #roles = new Map<number, ThreadRole>();
  #bundle: string;

  constructor(options: ThreadWorkloadOptions) {
    this.#options = options;
    this.#bundle = options.bundle.hash;
    const { log, names, topics, logger, stepMemoryMb, stepThreads, keepFinishedMs: keepMs, clock } = options;
    this.bundles = new Bundles(log, names.bundles);
    this.#finished = new FinishedLook({ log, names, topics, keepMs, clock, logger });
    const memoryMb = Math.ceil(stepMemoryMb / stepThreads);
    const say = (level: string, text: string) => logger.info({ workflow: true, console: level }, text);
    this.#steps = Array.from({ length: stepThreads }, () => new ThreadSteps({ memoryMb, log: say }));
  }

  async start(): Promise<void> {
    await this.use(this.#options.bundle);
  }

  /** From now on new threads start on this one; those that run stay on theirs. */
  async use({ hash, source }: BundleSource): Promise<void> {
    await this.bundles.publish(hash, source);
    for (const steps of this.#steps) steps.addBundle(hash, source);
    this.#bundle = hash;
  }

  /** Where the steps of a partition run. */
  stepsOf(partition: number): Steps {
    return this.#steps[partition % this.#steps.length]!;
  }

  work(partition: number, logger: Logger): ThreadRole {
    const {
      log,
      names,
      topics,
      config,
      stepOptions,
      maxRecords,
      maxHeld,
      moves = true,
      stateDirectory,
      clock,
      metrics,
      onStep,
    } = this.#options;
    const role = new ThreadRole({
      names,
      partition,
      topics,
      bundles: this.bundles,
      bundle: () => this.#bundle,
      steps: this.stepsOf(partition),
      step: {
        options: { ...stepOptions, ...(config === undefined ? {} : { config }) },
        moves,
        maxHeld,
        budgetMs: BATCH_BUDGET_MS,
        budgetBytes: BATCH_BUDGET_BYTES,
      },
      maxRecords,
      clock,
      original: (offset, sha256) => originalRecord(log, { topic: names.resume, partition }, offset, sha256),
      openMark: () => new RunningMark(join(stateDirectory, `${partition}.running`)),
      observer: observeThreads(partition, logger, metrics, onStep),
      closed: () => {
        if (this.#roles.get(partition) === role) this.#roles.delete(partition);
      },
    });
    this.#roles.set(partition, role);
    return role;
  }

  async tend({ store, partition }: Task): Promise<void> {
    if (store === undefined) return;
    this.#finished.tend(new Map([...this.#roles].map(([number, { finished }]) => [number, finished])));
    const { log, names, logger } = this.#options;
    const count = await retryWaiting(store, { log, names, bundles: this.bundles });
    if (count > 0) logger.info({ partition, threads: count }, "threads go on: what they waited for is there");
  }

  async close(): Promise<void> {
    await Promise.all(this.#steps.map((steps) => steps.close()));
  }
}
