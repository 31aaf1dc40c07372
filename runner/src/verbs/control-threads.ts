// `kwf cancel|kill|pause|unpause|retry|discard|rm`, on the threads that are named or on all that a filter means.
//
// I1 What a filter means is counted, shown and agreed to before anything is written.
// I2 Of threads that are named each is done or said why not; one that cannot be done does not keep the others back.

import { summariesOf } from "../admin/listed-thread.js";
import type { Operator, Sent, ThreadRecord } from "../admin/operator.js";
import { THREAD_STATES, type ThreadFilter, type ThreadSummary } from "../admin/thread-filter.js";
import { withOperator } from "../admin/with-operator.js";
import { ExitCode } from "../exit-code.js";
import type { Flags } from "../settings/settings.js";
import { agree } from "../terminal/ask.js";
import { withProgress } from "../terminal/progress.js";
import { sayThreadError } from "../terminal/said-error.js";
import { count, harmless } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";
import { sayAfterRun, type WaitOptions } from "./after-run.js";
import { ask, type ControlDetails, type Verb } from "./control.js";
import { checkThreadId, sayWritten } from "./written.js";

export interface ControlOptions extends WaitOptions, ControlDetails {
  readonly yes: boolean;
  readonly filter: ThreadFilter;
  readonly limit: number | undefined;
}

const AT_ONCE = 500;
const EXAMPLES = 5;

export async function controlThreads(
  verb: Verb,
  ids: readonly string[],
  options: ControlOptions,
  flags: Flags,
): Promise<void> {
  const filtered = Object.keys(options.filter).length > 0;
  if (ids.length > 0 && filtered) throw new UsageError("either thread ids or a filter, not both");
  if (ids.length === 0 && !filtered)
    throw new UsageError(
      `which threads? Name them, or say which with a filter: kwf ${verb} --help lists what there is`,
    );
  for (const id of ids) checkThreadId(id);
  await withOperator(flags, async (operator) => {
    const records = filtered ? await meant(operator, verb, options) : await named(operator, verb, ids, options);
    if (records.length === 0) return;
    if (options.wait) return sayAfterRun(operator, records, options);
    const sent = await sendAll(operator, records);
    if (options.json) for (const one of sent) console.log(JSON.stringify(one));
    else if (filtered) console.log(`${verb}: ${count(records.length, "record")} written to ${sent[0]!.topic}`);
    else for (const one of sent) sayWritten(one);
  });
}

/** I2 */
async function named(
  operator: Operator,
  verb: Verb,
  ids: readonly string[],
  options: ControlOptions,
): Promise<ThreadRecord[]> {
  const records: ThreadRecord[] = [];
  for (const thread of new Set(ids)) {
    const known = await operator.show(thread);
    const asked = known === undefined ? { problem: "no such thread lives there" } : ask(verb, known, options);
    if ("value" in asked) records.push({ thread, value: asked.value });
    else {
      sayThreadError(thread, asked.problem);
      process.exitCode = ExitCode.failed;
    }
  }
  return records;
}

/** I1 */
async function meant(operator: Operator, verb: Verb, options: ControlOptions): Promise<ThreadRecord[]> {
  const { limit = Number.POSITIVE_INFINITY, yes } = options;
  const filter = verb === "rm" ? { state: ENDED, ...options.filter } : options.filter;
  const records: ThreadRecord[] = [];
  const problems: string[] = [];
  await withProgress("looking for threads", async ({ say }) => {
    for await (const some of operator.list(filter)) {
      for (const known of summariesOf(some)) {
        const asked = ask(verb, known, options);
        if ("value" in asked) records.push({ thread: known.thread, value: asked.value });
        else problems.push(`${harmless(known.thread)} ${asked.problem}`);
        if (records.length >= limit) return;
      }
      say(`looking for threads: ${count(records.length, "thread")}`);
    }
  });
  if (problems.length > 0) console.error(`${count(problems.length, "thread")} left alone: ${some(problems, "; ")}`);
  if (records.length === 0) console.error(`${count(0, "thread")} to ${verb}`);
  else
    await agree(
      `${verb} ${count(records.length, "thread")} (${some(records.map(({ thread }) => harmless(thread)))})?`,
      yes,
    );
  return records;
}

const ENDED = THREAD_STATES.filter(
  (state): state is Exclude<ThreadSummary["state"], "running" | "paused"> => state !== "running" && state !== "paused",
);

const some = (all: readonly string[], between = ", "): string =>
  all.slice(0, EXAMPLES).join(between) + (all.length > EXAMPLES ? `${between}…` : "");

async function sendAll(operator: Operator, records: readonly ThreadRecord[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  await withProgress("writing", async ({ say }) => {
    for (let next = 0; next < records.length; next += AT_ONCE) {
      sent.push(...(await operator.send(records.slice(next, next + AT_ONCE))));
      say(`writing: ${sent.length} of ${count(records.length, "record")}`);
    }
  });
  return sent;
}
