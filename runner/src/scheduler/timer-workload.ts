// What the tasks of the role `scheduler` share in a process.

import type { Clock } from "../clock.js";
import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import type { Logger } from "../runner/logging.js";
import type { Metrics } from "../runner/metrics.js";
import type { Workload } from "../runner/workload.js";
import type { TopicTable } from "../topics/topic-table.js";
import { type TimerObserver, TimerRole } from "./timer-role.js";

export interface TimerSettings {
  /** Of one transaction. */
  readonly maxRecords: number;
}

export interface TimerWorkloadOptions extends TimerSettings {
  readonly log: Log;
  readonly names: Names;
  readonly topics: TopicTable;
  /** The system's, if absent. */
  readonly clock?: Clock | undefined;
  readonly metrics: Metrics;
}

export class TimerWorkload implements Workload {
  readonly role = "scheduler";
  readonly #options: TimerWorkloadOptions;

  constructor(options: TimerWorkloadOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {}

  work(partition: number, logger: Logger): TimerRole {
    const { metrics, ...options } = this.#options;
    return new TimerRole({ ...options, partition, observer: observe(partition, logger, metrics) });
  }

  async tend(): Promise<void> {}

  async close(): Promise<void> {}
}

function observe(partition: number, log: Logger, metrics: Metrics): TimerObserver {
  return {
    pending: (count) => metrics.timersPending(partition, count),
    committed: (turn) => {
      metrics.timers(turn);
      metrics.committed("scheduler", turn);
      const { fates, outputs, commitMs } = turn;
      log.debug({ timers: fates.length, outputs, commitMs }, "committed");
      const dead = fates.filter((fate) => fate === "dead-lettered").length;
      if (dead > 0) log.warn({ records: dead }, "dead letters");
    },
    refused: (error) => log.warn({ error }, `a batch was refused: ${error.message}`),
    closed: () => metrics.timersPending(partition, undefined),
  };
}
