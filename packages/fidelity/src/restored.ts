// Owns the runs of a bundle whose state is bytes between any two answers, and where its steps take place.
// Neighbours: trace.ts says what is compared; second-process.ts is the other place.
import { type InputRecord, loadBundle, type StepResult, step } from "@kwf/engine";
import type { SecondProcess } from "./second-process.js";
import { answerFor, EndlessError, MOST_ROUNDS, type Trace } from "./trace.js";

/** One step: of a thread's bytes and a record, what the engine says. */
export type Stepper = (state: Uint8Array | null, record: InputRecord) => Promise<StepResult> | StepResult;

const optionsOf = (record: InputRecord) => ({ timeoutMs: 0, seed: record.offset });

/** Every step in a realm of its own. */
export function freshRealms(code: string): Stepper {
  const bundle = loadBundle(code);
  return (state, record) => step(bundle, state, record, { ...optionsOf(record), fresh: true });
}

/** All steps in one realm. */
export function oneRealm(code: string): Stepper {
  const bundle = loadBundle(code);
  return (state, record) => step(bundle, state, record, optionsOf(record));
}

/** Every second step in another process; both keep their realm, so what a step changed of it must have been undone. */
export async function twoProcesses(code: string, other: SecondProcess): Promise<Stepper> {
  const here = oneRealm(code);
  await other.load(code);
  let steps = 0;
  return (state, record) => (steps++ % 2 === 0 ? here(state, record) : other.step(state, record));
}

/** A thread of the bundle, from its start to its end. */
export class RestoredThread {
  readonly trace: Trace = { outputs: [] };
  readonly #stepper: Stepper;
  #state: Uint8Array | null = null;
  #next: string | undefined = "new:";
  #round = 0;

  constructor(stepper: Stepper) {
    this.#stepper = stepper;
  }

  get isOver(): boolean {
    return this.#next === undefined;
  }

  async step(): Promise<void> {
    if (this.#round === MOST_ROUNDS) throw new EndlessError();
    const record = { key: "t", value: this.#next ?? "", offset: String(this.#round++), partition: 0, timestamp: 0 };
    const { state, status, outputs, pending, error } = await this.#stepper(this.#state, record);
    if (error) throw new Error(error.message);
    for (const { topic, value } of outputs) {
      if (topic === "out") this.trace.outputs.push(JSON.parse(value as string));
      if (topic === "workflow-result" && value !== null) this.trace.result = JSON.parse(value);
      if (topic === "workflow-error") this.trace.error = JSON.parse(value as string) as string;
    }
    this.#state = state;
    const [ref] = pending;
    this.#next = status !== "running" || ref === undefined ? undefined : JSON.stringify({ ref, ...answerFor(ref) });
  }
}

export async function restored(stepper: Stepper): Promise<Trace> {
  const [trace] = await interleaved(stepper, 1);
  return trace as Trace;
}

/** Threads that take turns, step by step. */
export async function interleaved(stepper: Stepper, count: number): Promise<Trace[]> {
  const threads = Array.from({ length: count }, () => new RestoredThread(stepper));
  while (threads.some(({ isOver }) => !isOver)) for (const thread of threads) if (!thread.isOver) await thread.step();
  return threads.map(({ trace }) => trace);
}
