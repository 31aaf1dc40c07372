// The same hook for any runner of test262 that takes one as a module (setup, transform, globals, ready, evaluate).
// KWF_RESTORE=1: restored between jobs.
import { createHook } from "./compiled.mjs";

const restoring = Boolean(process.env.KWF_RESTORE);
export const name = restoring ? "kwf, restored between jobs" : "kwf";
export const { setup, globals, ready, transform, evaluate, transformHarness } = createHook({ restoring });
