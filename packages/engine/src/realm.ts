// Owns the realm in which a bundle's code runs, and the only calls into it. `step.ts` decides when there is one and what its
// answers mean.
//
// I1  Nothing of this realm is reachable in that one: what crosses is text, numbers, and the functions of the host record,
//     which only the bundle's runtime holds.
// I2  A realm that was stopped in the middle (time limit, overflow, a step that could not be saved) is not used again.

import vm from "node:vm";
import type { Bundle } from "./bundle.js";
import { BundleFormatError, BundleLoadError, StepFailedError, StepTimeoutError } from "./errors.js";
import { type LogSink, makeHost } from "./host.js";

/** What a bundle gives to the engine. */
interface Abi {
  manifest: unknown;
  load(): void;
  step(state: string | null, event: string, meta: string): { state: unknown; result: unknown };
  route(topic: string, record: string, meta: string): unknown;
}

export interface StepText {
  state: string | null;
  result: string;
}

// V8's time limit holds for a script only: this one calls what it finds under a name that is gone before workflow code runs.
const CALL = "__kwfCall";
const guard = new vm.Script(
  `(() => { const call = globalThis.${CALL}; delete globalThis.${CALL}; return call(); })()`,
  {
    filename: "kwf-guard",
  },
);

// Node would put the line of the bundle that threw in front of an error's stack.
const UNDECORATED = { displayErrors: false };

/**
 * Stacks show the author's files. Names and places go to the host as primitives; frames that it does not know (the runtime's) are
 * left out, unless there are no others. The functions taken out first may be replaced by workflow code later.
 */
const stackPreparer = new vm.Script(
  `((frame, file) => {
    "use strict";
    const toText = Error.prototype.toString, indexOf = String.prototype.lastIndexOf, slice = String.prototype.slice, { apply } = Reflect;
    Error.stackTraceLimit = 50;
    Object.defineProperty(Error, "prepareStackTrace", {
      value: function prepareStackTrace(error, sites) {
        let text = "";
        try {
          text = apply(toText, error, []);
          let known = "", all = "";
          for (let i = 0; i < sites.length; i++) {
            const site = sites[i];
            if (site.getFileName() !== file) continue;
            const whole = site.toString();
            const end = apply(indexOf, whole, [" (" + file]);
            const name = end < 0 ? "" : apply(slice, whole, [0, end]);
            const line = frame(+site.getLineNumber(), +site.getColumnNumber(), name);
            all += "\\n    at " + whole;
            if (typeof line === "string") known += "\\n    at " + line;
          }
          text += known === "" ? all : known;
        } catch {}
        return text;
      },
      writable: true, configurable: true, enumerable: false,
    });
  })`,
  { filename: "kwf-stack" },
);

export class Realm {
  readonly #global: vm.Context;
  readonly #abi: Abi;
  #usable = true;

  /** @throws BundleFormatError, BundleLoadError, StepTimeoutError */
  constructor(bundle: Bundle, script: vm.Script, log: LogSink, timeoutMs: number) {
    this.#global = vm.createContext(vm.constants.DONT_CONTEXTIFY as unknown as vm.Context, {
      // A native promise that slips through runs its jobs under the step's time limit, not the host's.
      microtaskMode: "afterEvaluate",
      codeGeneration: { strings: true, wasm: false },
    });
    const file = bundleFileName(bundle);
    const { positions } = bundle;
    const frame = (line: number, column: number, name: string): string | undefined => {
      try {
        return positions.frame(line, column, name);
      } catch {
        return undefined;
      }
    };
    stackPreparer.runInContext(this.#global, UNDECORATED)(frame, file);
    const host = makeHost(bundle, log);
    let failure: unknown;
    try {
      this.#abi = this.#guarded(timeoutMs, () => {
        const make = script.runInContext(this.#global, UNDECORATED) as (host: object) => Abi;
        const abi = make(host);
        abi.load();
        return abi;
      });
      if (typeof this.#abi.step === "function") return;
    } catch (error) {
      if (error instanceof StepTimeoutError) throw error;
      failure = error;
    }
    if (failure === undefined)
      throw new BundleFormatError("the bundle does not offer what the engine calls: build it again");
    throw new BundleLoadError(`the bundle's code failed while it was loaded: ${describe(failure).stack}`);
  }

  get usable(): boolean {
    return this.#usable;
  }

  get manifest(): string {
    return typeof this.#abi.manifest === "string" ? this.#abi.manifest : "{}";
  }

  /** @throws StepTimeoutError, StepFailedError */
  step(state: string | null, event: string, meta: string, timeoutMs: number): StepText {
    try {
      const answer = this.#guarded(timeoutMs, () => this.#abi.step(state, event, meta));
      const { state: next, result } = answer;
      if (typeof result !== "string" || (next !== null && typeof next !== "string")) {
        throw new BundleFormatError("the bundle's answer to a step is not what this release reads: build it again");
      }
      return { state: next, result };
    } catch (error) {
      this.#usable = false;
      if (error instanceof StepTimeoutError) throw error;
      const { code, message } = describe(error);
      throw new StepFailedError(code ?? "KWF_STEP_FAILED", message);
    }
  }

  /** @throws StepTimeoutError, StepFailedError */
  route(topic: string, record: string, meta: string, timeoutMs: number): string {
    try {
      const answer = this.#guarded(timeoutMs, () => this.#abi.route(topic, record, meta));
      if (typeof answer === "string") return answer;
      throw new BundleFormatError("the bundle's answer to a record is not what this release reads: build it again");
    } catch (error) {
      this.#usable = false;
      if (error instanceof StepTimeoutError) throw error;
      const { code, message } = describe(error);
      throw new StepFailedError(code ?? "KWF_ROUTE_FAILED", message);
    }
  }

  #guarded<T>(timeoutMs: number, call: () => T): T {
    if (timeoutMs <= 0) return call();
    Object.defineProperty(this.#global, CALL, { value: call, configurable: true, enumerable: false });
    try {
      return guard.runInContext(this.#global, { ...UNDECORATED, timeout: timeoutMs }) as T;
    } catch (error) {
      if (describe(error).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") throw new StepTimeoutError(timeoutMs);
      throw error;
    }
  }
}

/** @throws BundleFormatError */
export function compileBundle(bundle: Bundle): vm.Script {
  try {
    return new vm.Script(bundle.source, { filename: bundleFileName(bundle) });
  } catch (error) {
    throw new BundleFormatError(`the bundle is not valid JavaScript: ${String(error)}`);
  }
}

const bundleFileName = ({ hash }: Bundle): string => `kwf:${hash.slice(0, 8)}`;

/** An error of the other realm, as primitives. Its members may be anything, accessors that throw included. */
function describe(error: unknown): { code: string | undefined; message: string; stack: string } {
  const read = (name: string): string | undefined => {
    try {
      const value = (error as Record<string, unknown>)[name];
      return typeof value === "string" ? value : undefined;
    } catch {
      return undefined;
    }
  };
  let text: string;
  try {
    text = String(error);
  } catch {
    text = "an error that cannot be shown";
  }
  return { code: read("code"), message: read("message") ?? text, stack: read("stack") ?? text };
}
