import {
  type Bundle,
  bundleOf,
  type ConsoleLine,
  decodeState,
  EngineError,
  type HeldRecord,
  type InputRecord,
  loadBundle,
  type OutputRecord,
  RESUME_TOPIC,
  receive,
  route,
  type StepOptions,
  type StepResult,
} from "@kwf/engine";
import { LineError } from "./input-line.js";
import type { StateDirectory } from "./state-directory.js";
import { inNewProcess, inProcess } from "./step-runner.js";

export interface SimulationOptions {
  /** Restore each step in a new realm. */
  fresh: boolean;
  /** Restore each step in a new process. */
  isolate: boolean;
  report: boolean;
  /** Keeps state between calls; without it, state lives in memory. */
  directory: StateDirectory | undefined;
  stepTimeoutMs: number;
  /** Threads of other bundles move to this one, where nothing that they refer to has changed. */
  moves: boolean;
  /** JSON text for `W.config`. */
  config: string | undefined;
  print(line: string): void;
  log(line: string): void;
}

/** Bundles, threads and one input partition, without broker or disk. */
export class Simulation {
  readonly #states = new Map<string, Uint8Array>();
  readonly #held = new Map<string, readonly HeldRecord[]>();
  readonly #ended = new Map<string, string>();
  readonly #bundles = new Map<string, Bundle>();

  constructor(
    readonly bundle: Bundle,
    readonly options: SimulationOptions,
  ) {
    this.#bundles.set(bundle.hash, bundle);
  }

  /** Looks at a record of an input topic, and prints what it would have become; the step of that is not run. */
  input(topic: string, record: InputRecord): void {
    const { fresh, isolate, stepTimeoutMs, config, report, print, log } = this.options;
    const topics = this.bundle.manifest.inputTopics ?? [];
    if (!topics.includes(topic)) {
      const known = [RESUME_TOPIC, ...topics].join(", ");
      throw new LineError(`"${topic}" is no input topic of this bundle; it reads ${known}`);
    }
    const options = { timeoutMs: stepTimeoutMs, fresh: fresh || isolate, ...(config !== undefined && { config }) };
    const { fate, output, refusal, console: lines } = route(this.bundle, topic, record, options);
    for (const line of lines) log(`${topic} ${place(line)}${line.level}: ${line.text}`);
    if (refusal !== undefined) log(`${topic} dead letter: ${refusal.stack ?? refusal.message} [${refusal.reason}]`);
    if (output !== undefined) print(lineOf(output));
    if (report) print(JSON.stringify({ report: { topic, key: record.key, fate } }));
  }

  /** Runs a record as a step, and what it lets go on, and prints what that would have produced. */
  async run(record: InputRecord): Promise<void> {
    const { options } = this;
    const thread = record.key ?? "";
    const runStep = options.isolate ? inNewProcess : inProcess;
    const before = this.#load(thread);
    const waited = this.#waiting(thread);
    const steps = receive(before, waited, record);
    let bundle = this.bundle;
    let next = steps.next();
    while (next.done !== true) {
      const { state, record: input, behind } = next.value;
      bundle = this.#bundleFor(state);
      const stepOptions: StepOptions = { timeoutMs: options.stepTimeoutMs, fresh: options.fresh, behind };
      if (options.config !== undefined) stepOptions.config = options.config;
      stepOptions.bundles = (hash) => this.#known(hash);
      if (options.moves) stepOptions.moveTo = this.bundle;
      next = steps.next(await runStep(bundle, state, input, stepOptions));
      if (next.done !== true) continue;
      const { movedTo } = next.value.result;
      if (movedTo !== undefined) bundle = this.#known(movedTo) ?? bundle;
    }
    const { result, held } = next.value;
    if (result.state !== before) this.#save(thread, bundle, result.state);
    if (held.length + waited.length > 0) this.#keepWaiting(thread, held);
    if (result.status !== undefined) this.#ended.set(thread, result.status);
    this.#log(thread, result);
    this.#print(record, result);
  }

  #waiting(thread: string): readonly HeldRecord[] {
    return this.options.directory?.held(thread) ?? this.#held.get(thread) ?? [];
  }

  #keepWaiting(thread: string, held: readonly HeldRecord[]): void {
    const { directory } = this.options;
    if (directory !== undefined) directory.setHeld(thread, held);
    else this.#held.set(thread, held);
  }

  #load(thread: string): Uint8Array | null {
    return this.options.directory?.get(thread) ?? this.#states.get(thread) ?? null;
  }

  #save(thread: string, bundle: Bundle, state: Uint8Array | null): void {
    const { directory } = this.options;
    if (directory !== undefined) {
      if (state !== null) directory.keepBundle(bundle.hash, bundle.source);
      directory.set(thread, state);
    } else if (state === null) this.#states.delete(thread);
    else this.#states.set(thread, state);
  }

  /** A thread goes on with the bundle it was suspended by, as long as that is at hand. */
  #bundleFor(state: Uint8Array | null): Bundle {
    let hash: string | undefined;
    try {
      hash = state === null ? undefined : bundleOf(decodeState(state));
    } catch (error) {
      // The step says what is wrong with the bytes.
      if (!(error instanceof EngineError)) throw error;
    }
    return (hash === undefined ? undefined : this.#known(hash)) ?? this.bundle;
  }

  /** Undefined: it is not at hand. */
  #known(hash: string): Bundle | undefined {
    const known = this.#bundles.get(hash);
    if (known !== undefined) return known;
    const source = this.options.directory?.bundle(hash);
    if (source === undefined) return undefined;
    const bundle = loadBundle(source, { log: (level, text) => this.options.log(`${level}: ${text}`) });
    this.#bundles.set(hash, bundle);
    return bundle;
  }

  #print({ key }: InputRecord, { outputs, status, error, pending, state, micros }: StepResult): void {
    const { print, report } = this.options;
    for (const output of outputs) print(lineOf(output));
    if (!report) return;
    const microseconds = { load: Math.round(micros.load), run: Math.round(micros.run), save: Math.round(micros.save) };
    print(
      JSON.stringify({
        report: {
          key,
          status: status ?? this.#ended.get(key ?? "") ?? null,
          ...(error === undefined ? {} : { error }),
          pending,
          stateBytes: state?.length ?? 0,
          microseconds,
        },
      }),
    );
  }

  #log(thread: string, { console: lines, unhandled, error }: StepResult): void {
    const { log } = this.options;
    for (const line of lines) log(`${thread} ${place(line)}${line.level}: ${line.text}`);
    for (const reason of unhandled)
      log(`${thread} unhandled rejection: ${typeof reason === "string" ? reason : JSON.stringify(reason)}`);
    if (error !== undefined) log(`${thread} paused: ${error.message} [${error.code}]`);
  }
}

function lineOf({ topic, key, value, headers }: OutputRecord): string {
  const some = headers !== undefined && Object.keys(headers).length > 0;
  return JSON.stringify({ topic, key, value, ...(some ? { headers } : {}) });
}

function place({ function: name, file, line }: ConsoleLine): string {
  const where = file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}`} `;
  return name === undefined || name === "" ? where : `${name} ${where}`;
}
