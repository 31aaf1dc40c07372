// Owns the run that the others are measured by: the program as plain JavaScript in Node, with its own promises.
// Neighbour: trace.ts. The workflow API is there as far as programs under test use it; without cancellation, which Node has not.
import { build as esbuild } from "esbuild";
import { type Answer, answerFor, EndlessError, MOST_ROUNDS, type Trace } from "./trace.js";

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
  const { Promise: P } = globalThis;
  export { P as Promise };
  export const threadId = "t";
  export const ref = (name = "ref") => pending("0:" + name + ":1");
  export const refId = (id) => {
    if (!stable.has(id)) stable.set(id, pending(id, () => stable.delete(id)));
    return stable.get(id);
  };
  export const outputJSON = (value) => void outputs.push(JSON.parse(JSON.stringify(value)));
  export const output = (text) => void outputs.push(JSON.parse(text));
  export const answer = (answerFor) => { const next = waiting.shift(); next?.settle(answerFor(next.id)); return next !== undefined; };
  Promise.withResolvers ??= function () {
    let resolve, reject;
    const promise = new this((a, b) => { resolve = a; reject = b; });
    return { promise, resolve, reject };
  };
  Array.fromAsync ??= async function (items, mapper, self) {
    const iterable = items[Symbol.asyncIterator] !== undefined || items[Symbol.iterator] !== undefined;
    const made = iterable ? new this() : new this(items.length);
    let i = 0;
    const put = async (value) => {
      made[i] = mapper === undefined ? value : await mapper.call(self, value, i);
      i++;
    };
    if (iterable) for await (const item of items) await put(item);
    else while (i < items.length) await put(await items[i]);
    made.length = i;
    return made;
  };
`;

interface NativeProgram {
  main(): Promise<unknown>;
  /** Answers the oldest ref; false: none waits. */
  answer(answerFor: (refId: string) => Answer): boolean;
  outputs: unknown[];
}

/** The program's file as one module that Node can import. */
async function nativeText(entry: string): Promise<string> {
  const { outputFiles } = await esbuild({
    stdin: {
      contents: `export { default as main } from ${JSON.stringify(entry)}; export { answer, outputs } from "@kwf/workflow";`,
      resolveDir: "/",
    },
    bundle: true,
    write: false,
    format: "esm",
    target: "node20",
    define: { "process.env.NODE_ENV": '"production"' },
    mainFields: ["browser", "module", "main"],
    conditions: ["browser", "module"],
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
  return (outputFiles[0] as { text: string }).text;
}

let imports = 0;

export async function native(entry: string): Promise<Trace> {
  // A module is evaluated once an URL: the number makes it another one.
  const text = `${await nativeText(entry)}\n// ${++imports}`;
  const url = `data:text/javascript;base64,${Buffer.from(text).toString("base64")}`;
  const program = (await import(/* @vite-ignore */ url)) as NativeProgram;
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
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (over) return trace;
    // What waits for itself never ends, and asks nobody.
    if (!program.answer(answerFor)) return trace;
  }
  throw new EndlessError();
}
