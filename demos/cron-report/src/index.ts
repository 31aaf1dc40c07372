import { channel, sleep, topic } from "@kwf/patterns";
import * as W from "@kwf/workflow";

export const manifest: W.Manifest = { name: "cron-report" };

interface Report {
  report: number;
  due: string;
  /** How many times were missed before it. */
  missed: number;
}

const requests = topic<Report, void>("cron-report-request");
const failures = topic<Report & { error: string }>("cron-report-failed");

interface Schedule {
  everyMS?: number;
  /** How many reports; for ever if nothing is said. */
  runs?: number;
  /** How long one report may take. */
  timeoutMS?: number;
}

/**
 * A report every hour, counted from the start. One at a time, and none is made up for:
 *
 * - Overlap: a report that takes too long is not disturbed. The times that pass meanwhile are missed, and the next report
 *   is made at the next time.
 * - Absence: when nobody was there to start a report, the latest that is due is made at once. Those before it are missed.
 */
export default async function main({ everyMS = 3_600_000, runs, timeoutMS = 3 * everyMS }: Schedule = {}) {
  const stop = channel("stop");
  const done = { reports: 0, failed: 0, missed: 0 };
  let due = Date.now();

  while (runs === undefined || done.reports < runs) {
    due += everyMS;
    let missed = skip(Math.ceil((Date.now() - due) / everyMS)); // Overlap
    const stopped = await Promise.race([stop.receive().then(() => true), sleep(new Date(due))]);
    if (stopped) break;
    missed += skip(Math.floor((Date.now() - due) / everyMS)); // Absence
    done.reports++;
    done.missed += missed;

    const report: Report = { report: done.reports, due: new Date(due).toISOString(), missed };
    try {
      await requests.request(report, { timeoutMs: timeoutMS });
    } catch (error) {
      if (error instanceof W.CancelToken) throw error;
      done.failed++;
      failures.send({ ...report, error: String(error) });
    }
  }
  return done;

  /** Goes over that many times, and says how many. */
  function skip(times: number): number {
    const passed = Math.max(0, times);
    due += passed * everyMS;
    return passed;
  }
}
