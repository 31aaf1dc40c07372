// Tells the log and the metrics what a task does. What becomes of its records is told by the role's own observer.

import type { GroupRole } from "../names.js";
import type { RestoreEvent } from "../task/restore.js";
import type { TaskObserver } from "../task/task.js";
import type { Logger } from "./logging.js";
import type { Metrics } from "./metrics.js";

/** The same trouble is a warning again after this long, not at every try. */
const AGAIN_MS = 60_000;

export function observeTask(role: GroupRole, log: Logger, metrics: Metrics): TaskObserver {
  let warned: { readonly message: string; readonly at: number } | undefined;
  return {
    restore: (event) => tellRestore(log, event),
    doubt: (error) => {
      metrics.doubt(role);
      const { message } = error;
      const now = performance.now();
      const fresh = warned?.message !== message || now - warned.at > AGAIN_MS;
      if (fresh) warned = { message, at: now };
      log[fresh ? "warn" : "debug"]({ error }, `begins again at the fence: ${message}`);
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
