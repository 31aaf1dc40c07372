// Owns the bytes that are stored for a thread: a line of the engine's own, then the continuation as the bundle's runtime wrote
// it. The engine reads the first; of the second only what every release keeps: format version, bundle hash, status.
//
// I1  A thread without bytes does not exist. What has ended leaves none, or, inside the idempotency window, a mark without payload.
// I2  A paused thread keeps the continuation it had before the step that failed, byte for byte. The records that wait for it are kept
//     by the host, not here (inbox.ts).

import { type ErrorReport, StateFormatError } from "./errors.js";
import type { Headers, InputRecord } from "./record.js";

export interface ThreadState {
  /** `<partition>:<offset>` of the record that started this life of the thread. */
  run: string;
  /** When the thread came into its present state, epoch milliseconds. */
  since: number;
  /** Its last step, epoch milliseconds; absent where none has succeeded yet. */
  at?: number;
  /** Ids of the refs it waits for, in the order in which they were made; absent for none. So that a list need not read continuations. */
  pending?: string[];
  paused?: Pause;
  /** An operator's cancel that waits for the end of the pause: it is delivered before anything else. */
  cancel?: HeldRecord;
  /** Its last run is over; until then (a record's timestamp, epoch milliseconds) it is not started again. */
  ended?: { until: number };
  /** The bundle's text; empty where the first step has not succeeded yet. */
  continuation: string;
}

/** Two flags: a thread goes on when neither is set. */
export interface Pause {
  operator?: { reason?: string };
  failure?: Failure;
}

/** The step that could not be completed. */
export interface Failure {
  code: "error" | "bundle" | "limit";
  /** Of its record, which waits to be run again. */
  offset: string;
  error: ErrorReport;
  /** The record could not be kept, and is among the dead letters: nothing waits to be run again. */
  lost?: true;
}

/** A record that waits. */
export interface HeldRecord {
  value: string;
  offset: string;
  partition: number;
  timestamp: number;
  headers?: Headers;
}

export const hold = ({ value, offset, partition, timestamp, headers }: InputRecord): HeldRecord => ({
  value: value ?? "",
  offset,
  partition,
  timestamp,
  ...(headers === undefined ? {} : { headers }),
});

export function encodeState({ continuation, at, ...header }: ThreadState): Uint8Array {
  // The last step of most threads was the one that made them what they are.
  const line = at === undefined || (at === header.since && continuation !== "") ? header : { ...header, at };
  return Buffer.from(`${JSON.stringify(line)}\n${continuation}`);
}

export function decodeState(bytes: Uint8Array): ThreadState {
  const text = Buffer.from(bytes).toString();
  const end = text.indexOf("\n");
  try {
    if (end < 0) throw new SyntaxError("no header line");
    const header = JSON.parse(text.slice(0, end)) as Omit<ThreadState, "continuation">;
    if (typeof header.run !== "string" || typeof header.since !== "number")
      throw new SyntaxError("no run in the header");
    const continuation = text.slice(end + 1);
    if (header.at === undefined && header.ended === undefined && continuation !== "") header.at = header.since;
    return { ...header, continuation };
  } catch (error) {
    throw new StateFormatError(`these ${bytes.length} bytes are no state of a thread: ${(error as Error).message}`);
  }
}

/** Hash of the bundle that suspended the thread; undefined where nothing has run yet. */
export function bundleOf({ continuation }: ThreadState): string | undefined {
  if (continuation === "") return undefined;
  const hash = /^\{"v":[12],"b":"([0-9a-f]*)"/.exec(continuation)?.[1];
  if (hash === undefined) throw new StateFormatError("the continuation is of a format that this release cannot read");
  return hash;
}
