// Owns snapshots of a whole program between two jobs, the job queue included: how conformance tests stop a program in
// one realm and go on in another.
// Neighbour: realm-state.ts writes and reads; a bundle's steps only save when the queue is empty.
import { sweep } from "./cancellation.js";
import { registerClass } from "./codec/registry.js";
import { drain, type Job, queuedJobs, restoreJobs, runJob } from "./jobs.js";
import type { RealmState } from "./realm-state.js";
import { currentThread, enterThread, Thread } from "./thread.js";

class Snapshot {
  thread: Thread | undefined = undefined;
  jobs: Job | undefined = undefined;
  extra: unknown = undefined;
}
registerClass("JS", Snapshot, ["thread", "jobs", "extra"]);

export interface Snapshots {
  /** The program has been loaded. `whole`: everything a program can change is part of its text, built-ins included. */
  freeze(options?: { whole?: boolean }): void;
  /** The program as text. `extra` is anything that the caller wants back. */
  save(extra?: unknown): string;
  /** Takes over a program that was saved; gives `extra`. */
  restore(text: string): unknown;
  /** Whether there is a job to run. */
  hasJob(): boolean;
  /** Runs one job; false when there was none. */
  runJob(): boolean;
  drain(): void;
}

export function programSnapshots(state: RealmState): Snapshots {
  return {
    freeze: (options) => state.freeze(options),
    save(extra) {
      const snapshot = new Snapshot();
      snapshot.thread = currentThread();
      snapshot.jobs = queuedJobs();
      snapshot.extra = extra;
      return state.write(snapshot, "snapshot");
    },
    restore(text) {
      const { thread, jobs, extra } = state.read(text) as unknown as Snapshot;
      enterThread(thread ?? new Thread());
      restoreJobs(jobs);
      return extra;
    },
    hasJob: () => queuedJobs() !== undefined || (sweep() && queuedJobs() !== undefined),
    runJob: () => runJob() || (sweep() && runJob()),
    drain() {
      do drain();
      while (sweep());
    },
  };
}
