// Globals that live outside a step and so cannot be durable. Reaching one is an error that says what to do instead;
// a bundle that only mentions one (a dependency's other branch) loads.

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

/** Its callbacks would run between steps. ECMA-262 (26.2) lets an implementation never call them: this one does. */
export class SilentFinalizationRegistry {
  constructor(cleanup: unknown) {
    if (typeof cleanup !== "function") throw new TypeError("FinalizationRegistry: cleanup must be callable");
  }
  register(): void {}
  unregister(): boolean {
    return false;
  }
}
Object.defineProperty(SilentFinalizationRegistry, "name", { value: "FinalizationRegistry", configurable: true });
Object.defineProperty(SilentFinalizationRegistry.prototype, Symbol.toStringTag, {
  value: "FinalizationRegistry",
  configurable: true,
});

export function named<F extends (...args: never[]) => unknown>(name: string, fn: F): F {
  return Object.defineProperty(fn, "name", { value: name, configurable: true });
}
