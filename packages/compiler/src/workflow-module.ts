import type { Plugin } from "esbuild";
import type { RuntimeBundle } from "./runtime-bundle.js";

/** How esbuild names the module that stands for `@kwf/workflow` in a bundle. */
export const WORKFLOW_MODULE = "kwf:@kwf/workflow";

/**
 * Answers `@kwf/workflow` with the API of the runtime that the bundle carries. What changes from step to step is a variable
 * of this module, which the runtime sets before it runs the step.
 */
export function workflowModule({ constants, live }: RuntimeBundle): Plugin {
  const lines = [`export const { ${constants.join(", ")} } = _k.api;`];
  if (live.length > 0) {
    const values = live.map((_, index) => `v${index}`);
    const set = live.map((name, index) => `${name} = v${index};`).join(" ");
    lines.push(`export let ${live.join(", ")};`, `_k.live((${values.join(", ")}) => { ${set} });`);
  }
  return {
    name: "kwf-workflow-module",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^@kwf\/workflow$/ }, () => ({ path: "@kwf/workflow", namespace: "kwf", sideEffects: true }));
      onLoad({ filter: /^@kwf\/workflow$/, namespace: "kwf" }, () => ({ contents: lines.join("\n"), loader: "js" }));
    },
  };
}
