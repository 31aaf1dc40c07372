// `kwf ls`.

import { compareBy, LIVE_STATES, type ThreadFilter, type ThreadSummary } from "../admin/thread-filter.js";
import { withOperator } from "../admin/with-operator.js";
import type { Flags } from "../settings/settings.js";
import { formatDuration } from "../terminal/duration.js";
import { withProgress } from "../terminal/progress.js";
import { count, printTable } from "../terminal/table.js";

export interface ListOptions {
  readonly limit: number | undefined;
  readonly json: boolean;
}

/** So many lines are written at once. */
const CHUNK = 1_000;
/** So many may as well be sorted here. */
const MANY = 5_000;

export async function listThreads(filter: ThreadFilter, { limit, json }: ListOptions, flags: Flags): Promise<void> {
  const order = filter.idleMs === undefined ? "active" : "idle";
  // One more than is shown tells that there are more.
  const first = limit === undefined || limit >= MANY ? {} : { first: { order, most: limit + 1 } as const };
  await withOperator(flags, async (operator) => {
    const threads: ThreadSummary[] = [];
    await withProgress("listing threads", async ({ say }) => {
      for await (const one of operator.list({ ...filter, ...first })) {
        threads.push(one);
        if (threads.length % MANY === 0) say(`listing threads: ${count(threads.length, "thread")}`);
      }
    });
    threads.sort(compareBy(order));
    const shown = threads.slice(0, limit);
    if (json) printJson(shown);
    else print(shown, threads.length > shown.length, filter);
  });
}

function printJson(threads: readonly ThreadSummary[]): void {
  for (let at = 0; at < threads.length; at += CHUNK) {
    const lines = threads.slice(at, at + CHUNK).map((one) => `${JSON.stringify(one)}\n`);
    process.stdout.write(lines.join(""));
  }
}

function print(shown: readonly ThreadSummary[], more: boolean, { state = LIVE_STATES }: ThreadFilter): void {
  const now = Date.now();
  const row = (one: ThreadSummary) => [
    one.thread,
    one.state,
    formatDuration(now - one.since),
    one.activeAt === undefined ? "" : formatDuration(now - one.activeAt),
    about(one),
  ];
  if (shown.length > 0) printTable(["THREAD", "STATE", "FOR", "IDLE", "ABOUT"], shown.map(row));
  const hint = shown.length === 0 && state === LIVE_STATES ? "; --all lists those that have ended too" : "";
  console.error(`${more ? "the first " : ""}${count(shown.length, "thread")}${hint}`);
}

/** What an operator has to know, or what it waits for. */
function about({ reason, pending = [], held }: ThreadSummary): string {
  const parts = [
    ...(reason === undefined
      ? []
      : [`${reason.code}: ${reason.message?.split("\n")[0] ?? reason.error ?? ""}`.replace(/: $/, "")]),
    ...(held === undefined ? [] : [`${count(held, "record")} held`]),
    ...(pending.length === 0 ? [] : [pending.join(", ")]),
  ];
  return parts.join("; ");
}
