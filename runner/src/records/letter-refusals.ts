// What is learned when the log, or the thread that runs workflow code, will not take a turn of records that belong to no thread (timers,
// records of input topics): how many to try next, and which of them becomes a dead letter. The same rules as for steps
// (threads/refusals.ts), without a thread that could wait.
//
// I1 Every refusal that is understood makes the next turn smaller or its dead letters more: attempts end.
// I2 What is not understood is not learned, and the task treats it as doubt. So is a topic that is missing: without it nothing can go on.

import { RecordRefused, RecordTooLarge } from "../log/errors.js";
import { StepsDied } from "../steps/steps.js";

export interface Refusal {
  readonly reason: string;
  readonly message: string;
  /** The dead letter does not fit either. */
  readonly asReference: boolean;
}

/** A record by its offset; of timers one that is due by its key. */
export type Subject = number | string;

export interface LetterAttempt {
  readonly subjects: readonly Subject[];
  /** For each record of the transaction, the index of its subject. */
  owners: readonly number[];
}

export class LetterRefusals {
  readonly #max: number;
  readonly #refused = new Map<Subject, Refusal>();
  readonly #deaths = new Set<Subject>();
  #limit: number;

  constructor(max: number) {
    this.#max = max;
    this.#limit = max;
  }

  get limit(): number {
    return this.#limit;
  }

  of(subject: Subject): Refusal | undefined {
    return this.#refused.get(subject);
  }

  passed(subjects: readonly Subject[]): void {
    this.#limit = Math.min(this.#max, this.#limit * 2);
    for (const subject of subjects) {
      this.#refused.delete(subject);
      this.#deaths.delete(subject);
    }
  }

  /** True: the next attempt will be another one. */
  learn(error: unknown, { subjects, owners }: LetterAttempt): boolean {
    if (error instanceof StepsDied) return this.#learnDeath(error, subjects);
    if (error instanceof RecordTooLarge) {
      const owner = subjects[owners[error.index] ?? -1];
      return owner !== undefined && this.#escalate(owner, "KWF_RECORD_TOO_LARGE", error.message);
    }
    if (!(error instanceof RecordRefused)) return false;
    if (subjects.length > 1) {
      this.#limit = Math.floor(subjects.length / 2);
      return true;
    }
    return subjects[0] !== undefined && this.#escalate(subjects[0], "KWF_RECORD_REFUSED", error.message);
  }

  /** What comes before it first, then it alone; the second time it is the reason. */
  #learnDeath({ index, message }: StepsDied, subjects: readonly Subject[]): boolean {
    const subject = index === undefined ? undefined : subjects[index];
    if (subject === undefined) return false;
    this.#limit = Math.max(1, index!);
    if (this.#deaths.has(subject)) return this.#escalate(subject, "KWF_STEP_DIED", `${message}, twice`);
    this.#deaths.add(subject);
    return true;
  }

  #escalate(subject: Subject, reason: string, message: string): boolean {
    const known = this.#refused.get(subject);
    if (known?.asReference === true) return false;
    this.#refused.set(
      subject,
      known === undefined ? { reason, message, asReference: false } : { ...known, asReference: true },
    );
    return true;
  }
}
