// Owns the realm's job queue (ECMA-262 9.5): one first-in first-out list, run synchronously until nothing is left.
// Jobs are data: the queue can be written between any two jobs, together with the promises they belong to.
// Neighbours: promise.ts makes reaction and thenable jobs; scope-slot.ts says under which scope a job starts.
//
// I1. A job that was put in earlier runs earlier.
// I2. `drain` ends only when the queue is empty; it is never entered from within a job.
// I3. No exception leaves a job of the runtime's own; what a callback throws goes to the reporter.
import { registerClass } from "./codec/registry.js";
import { currentScope, enterScope, type ScopeSlot } from "./scope-slot.js";

export abstract class Job {
  next: Job | undefined = undefined;
  abstract run(): void;
}

let head: Job | undefined;
let tail: Job | undefined;

export function enqueue(job: Job): void {
  if (tail === undefined) head = job;
  else tail.next = job;
  tail = job;
}

let count = 0;
/** Tells one job's time from another's. */
export const jobNumber = (): number => count;

/** Runs the oldest job; false when there was none. */
export function runJob(): boolean {
  const job = head;
  if (job === undefined) return false;
  head = job.next;
  if (head === undefined) tail = undefined;
  job.next = undefined;
  count++;
  enterScope(undefined);
  job.run();
  return true;
}

/** Runs jobs until none is left. */
export function drain(): void {
  while (runJob());
  enterScope(undefined);
}

/** The jobs that wait, as a linked list: what a snapshot of the whole program keeps. */
export const queuedJobs = (): Job | undefined => head;

/** Another one as soon as a job was queued. */
export const lastJob = (): Job | undefined => tail;

/** Takes over a saved queue; nothing of the present one is left. */
export function restoreJobs(jobs: Job | undefined): void {
  head = jobs;
  tail = jobs;
  while (tail?.next !== undefined) tail = tail.next;
}

let report: (error: unknown) => void = () => {};

/** Who is told about an error that no promise can carry (a callback of queueMicrotask threw). */
export const setReporter = (reporter: (error: unknown) => void): void => {
  report = reporter;
};

/** A plain callback: queueMicrotask. */
export class CallbackJob extends Job {
  callback: () => void;
  scope: ScopeSlot = currentScope();
  constructor(callback: () => void) {
    super();
    this.callback = callback;
  }
  run(): void {
    const { callback } = this;
    enterScope(this.scope);
    try {
      callback();
    } catch (error) {
      report(error);
    }
  }
}
registerClass("JC", CallbackJob, ["callback", "scope", "next"], () => new CallbackJob(() => {}));
