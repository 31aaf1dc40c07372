// Tells the log and the metrics what a task does. What becomes of its records is told by the role's own observer.

import type { Logger } from "./logging.js";
import type { Metrics } from "./metrics.js";
import type { RoleName } from "./names.js";
import type { RestoreEvent } from "./task/restore.js";
import type { TaskObserver } from "./task/task.js";

export function observeTask(role: RoleName, log: Logger, metrics: Metrics): TaskObserver {
  return {
    restore: (event) => tellRestore(log, event),
    doubt: (error) => {
      metrics.doubt(role);
      log.warn({ error }, `begins again at the fence: ${error.message}`);
    },
    stopped: (error) => log.error({ error }, `stopped: ${error.message}`),
  };
}

function tellRestore(log: Logger, event: RestoreEvent): void {
  if (event.type === "stuck") {
    log.error({ error: event.problem }, event.problem.message);
    return;
  }
  const { type, ...numbers } = event;
  log.info(numbers, type === "begun" ? `restoring ${event.why}` : type === "progress" ? "restoring" : "restored");
}
