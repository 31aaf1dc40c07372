// What became of one run, for somebody who waits for it: a moment or a week. It reads the outputs as any other consumer would, from where
// they ended before the start was written, so that nothing can be missed.
//
// I1 `open` comes before the start record is written.
// I2 Only that run counts, by `kwf-run`; for `init:` also the run that had the thread when the record was run, which is the one whose
//    last step (`kwf-step`) came after it.

import type { Log, LogRecord, PartitionReader } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import type { Names } from "../names.js";

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

type Ended = "completed" | "failed" | "cancelled";

interface Sign {
  readonly topic: "result" | "error" | "status" | "deadLetter";
  readonly record: LogRecord;
}

export class RunOutcomes {
  readonly #thread: string;
  readonly #readers: readonly (readonly [Sign["topic"], PartitionReader])[];

  private constructor(thread: string, readers: readonly (readonly [Sign["topic"], PartitionReader])[]) {
    this.#thread = thread;
    this.#readers = readers;
  }

  /** I1. Throws TopicMissing through the readers where a topic is not there. */
  static async open(log: Log, names: Names, thread: string): Promise<RunOutcomes> {
    const kinds = ["result", "error", "status", "deadLetter"] as const;
    const known = await log.describeTopics(kinds.map((kind) => names[kind]));
    const where = kinds.map((kind) => {
      const topic = names[kind];
      return { topic, partition: partitionOf(thread, known.get(topic)?.partitions ?? 1) };
    });
    const ends = await log.endOffsets(where, "committed");
    return new RunOutcomes(
      thread,
      kinds.map((kind, index) => [kind, log.reader({ ...where[index]!, from: ends[index] ?? 0 })] as const),
    );
  }

  /** Of the run that the record at that place of `workflow-resume` starts. */
  async of(
    at: { readonly partition: number; readonly offset: number },
    options: OutcomeOptions = {},
  ): Promise<RunOutcome> {
    const { signal } = options;
    const judge = new Judge(this.#thread, at, options);
    let over = false;
    const follow = async ([topic, reader]: readonly [Sign["topic"], PartitionReader]): Promise<RunOutcome> => {
      for (;;) {
        for (const record of (await reader.read()).records) {
          const outcome = over ? undefined : judge.see({ topic, record });
          if (outcome !== undefined) return outcome;
        }
      }
    };
    let stop = () => {};
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(signal?.reason);
    });
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted === true) stop();
    const following = this.#readers.map(follow);
    try {
      return await Promise.race([stopped, ...following]);
    } finally {
      over = true;
      signal?.removeEventListener("abort", stop);
      await this.close();
      await Promise.allSettled(following);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#readers.map(([, reader]) => reader.close()));
  }
}

/** The end of a run is told on two topics, in one transaction: how it ended, and with what. */
class Judge {
  readonly #ended = new Map<string, Ended>();
  readonly #values = new Map<string, { value: string | null; error: string | undefined }>();

  constructor(
    readonly thread: string,
    readonly at: { readonly partition: number; readonly offset: number },
    readonly options: OutcomeOptions,
  ) {}

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
    const same = headers.get("kwf-partition") === String(partition) && headers.get("kwf-offset") === String(offset);
    if (!same) return undefined;
    return {
      status: "refused",
      reason: headers.get("kwf-reason") ?? "unknown",
      message: headers.get("kwf-message") ?? "",
    };
  }

  #counts(run: string, headers: ReadonlyMap<string, string>): boolean {
    if (run === `${this.at.partition}:${this.at.offset}`) return true;
    return this.options.anyRun === true && Number(headers.get("kwf-step")) > this.at.offset; // I2
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
