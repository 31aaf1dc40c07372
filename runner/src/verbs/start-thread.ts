// `kwf start`: writes the record that starts a thread and, with --wait, says how exactly that run has ended.

import { randomUUID } from "node:crypto";
import type { Sent } from "../admin/operator.js";
import { startValue } from "../admin/record-value.js";
import type { RunOutcome, StatusSeen } from "../admin/run-judge.js";
import { withOperator } from "../admin/with-operator.js";
import { ExitCode } from "../exit-code.js";
import type { Flags } from "../settings/settings.js";
import { type Progress, withProgress } from "../terminal/progress.js";
import { harmless } from "../terminal/table.js";
import { untilInterrupt } from "./interrupt.js";
import { jsonArgument } from "./json-argument.js";
import { checkThreadId, sayWritten } from "./written.js";

export interface StartOptions {
  readonly ifAbsent: boolean;
  readonly wait: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

export async function startThread(operands: readonly string[], options: StartOptions, flags: Flags): Promise<void> {
  const [id, argument] = named(operands);
  const json = await jsonArgument(argument, "the argument");
  const thread = id ?? randomUUID();
  checkThreadId(thread);
  const record = { thread, value: startValue(json, options.ifAbsent) };
  await withOperator(flags, async (operator) => {
    if (!options.wait) {
      const [sent] = await operator.send([record]);
      return sayStarted(sent!, options);
    }
    const left = `no longer waiting. It goes on: kwf show ${thread}`;
    await untilInterrupt(left, (signal) =>
      withProgress(`waiting for ${harmless(thread)}`, async (progress) => {
        const outcome = await operator.runToEnd(
          record,
          (sent) => {
            if (!options.quiet && !options.json) progress.note(place(sent));
          },
          { anyRun: options.ifAbsent, signal, onStatus: pauses(thread, progress) },
        );
        return outcome;
      }),
    ).then((outcome) => sayOutcome(thread, outcome, options.json));
  });
}

/** One operand that can only be JSON is the argument, and the id is made. */
function named([first, second]: readonly string[]): [id: string | undefined, argument: string | undefined] {
  if (second === undefined && first !== undefined && (first === "-" || /^\s*[{["]/.test(first)))
    return [undefined, first];
  return [first, second];
}

const place = ({ thread, topic, partition, offset }: Sent): string =>
  `${harmless(thread)}: ${topic}-${partition} offset ${offset}`;

function sayStarted(sent: Sent, { quiet, json }: StartOptions): void {
  if (json) console.log(JSON.stringify({ ...sent, run: `${sent.partition}:${sent.offset}` }));
  else if (quiet) console.log(sent.thread);
  else sayWritten(sent);
}

/** That it is paused, and that it goes on after that. */
function pauses(thread: string, { note }: Progress): (status: StatusSeen) => void {
  let paused = false;
  return ({ state, reason }) => {
    if (state !== "paused" && !paused) return;
    paused = state === "paused";
    const why = reason === undefined ? "" : ` (${reason.message ?? reason.code})`;
    note(paused ? `${harmless(thread)} is paused${harmless(why)}: kwf show ${thread}` : `${harmless(thread)} goes on`);
  };
}

const EXIT_CODES = {
  completed: ExitCode.done,
  failed: ExitCode.workflowFailed,
  cancelled: ExitCode.cancelled,
  refused: ExitCode.refused,
  removed: ExitCode.refused,
} as const;

/** The result goes to stdout as it is, an error to stderr. */
function sayOutcome(thread: string, outcome: RunOutcome, asJson: boolean): void {
  process.exitCode = EXIT_CODES[outcome.status];
  if (asJson) console.log(outcomeJson(thread, outcome));
  else if (outcome.status === "completed") {
    if (outcome.value !== null) console.log(outcome.value);
  } else console.error(`kwf: ${thread} ${inWords(outcome)}`);
}

function inWords(outcome: Exclude<RunOutcome, { status: "completed" }>): string {
  switch (outcome.status) {
    case "refused":
      return `was not started: ${outcome.message} [${outcome.reason}]`;
    case "removed":
      return "was removed";
    case "cancelled":
      return `was cancelled: ${outcome.error.message ?? outcome.value}`;
    case "failed":
      return `failed: ${outcome.error.stack ?? outcome.value}`;
  }
}

/** Texts of the workflow stay as they are. */
function outcomeJson(thread: string, outcome: RunOutcome): string {
  const members = Object.entries(outcome).filter(([name]) => name !== "value" && name !== "error");
  const head = JSON.stringify({ thread, ...Object.fromEntries(members) }).slice(0, -1);
  if (outcome.status === "completed") return `${head}${outcome.value === null ? "" : `,"result":${outcome.value}`}}`;
  if (!("error" in outcome)) return `${head}}`;
  return `${head},"error":${outcome.value},"details":${JSON.stringify(outcome.error)}}`;
}
