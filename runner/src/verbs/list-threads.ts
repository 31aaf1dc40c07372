// `kwf ls`.

import { LIVE_STATES, type ThreadFilter, type ThreadSummary } from "../admin/thread-filter.js";
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

export async function listThreads(filter: ThreadFilter, { limit, json }: ListOptions, flags: Flags): Promise<void> {
  await withOperator(flags, async (operator) => {
    const threads: ThreadSummary[] = [];
    await withProgress("listing threads", async ({ say }) => {
      for await (const one of operator.list(filter)) {
        threads.push(one);
        if (threads.length % CHUNK === 0) say(`listing threads: ${count(threads.length, "thread")}`);
      }
    });
    const shown = inOrder(threads, filter).slice(0, limit);
    if (json) printJson(shown);
    else print(shown, threads.length, filter);
  });
}

/** Who did something last comes first; asked for the idle ones, who has been idle for the longest. */
function inOrder(threads: readonly ThreadSummary[], { idleMs }: ThreadFilter): ThreadSummary[] {
  const sign = idleMs === undefined ? -1 : 1;
  return threads.toSorted((a, b) => sign * (activeAt(a) - activeAt(b)));
}

const activeAt = ({ activeAt = 0, since }: ThreadSummary): number => Math.max(activeAt, since);

function printJson(threads: readonly ThreadSummary[]): void {
  for (let at = 0; at < threads.length; at += CHUNK) {
    const lines = threads.slice(at, at + CHUNK).map((one) => `${JSON.stringify(one)}\n`);
    process.stdout.write(lines.join(""));
  }
}

function print(shown: readonly ThreadSummary[], all: number, { state = LIVE_STATES }: ThreadFilter): void {
  const now = Date.now();
  const row = (one: ThreadSummary) => [
    one.thread,
    one.state,
    formatDuration(now - one.since),
    one.activeAt === undefined ? "" : formatDuration(now - one.activeAt),
    about(one),
  ];
  if (shown.length > 0) printTable(["THREAD", "STATE", "FOR", "IDLE", "ABOUT"], shown.map(row));
  const said = shown.length < all ? `${shown.length} of ${count(all, "thread")}` : count(all, "thread");
  const more = state === LIVE_STATES ? "; --all lists those that have ended too" : "";
  console.error(`${said}${all === 0 ? more : ""}`);
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
