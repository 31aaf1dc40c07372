// Globals that live outside a step and so cannot be durable. Reaching one is an error that says what to do instead;
// a bundle that only mentions one (a dependency's other branch) loads.
import { stateKey } from "./state-key.js";

/** Workflow code reached something that a saved continuation cannot hold. */
export class NotDurableError extends Error {
  readonly code = "KWF_NOT_DURABLE";

  constructor(what: string, instead: string) {
    super(`${what} does not exist in a workflow: ${instead}`);
  }
}
Object.defineProperty(NotDurableError.prototype, "name", {
  value: "NotDurableError",
  writable: true,
  configurable: true,
});

/** Kit: a direct call of `eval`, in a dependency. */
export function noEval(): never {
  throw new NotDurableError("eval", "code made at run time cannot be restored: write it as an ordinary function");
}

const TIMER = "use `sleep` of @kwf/patterns, which survives a restart";

const BODY = "bytes are a Uint8Array, and requests are made by a service that a record asks";

/** What to do instead, by global. The compiler reports the same names in own source. */
export const NOT_DURABLE: Readonly<Record<string, string>> = {
  setTimeout: TIMER,
  setInterval: `${TIMER}, in a loop`,
  setImmediate: "use queueMicrotask or `await null`",
  requestAnimationFrame: TIMER,
  requestIdleCallback: TIMER,
  fetch: "emit a record with W.output and await a ref that the service answers",
  XMLHttpRequest: "emit a record with W.output and await a ref that the service answers",
  WebSocket: "emit a record with W.output and await a ref that the service answers",
  EventSource: "emit a record with W.output and await a ref that the service answers",
};

/** Present as functions, because libraries look at them while they load. */
const STUBS = ["setTimeout", "setInterval", "setImmediate", "fetch"] as const;

/** Present as classes: libraries keep them in tables and ask `instanceof` of them. */
const CLASS_STUBS = ["Blob", "File", "FormData", "Headers", "Request", "Response"] as const;

/** Clearing a timer that cannot have been set does nothing. */
const CLEARS = ["clearTimeout", "clearInterval", "clearImmediate"] as const;

export function undurableFunctions(): Record<string, () => void> {
  const functions: Record<string, () => void> = {};
  for (const name of STUBS) {
    functions[name] = named(name, () => {
      throw new NotDurableError(name, NOT_DURABLE[name] as string);
    });
  }
  for (const name of CLEARS) functions[name] = named(name, () => {});
  return functions;
}

export function undurableClasses(): Record<string, unknown> {
  const classes: Record<string, unknown> = {};
  for (const name of CLASS_STUBS) {
    classes[name] = named(name, function refuse(): never {
      throw new NotDurableError(name, BODY);
    });
  }
  return classes;
}

const TOKENS = stateKey("FinalizationRegistry tokens");

/** Its callbacks would run between steps. ECMA-262 (26.2) lets an implementation never call them: this one does. */
export class SilentFinalizationRegistry {
  [key: symbol]: unknown;

  constructor(cleanup: unknown) {
    if (typeof cleanup !== "function") throw new TypeError("FinalizationRegistry: cleanup must be callable");
    Object.defineProperty(this, TOKENS, { value: new WeakSet() });
  }

  register(target: WeakKey, held?: unknown, token?: WeakKey): void {
    if (!canBeHeldWeakly(target)) throw new TypeError("FinalizationRegistry.prototype.register: invalid target");
    if (target === held)
      throw new TypeError("FinalizationRegistry.prototype.register: target and holdings must not be same");
    if (canBeHeldWeakly(token)) tokensOf(this).add(token);
    else if (token !== undefined) throw new TypeError(`Invalid unregisterToken ('${String(token)}')`);
  }

  unregister(token: WeakKey): boolean {
    if (!canBeHeldWeakly(token)) throw new TypeError(`Invalid unregisterToken ('${String(token)}')`);
    return tokensOf(this).delete(token);
  }
}
const tokensOf = (registry: SilentFinalizationRegistry) => registry[TOKENS] as WeakSet<WeakKey>;

function canBeHeldWeakly(value: unknown): value is WeakKey {
  if (typeof value === "symbol") return Symbol.keyFor(value) === undefined;
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

Object.defineProperty(SilentFinalizationRegistry, "name", { value: "FinalizationRegistry", configurable: true });
Object.defineProperty(SilentFinalizationRegistry.prototype, Symbol.toStringTag, {
  value: "FinalizationRegistry",
  configurable: true,
});

export function named<F extends (...args: never[]) => unknown>(name: string, fn: F): F {
  return Object.defineProperty(fn, "name", { value: name, configurable: true });
}
