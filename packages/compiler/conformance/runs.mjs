// The runs of a measurement: which each is compared with, and the hook that puts the compiler in between. A hook is what
// realm.mjs and scenario.mjs call: setup, transform, globals, ready, evaluate, all optional.
import { asyncify } from "./asyncify.mjs";
import { createHook } from "./compiled.mjs";

export const RUNS = {
  native: { title: "plain Node" },
  "native-async": { title: "plain Node, asyncified", baseline: "native", asyncified: true },
  compiled: { title: "compiled", baseline: "native", compiled: true },
  "compiled-async": { title: "compiled, asyncified", baseline: "native-async", compiled: true, asyncified: true },
  restored: { title: "restored", baseline: "native", compiled: true, restoring: true },
  "restored-async": {
    ...{ title: "restored, asyncified", baseline: "native-async" },
    ...{ compiled: true, asyncified: true, restoring: true },
  },
};

/** What one may ask for: the runs that have a baseline and a compiler. */
export const MEASURED = Object.keys(RUNS).filter((name) => RUNS[name].compiled);

export function chain(name) {
  const { asyncified, compiled, restoring = false } = RUNS[name];
  const inner = compiled ? createHook({ restoring }) : {};
  if (!asyncified) return inner;
  return {
    ...inner,
    transform(source, info) {
      const isScript = info.kind === "test" && !info.isModule && info.mode !== "raw";
      const code = isScript ? made(source) : source;
      return inner.transform ? inner.transform(code, info) : code;
    },
    // The value of the script is the promise of the test's function: a rejection fails the test.
    evaluate: (code, info) => info.run(code, info.path),
  };
}

function made(source) {
  try {
    return asyncify(source);
  } catch (error) {
    throw Object.assign(new Error(`cannot be asyncified: ${error.message}`), { code: "UNSUPPORTED" });
  }
}
