// Tells the log and the metrics what becomes of records. A workflow's own console lines come only after the commit of their step.

import type { LogRecord } from "../log/log.js";
import type { Logger } from "../runner/logging.js";
import type { Metrics } from "../runner/metrics.js";
import type { StepOutcome } from "../steps/step-batch.js";
import type { ThreadObserver } from "./thread-role.js";

const LEVELS: Readonly<Record<string, "debug" | "info" | "warn" | "error">> = {
  debug: "debug",
  trace: "debug",
  warn: "warn",
  error: "error",
  assert: "error",
};

/** Of a line that workflow code has printed. */
export const levelOf = (level: string): "debug" | "info" | "warn" | "error" => LEVELS[level] ?? "info";

/** Who is told of the steps says of them what the log says otherwise. */
export function observeThreads(
  partition: number,
  log: Logger,
  metrics: Metrics,
  onStep?: ThreadObserver["step"],
): ThreadObserver {
  return {
    step: (record, key, outcome) => {
      metrics.step(outcome);
      if (onStep === undefined) tellStep(log, partition, record, key, outcome);
      else onStep(record, key, outcome);
    },
    handedOn: ({ offset }, home) => {
      metrics.handedOn();
      log.debug({ step: offset, home }, "handed on: its producer does not use Kafka's default partitioner (murmur2)");
    },
    committed: (batch) => {
      metrics.steps(batch);
      metrics.committed("run", batch);
      log.debug(batch, "committed");
    },
    refused: (error, records) => log.warn({ error, records }, `a batch was refused: ${error.message}`),
  };
}

function tellStep(
  log: Logger,
  partition: number,
  record: LogRecord,
  thread: string | null,
  outcome: StepOutcome,
): void {
  const { fate, status, error, failed, movedTo, console: lines, unhandled, outputs } = outcome;
  const run = outputs[0]?.headers?.["kwf-run"] ?? (fate === "started" ? `${partition}:${record.offset}` : undefined);
  const step = { thread, ...(run === undefined ? {} : { run }), step: record.offset };
  for (const { level, text, ...place } of lines) log[levelOf(level)]({ ...step, ...place, workflow: true }, text);
  for (const reason of unhandled) {
    log.warn(step, `unhandled rejection: ${typeof reason === "string" ? reason : JSON.stringify(reason)}`);
  }
  if (movedTo !== undefined) log.info({ ...step, bundle: movedTo }, "thread moved to another bundle");
  if (failed === true && error !== undefined)
    log.error({ ...step, code: error.code }, `thread paused: ${error.message}`);
  else if (fate === "dead-lettered") log.warn(step, "dead letter");
  else log.debug({ ...step, fate, status }, "step");
}
