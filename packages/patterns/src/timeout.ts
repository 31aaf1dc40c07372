import { sleep } from "./sleep.js";

/** What took longer than it may. */
export class TimeoutError extends Error {
  override name = "TimeoutError";
}

/**
 * The value of `work`, or a TimeoutError where it is not there after that many milliseconds, or at that time. Whichever
 * comes first cancels the other: the work sees a CancelToken at its await, the timer is taken back. `what` is what the
 * error says was missed.
 */
export function timeout<T>(until: number | Date, work: T | PromiseLike<T>, what?: string): Promise<Awaited<T>> {
  return Promise.race([work, expire(until, what)]);
}

async function expire(until: number | Date, what?: string): Promise<never> {
  await sleep(until);
  const missed = `no ${what ?? "result"}`;
  throw new TimeoutError(
    typeof until === "number" ? `${missed} after ${until} ms` : `${missed} by ${until.toISOString()}`,
  );
}
