// Owns a process that runs steps for this one: a state that is read there shares nothing with where it was made.
// Neighbour: step-process.ts is the program it runs. One process serves many bundles, one after the other.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { InputRecord, StepResult } from "@kwf/engine";
import { buildSync } from "esbuild";

export type Task = { code: string } | { state: Uint8Array | null; record: InputRecord };
export type Request = Task & { id: number };
/** To the request of that number: whoever has given up on one does not take the next one's answer. */
export type Reply = { id: number; result?: StepResult; failure?: string };

const here = fileURLToPath(new URL(".", import.meta.url));

export class SecondProcess {
  readonly #folder = mkdtempSync(join(tmpdir(), "kwf-fidelity-"));
  readonly #child: ChildProcess;
  #requests = 0;

  constructor() {
    const program = join(this.#folder, "step-process.mjs");
    const source = join(here, "step-process.ts");
    const fromSource = existsSync(source);
    buildSync({
      entryPoints: [fromSource ? source : join(here, "step-process.js")],
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "silent",
      // From source as the tests are, or what was built, as the caller is.
      ...(fromSource ? { alias: { "@kwf/engine": join(here, "../../engine/src/index.ts") } } : {}),
    });
    this.#child = fork(program, { serialization: "advanced" });
  }

  async load(code: string): Promise<void> {
    await this.#ask({ code });
  }

  async step(state: Uint8Array | null, record: InputRecord): Promise<StepResult> {
    const { result } = await this.#ask({ state, record });
    return result as StepResult;
  }

  async end(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.disconnect();
    await gone;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #ask(task: Task): Promise<Reply> {
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      const onMessage = (reply: Reply) => {
        if (reply.id !== id) return;
        done();
        if (reply.failure === undefined) resolve(reply);
        else reject(new Error(`in the second process: ${reply.failure}`));
      };
      const onExit = () => {
        done();
        reject(new Error("the second process has ended"));
      };
      const done = () => void this.#child.off("message", onMessage).off("exit", onExit);
      this.#child.on("message", onMessage).on("exit", onExit);
      this.#child.send({ ...task, id });
    });
  }
}
