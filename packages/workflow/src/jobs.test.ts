import { describe, expect, it } from "vitest";
import { CallbackJob, drain, enqueue, queuedJobs, restoreJobs, runJob, setReporter } from "./jobs.js";

describe("the job queue", () => {
  it("runs jobs in the order they came, those that jobs add last", () => {
    const log: number[] = [];
    const third = new CallbackJob(() => log.push(3));
    enqueue(
      new CallbackJob(() => {
        log.push(1);
        enqueue(third);
      }),
    );
    enqueue(new CallbackJob(() => log.push(2)));
    drain();
    expect(log).toEqual([1, 2, 3]);
    expect(runJob()).toBe(false);
  });

  it("goes on after a callback that throws, and reports what it threw", () => {
    const log: unknown[] = [];
    setReporter((error) => log.push(error));
    enqueue(
      new CallbackJob(() => {
        throw "lost";
      }),
    );
    enqueue(new CallbackJob(() => log.push("next")));
    drain();
    setReporter(() => {});
    expect(log).toEqual(["lost", "next"]);
  });

  it("can be taken away between two jobs and put back", () => {
    const log: number[] = [];
    for (const n of [1, 2, 3]) enqueue(new CallbackJob(() => log.push(n)));
    runJob();
    const rest = queuedJobs();
    restoreJobs(undefined);
    drain();
    expect(log).toEqual([1]);
    restoreJobs(rest);
    enqueue(new CallbackJob(() => log.push(4)));
    drain();
    expect(log).toEqual([1, 2, 3, 4]);
  });
});
