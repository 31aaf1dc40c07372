// What Prometheus sees. Counters move after the commit of what they count.

import { RESUME_TOPIC } from "@kwf/engine";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type GroupRole, SCHEDULER_TOPIC } from "../names.js";
import type { StepOutcome } from "../steps/step-batch.js";

export interface TaskReading {
  readonly role: GroupRole;
  /** Of an input task; the others have a role's one. */
  readonly topic?: string;
  readonly partition: number;
  readonly phase: string;
  readonly lag: number | undefined;
}

export class Metrics {
  readonly registry = new Registry();
  readonly #registers = { registers: [this.registry] };
  readonly #records = new Counter({
    name: "kwf_records_total",
    help: "Input records by what became of them",
    labelNames: ["fate"],
    ...this.#registers,
  });
  readonly #ended = new Counter({
    name: "kwf_threads_ended_total",
    help: "Threads that ended, by how",
    labelNames: ["status"],
    ...this.#registers,
  });
  readonly #moved = new Counter({
    name: "kwf_threads_moved_total",
    help: "Threads that moved to another bundle, by themselves or with kwf move",
    ...this.#registers,
  });
  readonly #paused = new Counter({
    name: "kwf_steps_failed_total",
    help: "Steps that could not be completed, by the code of the error",
    labelNames: ["code"],
    ...this.#registers,
  });
  readonly #outputs = new Counter({
    name: "kwf_outputs_total",
    help: "Records written to topics",
    labelNames: ["role"],
    ...this.#registers,
  });
  readonly #unhandled = new Counter({
    name: "kwf_unhandled_rejections_total",
    help: "Rejections that nobody had handled by the end of a step",
    ...this.#registers,
  });
  readonly #commits = new Counter({
    name: "kwf_transactions_total",
    help: "Committed transactions",
    labelNames: ["role"],
    ...this.#registers,
  });
  readonly #doubts = new Counter({
    name: "kwf_transactions_in_doubt_total",
    help: "Times a task had to begin again at its fence",
    labelNames: ["role"],
    ...this.#registers,
  });
  readonly #stepSeconds = new Histogram({
    name: "kwf_batch_steps_seconds",
    help: "Time a batch took to run its steps",
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    ...this.#registers,
  });
  readonly #commitSeconds = new Histogram({
    name: "kwf_batch_commit_seconds",
    help: "Time a batch took to be committed and applied",
    labelNames: ["role"],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    ...this.#registers,
  });
  readonly #timers = new Counter({
    name: "kwf_timers_total",
    help: "Timers and records of the scheduler by what became of them",
    labelNames: ["fate"],
    ...this.#registers,
  });
  readonly #inputs = new Counter({
    name: "kwf_input_records_total",
    help: "Records of input topics by what became of them",
    labelNames: ["topic", "fate"],
    ...this.#registers,
  });
  readonly #timersPending = new Gauge({
    name: "kwf_timers_pending",
    help: "Timers that wait for their time, by partition",
    labelNames: ["partition"],
    ...this.#registers,
  });
  readonly #timerLateness = new Histogram({
    name: "kwf_timer_lateness_seconds",
    help: "How long after its time a timer was committed",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3600],
    ...this.#registers,
  });

  constructor(tasks: () => Iterable<TaskReading>) {
    collectDefaultMetrics({ register: this.registry });
    new Gauge({
      name: "kwf_lag_records",
      help: "Records that wait, by topic and partition",
      labelNames: ["role", "topic", "partition"],
      ...this.#registers,
      collect() {
        this.reset();
        for (const { role, topic = role === "run" ? RESUME_TOPIC : SCHEDULER_TOPIC, partition, lag } of tasks())
          if (lag !== undefined) this.set({ role, topic, partition: String(partition) }, lag);
      },
    });
    new Gauge({
      name: "kwf_tasks",
      help: "Partitions of this runner, by phase",
      labelNames: ["role", "phase"],
      ...this.#registers,
      collect() {
        this.reset();
        for (const { role, phase } of tasks()) this.inc({ role, phase });
      },
    });
  }

  /** A record that belongs to another partition. */
  handedOn(): void {
    this.#records.inc({ fate: "handed-on" });
  }

  step({ movedTo, fate, status, error, failed, unhandled }: StepOutcome): void {
    this.#records.inc({ fate });
    if (status === "completed" || status === "failed" || status === "cancelled") this.#ended.inc({ status });
    if (movedTo !== undefined) this.#moved.inc();
    if (error !== undefined && failed === true) this.#paused.inc({ code: error.code });
    if (unhandled.length > 0) this.#unhandled.inc(unhandled.length);
  }

  steps({ stepMs }: { stepMs: number }): void {
    this.#stepSeconds.observe(stepMs / 1000);
  }

  committed(role: GroupRole, { outputs, commitMs }: { outputs: number; commitMs: number }): void {
    this.#commits.inc({ role });
    this.#outputs.inc({ role }, outputs);
    this.#commitSeconds.observe({ role }, commitMs / 1000);
  }

  inputs(topic: string, fates: readonly string[]): void {
    for (const fate of fates) this.#inputs.inc({ topic, fate });
  }

  timers({ fates, lateMs }: { fates: readonly string[]; lateMs: readonly number[] }): void {
    for (const fate of fates) this.#timers.inc({ fate });
    for (const late of lateMs) this.#timerLateness.observe(late / 1000);
  }

  /** Undefined: the partition is not here any more. */
  timersPending(partition: number, count: number | undefined): void {
    if (count === undefined) this.#timersPending.remove({ partition: String(partition) });
    else this.#timersPending.set({ partition: String(partition) }, count);
  }

  doubt(role: GroupRole): void {
    this.#doubts.inc({ role });
  }
}
