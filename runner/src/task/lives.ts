// How a task lives: from a fence to the next doubt, and again, until it is closed or cannot go on. It owns when a life begins, the gate
// before its turns, the wait after a doubt, and what is told of it; what is done in a life is the task's.
//
// I1 While the gate is shut no turn begins; one that has begun is finished.
// I2 What waiting cannot help (a Problem, a position outside the log) stops the task for good, and is told; anything else is a doubt, after
//    which it begins again at its fence.

import { setTimeout as sleep } from "node:timers/promises";
import { OffsetOutOfRange } from "../log/errors.js";
import { Gate } from "../log/gate.js";
import { Problem } from "../problem.js";

export type Phase = "waiting" | "fencing" | "restoring" | "running" | "stopped" | "closed";

export interface LivesOptions {
  /** One life: it ends by throwing, or when `signal` is aborted. */
  readonly live: () => Promise<void>;
  /** Asks the group whether the partition is still ours. */
  readonly confirm: () => Promise<boolean>;
  /** What is said of a position outside the log. */
  readonly lost: (error: OffsetOutOfRange) => Problem;
  readonly observer: LivesObserver;
}

export interface LivesObserver {
  doubt(error: Error): void;
  stopped(error: Error): void;
}

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 5_000;
const CONFIRM_AGAIN_MS = 200;

/** The partition may belong to somebody else now. */
class NotConfirmed extends Error {}

export class Lives {
  phase: Phase = "waiting";
  /** What keeps it from running; undefined when all is well. */
  trouble: Error | undefined;
  readonly #options: LivesOptions;
  readonly #gate = new Gate();
  readonly #closing = new AbortController();
  #turn: Promise<unknown> | undefined;
  #backoffMs = FIRST_BACKOFF_MS;
  #running: Promise<void> | undefined;

  constructor(options: LivesOptions) {
    this.#options = options;
  }

  /** Aborted when the task is closed. */
  get signal(): AbortSignal {
    return this.#closing.signal;
  }

  get inTurn(): boolean {
    return this.#turn !== undefined;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** No turn begins from now on; resolves when the last one has ended. */
  async suspend(): Promise<void> {
    this.#gate.shut();
    await this.#turn?.catch(() => {});
  }

  proceed(): void {
    this.#gate.open();
  }

  /** Finishes the turn, unless it is to be `cut`. */
  async close(cut?: () => Promise<void> | undefined): Promise<void> {
    this.#gate.shut();
    if (cut === undefined) await this.#turn?.catch(() => {});
    this.#closing.abort();
    this.#gate.open();
    await cut?.();
    await this.#running;
    if (this.phase !== "stopped") this.phase = "closed";
  }

  /** Once the gate lets it pass. Ends the life where the group does not confirm that the partition is ours. */
  async confirmed(): Promise<void> {
    await this.#gate.pass();
    if (!(await this.#options.confirm())) throw new NotConfirmed();
  }

  /** A turn, once the gate lets it pass. */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    await this.#gate.pass();
    this.signal.throwIfAborted();
    const turn = work();
    this.#turn = turn;
    return turn.finally(() => {
      this.#turn = undefined;
    });
  }

  /** A turn is committed: the next doubt is a first one again. */
  healthy(): void {
    this.#backoffMs = FIRST_BACKOFF_MS;
  }

  async #run(): Promise<void> {
    const { live, lost, observer } = this.#options;
    const { signal } = this;
    while (!signal.aborted) {
      try {
        await live();
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof Problem || error instanceof OffsetOutOfRange) {
          this.phase = "stopped";
          this.trouble = error instanceof OffsetOutOfRange ? lost(error) : error;
          observer.stopped(this.trouble);
          return;
        }
        this.phase = "waiting";
        if (error instanceof NotConfirmed) {
          await sleep(CONFIRM_AGAIN_MS, undefined, { signal }).catch(() => {});
          continue;
        }
        this.trouble = error as Error;
        observer.doubt(error as Error);
        await sleep(this.#backoffMs, undefined, { signal }).catch(() => {});
        this.#backoffMs = Math.min(this.#backoffMs * 2, LONGEST_BACKOFF_MS);
      }
    }
  }
}
