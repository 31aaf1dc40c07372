// `kwf resume`: looks what the thread waits for before it writes, since a record for a ref that is not pending changes nothing.

import type { PendingRef } from "@kwf/engine";
import type { ThreadDetail } from "../admin/operator.js";
import { resumeValue } from "../admin/record-value.js";
import { isNamed } from "../admin/thread-filter.js";
import { withOperator } from "../admin/with-operator.js";
import { ExitCode } from "../exit-code.js";
import type { Flags } from "../settings/settings.js";
import { harmless } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";
import { sayAfterRun, type WaitOptions } from "./after-run.js";
import { jsonArgument } from "./json-argument.js";
import { isLive, isPausedBecause, noSuchThread } from "./live-thread.js";
import { checkThreadId, sayWritten } from "./written.js";

export interface ResumeOptions extends WaitOptions {
  readonly error: boolean;
  /** False: the record is written whatever the thread waits for. */
  readonly check: boolean;
}

export async function resumeThread(
  thread: string,
  ref: string,
  argument: string | undefined,
  options: ResumeOptions,
  flags: Flags,
): Promise<void> {
  checkThreadId(thread);
  const json = await jsonArgument(argument, "the value");
  await withOperator(flags, async (operator) => {
    let id = ref;
    if (options.check) {
      const detail = await operator.show(thread);
      if (!isLive(detail)) throw noSuchThread(thread, detail);
      id = pendingRef(detail, ref);
      if (detail.state === "paused")
        console.error(`${harmless(thread)} is paused${isPausedBecause(detail)}: the record waits until it goes on`);
    }
    const value = resumeValue(
      id,
      options.error ? { error: json ?? "null" } : json === undefined ? {} : { value: json },
    );
    if (options.wait) return sayAfterRun(operator, [{ thread, value }], options);
    const [sent] = await operator.send([{ thread, value }]);
    if (options.json) console.log(JSON.stringify({ ...sent, ref: id }));
    else sayWritten(sent!);
  });
}

/** The id of the one ref that is meant. Throws UsageError. */
export function pendingRef({ thread, pending }: Pick<ThreadDetail, "thread" | "pending">, wanted: string): string {
  const exact = pending.find(({ id }) => id === wanted);
  const found = exact === undefined ? pending.filter(({ id }) => isNamed(id, wanted)) : [exact];
  if (found.length === 1) return found[0]!.id;
  const what =
    found.length === 0 ? `waits for nothing called "${wanted}"` : `waits for ${found.length} refs called "${wanted}"`;
  const list = (found.length === 0 ? pending : found).map(line).join("\n");
  const rest =
    pending.length === 0
      ? "; it waits for nothing from outside"
      : found.length === 0
        ? `. It waits for:\n${list}`
        : `:\n${list}`;
  throw new UsageError(`${thread} ${what}${rest}`, ExitCode.failed);
}

function line({ id, stacks }: PendingRef): string {
  const frame = stacks[0]?.find((entry) => entry.type === "frame" && entry.file !== undefined);
  const place =
    frame?.type === "frame"
      ? `  at ${frame.function || "<anonymous>"} (${frame.file}:${frame.line}:${frame.column})`
      : "";
  return `  ${harmless(id)}${place}`;
}
