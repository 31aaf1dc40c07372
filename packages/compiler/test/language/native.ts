import { readFileSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { transformSync } from "esbuild";
import { type Answer, answerFor, type Transcript } from "./transcript.js";

/** Runs a workflow as Node runs it: native async functions, refs that a script settles one by one. */
export async function runNatively(file: string): Promise<Transcript> {
  const { code } = transformSync(readFileSync(file, "utf8"), {
    loader: "ts",
    format: "cjs",
    target: "esnext",
    supported: { using: false, decorators: false },
  });
  const script = new Script();
  const module = { exports: {} as { default?: (input?: unknown) => Promise<unknown> } };
  new Function("require", "module", "exports", `"use strict";\n${code}`)(() => script.api, module, module.exports);
  return await script.play(module.exports.default as () => Promise<unknown>);
}

class Script {
  readonly #log: string[] = [];
  readonly #pending: { name: string; settle: (answer: Answer) => void }[] = [];

  readonly api = {
    ref: (name = "ref") => this.#ref(name),
    outputJSON: (value: unknown) => void this.#log.push(JSON.stringify(value)),
    threadId: "test",
  };

  #ref(name: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const settle = (answer: Answer): void => ("error" in answer ? reject(answer.error) : resolve(answer.value));
      this.#pending.push({ name, settle });
    });
  }

  async play(main: () => Promise<unknown>): Promise<Transcript> {
    let end: Transcript["end"] | undefined;
    main().then(
      (value) => {
        end = { result: value === undefined ? undefined : JSON.parse(JSON.stringify(value)) };
      },
      (error: unknown) => {
        end = { error: String(error) };
      },
    );
    for (;;) {
      // Every microtask has run by then.
      await setImmediate();
      const next = end === undefined ? this.#pending.shift() : undefined;
      if (next === undefined) return { log: this.#log, end: end ?? { stuck: true } };
      next.settle(answerFor(next.name));
    }
  }
}
