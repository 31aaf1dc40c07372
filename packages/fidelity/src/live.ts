// Owns the run of a bundle whose thread is never saved: the compiled program alone. Where Node cannot be asked, because it
// cancels nobody, it says what a restored program has to do.
// Neighbours: trace.ts; packages/workflow/test/live-runtime.ts takes the place of the bundle's own runtime.
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { build as esbuild } from "esbuild";
import { answerFor, EndlessError, MOST_ROUNDS, type Trace } from "./trace.js";

const entry = fileURLToPath(new URL("../../workflow/test/live-runtime.ts", import.meta.url));
let runtime: Promise<string> | undefined;

async function liveRuntime(): Promise<string> {
  const options = { bundle: true, write: false, format: "iife", globalName: "live", target: "esnext" } as const;
  const { outputFiles } = await esbuild({ entryPoints: [entry], ...options });
  return (outputFiles[0] as { text: string }).text;
}

interface LiveAbi {
  load(): void;
  step(event: string, meta: string): string;
}

interface Outcome {
  status: string;
  outputs: { topic: string; value: string }[];
  pending: string[];
  result?: string;
  error?: { text: string };
}

/** A bundle ends with its program, a function of the kit: what comes before is its runtime. */
const programOf = (code: string): string => {
  const start = code.indexOf("((_k) => {\n");
  if (start < 0) throw new Error("the text of the bundle is not what this expects");
  return code.slice(start);
};

export async function live(code: string): Promise<Trace> {
  runtime ??= liveRuntime();
  const realm = vm.createContext(vm.constants.DONT_CONTEXTIFY as unknown as vm.Context);
  const make = vm.runInContext(`"use strict"; (() => { ${await runtime}\nreturn live.default; })()`, realm) as (
    host: object,
  ) => object;
  const program = vm.runInContext(`"use strict"; ${programOf(code)}`, realm) as (kit: object) => LiveAbi;
  const host = Object.assign(Object.create(null) as object, {
    bundle: "live",
    now: () => 0,
    urlParse: () => undefined,
    log() {},
  });
  const abi = program(make(host));
  abi.load();
  const trace: Trace = { outputs: [] };
  let event: object = { type: "start" };
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const meta = JSON.stringify({ thread: "t", run: "0:0", step: String(round), now: 0, seed: String(round) });
    const { status, outputs, pending, result, error } = JSON.parse(abi.step(JSON.stringify(event), meta)) as Outcome;
    for (const { topic, value } of outputs) if (topic === "out") trace.outputs.push(JSON.parse(value));
    if (result !== undefined) trace.result = JSON.parse(result);
    if (error !== undefined) trace.error = error.text;
    const [ref] = pending;
    if (status !== "running" || ref === undefined) return trace;
    event = { type: "resume", ref, ...answerFor(ref) };
  }
  throw new EndlessError();
}
