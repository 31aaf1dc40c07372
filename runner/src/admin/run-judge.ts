// Owns what records of the output topics say about one run. Neighbours: run-outcome.ts reads them for one run, @kwf/client for many.
//
// I1 Only that run counts, by `kwf-run`; for `init:` also the run that had the thread when the record was run, which is the one whose
//    last step (`kwf-step`) came after it.

import { RESUME_TOPIC } from "@kwf/engine";
import type { LogRecord } from "../log/log.js";

export type RunOutcome =
  /** `value` is the text of `workflow-result`, null for undefined; or of `workflow-error`, and `error` has what `kwf-error` says. */
  | { readonly status: "completed"; readonly run: string; readonly value: string | null }
  | {
      readonly status: "failed" | "cancelled";
      readonly run: string;
      readonly value: string | null;
      readonly error: { readonly name?: string; readonly message?: string; readonly stack?: string };
    }
  /** The start record is a dead letter. */
  | { readonly status: "refused"; readonly reason: string; readonly message: string }
  /** Somebody deleted the thread. */
  | { readonly status: "removed"; readonly run: string };

export interface StatusSeen {
  readonly state: string;
  readonly reason?: { readonly code: string; readonly message?: string };
}

export interface OutcomeOptions {
  /** It is enough that the thread lives already (`init:`). */
  readonly anyRun?: boolean;
  /** Pauses, and that it goes on. */
  readonly onStatus?: (status: StatusSeen) => void;
  readonly signal?: AbortSignal;
}

/** The topics that tell of the end of a run, by their names in `Names`. */
export const SIGNS = ["result", "error", "status", "deadLetter"] as const;

type Ended = "completed" | "failed" | "cancelled";

export interface Sign {
  readonly topic: (typeof SIGNS)[number];
  readonly record: LogRecord;
}

/** The end of a run is told on two topics, in one transaction: how it ended, and with what. */
export class RunJudge {
  readonly #ended = new Map<string, Ended>();
  readonly #values = new Map<string, { value: string | null; error: string | undefined }>();

  constructor(
    readonly thread: string,
    readonly at: { readonly partition: number; readonly offset: number },
    readonly options: OutcomeOptions = {},
  ) {}

  /** The outcome, once it is known. */
  see({ topic, record }: Sign): RunOutcome | undefined {
    if (record.key?.toString() !== this.thread) return undefined;
    const headers = new Map(record.headers.map(([name, value]) => [name, value?.toString() ?? ""]));
    if (topic === "deadLetter") return this.#letter(headers);
    const run = headers.get("kwf-run") ?? "";
    if (!this.#counts(run, headers)) return undefined;
    const value = record.value?.toString() ?? null;
    if (topic !== "status") this.#values.set(run, { value, error: headers.get("kwf-error") });
    else if (value === null) return { status: "removed", run };
    else {
      const status = JSON.parse(value) as StatusSeen;
      const { state } = status;
      if (state === "completed" || state === "failed" || state === "cancelled") this.#ended.set(run, state);
      else this.options.onStatus?.(status);
    }
    return this.#outcome(run);
  }

  #letter(headers: ReadonlyMap<string, string>): RunOutcome | undefined {
    const { partition, offset } = this.at;
    // Letters of other topics have places of their own.
    const same =
      headers.get("kwf-topic") === RESUME_TOPIC &&
      headers.get("kwf-partition") === String(partition) &&
      headers.get("kwf-offset") === String(offset);
    if (!same) return undefined;
    return {
      status: "refused",
      reason: headers.get("kwf-reason") ?? "unknown",
      message: headers.get("kwf-message") ?? "",
    };
  }

  #counts(run: string, headers: ReadonlyMap<string, string>): boolean {
    if (run === `${this.at.partition}:${this.at.offset}`) return true;
    return this.options.anyRun === true && Number(headers.get("kwf-step")) > this.at.offset; // I1
  }

  #outcome(run: string): RunOutcome | undefined {
    const status = this.#ended.get(run);
    const said = this.#values.get(run);
    if (status === undefined || said === undefined) return undefined;
    const { value, error } = said;
    if (status === "completed") return { status, run, value };
    return { status, run, value, error: error === undefined ? {} : JSON.parse(error) };
  }
}
