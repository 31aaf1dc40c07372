// `kwf simulate`: the lines of a file or a pipe, one after the other. What a line says is input-line.ts, what a record makes simulation.ts.

import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type Bundle, BundleFormatError, EngineError, loadBundle, RESUME_TOPIC } from "@kwf/engine";
import { ExitCode } from "../exit-code.js";
import { readConfig } from "../runner/config-file.js";
import { codedError, fileProblem, UsageError } from "../usage-error.js";
import { LineError, parseLine } from "./input-line.js";
import { Simulation } from "./simulation.js";
import { StateDirectory } from "./state-directory.js";

export interface SimulateOptions {
  readonly fresh?: boolean;
  readonly isolate?: boolean;
  readonly report?: boolean;
  readonly state?: string;
  readonly config?: string;
  readonly stepTimeout: number;
  readonly move: "auto" | "never";
}

export async function simulate(bundleFile: string, recordsFile: string, options: SimulateOptions): Promise<void> {
  const bundle = readBundle(bundleFile);
  const directory = options.state === undefined ? undefined : new StateDirectory(options.state);
  const simulation = new Simulation(bundle, {
    fresh: options.fresh === true,
    isolate: options.isolate === true,
    report: options.report === true,
    directory,
    stepTimeoutMs: options.stepTimeout,
    moves: options.move === "auto",
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
    if (error instanceof EngineError) throw codedError(error);
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
