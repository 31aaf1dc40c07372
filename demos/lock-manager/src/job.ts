// A workflow that needs a lock: one job at a time on a printer.
import * as W from "@kwf/workflow";
import { withLock } from "./with-lock.js";

export interface Job {
  lock: string;
  /** How long the work may take before the lock is taken away. */
  holdMS?: number;
}

export async function job({ lock, holdMS = 1000 }: Job) {
  return await withLock(lock, holdMS, async ({ token }) => {
    const done = W.ref<string>("work");
    W.outputJSON({ lock, token, ref: done.id }, "lock-manager-work");
    try {
      return await done;
    } catch (error) {
      if (error instanceof W.CancelToken) W.outputJSON({ lock, token, ref: done.id }, "lock-manager-stop");
      throw error;
    }
  });
}
