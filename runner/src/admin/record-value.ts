// The values that `workflow-resume` takes (docs/running.md), made from what a command or a request says. Reading them is the engine's.

import type { ControlOp } from "@kwf/engine";

/** `json`: text of the argument; absent for undefined. Not checked here: the engine dead-letters what is no JSON. */
export const startValue = (json?: string, onlyIfAbsent = false): string =>
  `${onlyIfAbsent ? "init" : "new"}:${json ?? ""}`;

/** Texts stay as they were written: parsing and printing would change some (-0, numbers too large). */
export function resumeValue(ref: string, payload: { readonly value?: string } | { readonly error: string }): string {
  const id = JSON.stringify(ref);
  if ("error" in payload) return `{"ref":${id},"error":${payload.error}}`;
  return payload.value === undefined ? `{"ref":${id}}` : `{"ref":${id},"value":${payload.value}}`;
}

export interface ControlDetails {
  readonly reason?: string | undefined;
  /** Of the record that `retry` and `discard` mean. */
  readonly offset?: string | undefined;
}

export const controlValue = (op: ControlOp, { reason, offset }: ControlDetails = {}): string =>
  `ctl:${JSON.stringify({ op, reason, offset })}`;
