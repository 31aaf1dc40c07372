// Owns the life of a thread: which record may start, resume, pause or end it, and what is written when it does. The runtime in the
// bundle owns what a live thread does with an event; the host keeps the records that wait (inbox.ts).
//
// I1  A step that cannot be completed has no effect but the pause: continuation and outputs are those from before it.
// I2  A paused thread runs nothing. Records wait, in order; commands never do; a cancel is remembered and is the first to be delivered.
// I3  A record that changes nothing leaves the bytes of the state as they were.

import type { Bundle } from "./bundle.js";
import { type Command, type Control, parseCommand } from "./command.js";
import { EngineError, type ErrorReport, ForeignBundleError, MoveRefusedError } from "./errors.js";
import { carry, isUnreadable } from "./move/carry.js";
import { moveUnchanged } from "./move/move.js";
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
import { type EventAnswer, runEvent } from "./run-event.js";
import type { StepOptions, StepResult } from "./step.js";
import { type ConsoleLine, consoleLine, type EventResult, type Fate, type ThreadStatus } from "./step-result.js";
import {
  bundleOf,
  encodeState,
  type Failure,
  type HeldRecord,
  hold,
  type Pause,
  type ThreadState,
} from "./thread-state.js";

const BUGS = new Set(["TypeError", "ReferenceError", "RangeError"]);

export class Thread {
  readonly outputs: OutputRecord[] = [];
  fate: Fate = "delivered";
  #state: ThreadState | null;
  #status: ThreadStatus | undefined;
  #changed = false;
  #failed = false;
  #forgets: StepResult["forgets"];
  #pending: string[] | undefined;
  readonly #console: ConsoleLine[] = [];
  readonly #unhandled: unknown[] = [];
  readonly #micros = { load: 0, run: 0, save: 0 };
  #movedTo: string | undefined;

  constructor(
    /** The one that its continuation is of; another one once it has moved. */
    public bundle: Bundle,
    readonly id: string,
    state: ThreadState | null,
    readonly options: StepOptions,
  ) {
    this.#state = state;
    if (state !== null && state.ended === undefined) this.#status = state.paused === undefined ? "running" : "paused";
  }

  get run(): string | undefined {
    return this.#state?.run;
  }

  receive(command: Exclude<Command, { type: "unreadable" }>, record: InputRecord, behind: boolean): void {
    if (command.type === "control") this.#obey(command, record);
    else if (behind || this.#state?.paused !== undefined) this.fate = "held";
    else this.#deliver(command, record);
  }

  result(before: Uint8Array | null): StepResult {
    const state = this.#changed ? (this.#state === null ? null : encodeState(this.#state)) : before;
    const error = this.#state?.paused?.failure?.error;
    return {
      state,
      status: this.#status,
      outputs: this.outputs,
      fate: this.fate,
      pending: this.#pending ?? this.#state?.pending ?? [],
      ...(error === undefined ? {} : { error }),
      ...(this.#failed ? { failed: true } : {}),
      ...(this.#forgets === undefined ? {} : { forgets: this.#forgets }),
      console: this.#console,
      unhandled: this.#unhandled,
      micros: this.#micros,
      ...(this.#movedTo === undefined ? {} : { movedTo: this.#movedTo }),
    };
  }

  #deliver(command: Extract<Command, { type: "start" | "resume" }>, record: InputRecord): void {
    const state = this.#state;
    const live = state !== null && state.ended === undefined;
    if (command.type === "resume") {
      if (live) this.#runEvent(command.event, record);
      else this.#refuse(record, "unknown-thread", `there is no thread "${this.id}"`);
    } else if (live && command.onlyIfAbsent) this.fate = "ignored";
    else if (live && this.options.onDuplicateStart !== "restart") {
      this.#refuse(record, "duplicate-start", `thread "${this.id}" runs already, since record ${state.run}`);
    } else if (state?.ended !== undefined && record.timestamp <= state.ended.until) {
      if (command.onlyIfAbsent) this.fate = "ignored";
      else this.#refuse(record, "duplicate-start", `thread "${this.id}" has ended inside the idempotency window`);
    } else {
      this.#state = { run: `${record.partition}:${record.offset}`, since: this.#now(record), continuation: "" };
      this.#status = undefined;
      this.fate = "started";
      this.#runEvent(command.event, record);
    }
  }

  #refuse(record: InputRecord, reason: string, message: string): void {
    this.outputs.push(deadLetter(record, reason, message, this.run));
    this.fate = "dead-lettered";
  }

  #obey({ op, reason, offset, move }: Control, record: InputRecord): void {
    const state = this.#state;
    this.fate = "obeyed";
    // Of one that has ended its status is left, and that is to go as well.
    if (op === "delete") {
      this.outputs.push(statusTombstone(this.id, stepHeaders(record, state?.run ?? "")));
      this.#forgets = "all";
      return this.#end(undefined);
    }
    if (state === null || state.ended !== undefined) {
      return this.#refuse(record, "unknown-thread", `there is no thread "${this.id}"`);
    }
    const { paused = {} } = state;
    const { operator, failure } = paused;
    switch (op) {
      case "cancel":
        // Where nothing has run yet there is nothing to clean up.
        if (state.continuation === "") return this.#kill(reason, record);
        state.cancel = hold(record);
        this.#changed = true;
        if (state.paused === undefined) this.#runCancel();
        return;
      case "kill":
        return this.#kill(reason, record);
      case "pause":
        if (operator === undefined) {
          this.#pause({ ...paused, operator: reason === undefined ? {} : { reason } }, record);
        }
        return;
      case "unpause":
        if (operator !== undefined) this.#pause(failure === undefined ? {} : { failure }, record);
        else if (failure !== undefined) this.#pause({}, record);
        return;
      case "move":
        if (move !== undefined) this.#move(state, move, record);
        return;
      case "retry":
      case "discard":
        // One that means another record comes too late, or for the second time.
        if (failure === undefined || (offset !== undefined && offset !== failure.offset)) return;
        if (op === "discard") this.#discard(state, failure, record);
        this.#pause(operator === undefined ? {} : { operator }, record);
    }
  }

  /** I1: it waits where it has waited, and is paused as it was. */
  #move(state: ThreadState, { bundle, map }: NonNullable<Control["move"]>, record: InputRecord): void {
    try {
      const home = bundleOf(state);
      if (home === undefined || home === bundle) return;
      const to = this.options.bundles?.(bundle);
      if (to === undefined) throw new MoveRefusedError([`bundle ${bundle} is nowhere`]);
      if (home !== this.bundle.hash) throw new ForeignBundleError(home, this.bundle.hash);
      state.continuation = carry(state, this.bundle, to, map, record, this.options).continuation;
      this.#moved(to);
      this.#become(state.paused === undefined ? "running" : "paused", record, true);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.#refuse(record, "move-refused", `thread "${this.id}" stays on its bundle: ${error.message}`);
    }
  }

  #moved(to: Bundle): void {
    this.bundle = to;
    this.#movedTo = to.hash;
    this.#changed = true;
  }

  #discard(state: ThreadState, { offset, lost }: Failure, record: InputRecord): void {
    if (lost === true) return;
    if (state.cancel?.offset === offset) {
      delete state.cancel;
      return;
    }
    this.#forgets = { offset };
    // It was the start: nothing is left to say about the thread.
    if (state.continuation === "") this.outputs.push(statusTombstone(this.id, stepHeaders(record, state.run)));
  }

  #kill(reason: string | undefined, record: InputRecord): void {
    const { run, continuation, paused } = this.#state as ThreadState;
    const message = reason === undefined ? "killed" : `killed: ${reason}`;
    const headers = stepHeaders(record, run);
    this.outputs.push(errorRecord(this.id, { name: "CancelToken", message, text: `CancelToken: ${message}` }, headers));
    this.outputs.push(statusRecord(this.id, this.#change("cancelled", record), undefined, headers));
    // Its start waits to be run again, and must not be.
    if (continuation === "" && paused?.failure !== undefined) this.#forgets = { offset: paused.failure.offset };
    this.#end("cancelled", record);
  }

  #runCancel(): void {
    const record: InputRecord = { ...((this.#state as ThreadState).cancel as HeldRecord), key: this.id };
    const { reason } = parseCommand(record) as Control;
    this.#runEvent(JSON.stringify({ type: "cancel", reason }), record);
    if (this.#state !== null && !this.#failed) delete this.#state.cancel;
  }

  #runEvent(event: string, record: InputRecord): void {
    const state = this.#state as ThreadState;
    const before = this.bundle;
    let answer: EventAnswer;
    try {
      answer = this.#runMoved(state, event, record) ?? runEvent(this.bundle, state, event, record, this.options);
    } catch (error) {
      this.bundle = before;
      if (!(error instanceof EngineError)) throw error;
      const code = error instanceof ForeignBundleError ? "bundle" : "error";
      return this.#fail(code, { code: error.code, message: error.message }, record);
    }
    const { result, continuation, micros } = answer;
    for (const part of ["load", "run", "save"] as const) this.#micros[part] += micros[part];
    const failure = this.#failureToPauseFor(result);
    const ranOn = this.bundle;
    // Only a step that has an effect takes the thread along.
    this.bundle = before;
    this.#console.push(...result.console.map(consoleLine));
    this.#unhandled.push(...(result.unhandled ?? []));
    if (failure !== undefined) return this.#fail("error", failure, record);

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
    if (result.status === "running" && continuation !== null) {
      state.continuation = continuation;
      state.at = this.#now(record);
      if (result.pending.length > 0) state.pending = result.pending;
      else delete state.pending;
      if (ranOn !== before) this.#moved(ranOn);
      return this.#become("running", record, ranOn !== before);
    }
    this.bundle = ranOn;
    if (result.status === "completed") this.outputs.push(resultRecord(this.id, result.result, headers));
    else this.outputs.push(errorRecord(this.id, result.error ?? { text: result.status }, headers));
    this.outputs.push(statusRecord(this.id, this.#change(result.status, record), undefined, headers));
    this.#end(result.status, record);
  }

  /** On the newer bundle, where nothing that the continuation refers to has changed there; what that cannot read stays. */
  #runMoved(state: ThreadState, event: string, record: InputRecord): EventAnswer | undefined {
    const { moveTo } = this.options;
    if (moveTo === undefined || moveTo.hash === this.bundle.hash || bundleOf(state) !== this.bundle.hash)
      return undefined;
    const moved = moveUnchanged(state.continuation, this.bundle, moveTo);
    if ("why" in moved) return undefined;
    const { bundle } = this;
    this.bundle = moveTo;
    try {
      return runEvent(moveTo, { ...state, continuation: moved.to }, event, record, this.options);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      this.bundle = bundle;
      return undefined;
    }
  }

  #failureToPauseFor({ status, error }: EventResult): ErrorReport | undefined {
    if (status !== "failed" || error === undefined) return undefined;
    const { onError = "end" } = this.bundle.manifest;
    if (onError === "end" || (onError === "bugs" && !BUGS.has(error.name ?? ""))) return undefined;
    return { code: "KWF_WORKFLOW_ERROR", message: error.stack ?? error.text };
  }

  /** The record waits: a command among the state, everything else with the host. */
  #fail(code: Failure["code"], error: ErrorReport, record: InputRecord): void {
    const state = this.#state as ThreadState;
    this.#failed = true;
    if (state.cancel?.offset !== record.offset) this.fate = "held";
    this.#pause({ ...state.paused, failure: { code, offset: record.offset, error } }, record);
  }

  /** With neither flag it ends the pause. */
  #pause(pause: Pause, record: InputRecord): void {
    const state = this.#state as ThreadState;
    this.#changed = true;
    this.#pending = undefined;
    if (pause.operator !== undefined || pause.failure !== undefined) {
      state.paused = pause;
      return this.#become("paused", record, true);
    }
    delete state.paused;
    if (state.continuation === "") {
      // The start itself waits, or was discarded.
      this.#state = null;
      this.#status = undefined;
      return;
    }
    this.#become("running", record);
    if (state.cancel !== undefined) this.#runCancel();
  }

  #become(status: "running" | "paused", record: InputRecord, anew = false): void {
    const state = this.#state as ThreadState;
    if (this.#status === status && !anew) return;
    const change = this.#change(status, record);
    if (this.#status === status) change.since = state.since;
    this.#status = status;
    this.#changed = true;
    state.since = change.since;
    this.outputs.push(statusRecord(this.id, change, state.paused, stepHeaders(record, state.run)));
  }

  #end(status: ThreadStatus | undefined, record?: InputRecord): void {
    const { idempotencyWindowMs = 0 } = this.options;
    const run = this.run;
    const marked = record !== undefined && run !== undefined && idempotencyWindowMs > 0;
    const until = (record?.timestamp ?? 0) + idempotencyWindowMs;
    this.#state = marked ? { run, since: this.#now(record), ended: { until }, continuation: "" } : null;
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
