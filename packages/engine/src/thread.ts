// Owns the life of a thread: which record may start, resume, pause or end it, and what is written when it does. The runtime in the
// bundle owns what a live thread does with an event.
//
// I1  A step that cannot be completed has no effect but the pause: continuation and outputs are those from before it.
// I2  A paused thread holds everything but ctl: records, in order, and runs them in that order when it goes on.
// I3  A record that changes nothing leaves the bytes of the state as they were.

import { randomUUID } from "node:crypto";
import type { Bundle } from "./bundle.js";
import { type Command, type ControlOp, parseCommand } from "./command.js";
import { pendingRefs } from "./continuation.js";
import { EngineError, type ErrorReport, ForeignBundleError, StateFormatError } from "./errors.js";
import {
  deadLetter,
  errorRecord,
  resultRecord,
  type StatusChange,
  statusRecord,
  statusTombstone,
  stepHeaders,
} from "./outcome-records.js";
import type { InputRecord, OutputRecord } from "./record.js";
import type { StepOptions, StepResult } from "./step.js";
import { type ConsoleLine, consoleLine, type EventResult, type Fate, type ThreadStatus } from "./step-result.js";
import { bundleOf, encodeState, hold, type Pause, type ThreadState } from "./thread-state.js";

const BUGS = new Set(["TypeError", "ReferenceError", "RangeError"]);

export class Thread {
  readonly outputs: OutputRecord[] = [];
  fate: Fate = "delivered";
  #state: ThreadState | null;
  #status: ThreadStatus | undefined;
  #changed = false;
  #pending: string[] | undefined;
  readonly #console: ConsoleLine[] = [];
  readonly #unhandled: unknown[] = [];
  readonly #micros = { load: 0, run: 0, save: 0 };

  constructor(
    readonly bundle: Bundle,
    readonly id: string,
    state: ThreadState | null,
    readonly options: StepOptions,
  ) {
    this.#state = state;
    if (state !== null) this.#status = state.paused === undefined ? "running" : "paused";
  }

  get run(): string | undefined {
    return this.#state?.run;
  }

  receive(command: Exclude<Command, { type: "unreadable" }>, record: InputRecord): void {
    if (command.type === "control") this.#obey(command.op, command.reason, record);
    else if (this.#state?.paused !== undefined) {
      this.#state.paused.held.push(hold(record));
      this.#changed = true;
      this.fate = "held";
    } else this.#deliver(command, record);
  }

  result(before: Uint8Array | null): StepResult {
    const state = this.#changed ? (this.#state === null ? null : encodeState(this.#state)) : before;
    const error = this.#state?.paused?.error;
    return {
      state,
      status: this.#status,
      outputs: this.outputs,
      fate: this.fate,
      pending: this.#pending ?? this.#pendingOf(this.#state),
      ...(error === undefined ? {} : { error }),
      console: this.#console,
      unhandled: this.#unhandled,
      micros: this.#micros,
    };
  }

  /** For information: a continuation that cannot be read is reported by the step that needs it. */
  #pendingOf(state: ThreadState | null): string[] {
    try {
      return state === null ? [] : pendingRefs(state.continuation);
    } catch (error) {
      if (error instanceof StateFormatError) return [];
      throw error;
    }
  }

  #deliver(command: Extract<Command, { type: "start" | "resume" }>, record: InputRecord): void {
    if (command.type === "resume") {
      if (this.#state === null) this.#refuse(record, "unknown-thread", `there is no thread "${this.id}"`);
      else this.#runEvent(command.event, record);
    } else if (this.#state === null) {
      this.#state = { run: `${record.partition}:${record.offset}`, since: this.#now(record), continuation: "" };
      this.#runEvent(command.event, record);
      this.fate = "started";
    } else if (command.onlyIfAbsent) this.fate = "ignored";
    else this.#refuse(record, "duplicate-start", `thread "${this.id}" runs already, since record ${this.#state.run}`);
  }

  #refuse(record: InputRecord, reason: string, message: string): void {
    this.outputs.push(deadLetter(record, reason, message, this.run));
    this.fate = "dead-lettered";
  }

  #obey(op: ControlOp, reason: string | undefined, record: InputRecord): void {
    const state = this.#state;
    if (state === null) return this.#refuse(record, "unknown-thread", `there is no thread "${this.id}"`);
    this.fate = "obeyed";
    const { paused } = state;
    switch (op) {
      case "cancel":
        // Where nothing has run yet there is nothing to clean up.
        if (state.continuation === "") this.#kill(reason, record);
        else this.#runEvent(JSON.stringify({ type: "cancel", reason }), record);
        return;
      case "kill":
        return this.#kill(reason, record);
      case "delete":
        this.outputs.push(statusTombstone(this.id, stepHeaders(record, state.run)));
        return this.#end(undefined);
      case "pause":
        if (paused === undefined)
          this.#pause({ code: "operator", ...(reason === undefined ? {} : { reason }), held: [] }, record);
        return;
      case "discard":
        if (paused === undefined) return;
        if (paused.error !== undefined) paused.held.shift();
        return this.#goOn(record);
      case "unpause":
      case "retry":
        if (paused !== undefined) this.#goOn(record);
    }
  }

  #kill(reason: string | undefined, record: InputRecord): void {
    const { run } = this.#state as ThreadState;
    const message = reason === undefined ? "killed" : `killed: ${reason}`;
    const headers = stepHeaders(record, run);
    this.outputs.push(errorRecord(this.id, { name: "CancelToken", message, text: `CancelToken: ${message}` }, headers));
    this.outputs.push(statusRecord(this.id, this.#change("cancelled", record), undefined, headers));
    this.#end("cancelled");
  }

  /** Leaves the pause: what was held runs in order, each as if it came now, until the thread pauses again. */
  #goOn(record: InputRecord): void {
    const state = this.#state as ThreadState;
    const held = state.paused?.held ?? [];
    delete state.paused;
    this.#changed = true;
    if (state.continuation === "") {
      // The start itself waits, or was discarded.
      this.#state = null;
      this.#status = undefined;
      if (held.length === 0) this.outputs.push(statusTombstone(this.id, stepHeaders(record, state.run)));
    } else this.#become("running", record);
    for (let next = held.shift(); next !== undefined; next = held.shift()) {
      const waiting: InputRecord = { key: this.id, ...next };
      const command = parseCommand(waiting);
      if (command.type === "start" || command.type === "resume") this.#deliver(command, waiting);
      const paused = (this.#state as ThreadState | null)?.paused;
      if (paused !== undefined) {
        paused.held.push(...held);
        return;
      }
    }
  }

  #runEvent(event: string, record: InputRecord): void {
    const state = this.#state as ThreadState;
    const paused = state.paused;
    let answer: { state: string | null; result: EventResult };
    try {
      answer = this.#step(state, event, record);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // A cancel that fails on a paused thread leaves it as it is: its own record comes again when the operator sends it.
      if (paused !== undefined) return this.#refuse(record, error.code, error.message);
      const code = error instanceof ForeignBundleError ? "bundle" : "error";
      return this.#pause({ code, error: { code: error.code, message: error.message }, held: [hold(record)] }, record);
    }
    const { result } = answer;
    const failure = this.#failureToPauseFor(result);
    this.#console.push(...result.console.map(consoleLine));
    this.#unhandled.push(...(result.unhandled ?? []));
    if (failure !== undefined) return this.#pause({ code: "error", error: failure, held: [hold(record)] }, record);

    this.#pending = result.pending;
    if (result.delivered === "late" || result.delivered === "unmatched") {
      this.fate = result.delivered;
      return;
    }
    const headers = stepHeaders(record, state.run);
    for (const { topic, key, value, headers: own } of result.outputs) {
      this.outputs.push({ topic, key, value, headers: { ...own, ...headers } });
    }
    this.#changed = true;
    if (result.status === "running" && answer.state !== null) {
      state.continuation = answer.state;
      if (paused === undefined) this.#become("running", record);
      return;
    }
    if (result.status === "completed") this.outputs.push(resultRecord(this.id, result.result, headers));
    else this.outputs.push(errorRecord(this.id, result.error ?? { text: result.status }, headers));
    this.outputs.push(statusRecord(this.id, this.#change(result.status, record), undefined, headers));
    this.#end(result.status);
    for (const waiting of paused?.held ?? [])
      this.#refuse({ key: this.id, ...waiting }, "unknown-thread", `thread "${this.id}" has ended`);
  }

  #step(state: ThreadState, event: string, record: InputRecord): { state: string | null; result: EventResult } {
    const { bundle, options } = this;
    const home = bundleOf(state);
    if (home !== undefined && home !== bundle.hash) throw new ForeignBundleError(home, bundle.hash);
    if (options.fresh === true) bundle.dropRealm();
    const config = options.config === undefined ? "" : `,"config":${options.config}`;
    const meta = JSON.stringify({
      thread: this.id,
      run: state.run,
      step: record.offset,
      now: this.#now(record),
      seed: options.seed ?? randomUUID(),
      headers: record.headers,
    });
    const begin = performance.now();
    const { realm } = bundle;
    const text = realm.step(
      state.continuation === "" ? null : state.continuation,
      event,
      `${meta.slice(0, -1)}${config}}`,
      options.timeoutMs ?? 10_000,
    );
    const result = JSON.parse(text.result) as EventResult;
    this.#measure(begin, result);
    if (result.spoilt === true) bundle.dropRealm();
    return { state: text.state, result };
  }

  #measure(begin: number, { micros }: EventResult): void {
    const total = (performance.now() - begin) * 1000;
    const load = micros?.load ?? 0;
    const save = micros?.save ?? 0;
    this.#micros.load += load;
    this.#micros.save += save;
    this.#micros.run += micros?.run ?? Math.max(0, total - load - save);
  }

  #failureToPauseFor({ status, error }: EventResult): ErrorReport | undefined {
    if (status !== "failed" || error === undefined) return undefined;
    const { onError = "end" } = this.bundle.manifest;
    if (onError === "end" || (onError === "bugs" && !BUGS.has(error.name ?? ""))) return undefined;
    return { code: "KWF_WORKFLOW_ERROR", message: error.stack ?? error.text };
  }

  #pause(pause: Pause, record: InputRecord): void {
    (this.#state as ThreadState).paused = pause;
    this.#pending = undefined;
    this.#become("paused", record);
  }

  #become(status: "running" | "paused", record: InputRecord): void {
    const state = this.#state as ThreadState;
    if (this.#status === status) return;
    this.#status = status;
    this.#changed = true;
    const change = this.#change(status, record);
    state.since = change.since;
    this.outputs.push(statusRecord(this.id, change, state.paused, stepHeaders(record, state.run)));
  }

  #end(status: ThreadStatus | undefined): void {
    this.#state = null;
    this.#status = status;
    this.#pending = [];
    this.#changed = true;
  }

  #change(state: ThreadStatus, record: InputRecord): StatusChange {
    return { state, since: this.#now(record), run: this.run ?? "", bundle: this.bundle.hash };
  }

  #now(record: InputRecord): number {
    return this.options.now ?? record.timestamp;
  }
}
