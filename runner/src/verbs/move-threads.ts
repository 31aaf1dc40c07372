// `kwf move`: threads onto a bundle whose functions have changed, by names.
//
// I1 What would become of each is tried first, on its state as it is, with the new bundle reading what came of it; only those that can be
//    carried over are asked for. The runner tries again, on the state that the thread has by then.

import {
  type Bundle,
  carry,
  EngineError,
  type FrameMove,
  type InstanceMove,
  loadBundle,
  MoveRefusedError,
  type NameMap,
} from "@kwf/engine";
import { summariesOf } from "../admin/listed-thread.js";
import type { Operator, ThreadRecord } from "../admin/operator.js";
import type { ThreadFilter } from "../admin/thread-filter.js";
import { withOperator } from "../admin/with-operator.js";
import { ExitCode } from "../exit-code.js";
import type { Flags } from "../settings/settings.js";
import { agree } from "../terminal/ask.js";
import { withProgress } from "../terminal/progress.js";
import { sayThreadError } from "../terminal/said-error.js";
import { count, harmless } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";
import { bundleArgument, nameMapFile } from "./bundle-argument.js";
import { untilInterrupt } from "./interrupt.js";
import { type KnownState, threadStates } from "./thread-states.js";
import { checkThreadId } from "./written.js";

export interface MoveOptions {
  readonly to: string;
  readonly map: string | undefined;
  readonly filter: ThreadFilter;
  readonly limit: number | undefined;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly json: boolean;
}

interface Planned {
  readonly thread: string;
  readonly from: string;
  /** Nothing it refers to has changed; carried by names; not carried, and why. */
  readonly result: "unchanged" | "names" | "refused";
  readonly frames?: readonly FrameMove[];
  readonly instances?: readonly InstanceMove[];
  readonly reasons?: readonly string[];
}

export async function moveThreads(ids: readonly string[], options: MoveOptions, flags: Flags): Promise<void> {
  const filtered = Object.keys(options.filter).length > 0;
  if (ids.length > 0 && filtered) throw new UsageError("either thread ids or a filter, not both");
  if (ids.length === 0 && !filtered)
    throw new UsageError("which threads? Name them, or say which with a filter: kwf move --help lists what there is");
  for (const id of ids) checkThreadId(id);
  const map = nameMapFile(options.map);
  await withOperator(flags, async (operator) => {
    const to = await bundleArgument(options.to, operator);
    const threads = filtered ? await meant(operator, options, to) : [...new Set(ids)];
    const plan = await planned(operator, threads, to, map, filtered);
    say(plan, to, options);
    const carried = plan.filter(({ result }) => result !== "refused");
    if (!filtered && carried.length < plan.length) process.exitCode = ExitCode.failed;
    if (carried.length === 0) {
      if (plan.length === 0) console.error(`${count(0, "thread")} to move`);
      return;
    }
    if (options.dryRun) return;
    if (filtered || plan.some(({ result }) => result === "names"))
      await agree(`move ${count(carried.length, "thread")} to bundle ${to.hash}?`, options.yes);
    await operator.publishBundle(to.hash, to.source);
    const value = `ctl:${JSON.stringify({ op: "move", bundle: to.hash, ...(options.map === undefined ? {} : { map }) })}`;
    await send(
      operator,
      carried.map(({ thread }) => ({ thread, value })),
      to,
      options,
    );
  });
}

/** Those that the filter means and that are on another bundle. */
async function meant(
  operator: Operator,
  { filter, limit = Number.POSITIVE_INFINITY }: MoveOptions,
  to: Bundle,
): Promise<string[]> {
  const found: string[] = [];
  await withProgress("looking for threads", async ({ say: progress }) => {
    for await (const some of operator.list(filter)) {
      for (const { thread, bundle } of summariesOf(some))
        if (bundle !== undefined && bundle !== to.hash) found.push(thread);
      if (found.length >= limit) break;
      progress(`looking for threads: ${count(found.length, "thread")}`);
    }
  });
  return found.slice(0, limit);
}

/** I1 */
async function planned(
  operator: Operator,
  threads: readonly string[],
  to: Bundle,
  map: NameMap,
  quiet: boolean,
): Promise<Planned[]> {
  const bundles = new Map<string, Bundle | undefined>([[to.hash, to]]);
  const bundleOf = async (hash: string): Promise<Bundle | undefined> => {
    if (!bundles.has(hash)) {
      const source = await operator.bundle(hash);
      bundles.set(hash, source === undefined ? undefined : loadBundle(source, { log: () => {} }));
    }
    return bundles.get(hash);
  };
  const complain = (thread: string, problem: string) => {
    if (quiet) return;
    sayThreadError(thread, problem);
    process.exitCode = ExitCode.failed;
  };
  const plan: Planned[] = [];
  const living = new Set<string>();
  await withProgress("trying", async ({ say: progress }) => {
    for await (const known of threadStates(operator, threads)) {
      const { thread, bundle } = known;
      living.add(thread);
      if (bundle === undefined) complain(thread, "nothing of it has run yet: it starts on the runner's own bundle");
      else if (bundle === to.hash) complain(thread, "is on that bundle already");
      else plan.push({ thread, from: bundle, ...tried(known, await bundleOf(bundle), to, map) });
      progress(`trying: ${count(living.size, "thread")}`);
    }
  });
  for (const thread of threads) if (!living.has(thread)) complain(thread, "no such thread lives there");
  return plan;
}

function tried({ thread, state }: KnownState, from: Bundle | undefined, to: Bundle, map: NameMap) {
  if (from === undefined) return { result: "refused" as const, reasons: ["the bundle that it is on is nowhere"] };
  const record = { key: thread, value: null, offset: "0", partition: 0, timestamp: Date.now() };
  try {
    const { unchanged, frames, instances } = carry(state, from, to, map, record, { timeoutMs: 10_000 });
    return { result: unchanged ? ("unchanged" as const) : ("names" as const), frames, instances };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { result: "refused" as const, reasons: error instanceof MoveRefusedError ? error.reasons : [error.message] };
  }
}

const EXAMPLES = 5;

/** Threads of which the same is to be said are counted. */
function say(plan: readonly Planned[], to: Bundle, { json }: MoveOptions): void {
  if (json) {
    for (const one of plan) console.log(JSON.stringify({ ...one, to: to.hash }));
    return;
  }
  const groups = new Map<string, { lines: string[]; threads: string[] }>();
  for (const { thread, result, frames = [], instances = [], reasons = [] } of plan) {
    const lines =
      result === "unchanged"
        ? ["  nothing that they refer to has changed"]
        : result === "names"
          ? [...frames.map(frameLine), ...instances.map(instanceLine)]
          : reasons.map((reason) => `  ${reason}`);
    const title = result === "refused" ? "cannot be moved" : "can be moved";
    const key = [title, ...lines].join("\n");
    const group = groups.get(key) ?? { lines, threads: [] };
    groups.set(key, group);
    group.threads.push(harmless(thread));
  }
  for (const [key, { lines, threads }] of groups) {
    const examples = threads.slice(0, EXAMPLES).join(", ") + (threads.length > EXAMPLES ? ", …" : "");
    console.log(`${count(threads.length, "thread")} ${key.split("\n")[0]} (${examples})`);
    for (const line of lines) console.log(line);
  }
}

function frameLine({ function: name, text, line, newLine, added, dropped }: FrameMove): string {
  const where = text === undefined ? "which has not begun" : `at \`${text}\``;
  const lines = line === newLine || newLine === undefined ? `line ${line}` : `line ${line}, now ${newLine}`;
  const more = [...added.map((one) => `new: ${one}`), ...dropped.map((one) => `given up: ${one}`)];
  return `  ${name} ${where} (${lines})${more.length === 0 ? "" : `; ${more.join("; ")}`}`;
}

const instanceLine = ({ class: name, added }: InstanceMove): string =>
  `  objects of ${name}; ${added.map((one) => `new: ${one}`).join("; ")}`;

async function send(
  operator: Operator,
  records: readonly ThreadRecord[],
  to: Bundle,
  { wait, json }: MoveOptions,
): Promise<void> {
  if (!wait) {
    const sent = await operator.send(records);
    if (json) for (const one of sent) console.log(JSON.stringify(one));
    else console.log(`move: ${count(records.length, "record")} written to ${sent[0]!.topic}`);
    return;
  }
  const left = "no longer waiting. What is written stays, and is run when a runner comes to it";
  await untilInterrupt(left, (signal) =>
    withProgress(`waiting until ${count(records.length, "record")} ran`, async () => {
      for (const sent of await operator.send(records, { untilRun: true, signal })) {
        const found = await operator.show(sent.thread);
        const moved = found?.bundle === to.hash;
        const state = found?.state ?? "gone";
        if (json) console.log(JSON.stringify({ ...sent, state, moved }));
        else
          console.log(
            `${harmless(sent.thread)}: ${moved ? `moved, ${state}` : `${state}, not moved: kwf dlq ls --thread ${sent.thread}`}`,
          );
        if (!moved && found !== undefined) process.exitCode = ExitCode.failed;
      }
    }),
  );
}
