// `kwf history`.

import type { HistoryEntry, HistoryQuery } from "../admin/thread-history.js";
import { withOperator } from "../admin/with-operator.js";
import { ExitCode } from "../exit-code.js";
import type { Flags } from "../settings/settings.js";
import { formatMoment } from "../terminal/duration.js";
import { withProgress } from "../terminal/progress.js";
import { PLAIN, type Style, terminalStyle } from "../terminal/style.js";
import { harmless } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";

export async function showHistory(thread: string, query: HistoryQuery, json: boolean, flags: Flags): Promise<void> {
  const entries = await withOperator(flags, (operator) =>
    withProgress(`reading what is left of ${thread}`, () => operator.history(thread, query)),
  );
  if (entries.length === 0) throw new UsageError(`no topic has a record of "${thread}"`, ExitCode.failed);
  if (json) for (const entry of entries) console.log(JSON.stringify(entry));
  else console.log(historyLines(entries, terminalStyle(process.stdout, process.env)).join("\n"));
}

/** A line for each record of the thread, and below it what came of it. */
export function historyLines(entries: readonly HistoryEntry[], style: Style = PLAIN): string[] {
  const { bold, dim, width } = style;
  let last: string | undefined;
  return entries.map((entry) => {
    const { type, at, topic, partition, offset, value, reason } = entry;
    const where = `${partition}:${offset}`;
    if (type === "record")
      return line(`${dim(formatMoment(at))}  ${bold(where.padEnd(6))}`, 34, harmless(value ?? "null"));
    const said =
      type === "status"
        ? `${stateIn(value)}${movedIn(value)}`
        : type === "dead-letter"
          ? `${reason}: ${value ?? "null"}`
          : (value ?? "null");
    const paint =
      type === "output" ? style.output : type === "result" || type === "status" ? style.state : style.trouble;
    const to = type === "output" ? `${topic}${entry.key === null ? "" : ` ${entry.key}`}` : type;
    return line(`    ${paint(harmless(to))}`, 4 + to.length, harmless(said));
  });

  /** It goes on, on another bundle. */
  function movedIn(value: string | null): string {
    const hash = /"bundle":"([^"]+)"/.exec(value ?? "")?.[1];
    const moved = hash !== undefined && last !== undefined && hash !== last;
    last = hash ?? last;
    return moved ? `, on bundle ${hash}` : "";
  }

  function line(head: string, length: number, text: string): string {
    const room = width === undefined ? text.length : Math.max(20, width - length - 2);
    return `${head}  ${text.length <= room ? text : `${text.slice(0, room - 1).toWellFormed()}…`}`;
  }
}

function stateIn(value: string | null): string {
  try {
    const { state, reason } = JSON.parse(value ?? "null") as {
      state?: string;
      reason?: { code?: string; message?: string };
    };
    const why =
      reason === undefined ? "" : ` (${reason.code}${reason.message === undefined ? "" : `: ${reason.message}`})`;
    return state === undefined ? String(value) : `${state}${why}`;
  } catch {
    return value ?? "taken away";
  }
}
