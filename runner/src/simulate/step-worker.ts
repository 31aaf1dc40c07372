import { loadBundle, step } from "@kwf/engine";
import type { StepRequest } from "./step-runner.js";

// Runs one step and ends.
process.once("message", (message) => {
  const { source, state, record, options, moveTo, named } = message as StepRequest;
  const load = (text: string) => loadBundle(text, { log: (level, line) => console.error(`${level}: ${line}`) });
  const target = named === undefined ? undefined : load(named);
  const result = step(load(source), state, record, {
    ...options,
    bundles: (hash) => (target?.hash === hash ? target : undefined),
    ...(moveTo === undefined ? {} : { moveTo: load(moveTo) }),
  });
  process.send?.(result, () => process.disconnect());
});
