import {
  type Bundle,
  bundleOf,
  type Continuation,
  decodeState,
  EngineError,
  loadBundle,
  readContinuation,
  type StackEntry,
} from "@kwf/engine";
import { Command } from "commander";
import { ExitCode } from "../exit-code.js";
import { StateDirectory } from "../simulate/state-directory.js";
import { UsageError } from "../usage-error.js";
import { withKafkaOptions } from "./kafka-options.js";

interface Options {
  state?: string;
  json?: boolean;
  brokers?: string;
  group?: string;
  prefix?: string;
  properties?: string;
}

export function showCommand(): Command {
  return withKafkaOptions(new Command("show"))
    .description("print what a suspended thread waits for, and where in the source; no workflow code runs")
    .argument("<thread>", "thread id")
    .option("--state <dir>", "ask not Kafka, but the directory that `kwf simulate --state` keeps")
    .option("--json", "print one JSON object")
    .addHelpText(
      "after",
      `
Examples:
  kwf show trip-1
  kwf simulate dist/bundle.js --state .state < records.jsonl
  kwf show --state .state trip-1

Exit codes: 0 shown, 1 there is no such thread or its state cannot be read, 2 wrong usage.`,
    )
    .action(run);
}

async function run(thread: string, { state: folder, json, ...flags }: Options): Promise<void> {
  try {
    const found = folder === undefined ? await onKafka(thread, flags) : inDirectory(thread, folder);
    const { bytes, bundle, held } = found;
    const continuation = readContinuation(decodeState(bytes), bundle?.metadata);
    if (json === true) console.log(JSON.stringify({ thread, stateBytes: bytes.length, held, ...continuation }));
    else console.log(describe(thread, found, continuation).join("\n"));
  } catch (error) {
    if (error instanceof EngineError) throw new UsageError(`${error.message} [${error.code}]`, ExitCode.failed);
    throw error;
  }
}

interface Found {
  readonly bytes: Uint8Array;
  readonly bundle: Bundle | undefined;
  /** How many records wait for it. */
  readonly held: number;
}

function inDirectory(thread: string, folder: string): Found {
  const directory = new StateDirectory(folder);
  const bytes = directory.get(thread);
  if (bytes === null) throw new UsageError(`no thread "${thread}" lives in ${folder}`, ExitCode.failed);
  const held = directory.held(thread)?.length ?? 0;
  return { bytes, bundle: bundleFor(directory, bundleOf(decodeState(bytes))), held };
}

async function onKafka(thread: string, flags: Omit<Options, "state" | "json">): Promise<Found> {
  const { findThread } = await import("../thread-state-on-kafka.js");
  const found = await findThread({ ...flags }, thread);
  if (found === undefined) throw new UsageError(`no thread "${thread}" lives there`, ExitCode.failed);
  return { bytes: found.state, bundle: found.bundle, held: found.held };
}

/** A thread whose first step has not succeeded has no bundle yet. */
function bundleFor(directory: StateDirectory, hash: string | undefined): Bundle | undefined {
  if (hash === undefined) return undefined;
  const source = directory.bundle(hash);
  if (source === undefined)
    throw new UsageError(`the thread's bundle ${hash} is not in ${directory.path}`, ExitCode.failed);
  return loadBundle(source);
}

function describe(thread: string, { bytes, bundle, held }: Found, continuation: Continuation): string[] {
  const { status, since, run: life, bundle: hash, paused, cancelling, pending } = continuation;
  const lines = [
    `${thread}: ${status} since ${new Date(since).toISOString()}, run ${life}, ${bytes.length} bytes, bundle ${hash ?? "none yet"}`,
  ];
  const { operator, failure } = paused ?? {};
  if (failure !== undefined) {
    const { code, offset, error } = failure;
    lines.push(`  paused (${code}) at record ${offset}: ${error.message} [${error.code}]`);
  }
  if (operator !== undefined) {
    lines.push(`  paused by an operator${operator.reason === undefined ? "" : `: ${operator.reason}`}`);
  }
  if (cancelling) lines.push("  is cancelled when it goes on");
  if (held > 0) lines.push(`  ${held === 1 ? "1 record waits" : `${held} records wait`}`);
  if (pending.length === 0) lines.push("  waits for nothing from outside");
  for (const { id, stacks } of pending) {
    lines.push(`  waits for ${id}${stacks.length === 0 ? ", which nobody awaits" : ""}`);
    stacks.forEach((stack, index) => {
      if (index > 0) lines.push("    and");
      for (const entry of stack) lines.push(...describeEntry(entry, bundle));
    });
  }
  return lines;
}

function describeEntry(entry: StackEntry, bundle: Bundle | undefined): string[] {
  if (entry.type === "combinator") return [`    in ${entry.name}, element ${entry.index}`];
  if (entry.type === "reaction") return [`    in ${entry.name}`];
  const { function: name, file, line, column, locals } = entry;
  const place = file === undefined ? "" : ` (${file}:${line}:${column})`;
  const lines = [`    at ${name === "" ? "<anonymous>" : name}${place}`];
  const text = file === undefined || line === undefined ? undefined : bundle?.positions.lineText(file, line)?.trim();
  if (text !== undefined && text !== "") lines.push(`         ${text}`);
  const known = locals
    .filter(({ value }) => value !== "undefined")
    .map(({ name: local, value }) => `${local} = ${value}`);
  if (known.length > 0) lines.push(`         ${known.join(", ")}`);
  return lines;
}
