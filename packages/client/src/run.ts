// Owns a run as its starter holds it: what became of it, as a value or as an error.

import type { RunOutcome } from "kwf/client-kit";
import {
  AlreadyRunning,
  ResultTimeout,
  RunCancelled,
  RunFailed,
  RunRemoved,
  StartRefused,
  WaitEnded,
} from "./errors.js";
import type { Expected, Place } from "./outcomes.js";

export interface ResultOptions {
  /** After this long without an end it rejects with ResultTimeout; the run goes on. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export class Run<Result = unknown> {
  /** The thread's id. */
  readonly id: string;
  /** Where the start stands on `workflow-resume`. */
  readonly partition: number;
  readonly offset: number;
  readonly #expected: Expected | undefined;

  constructor(thread: string, { partition, offset }: Place, expected: Expected | undefined) {
    this.id = thread;
    this.partition = partition;
    this.offset = offset;
    this.#expected = expected;
  }

  /**
   * What the workflow returns, however long that takes. May be asked again.
   * @throws TypeError where it was started with `follow: false`; RunFailed, RunCancelled, AlreadyRunning, StartRefused, RunRemoved, ResultTimeout, WaitEnded; the signal's reason
   */
  async result({ timeoutMs, signal }: ResultOptions = {}): Promise<Result> {
    if (this.#expected === undefined)
      throw new TypeError(`${this.id} was started with follow: false: nobody waits for it`);
    signal?.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    let stop = () => {};
    const given = new Promise<never>((_, reject) => {
      if (timeoutMs !== undefined)
        timer = setTimeout(
          () => reject(new ResultTimeout(`no end of ${this.id} after ${timeoutMs} ms`, this.id)),
          timeoutMs,
        );
      stop = () => reject(signal?.reason);
      signal?.addEventListener("abort", stop, { once: true });
    });
    const ended = this.#expected.outcome.catch((cause: Error) => {
      throw new WaitEnded(`what becomes of ${this.id} is not known: ${cause.message}`, this.id, { cause });
    });
    try {
      return resultOf(this.id, await Promise.race([ended, given])) as Result;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }
}

function resultOf(thread: string, outcome: RunOutcome): unknown {
  switch (outcome.status) {
    case "completed":
      return outcome.value === null ? undefined : JSON.parse(outcome.value);
    case "failed":
      throw new RunFailed(thread, textOf(outcome.value), outcome.error);
    case "cancelled":
      throw new RunCancelled(thread, outcome.error.message ?? textOf(outcome.value));
    case "removed":
      throw new RunRemoved(`${thread} was removed`, thread);
    case "refused":
      if (outcome.reason === "duplicate-start") throw new AlreadyRunning(outcome.message, thread);
      throw new StartRefused(thread, outcome.reason, outcome.message);
  }
}

/** `workflow-error` has JSON of a text. */
const textOf = (value: string | null): string => (value === null ? "" : String(JSON.parse(value)));
