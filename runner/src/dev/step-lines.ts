// What `kwf dev` prints of a step: the record that came in, what it put out, what the workflow printed, and what the thread waits for now.
// Text only; where it goes, and whether in colour, is the caller's.

import { DEAD_LETTER_TOPIC, ERROR_TOPIC, STATUS_TOPIC } from "@kwf/engine";
import type { LogRecord } from "../log/log.js";
import type { StepOutcome } from "../steps/step-batch.js";
import type { Style } from "../terminal/style.js";

const WHAT_FATE_MEANS: Readonly<Record<string, string>> = {
  late: "answered already: nothing happens",
  unmatched: "nothing waits for that ref: nothing happens",
  ignored: "it runs already: nothing happens",
  held: "waits behind the pause",
  "dead-lettered": "dead letter",
};

const MOST_PLACES = 8;

export function stepLines(record: LogRecord, thread: string | null, outcome: StepOutcome, style: Style): string[] {
  const { fate, status, outputs, pending, error, failed, console: printed, unhandled } = outcome;
  const time = new Date(record.timestamp).toTimeString().slice(0, 8);
  const name = thread ?? "(no key)";
  const value = record.value?.toString() ?? "null";
  const lines = [
    `${style.dim(time)} ${style.input("in ")} ${style.bold(name)}  ${cut(value, 15 + name.length, style)}`,
  ];
  const body = (mark: string, text: string) => lines.push(`         ${mark} ${text}`);
  for (const { level, text, file, line } of printed) {
    const place = file === undefined ? "" : style.dim(`${file}:${line}  `);
    body(style.dim("log"), `${place}${level === "log" || level === "info" ? "" : `${level}: `}${text}`);
  }
  for (const { topic, key, value: content, headers } of outputs) {
    if (topic === STATUS_TOPIC) continue;
    const to = key === thread || key === null ? "" : style.dim(`${key}  `);
    body(style.output("out"), `${style.bold(topic)}  ${to}${cut(content ?? "null", 15 + topic.length, style)}`);
    for (const place of topic === ERROR_TOPIC ? placesOf(headers?.["kwf-error"]) : []) body("   ", style.dim(place));
    const why = topic === DEAD_LETTER_TOPIC ? headers?.["kwf-message"] : undefined;
    if (why !== undefined) body(style.trouble("!  "), why);
  }
  for (const reason of unhandled) body(style.trouble("!  "), `unhandled rejection: ${String(reason)}`);
  const note = WHAT_FATE_MEANS[fate];
  if (note !== undefined && failed !== true) body(style.dim("…  "), style.dim(note));
  else body(style.state("…  "), describe(status, pending, error, style));
  return lines;
}

/** Where an error was thrown, and the calls around that, in the author's own lines; of a deep stack the inner ones. */
function placesOf(details: string | undefined): string[] {
  const { stack } = JSON.parse(details ?? "{}") as { stack?: unknown };
  const lines = typeof stack === "string" ? stack.split("\n").map((line) => line.trim()) : [];
  return lines.filter((line) => /^at .*:\d+:\d+\)?$/.test(line)).slice(0, MOST_PLACES);
}

/** To what is left of a line of which so much is used. */
export const cut = (text: string, used: number, { width }: Style): string =>
  width === undefined || text.length + used <= width ? text : `${text.slice(0, Math.max(8, width - used - 1))}…`;

function describe(
  status: StepOutcome["status"],
  pending: readonly string[],
  error: StepOutcome["error"],
  style: Style,
): string {
  if (error !== undefined) return style.trouble(`paused: ${error.message} [${error.code}]`);
  if (status === "running") {
    return style.state(pending.length === 0 ? "waits for nothing from outside" : `waits for ${pending.join(", ")}`);
  }
  return style.state(status ?? "gone");
}
