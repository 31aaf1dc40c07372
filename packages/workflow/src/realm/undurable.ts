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

/**
 * Stands for AsyncFunction or AsyncGeneratorFunction: what they make is native, its promises are not durable and its
 * frames cannot be saved. It has their shape, since code asks `instanceof` of it.
 */
export function refuseCodeFrom(native: { readonly name: string; readonly prototype: object }): object {
  const { name, prototype } = native;
  function refuse(_text: string): never {
    throw new NotDurableError(`${name}(text)`, "write the function in the workflow's source, so that it is compiled");
  }
  Object.defineProperty(refuse, "prototype", { value: prototype, writable: false });
  return Object.setPrototypeOf(named(name, refuse), Function) as object;
}

function named<F extends (...args: never[]) => unknown>(name: string, fn: F): F {
  return Object.defineProperty(fn, "name", { value: name, configurable: true });
}
