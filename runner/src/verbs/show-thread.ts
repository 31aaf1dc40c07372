// `kwf show`.

import { bundleOf, decodeState, loadBundle, StateFormatError } from "@kwf/engine";
import { detailOf, type ShownEntry, type ThreadDetail } from "../admin/thread-detail.js";
import { withOperator } from "../admin/with-operator.js";
import { ExitCode } from "../exit-code.js";
import type { Flags } from "../settings/settings.js";
import { StateDirectory } from "../simulate/state-directory.js";
import { formatDuration } from "../terminal/duration.js";
import { withProgress } from "../terminal/progress.js";
import { count, harmless } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";

export interface ShowOptions {
  /** Of `kwf simulate --state`. */
  readonly directory: string | undefined;
  readonly json: boolean;
}

export async function showThread(thread: string, { directory, json }: ShowOptions, flags: Flags): Promise<void> {
  const detail =
    directory === undefined
      ? await withOperator(flags, (operator) => withProgress(`looking for ${thread}`, () => operator.show(thread)))
      : inDirectory(thread, directory);
  if (detail === undefined) {
    throw new UsageError(
      `no thread "${thread}" lives ${directory === undefined ? "there" : `in ${directory}`}`,
      ExitCode.failed,
    );
  }
  if (json) console.log(JSON.stringify(detail));
  else console.log(describe(detail).map(harmless).join("\n"));
}

function inDirectory(thread: string, folder: string): ThreadDetail | undefined {
  const directory = new StateDirectory(folder);
  const bytes = directory.get(thread);
  if (bytes === null) return undefined;
  const hash = hashIn(bytes);
  const source = hash === undefined ? undefined : directory.bundle(hash);
  if (hash !== undefined && source === undefined)
    throw new UsageError(`the thread's bundle ${hash} is not in ${directory.path}`, ExitCode.failed);
  const bundle = source === undefined ? undefined : loadBundle(source);
  return detailOf(thread, bytes, bundle, directory.held(thread)?.length ?? 0);
}

/** Undefined: nothing has run yet, or the bytes cannot be read, which is shown. */
function hashIn(bytes: Uint8Array): string | undefined {
  try {
    return bundleOf(decodeState(bytes));
  } catch (error) {
    if (error instanceof StateFormatError) return undefined;
    throw error;
  }
}

export function describe(detail: ThreadDetail, now = Date.now()): string[] {
  const { thread, state, since, run, bundle, activeAt, stateBytes, held, cancelling, pending, unreadable } = detail;
  const size = stateBytes === undefined ? "" : `, ${stateBytes} bytes`;
  const lines = [
    `${thread}: ${state} since ${new Date(since).toISOString()}, run ${run}${size}, bundle ${bundle ?? "none yet"}`,
    ...paused(detail),
  ];
  if (activeAt !== undefined) lines.push(`  last step ${formatDuration(now - activeAt)} ago`);
  if (cancelling) lines.push("  is cancelled when it goes on");
  if (held > 0) lines.push(`  ${count(held, "record waits", "records wait")}`);
  if (stateBytes === undefined) return lines;
  if (unreadable !== undefined) lines.push(`  cannot be read: ${unreadable}`);
  else if (pending.length === 0) lines.push("  waits for nothing from outside");
  for (const { id, stacks } of pending) {
    lines.push(`  waits for ${id}${stacks.length === 0 ? ", which nobody awaits" : ""}`);
    stacks.forEach((stack, index) => {
      if (index > 0) lines.push("    and");
      for (const entry of stack) lines.push(...describeEntry(entry));
    });
  }
  return lines;
}

function paused({ reason }: ThreadDetail): string[] {
  if (reason === undefined) return [];
  const { code, error, message, offset, operator } = reason;
  const why = message === undefined ? "" : `: ${message}`;
  if (code === "operator") return [`  paused by an operator${why}`];
  const lines = [`  paused (${code})${offset === undefined ? "" : ` at record ${offset}`}${why} [${error}]`];
  if (operator === true) lines.push("  paused by an operator");
  return lines.flatMap((line) => line.split("\n"));
}

function describeEntry(entry: ShownEntry): string[] {
  if (entry.type === "combinator") return [`    in ${entry.name}, element ${entry.index}`];
  if (entry.type === "reaction") return [`    in ${entry.name}`];
  const { function: name, file, line, column, locals, source } = entry;
  const place = file === undefined ? "" : ` (${file}:${line}:${column})`;
  const lines = [`    at ${name === "" ? "<anonymous>" : name}${place}`];
  if (source !== undefined) lines.push(`         ${source}`);
  const known = locals
    .filter(({ value }) => value !== "undefined")
    .map(({ name: local, value }) => `${local} = ${value}`);
  if (known.length > 0) lines.push(`         ${known.join(", ")}`);
  return lines;
}
