import { setTimeout as sleep } from "node:timers/promises";
import { mayPass } from "../errors.js";
import type { Troubles } from "../troubles.js";

export interface RetryOptions {
  /** Also the name of the trouble while it lasts. */
  readonly what: string;
  readonly troubles: Troubles;
  /** After this long the error of the last try is thrown. For ever, if absent. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** Whether asking again makes sense; errors that may pass, if absent. */
  readonly worth?: (error: unknown) => boolean;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
}

/** Tries until it works, until it is not worth it, until the time is up or the signal says stop. */
export async function retrying<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { what, troubles, signal, timeoutMs = Number.POSITIVE_INFINITY, worth = mayPass } = options;
  const { firstDelayMs = 20, maxDelayMs = 1_000 } = options;
  const deadline = performance.now() + timeoutMs;
  let delay = firstDelayMs;
  let trouble: object | undefined;
  try {
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await abortable(attempt(), signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (!worth(error) || performance.now() >= deadline) throw error;
        trouble = troubles.report(what, error as Error, trouble);
      }
      // Up to a quarter less, so that many that fail together do not come back together.
      await abortable(sleep(Math.max(1, delay * (1 - Math.random() / 4))), signal);
      delay = Math.min(delay * 2, maxDelayMs);
    }
  } finally {
    if (trouble) troubles.clear(trouble);
  }
}

/** Rejects with the signal's reason as soon as there is one; what was promised goes on, unheard. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
