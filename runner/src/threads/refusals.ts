// What a task learns when the log, or the thread that runs steps, will not take a batch: how many records to try next, and which record
// gets which verdict. It owns no I/O; the task asks it before every batch and tells it what happened.
//
// I1 Every refusal that is understood makes the next attempt smaller or its verdicts more: attempts end.
// I2 What is not understood is not learned, and the task treats it as doubt.

import { DEAD_LETTER_TOPIC, type OutputRecord } from "@kwf/engine";
import { NotAuthorized, RecordRefused, RecordTooLarge, TopicMissing } from "../log/errors.js";
import type { NewRecord } from "../log/log.js";
import type { Names } from "../names.js";
import { StepsDied } from "../steps/steps.js";
import { HELD_PREFIX } from "./held-records.js";
import type { Arrived, TransactionRecords } from "./transaction-records.js";
import type { Verdict } from "./verdict.js";

export interface Attempt {
  readonly arrived: readonly Arrived[];
  /** By index in `arrived`; undefined while steps run. */
  readonly outputs?: readonly (readonly OutputRecord[])[];
  readonly transaction?: TransactionRecords;
}

export class Refusals {
  readonly #names: Names;
  readonly #max: number;
  readonly #verdicts = new Map<number, Verdict>();
  readonly #references = new Set<number>();
  readonly #deaths = new Map<number, number>();
  /** Below this offset one record at a time. */
  #carefulUntil = -1;
  #limit: number;

  constructor(names: Names, maxRecords: number) {
    this.#names = names;
    this.#max = maxRecords;
    this.#limit = maxRecords;
  }

  get references(): ReadonlySet<number> {
    return this.#references;
  }

  limitAt(offset: number): number {
    return offset < this.#carefulUntil ? 1 : this.#limit;
  }

  verdictOf(offset: number): Verdict | undefined {
    return this.#verdicts.get(offset);
  }

  deathsAt(offset: number): number {
    return this.#deaths.get(offset) ?? 0;
  }

  /** The process ended while these records ran. */
  unclean(mark: { offset: number; count: number; deaths: number }): void {
    this.#carefulUntil = mark.offset + mark.count;
    if (mark.count === 1)
      this.#died(mark.offset, mark.deaths + 1, "the process of the runner ended while this step ran");
  }

  /** What lies below is done. */
  passed(offset: number): void {
    this.#limit = Math.min(this.#max, this.#limit * 2);
    for (const kept of [this.#verdicts, this.#deaths]) for (const at of kept.keys()) if (at < offset) kept.delete(at);
    for (const at of this.#references) if (at < offset) this.#references.delete(at);
  }

  /** True: the same records can be tried again. */
  learn(error: unknown, attempt: Attempt): boolean {
    if (error instanceof StepsDied) return this.#learnDeath(error, attempt);
    if (error instanceof RecordTooLarge) return this.#learnSize(error, attempt);
    if (error instanceof TopicMissing) return this.#learnTopic("KWF_TOPIC_MISSING", error.topic, error, attempt);
    if (error instanceof NotAuthorized && error.resource.kind === "topic") {
      return this.#learnTopic("KWF_NOT_AUTHORIZED", error.resource.name, error, attempt);
    }
    if (error instanceof RecordRefused) return this.#learnRefusal(error, attempt);
    return false;
  }

  #learnDeath({ index, message }: StepsDied, { arrived }: Attempt): boolean {
    const offset = index === undefined ? undefined : arrived[index]?.record.offset;
    if (offset === undefined) return false;
    this.#limit = Math.max(1, index!);
    this.#died(offset, this.deathsAt(offset) + 1, message);
    return true;
  }

  #died(offset: number, times: number, message: string): void {
    this.#deaths.set(offset, times);
    if (times >= 2) this.#verdicts.set(offset, { code: "KWF_STEP_DIED", message: `${message}, twice` });
  }

  #learnSize(error: RecordTooLarge, { arrived, transaction }: Attempt): boolean {
    const owner = transaction?.owners[error.index] ?? -1;
    const made = transaction?.records[error.index];
    if (owner < 0 || made === undefined) return false;
    const { offset } = arrived[owner]!.record;
    const letter = made.topic === this.#names.topic(DEAD_LETTER_TOPIC);
    if (letter || isHeldCopy(made)) {
      if (this.#references.has(offset))
        return letter ? false : this.#escalate(offset, "KWF_RECORD_TOO_LARGE", error.message);
      this.#references.add(offset);
      return true;
    }
    return this.#escalate(offset, "KWF_RECORD_TOO_LARGE", error.message);
  }

  #learnTopic(code: string, topic: string, error: Error, { arrived, outputs = [] }: Attempt): boolean {
    const names = this.#names;
    if (names.own.has(topic)) return false;
    let some = false;
    for (const [index, own] of outputs.entries()) {
      if (!own.some((output) => names.topic(output.topic) === topic)) continue;
      some = this.#escalate(arrived[index]!.record.offset, code, error.message, topic) || some;
    }
    return some;
  }

  #learnRefusal({ message }: RecordRefused, { arrived }: Attempt): boolean {
    if (arrived.length > 1) {
      this.#limit = Math.floor(arrived.length / 2);
      return true;
    }
    return this.#escalate(arrived[0]!.record.offset, "KWF_RECORD_REFUSED", message);
  }

  #escalate(offset: number, code: string, message: string, topic?: string): boolean {
    const known = this.#verdicts.get(offset);
    if (known?.withoutCopy === true) return false;
    const first = topic === undefined ? { code, message } : { code, message, topic };
    this.#verdicts.set(offset, known === undefined ? first : { ...known, withoutCopy: true });
    return true;
  }
}

const isHeldCopy = ({ key }: NewRecord): boolean => typeof key === "string" && key.startsWith(HELD_PREFIX);
