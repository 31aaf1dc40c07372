// The compiler's fixtures: each program runs as plain JavaScript in Node, and compiled, its state going through bytes
// and a fresh realm at every answer. Both must say the same.
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "@kwf/compiler";
import { loadBundle, step } from "@kwf/engine";
import { build as esbuild } from "esbuild";
import { describe, expect, it } from "vitest";

const fixtures = fileURLToPath(new URL("../../compiler/fixtures/", import.meta.url));
const names = readdirSync(fixtures).filter((name) => existsSync(`${fixtures}${name}/input.ts`));

const ANSWER = "v";
/** Programs end long before: each answer is one round. */
const MOST_ROUNDS = 200;

interface Trace {
  outputs: unknown[];
  result?: unknown;
  error?: string;
}

type Answer = { value: unknown } | { error: unknown };

/** A ref's name may say how it is answered: `x=5` with 5, `x!"no"` by throwing "no". */
function answerFor(name: string): Answer {
  const [, kind, json] = /^[^=!]*([=!])(.*)$/.exec(name) ?? [];
  if (json === undefined) return { value: ANSWER };
  return kind === "=" ? { value: JSON.parse(json) } : { error: JSON.parse(json) };
}

describe("compiled and restored programs behave as in Node:", () => {
  it.each(names)("%s", async (name) => {
    const entry = `${fixtures}${name}/input.ts`;
    expect(await restored(entry)).toEqual(await native(entry));
  });
});

/** The workflow API as far as fixtures use it, on native promises. */
const NATIVE_API = `
  export const outputs = [];
  const waiting = [], stable = new Map();
  const pending = (id, settled) => {
    let resolve, reject;
    const promise = new Promise((a, b) => { resolve = a; reject = b; });
    const settle = (answer) => { settled?.(); "error" in answer ? reject(answer.error) : resolve(answer.value); };
    waiting.push({ id, settle });
    return Object.assign(promise, { id });
  };
  export const threadId = "t";
  export const ref = (name = "ref") => pending("0:" + name + ":1");
  export const refId = (id) => {
    if (!stable.has(id)) stable.set(id, pending(id, () => stable.delete(id)));
    return stable.get(id);
  };
  export const outputJSON = (value) => void outputs.push(JSON.parse(JSON.stringify(value)));
  export const output = (text) => void outputs.push(JSON.parse(text));
  export const answer = (answerFor) => { const next = waiting.shift(); next?.settle(answerFor(next.id)); };
  Promise.withResolvers ??= function () {
    let resolve, reject;
    const promise = new this((a, b) => { resolve = a; reject = b; });
    return { promise, resolve, reject };
  };
`;

async function native(entry: string): Promise<Trace> {
  const bundled = await esbuild({
    stdin: {
      contents: `export { default as main } from ${JSON.stringify(entry)}; export { answer, outputs } from "@kwf/workflow";`,
      resolveDir: "/",
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "node20",
    logLevel: "silent",
    plugins: [
      {
        name: "native-api",
        setup(b) {
          b.onResolve({ filter: /^@kwf\/workflow$/ }, () => ({ path: "api", namespace: "native" }));
          b.onLoad({ filter: /.*/, namespace: "native" }, () => ({ contents: NATIVE_API }));
        },
      },
    ],
  });
  const text = (bundled.outputFiles[0] as { text: string }).text;
  const program = (await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`)) as {
    main(): Promise<unknown>;
    answer(answerFor: (id: string) => Answer): void;
    outputs: unknown[];
  };
  let over = false;
  const trace: Trace = { outputs: program.outputs };
  program.main().then(
    (value) => {
      over = true;
      if (value !== undefined) trace.result = JSON.parse(JSON.stringify(value));
    },
    (error: unknown) => {
      over = true;
      trace.error = String(error);
    },
  );
  for (let round = 0; round < MOST_ROUNDS && !over; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    program.answer((id) => answerFor(nameOf(id)));
  }
  return trace;
}

async function restored(entry: string): Promise<Trace> {
  const { code } = await build(entry);
  const bundle = loadBundle(code);
  const trace: Trace = { outputs: [] };
  let state: Uint8Array | null = null;
  let value = "new:";
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const record = { key: "t", value, offset: String(round), partition: 0, timestamp: 0 };
    const result = step(bundle, state, record, { fresh: true, timeoutMs: 0 });
    if (result.error) throw new Error(result.error.message);
    for (const { topic, value } of result.outputs) {
      if (topic === "out") trace.outputs.push(JSON.parse(value as string));
      if (topic === "workflow-result" && value !== null) trace.result = JSON.parse(value);
      if (topic === "workflow-error") trace.error = JSON.parse(value as string) as string;
    }
    const [next] = result.pending;
    if (result.status !== "running" || next === undefined) return trace;
    state = result.state;
    value = JSON.stringify({ ref: next, ...answerFor(nameOf(next)) });
  }
  throw new Error("the program does not end");
}

/** `<step>:<name>:<n>`; ids of the caller's own have no name. */
const nameOf = (id: string): string => /^\d+:(.*):\d+$/s.exec(id)?.[1] ?? "";
