// A workflow in a realm of its own, as the engine runs it: the whole runtime, state as text, and a fresh realm for every
// step unless told otherwise. Programs are what the compiler would emit, written by hand; `coroutine` keeps that short.
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { buildSync } from "esbuild";

let runtime: vm.Script | undefined;

function runtimeScript(): vm.Script {
  if (runtime === undefined) {
    const entry = fileURLToPath(new URL("../src/runtime.ts", import.meta.url));
    const options = { bundle: true, write: false, format: "iife", globalName: "kwf", target: "esnext" } as const;
    const [file] = buildSync({ entryPoints: [entry], ...options }).outputFiles;
    runtime = new vm.Script(`"use strict"; (() => { ${file!.text}\nreturn kwf.default; })()`, {
      filename: "runtime.js",
    });
  }
  return runtime;
}

/**
 * `coroutine(id, steps, handlers)` makes an async function out of plain ones. Step `i` runs at label `i` with the call's
 * locals (`x.args` are its arguments) and what the last await gave; what it returns is awaited. `done(value)` returns,
 * `go(label, value)` jumps. What is thrown at label `i`, at its await or by step `i`, goes to the step `handlers[i]`.
 */
const PRELUDE = `
  class Done { constructor(value) { this.value = value; } }
  class Go { constructor(label, value) { this.label = label; this.value = value; } }
  const done = (value) => new Done(value);
  const go = (label, value) => new Go(label, value);
  const out = (value) => W.output(value, "out");
  // A function that a continuation may hold.
  const fn = (id, f) => { _k.F(id, [() => f]); return _k.f(id, f, []); };
  function coroutine(id, steps, handlers = {}, cleanup) {
    function R() { this._l = 0; this._p = undefined; this._w = undefined; this._c = undefined; this.x = undefined; }
    function M($, v, m) {
      for (;;) try {
        if (m === 1) { m = 0; throw v; }
        const next = steps[$._l]($.x, v);
        if (next instanceof Done) return _k.ret($, next.value);
        if (next instanceof Go) { $._l = next.label; v = next.value; continue; }
        $._l++;
        return _k.await($, next);
      } catch (error) {
        if (!($._l in handlers)) return _k.thr($, error);
        $._l = handlers[$._l];
        v = error;
      }
    }
    _k.R(id, R, ["x"], M, cleanup);
    return (...args) => {
      const $ = new R();
      $.x = { args };
      M($, undefined, 0);
      return $._p;
    };
  }
`;

interface Abi {
  load(): void;
  step(state: string | null, event: string, meta: string): { state: string | null; result: string };
}

/** A bare realm with the runtime; `_k` and `W` are its globals. */
export class RuntimeRealm {
  readonly context = vm.createContext(vm.constants.DONT_CONTEXTIFY);

  constructor() {
    const host = Object.assign(Object.create(null) as object, {
      bundle: "test",
      now: () => 0,
      urlParse: () => undefined,
    });
    const make = runtimeScript().runInContext(this.context) as (host: object) => object;
    Object.assign(this.context, { _k: make(host) });
    this.run("globalThis.W = _k.api; globalThis.drain = () => _k.program.drain();");
  }

  run(code: string): unknown {
    return vm.runInContext(`"use strict"; ${code}`, this.context);
  }

  /** JSON of what a function body left in \`log\`, its jobs run to the end. */
  log(body: string): unknown {
    const text = this.run(`(() => { const log = []; { ${PRELUDE} ${body} } drain(); return JSON.stringify(log); })()`);
    return JSON.parse(text as string);
  }
}

export interface Step {
  status: string;
  /** Values of the records emitted. */
  out: string[];
  pending: string[];
  result?: unknown;
  error?: { name?: string; message?: string; text: string };
  delivered?: string;
  unhandled: string[];
  outputs: { topic: string; key: string; value: string | null; headers?: Record<string, string> }[];
}

export class Workflow {
  #abi: Abi | undefined;
  #state: string | null = null;
  #steps = 0;

  /** `program` defines `main`. `fresh: false` keeps one realm. */
  constructor(
    readonly program: string,
    readonly options: { fresh?: boolean; topics?: string[] } = {},
  ) {}

  get state(): string | null {
    return this.#state;
  }

  start(input?: unknown): Step {
    return this.#step(input === undefined ? { type: "start" } : { type: "start", input });
  }
  resume(ref: string, value?: unknown): Step {
    return this.#step({ type: "resume", ref, value });
  }
  fail(ref: string, error: unknown): Step {
    return this.#step({ type: "resume", ref, error });
  }
  cancel(reason?: string): Step {
    return this.#step({ type: "cancel", reason });
  }

  #step(event: object): Step {
    if (this.#abi === undefined || this.options.fresh !== false) this.#abi = this.#load();
    const n = this.#steps++;
    const meta = { thread: "t", run: "0:0", step: String(n), now: 1_000_000 + n, seed: String(n), config: { n } };
    const { state, result } = this.#abi.step(this.#state, JSON.stringify(event), JSON.stringify(meta));
    this.#state = state;
    const step = JSON.parse(result) as Step & { result?: string };
    step.out = step.outputs.map(({ value }) => value ?? "null");
    return step.result === undefined ? step : { ...step, result: JSON.parse(step.result) };
  }

  #load(): Abi {
    const realm = new RuntimeRealm();
    const manifest = JSON.stringify({ outputTopics: this.options.topics ?? ["out"] });
    const abi = realm.run(
      `(() => { ${PRELUDE} ${this.program} return _k.abi({ main, manifest: ${manifest} }); })()`,
    ) as Abi;
    abi.load();
    return abi;
  }
}
