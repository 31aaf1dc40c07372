// One time limit for many steps. V8 counts the time of a script in a thread made for it, some 150 us each time: for a single step that
// is more than the step. The engine's realm.ts does it for one step.

import vm from "node:vm";

// The limit holds for a script only: this one calls what it finds under a name that is gone before anything else runs.
const CALL = "__kwfCall";
const guard = new vm.Script(
  `(() => { const call = globalThis.${CALL}; delete globalThis.${CALL}; return call(); })()`,
  { filename: "kwf-guard" },
);

/**
 * What `work` gives; undefined if it ran longer than `ms` and was stopped, wherever it was: nothing of what it changed can be relied on.
 * A realm in which a step was stopped is not used again (realm.ts, I2).
 */
export function withinTime<T extends object>(ms: number, work: () => T): T | undefined {
  Object.defineProperty(globalThis, CALL, { value: work, configurable: true, enumerable: false });
  try {
    return guard.runInThisContext({ displayErrors: false, timeout: ms }) as T;
  } catch (error) {
    if ((error as NodeJS.ErrnoException | undefined)?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return undefined;
    throw error;
  }
}
