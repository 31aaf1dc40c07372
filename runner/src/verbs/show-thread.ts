// `kwf show`.

import { bundleOf, decodeState, loadBundle, StateFormatError, stackLines } from "@kwf/engine";
import { detailOf, type ThreadDetail } from "../admin/thread-detail.js";
import { isNamed } from "../admin/thread-filter.js";
import { withOperator } from "../admin/with-operator.js";
import { clockOf } from "../clock.js";
import { ExitCode } from "../exit-code.js";
import type { Flags } from "../settings/settings.js";
import { StateDirectory } from "../simulate/state-directory.js";
import { formatDuration, formatMoment } from "../terminal/duration.js";
import { withProgress } from "../terminal/progress.js";
import { PLAIN, type Style, terminalStyle } from "../terminal/style.js";
import { count, harmless } from "../terminal/table.js";
import { UsageError } from "../usage-error.js";

export interface ShowOptions {
  /** Of `kwf simulate --state`. */
  readonly directory: string | undefined;
  readonly json: boolean;
  /** Id or name of the one ref to show. */
  readonly ref: string | undefined;
}

export async function showThread(thread: string, { directory, json, ref }: ShowOptions, flags: Flags): Promise<void> {
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
  const shown = ref === undefined ? detail : onlyRef(detail, ref);
  if (json) console.log(JSON.stringify(shown));
  else console.log(describe(shown, terminalStyle(process.stdout, process.env), clockOf(flags).now()).join("\n"));
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
  const [first, ...more] = directory.held(thread) ?? [];
  if (first === undefined) return detailOf(thread, bytes, bundle, { count: 0 });
  const record = { offset: Number(first.offset), value: first.value };
  return detailOf(thread, bytes, bundle, { count: 1 + more.length, first: record });
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

/** How much of a record is printed. */
const LONGEST_RECORD = 200;

export function describe(detail: ThreadDetail, style: Style = PLAIN, now = Date.now()): string[] {
  const { thread, state, since, run, bundle, activeAt, stateBytes, held, cancelling, pending, unreadable } = detail;
  const { bold, dim, width } = style;
  const size = stateBytes === undefined ? "" : `, ${stateBytes.toLocaleString("en-US")} bytes`;
  const paint = state === "paused" || state === "failed" ? style.trouble : style.state;
  const age = `since ${formatMoment(since)} (${formatDuration(now - since)})`;
  const lines = [
    `${bold(harmless(thread))}: ${paint(state)} ${age}, run ${harmless(run)}${size}, bundle ${harmless(bundle ?? "none yet")}`,
    ...paused(detail).map((line, index) => (index === 0 ? style.trouble(harmless(line)) : harmless(line))),
  ];
  if (activeAt !== undefined) lines.push(`  last step ${formatDuration(now - activeAt)} ago`);
  if (cancelling) lines.push("  is cancelled when it goes on");
  if (held > 0) lines.push(`  ${count(held, "record waits", "records wait")}`);
  if (stateBytes === undefined) return lines;
  if (unreadable !== undefined) lines.push(`  cannot be read: ${harmless(unreadable)}`);
  else if (pending.length === 0) lines.push("  waits for nothing from outside");
  if (pending.length > 1) lines.push(`  waits for ${count(pending.length, "ref")}:`);
  const room = width === undefined ? undefined : width - 2;
  return [...lines, ...stackLines(pending, { bold, dim, clean: harmless, width: room }).map((line) => `  ${line}`)];
}

function paused({ reason, record }: ThreadDetail): string[] {
  if (reason === undefined) return [];
  const { code, error, message, offset, operator } = reason;
  const why = message === undefined ? "" : `: ${message}`;
  if (code === "operator") return [`  paused by an operator${why}`];
  const lines = [`  paused (${code})${offset === undefined ? "" : ` at record ${offset}`}${why} [${error}]`];
  if (record?.value !== undefined && String(record.offset) === offset) {
    const { value } = record;
    const text = value.length <= LONGEST_RECORD ? value : `${value.slice(0, LONGEST_RECORD).toWellFormed()}…`;
    lines.push(`  record ${offset}: ${text}`);
  }
  if (operator === true) lines.push("  paused by an operator");
  return lines.flatMap((line) => line.split("\n"));
}

/** Only what waits for that ref, and the calls that it leads to. */
function onlyRef(detail: ThreadDetail, wanted: string): ThreadDetail {
  const pending = detail.pending.filter(({ id }) => id === wanted || isNamed(id, wanted));
  if (pending.length === 0)
    throw new UsageError(
      `${detail.thread} waits for no ref called "${wanted}": \`kwf show ${detail.thread}\` lists them`,
      ExitCode.failed,
    );
  return { ...detail, pending };
}
