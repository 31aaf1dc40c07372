import { loadBundle, step } from "@kwf/engine";
import type { StepRequest } from "./step-runner.js";

// Runs one step and ends.
process.once("message", (message) => {
  const { source, state, record, options } = message as StepRequest;
  const bundle = loadBundle(source, { log: (level, text) => console.error(`${level}: ${text}`) });
  const result = step(bundle, state, record, options);
  process.send?.(result, () => process.disconnect());
});
