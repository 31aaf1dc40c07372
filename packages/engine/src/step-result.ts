import type { ErrorReport } from "./errors.js";
import type { Headers } from "./record.js";

/** What the bundle's runtime answers to an event, beside the new state. */
export interface EventResult {
  status: "running" | "completed" | "failed" | "cancelled";
  outputs: { topic: string; key: string; value: string | null; headers?: Headers }[];
  /** JSON of what the workflow returned; absent for undefined. */
  result?: string;
  error?: WorkflowError;
  /** Ids of the refs that wait, in the order in which they were made. */
  pending: string[];
  /** `frame` is the caller's line of a stack. */
  console: { level: string; text: string; frame?: string }[];
  /** What became of the record's ref: answered, answered before, never asked for. */
  delivered?: "yes" | "late" | "unmatched";
  /** Rejections that nobody handled by the end of the step, as text. */
  unhandled?: unknown[];
  micros?: Partial<Microseconds>;
  /** The step has changed the realm in a way that could not be undone: it is not used again. */
  spoilt?: boolean;
}

export interface WorkflowError {
  name?: string;
  message?: string;
  stack?: string;
  cause?: unknown;
  /** String(error). */
  text: string;
}

/** What console.* printed, and who called it. */
export interface ConsoleLine {
  level: string;
  text: string;
  function?: string;
  file?: string;
  line?: number;
}

export function consoleLine({ level, text, frame }: EventResult["console"][number]): ConsoleLine {
  const [, name = "", file, line] = /^(?:(.*) \()?([^()]*):(\d+):\d+\)?$/.exec(frame ?? "") ?? [];
  return {
    level,
    text,
    ...(name === "" ? {} : { function: name }),
    ...(file === undefined ? {} : { file, line: Number(line) }),
  };
}

export interface Microseconds {
  load: number;
  run: number;
  save: number;
}

export type ThreadStatus = "running" | "paused" | "completed" | "failed" | "cancelled";

/** What became of an input record. `held`: it waits, since its step could not be completed, or behind one of which that is so. */
export type Fate = "started" | "delivered" | "late" | "unmatched" | "ignored" | "held" | "obeyed" | "dead-lettered";

export type { ErrorReport };
