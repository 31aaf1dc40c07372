// `kwf ls`.

import { type ListedThread, summariesOf } from "../admin/listed-thread.js";
import { First, LIVE_STATES, type ThreadFilter, type ThreadSummary, type Times } from "../admin/thread-filter.js";
import { withOperator } from "../admin/with-operator.js";
import { clockOf } from "../clock.js";
import type { Flags } from "../settings/settings.js";
import { formatDuration } from "../terminal/duration.js";
import { withProgress } from "../terminal/progress.js";
import { count, printLines, printTable } from "../terminal/table.js";

export interface ListOptions {
  readonly limit: number | undefined;
  readonly json: boolean;
}

/** So many may as well be sorted here. */
const MANY = 5_000;

export async function listThreads(filter: ThreadFilter, { limit, json }: ListOptions, flags: Flags): Promise<void> {
  if (json) printLines((await listed(filter, limit, (some) => some, flags)).shown.map(({ text }) => text));
  else {
    const ago = durationsUntil(clockOf(flags).now());
    const { shown, more } = await listed(filter, limit, (some) => summariesOf(some).map((one) => row(one, ago)), flags);
    print(shown, more, filter);
  }
}

/** In order. What is to be printed of each is made while the next ones are on their way. */
async function listed<T extends Times>(
  filter: ThreadFilter,
  limit: number | undefined,
  made: (some: readonly ListedThread[]) => readonly T[],
  flags: Flags,
): Promise<{ shown: readonly T[]; more: boolean }> {
  // One more than is shown tells that there are more.
  const most = limit === undefined ? Number.POSITIVE_INFINITY : limit + 1;
  const first = { order: filter.idleSince === undefined ? "active" : "idle", most } as const;
  const firsts = new First<T>(first);
  await withOperator(flags, (operator) =>
    withProgress("listing threads", async ({ say }) => {
      let seen = 0;
      for await (const some of operator.list(most > MANY ? filter : { ...filter, first })) {
        firsts.see(made(some));
        seen += some.length;
        say(`listing threads: ${count(seen, "thread")}`);
      }
    }),
  );
  const { found } = firsts;
  return { shown: found.slice(0, limit), more: found.length === most };
}

interface Row extends Times {
  readonly cells: readonly string[];
}

function row(one: ThreadSummary, ago: (moment: number) => string): Row {
  const { thread, state, since, activeAt } = one;
  const idle = activeAt === undefined ? "" : ago(activeAt);
  return { since, activeAt, cells: [thread, state, ago(since), idle, about(one)] };
}

/** Many threads share a second, and each text is made once. */
function durationsUntil(now: number): (moment: number) => string {
  const texts = new Map<number, string>();
  return (moment) => {
    const seconds = Math.floor((now - moment) / 1000);
    const known = texts.get(seconds);
    if (known !== undefined) return known;
    const text = formatDuration(seconds * 1000);
    texts.set(seconds, text);
    return text;
  };
}

function print(shown: readonly Row[], more: boolean, { state = LIVE_STATES }: ThreadFilter): void {
  const rows = shown.map(({ cells }) => cells);
  if (rows.length > 0) printTable(["THREAD", "STATE", "FOR", "IDLE", "ABOUT"], rows);
  const hint = rows.length === 0 && state === LIVE_STATES ? "; --all lists those that have ended too" : "";
  console.error(`${more ? "the first " : ""}${count(rows.length, "thread")}${hint}`);
}

/** What an operator has to know, or what it waits for. */
function about({ reason, pending = [], held }: ThreadSummary): string {
  const parts: string[] = [];
  if (reason !== undefined)
    parts.push(`${reason.code}: ${reason.message?.split("\n")[0] ?? reason.error ?? ""}`.replace(/: $/, ""));
  if (held !== undefined) parts.push(`${count(held, "record")} held`);
  if (pending.length > 0) parts.push(pending.join(", "));
  return parts.join("; ");
}
