// `kwf ls`: folds workflow-status, which a runner keeps for everybody; no runner needs to be up.

import { fold } from "./fold.js";
import { TopicMissing } from "./log/errors.js";
import type { Flags } from "./settings/settings.js";
import { UsageError } from "./usage-error.js";
import { withKafka } from "./with-kafka.js";

interface Status {
  readonly state: string;
  readonly since: number;
  readonly run: string;
  readonly bundle: string;
  readonly reason?: { readonly code: string; readonly error?: string; readonly message?: string };
}

const STATES = ["running", "paused", "completed", "failed", "cancelled"];

export async function listThreads({ state, json, ...flags }: Flags): Promise<void> {
  const wanted = typeof state === "string" ? state.split(",") : STATES;
  const wrong = wanted.find((word) => !STATES.includes(word));
  if (wrong !== undefined) throw new UsageError(`there is no state "${wrong}": ${STATES.join(", ")}`);
  await withKafka(flags, async ({ log, names }) => {
    const topic = names.status;
    const description = (await log.describeTopics([topic])).get(topic);
    if (description === undefined) throw new TopicMissing(`${topic} does not exist: is --prefix the runner's?`, topic);
    const threads: (Status & { thread: string })[] = [];
    for (let partition = 0; partition < description.partitions; partition++) {
      for (const [thread, value] of await fold(log, { topic, partition })) {
        const status = JSON.parse(value.toString()) as Status;
        if (wanted.includes(status.state)) threads.push({ thread, ...status });
      }
    }
    threads.sort((a, b) => a.since - b.since);
    if (json === true) for (const one of threads) console.log(JSON.stringify(one));
    else print(threads);
  });
}

function print(threads: readonly (Status & { thread: string })[]): void {
  const width = Math.min(40, Math.max(6, ...threads.map(({ thread }) => thread.length)));
  for (const { thread, state, since, run, reason } of threads) {
    const why =
      reason === undefined ? "" : `  ${reason.message ?? reason.code}${reason.error ? ` [${reason.error}]` : ""}`;
    console.log(`${thread.padEnd(width)}  ${state.padEnd(9)}  ${new Date(since).toISOString()}  ${run}${why}`);
  }
  console.error(`${threads.length} ${threads.length === 1 ? "thread" : "threads"}`);
}
