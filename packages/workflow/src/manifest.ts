// The shape of `export const manifest`, which a workflow module may have beside its function.

/**
 * What a workflow says about itself:
 *
 *     export const manifest: Manifest = { outputTopics: ["invoices"], inputTopics: { orders: ({ key, value }) => ... } };
 */
export interface Manifest {
  /** How the workflow is called in tools; the entry file's name without it. */
  name?: string;
  /** Topics that the workflow emits to. `workflow-resume`, `workflow-scheduler`, and what module code declares, need no mention. */
  outputTopics?: readonly string[];
  /**
   * Topics whose records start and resume threads, each with the function that says what a record means. It runs outside of any thread:
   * at once, without effect on module state, with Date at the record's timestamp; `W.config` is there, `W.ref` and `W.output` are not.
   */
  inputTopics?: Readonly<Record<string, (record: InputRecord) => InputRoute | null>>;
  /** When an error pauses the thread instead of ending it: never, for TypeError, ReferenceError and RangeError, or always. */
  onError?: "end" | "bugs" | "pause";
}

/** A record of an input topic, as text: what is not UTF-8 becomes a dead letter before. */
export interface InputRecord {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
}

/**
 * What a record of an input topic means; `null` skips it, an exception dead-letters it. Values go through JSON.
 *
 * `start` is the workflow's argument. It starts the thread unless it lives (as `init:` does): an event that is sent again, or a second
 * one for the same thread, changes nothing. `ref` is a ref's id: with `W.refId` one that both sides know.
 */
export type InputRoute =
  | { readonly thread: string; readonly start: unknown }
  | { readonly thread: string; readonly ref: string; readonly value: unknown }
  | { readonly thread: string; readonly ref: string; readonly error: unknown };
