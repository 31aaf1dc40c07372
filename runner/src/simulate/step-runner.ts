import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Bundle,
  type InputRecord,
  parseCommand,
  type StepOptions,
  type StepResult,
  StepTimeoutError,
  step,
} from "@kwf/engine";

/** Where a step runs: the same function of its arguments in either place. */
export type StepRunner = (
  bundle: Bundle,
  state: Uint8Array | null,
  record: InputRecord,
  options: StepOptions,
) => Promise<StepResult>;

export const inProcess: StepRunner = async (bundle, state, record, options) => step(bundle, state, record, options);

export interface StepRequest {
  source: string;
  state: Uint8Array | null;
  record: InputRecord;
  options: Omit<StepOptions, "bundles" | "moveTo">;
  /** The one that the thread may move to by itself, and the one that the record names. */
  moveTo?: string | undefined;
  named?: string | undefined;
}

/** Every step in a process of its own, which ends with it: nothing but the bytes of the state goes from one to the next. */
export const inNewProcess: StepRunner = (bundle, state, record, options) =>
  new Promise((resolve, reject) => {
    const child = fork(workerFile(), { serialization: "advanced", stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const { timeoutMs = 10_000 } = options;
    // The child stops its own loops; what it cannot stop ends with it.
    const watchdog = timeoutMs === 0 ? undefined : setTimeout(() => child.kill("SIGKILL"), timeoutMs * 2 + 10_000);
    let answer: StepResult | undefined;
    child.once("message", (message) => {
      answer = message as StepResult;
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      clearTimeout(watchdog);
      if (answer !== undefined) resolve(answer);
      else if (signal === "SIGKILL") reject(new StepTimeoutError(timeoutMs));
      else reject(new Error(`the process of a step ended without an answer (${signal ?? `exit code ${code}`})`));
    });
    const { bundles, moveTo, ...plain } = options;
    const command = parseCommand(record);
    const named = command.type === "control" && command.move !== undefined ? bundles?.(command.move.bundle) : undefined;
    const others = { moveTo: moveTo?.source, named: named?.source };
    const request: StepRequest = { source: bundle.source, state, record, options: plain, ...others };
    child.send(request);
  });

function workerFile(): string {
  const built = fileURLToPath(new URL("./step-worker.js", import.meta.url));
  // While tests run from source, Node needs the built file.
  return existsSync(built) ? built : fileURLToPath(new URL("../../dist/simulate/step-worker.js", import.meta.url));
}
