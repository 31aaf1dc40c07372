// A folder outside of the repository, as a user has one: commands there know nothing of the run that started them.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** What npm and vitest tell their children about this repository is not for commands elsewhere. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(npm_(?!config_)|npm_config_local_prefix|INIT_CWD|VITEST|TEST$|NODE_ENV|KWF_)/.test(name),
  ),
);

/** Runs a command of a shell; answers its stdout. What fails throws with all it said. */
export function shell(cwd: string, command: string): string {
  const { status, stdout, stderr, error } = spawnSync("bash", ["-c", command], { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command}: ${error ?? `exit code ${status}`}\n${stdout}\n${stderr}`);
  return stdout;
}

/** A command that stays in the foreground, with all the processes it starts. */
export class Foreground {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #lines: string[] = [];

  constructor(cwd: string, command: string) {
    this.#process = spawn("bash", ["-c", command], { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.#ended = once(this.#process, "close");
  }

  /** The first line that fits. It throws if the command ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve) => {
      for (const stream of [this.#process.stdout!, this.#process.stderr!])
        createInterface({ input: stream }).on("line", (line) => {
          this.#lines.push(line);
          const match = pattern.exec(line);
          if (match !== null) resolve(match);
        });
    });
    const ended = this.#ended.then(() => {
      throw new Error(`it ended without saying ${pattern}:\n${this.#lines.join("\n")}`);
    });
    ended.catch(() => {});
    return Promise.race([found, ended]);
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      process.kill(-this.#process.pid!, "SIGKILL");
    await this.#ended;
  }
}
