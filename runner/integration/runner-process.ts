import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The command as users run it: built files. */
export const KWF = fileURLToPath(new URL("../bin/kwf.js", import.meta.url));

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface RunnerArguments {
  /** Undefined: `kwf scheduler`. */
  readonly bundle: string | undefined;
  readonly prefix: string;
  readonly stateDirectory: string;
  readonly more?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** A command that makes the process into what follows it, under other conditions. */
  readonly under?: readonly string[];
}

/** How long anything here may take before the test says what it waited for: no assertion depends on it. */
export const PATIENCE_MS = 60_000;

/** `kwf run` or `kwf scheduler` in a process of its own, as an operator sees it: its log, its HTTP, its end. */
export class RunnerProcess {
  readonly lines: LogLine[] = [];
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #process: ChildProcess;
  #text = "";
  #over = false;

  constructor({ bundle, prefix, stateDirectory, more = [], environment = {}, under = [] }: RunnerArguments) {
    const args = [
      ...(bundle === undefined ? ["scheduler"] : ["run", bundle]),
      "--prefix",
      prefix,
      "--state-dir",
      stateDirectory,
    ];
    args.push("--admin-port", "0", "--session-timeout", "2000", ...more);
    const [command, ...rest] = [...under, process.execPath, KWF, ...args];
    this.#process = spawn(command!, rest, {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, ...environment },
    });
    this.ended = once(this.#process, "exit").then(([code, signal]) => {
      this.#over = true;
      return { code, signal };
    });
    createInterface({ input: this.#process.stderr! }).on("line", (line) => {
      this.#text += `${line}\n`;
      if (line.startsWith("{")) this.lines.push(JSON.parse(line) as LogLine);
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Everything it has said. */
  get text(): string {
    return this.#text;
  }

  get over(): boolean {
    return this.#over;
  }

  /** Until it says so. */
  line(matches: (line: LogLine) => boolean, what: string): Promise<LogLine> {
    return this.#until(async () => this.lines.find(matches), what);
  }

  /** Until each of its partitions is running, at least so many of that role. */
  async ready(partitions = 1, role = "run"): Promise<void> {
    const { admin } = await this.line(({ admin }) => typeof admin === "string", "its HTTP address");
    await this.#until(async () => {
      const response = await fetch(`${admin}/readyz`).catch(() => undefined);
      if (response === undefined) return undefined;
      const health = (await response.json()) as { ready: boolean; partitions: { role: string }[] };
      const own = health.partitions.filter((one) => one.role === role);
      return health.ready && own.length >= partitions ? true : undefined;
    }, "being ready");
  }

  /** What `/metrics` says. */
  async metrics(): Promise<string> {
    const { admin } = await this.line(({ admin }) => typeof admin === "string", "its HTTP address");
    return (await fetch(`${admin}/metrics`)).text();
  }

  /** What `/healthz` says, with its status. */
  async health(): Promise<{ status: number; body: { healthy: boolean; problems: string[] } }> {
    const { admin } = await this.line(({ admin }) => typeof admin === "string", "its HTTP address");
    const response = await fetch(`${admin}/healthz`);
    return { status: response.status, body: (await response.json()) as { healthy: boolean; problems: string[] } };
  }

  /** Until there is something to be seen. */
  eventually<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
    return this.#until(look, what);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.ended;
  }

  async stop(): Promise<number | null> {
    this.#process.kill("SIGTERM");
    return (await this.ended).code;
  }

  async #until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (this.#over || performance.now() > deadline) {
        throw new Error(`the runner ${this.#over ? "ended" : "went on"} without ${what}; it said:\n${this.#text}`);
      }
      await sleep(20);
    }
  }
}

export function kwf(
  args: readonly string[],
  {
    environment = {},
    ...options
  }: { cwd?: string; input?: string; environment?: Readonly<Record<string, string>> } = {},
) {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, [KWF, ...args], { encoding: "utf8", env, ...options });
  return { status, stdout, stderr };
}

/** The same, while this process goes on: it may have to answer what the command asks. */
export function kwfBeside(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const env = { ...process.env, ...environment };
  return new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [KWF, ...args], { env }, (_, stdout, stderr) => {
      resolve({ status: child.exitCode ?? -1, stdout, stderr });
    });
  });
}
