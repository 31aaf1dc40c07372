import type { ThreadDetail } from "../admin/operator.js";
import type { ThreadSummary } from "../admin/thread-filter.js";
import { ExitCode } from "../exit-code.js";
import { formatMoment } from "../terminal/duration.js";
import { harmless } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";

type Known = Pick<ThreadSummary, "thread" | "state" | "since" | "reason">;

export const isLive = (known: ThreadDetail | undefined): known is ThreadDetail =>
  known?.state === "running" || known?.state === "paused";

/** Said of a thread that a command is about and that does not live. */
export function noSuchThread(thread: string, known: Known | undefined): UsageError {
  const name = harmless(thread);
  return new UsageError(
    known === undefined
      ? `no thread "${name}" lives there`
      : `${name} has ended: ${known.state} since ${formatMoment(known.since)}`,
    ExitCode.failed,
  );
}

/** In brackets, with a space before it. */
export function isPausedBecause({ reason }: Pick<Known, "reason">): string {
  if (reason === undefined) return "";
  const { code, message } = reason;
  return ` (${message === undefined ? code : harmless(message.split("\n")[0]!)})`;
}
