import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugin } from "esbuild";
import { installedPackage, type Project } from "./project.js";
import type { RuntimeBundle } from "./runtime-bundle.js";
import { workflowFile } from "./runtime-bundle.js";

/** The runtime of awto/kafka-workflow, by its name and by the one it had before. */
const KAFKA_WORKFLOW = "@effectful/kafka-workflow-rt";
const SERIALIZATION = "@effectful/serialization";

/**
 * Answers `@kwf/workflow` with the API of the runtime that the bundle carries. What changes from step to step is a variable
 * of this module, which the runtime sets before it runs the step.
 *
 * Workflows written for awto/kafka-workflow get an adapter for its runtime, and an empty module for the serializer with which they
 * register what it cannot save by itself. What a dependency wants of the serializer is its own.
 */
export function workflowModule(project: Project, runtime: Promise<RuntimeBundle>): Plugin {
  const home = installedPackage(project.entry);
  return {
    name: "kwf-workflow-module",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^@kwf\/workflow$/ }, () => virtual("@kwf/workflow"));
      onResolve({ filter: /^(@effectful\/kafka-workflow(-rt)?|@kwf\/workflow\/kafka-workflow-rt)$/ }, () =>
        virtual(KAFKA_WORKFLOW),
      );
      onResolve({ filter: /^@effectful\/serialization$/ }, ({ importer }) => {
        const holder = installedPackage(resolve(project.root, importer));
        return holder === undefined || holder === home ? virtual(SERIALIZATION) : undefined;
      });
      onLoad({ filter: /.*/, namespace: "kwf" }, async ({ path }) => {
        if (path === "@kwf/workflow") return { contents: apiModule(await runtime), loader: "js" };
        if (path === SERIALIZATION) return { contents: "export {};", loader: "js" };
        const file = workflowFile("kafka-workflow-rt");
        return { contents: readFileSync(file, "utf8"), loader: file.endsWith(".ts") ? "ts" : "js" };
      });
    },
  };
}

/** Path of the module that answers `@kwf/workflow`, in the bundle's map. */
export const API_MODULE = "kwf:@kwf/workflow";

const virtual = (path: string) => ({ path, namespace: "kwf", sideEffects: true });

function apiModule({ constants, live }: RuntimeBundle): string {
  const lines = [`export const { ${constants.join(", ")} } = _k.api;`];
  if (live.length > 0) {
    const values = live.map((_, index) => `v${index}`);
    const set = live.map((name, index) => `${name} = v${index};`).join(" ");
    lines.push(`export let ${live.join(", ")};`, `_k.live((${values.join(", ")}) => { ${set} });`);
  }
  return lines.join("\n");
}
