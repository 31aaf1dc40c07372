import * as W from "@kwf/workflow";

const SCHEDULER = "workflow-scheduler";

/**
 * Waits that many milliseconds, or until that time; at least one millisecond, at once where the time is past. The
 * scheduler does the waiting, so it survives restarts and may be months. Cancelled, it takes its timer back.
 */
export async function sleep(until: number | Date): Promise<void> {
  const delay = delayOf(until);
  const timer = W.ref<void>("sleep");
  W.output(delay, SCHEDULER, timer.key);
  try {
    await timer;
  } catch (reason) {
    if (reason instanceof W.CancelToken) W.output("0", SCHEDULER, timer.key);
    throw reason;
  }
}

/** As the scheduler reads it: milliseconds, or `@` and the time. A delay of 0 would cancel the timer. */
function delayOf(until: number | Date): string {
  const ms = typeof until === "number" ? until : until.getTime();
  if (!Number.isFinite(ms))
    throw new RangeError(`sleep: ${String(until)} is neither a number of milliseconds nor a time`);
  return typeof until === "number" ? String(Math.max(1, Math.ceil(ms))) : `@${ms}`;
}
