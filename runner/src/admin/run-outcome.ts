// What became of one run, for somebody who waits for it: a moment or a week. It reads the outputs as any other consumer would, from where
// they ended before the start was written, so that nothing can be missed. run-judge.ts says what they mean; @kwf/client waits for many
// runs with one reader.
//
// I1 `open` comes before the start record is written.

import type { Log, PartitionReader } from "../log/log.js";
import { partitionOf } from "../log/partitioner.js";
import type { Names } from "../names.js";
import { type OutcomeOptions, RunJudge, type RunOutcome, SIGNS, type Sign } from "./run-judge.js";

export class RunOutcomes {
  readonly #thread: string;
  readonly #readers: readonly (readonly [Sign["topic"], PartitionReader])[];

  private constructor(thread: string, readers: readonly (readonly [Sign["topic"], PartitionReader])[]) {
    this.#thread = thread;
    this.#readers = readers;
  }

  /** I1. Throws TopicMissing through the readers where a topic is not there. */
  static async open(log: Log, names: Names, thread: string): Promise<RunOutcomes> {
    const known = await log.describeTopics(SIGNS.map((kind) => names[kind]));
    const where = SIGNS.map((kind) => {
      const topic = names[kind];
      return { topic, partition: partitionOf(thread, known.get(topic)?.partitions ?? 1) };
    });
    const ends = await log.endOffsets(where, "committed");
    return new RunOutcomes(
      thread,
      SIGNS.map((kind, index) => [kind, log.reader({ ...where[index]!, from: ends[index] ?? 0 })] as const),
    );
  }

  /** Of the run that the record at that place of `workflow-resume` starts. */
  async of(
    at: { readonly partition: number; readonly offset: number },
    options: OutcomeOptions = {},
  ): Promise<RunOutcome> {
    const { signal } = options;
    const judge = new RunJudge(this.#thread, at, options);
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
