// A workflow that needs a lock: one job at a time on a printer.
import { topic } from "@kwf/patterns";
import * as W from "@kwf/workflow";
import { withLock } from "./with-lock.js";

export interface Job {
  lock: string;
  /** How long the work may take before the lock is taken away. */
  holdMS?: number;
}

const works = topic<{ lock: string; token: number }, string>("lock-manager-work");
const stops = topic<{ lock: string; token: number }>("lock-manager-stop");

export async function job({ lock, holdMS = 1000 }: Job) {
  return await withLock(lock, holdMS, async ({ token }) => {
    try {
      return await works.request({ lock, token });
    } catch (error) {
      if (error instanceof W.CancelToken) stops.send({ lock, token });
      throw error;
    }
  });
}
