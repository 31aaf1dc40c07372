// The shape of `export const manifest`, which a workflow module may have beside its function.

export interface Manifest {
  /** How the workflow is called in tools; the entry file's name without it. */
  name?: string;
  /** Topics that the workflow emits to. `workflow-resume` and `workflow-scheduler` need no mention. */
  outputTopics?: readonly string[];
  /** Topics whose records start and resume threads. */
  inputTopics?: Readonly<Record<string, (record: InputRecord) => InputRoute | null>>;
  /** When an error pauses the thread instead of ending it: never, for TypeError, ReferenceError and RangeError, or always. */
  onError?: "end" | "bugs" | "pause";
}

/** A record of an input topic. */
export interface InputRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/** What a record of an input topic means; `null` skips it, an exception dead-letters it. */
export type InputRoute =
  | { readonly thread: string; readonly start: unknown }
  | { readonly thread: string; readonly ref: string; readonly value: unknown }
  | { readonly thread: string; readonly ref: string; readonly error: unknown };
