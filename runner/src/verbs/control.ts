// What each of an operator's verbs asks of a thread, and when it cannot be asked: one table for commands on one thread and on many.
//
// I1 `retry` and `discard` name the record they mean, so that one that comes too late, or twice, does nothing.

import type { ControlOp } from "@kwf/engine";
import { controlValue } from "../admin/record-value.js";
import type { ThreadSummary } from "../admin/thread-filter.js";
import { isPausedBecause } from "./live-thread.js";

export const VERBS = ["cancel", "kill", "pause", "unpause", "retry", "discard", "rm"] as const;
export type Verb = (typeof VERBS)[number];

export interface ControlDetails {
  readonly reason?: string | undefined;
  /** `rm`: also a thread that lives. */
  readonly force?: boolean;
}

export type Asked = { readonly value: string } | { readonly problem: string };

type Known = Pick<ThreadSummary, "thread" | "state" | "reason">;

/** The value for `workflow-resume`, or why it would come to nothing. */
export function ask(verb: Verb, known: Known, { reason, force = false }: ControlDetails = {}): Asked {
  const { state } = known;
  const live = state === "running" || state === "paused";
  const op = (name: ControlOp, offset?: string): Asked => ({ value: controlValue(name, { reason, offset }) });
  if (verb === "rm") {
    if (live && !force) return { problem: `is ${state}: --force removes it all the same, without running its cleanup` };
    return op("delete");
  }
  if (!live) return { problem: `has ended: ${state}` };
  switch (verb) {
    case "cancel":
    case "kill":
      return op(verb);
    case "pause":
      return operatorPaused(known) ? { problem: "is paused by an operator already" } : op("pause");
    case "unpause":
      if (operatorPaused(known)) return op("unpause");
      if (state === "running") return { problem: "is running: it is not paused" };
      return ask("retry", known, { reason });
    case "retry":
    case "discard": {
      const offset = known.reason?.offset;
      if (offset !== undefined) return op(verb, offset); // I1
      const found =
        state === "running" ? "is running" : `is paused${isPausedBecause(known)}, not by a record that failed`;
      return { problem: `${found}: there is nothing to ${verb}` };
    }
  }
}

const operatorPaused = ({ reason }: Known): boolean => reason?.code === "operator" || reason?.operator === true;
