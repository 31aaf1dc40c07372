// The life of a producer and its transaction, as a table: what may follow what. Whatever is not in it is a mistake of the
// caller and changes nothing.

import { ProducerEnded } from "./errors.js";

/**
 * `idle`: fenced, no transaction. `open`: begun, nothing was asked of the log. `sent`: the log was asked for something.
 * `committing`: it was asked to commit. `ended`: for good.
 */
export type State = "idle" | "open" | "sent" | "committing" | "ended";

export type Step = "begin" | "send" | "drop" | "commit" | "committed" | "end";

const table: Readonly<Record<State, Partial<Readonly<Record<Step, State>>>>> = {
  idle: { begin: "open", end: "ended" },
  // `committed` without a request: a transaction without records. `drop`: refused before the first request.
  open: { send: "sent", drop: "idle", committed: "idle", end: "ended" },
  sent: { send: "sent", commit: "committing", end: "ended" },
  committing: { committed: "idle", end: "ended" },
  ended: { end: "ended" },
};

export class TransactionState {
  #state: State = "idle";
  #cause: Error | undefined;

  constructor(readonly transactionalId: string) {}

  get state(): State {
    return this.#state;
  }

  /** What ended the producer. */
  get cause(): Error | undefined {
    return this.#cause;
  }

  step(step: Exclude<Step, "end">): void {
    const next = table[this.#state][step];
    if (next === undefined) {
      if (this.#state === "ended") {
        const why = this.#cause?.message ?? "it was closed";
        throw new ProducerEnded(`the producer ${this.transactionalId} has ended: ${why}`, { cause: this.#cause });
      }
      throw new Error(`cannot ${step} a transaction of ${this.transactionalId} that is ${this.#state}`);
    }
    this.#state = next;
  }

  /** The first cause stays. */
  end(cause: Error): void {
    if (this.#state !== "ended") this.#cause = cause;
    this.#state = "ended";
  }
}
