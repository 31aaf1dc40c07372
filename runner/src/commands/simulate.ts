import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Bundle, BundleFormatError, EngineError, loadBundle, RESUME_TOPIC } from "@kwf/engine";
import { Command, InvalidArgumentError } from "commander";
import { ExitCode } from "../exit-code.js";
import { readConfig } from "../runner/config-file.js";
import { LineError, parseLine } from "../simulate/input-line.js";
import { Simulation } from "../simulate/simulation.js";
import { StateDirectory } from "../simulate/state-directory.js";
import { fileProblem, UsageError } from "../usage-error.js";

interface Options {
  fresh?: boolean;
  isolate?: boolean;
  report?: boolean;
  state?: string;
  config?: string;
  stepTimeout: number;
}

export function simulateCommand(): Command {
  return new Command("simulate")
    .description("run records through a bundle, without broker or disk, and print what each step would have produced")
    .argument("<bundle>", "a file that `kwf build` made")
    .argument("[records]", 'input records, one JSON object a line; "-" reads them from a pipe', "-")
    .option("--fresh", "restore every step in a new realm")
    .option("--isolate", "restore every step in a new process")
    .option("--state <dir>", "keep state between calls, one file a thread")
    .option("--report", "after the records of each step, print what became of the thread")
    .option("--config <file>", "JSON that workflow code sees as W.config")
    .option(
      "--step-timeout <ms>",
      "stop a step that runs longer and pause its thread; 0 for no limit",
      milliseconds,
      10_000,
    )
    .addHelpText(
      "after",
      `
Input, a line for each record: {"key":"thread id","value":"new:{…}"} and optionally "offset", "timestamp" (epoch ms),
"partition", "headers". Values are exactly those of the topic workflow-resume:
  new:<json>                  start the workflow
  init:<json>                 start it only if the thread does not live
  {"ref":"0:ref:1","value":1} resolve a ref; {"ref":…,"error":…} makes the await throw
  ctl:{"op":"cancel"}         also kill, pause, unpause, retry, discard, delete
Offsets count from 0, the time is now, where a line does not say. A line is answered before the next is read.
A line with "topic", one of manifest.inputTopics, gives the record that it becomes on workflow-resume.

Output, a line for each record: {"topic","key","value","headers"}. console.* of the workflow goes to stderr.

Examples:
  echo '{"key":"t1","value":"new:{}"}' | kwf simulate dist/bundle.js --report
  echo '{"topic":"orders","key":"o1","value":"{}"}' | kwf simulate dist/bundle.js | kwf simulate dist/bundle.js
  kwf simulate dist/bundle.js records.jsonl --isolate
  kwf simulate dist/bundle.js --state .state < first.jsonl && kwf show --state .state t1

Exit codes: 0 all lines were records, 1 a line was not (it stops there) or the bundle is damaged, 2 wrong usage.`,
    )
    .action(run);
}

async function run(bundleFile: string, recordsFile: string, options: Options): Promise<void> {
  const bundle = readBundle(bundleFile);
  const directory = options.state === undefined ? undefined : new StateDirectory(options.state);
  const simulation = new Simulation(bundle, {
    fresh: options.fresh === true,
    isolate: options.isolate === true,
    report: options.report === true,
    directory,
    stepTimeoutMs: options.stepTimeout,
    config: options.config === undefined ? undefined : readConfig(options.config),
    print: (line) => process.stdout.write(`${line}\n`),
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const name = recordsFile === "-" ? "stdin" : recordsFile;
  const input = recordsFile === "-" ? process.stdin : createReadStream(recordsFile);
  const next = new Map([[RESUME_TOPIC, directory?.position ?? 0]]);
  let number = 0;
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() === "") continue;
      const offset = (topic: string) => next.get(topic) ?? 0;
      const { topic, record } = parseLine(line, { offset, timestamp: Date.now() });
      if (topic === RESUME_TOPIC) await simulation.run(record);
      else simulation.input(topic, record);
      next.set(topic, Number(record.offset) + 1);
      if (directory !== undefined) directory.position = next.get(RESUME_TOPIC)!;
    }
  } catch (error) {
    if (error instanceof LineError) throw new UsageError(`${name}:${number}: ${error.message}`, ExitCode.failed);
    if (error instanceof EngineError) throw new UsageError(`${error.message} [${error.code}]`, ExitCode.failed);
    if (isFileError(error)) throw fileProblem("read", name, error);
    throw error;
  }
}

function readBundle(file: string): Bundle {
  try {
    return loadBundle(readFileSync(file), { log: (level, text) => process.stderr.write(`${level}: ${text}\n`) });
  } catch (error) {
    if (error instanceof BundleFormatError)
      throw new UsageError(`${file}: ${error.message} [${error.code}]`, ExitCode.failed);
    throw fileProblem("read", file, error);
  }
}

const isFileError = (error: unknown): boolean => typeof (error as NodeJS.ErrnoException).syscall === "string";

function milliseconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError("expected a number of milliseconds.");
  return value;
}
