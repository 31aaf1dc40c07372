import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import vm from "node:vm";
import { commonjs } from "./commonjs.js";
import { takeExports } from "./program-exports.js";

const { build: esbuild } = commonjs("esbuild") as typeof import("esbuild");

/** The runtime that every bundle carries, as one expression, and what it offers to workflow code. */
export interface RuntimeBundle {
  /** A JavaScript expression: a function from the host record to the kit (`_k`). */
  expression: string;
  /** Names that `@kwf/workflow` exports and that never change. */
  constants: string[];
  /** Names whose value is another one at each step: `threadId`, `stepId`, `config`. */
  live: string[];
}

let cached: Promise<RuntimeBundle> | undefined;

/** Bundled once a process: the compiler and the runtime it writes into bundles are of one release. */
export function runtimeBundle(): Promise<RuntimeBundle> {
  cached ??= bundleRuntime();
  return cached;
}

async function bundleRuntime(): Promise<RuntimeBundle> {
  const result = await esbuild({
    entryPoints: [workflowFile("runtime")],
    bundle: true,
    write: false,
    format: "esm",
    target: "esnext",
    platform: "neutral",
    charset: "utf8",
    legalComments: "none",
    minifySyntax: true,
    minifyWhitespace: true,
    mainFields: ["module", "main"],
    conditions: ["import"],
    logLevel: "silent",
  });
  const { code, exports } = takeExports(result.outputFiles[0]?.text ?? "");
  const local = exports.get("default") ?? exports.get("runtime");
  if (local === undefined) throw new Error("the runtime of @kwf/workflow has neither a default export nor `runtime`");
  const expression = `(() => {\n${code.trimEnd()}\nreturn ${local};\n})()`;
  return { expression, ...apiNames(expression) };
}

/** A module of @kwf/workflow that goes into bundles: src/*.ts while the compiler itself runs from source (tests), the built one otherwise. */
export function workflowFile(name: string): string {
  const home = dirname(createRequire(import.meta.url).resolve("@kwf/workflow/package.json"));
  const source = join(home, "src", `${name}.ts`);
  return import.meta.url.endsWith(".ts") && existsSync(source) ? source : join(home, "dist", `${name}.js`);
}

/** Asks the runtime itself, in a realm of its own: accessors of `_k.api` are what changes from step to step. */
function apiNames(expression: string): { constants: string[]; live: string[] } {
  const realm = vm.createContext(vm.constants.DONT_CONTEXTIFY);
  const script = `"use strict";
    const api = (${expression})({ __proto__: null, log() {}, urlParse() {}, bundle: "" }).api;
    JSON.stringify(Object.keys(api).map((name) => [name, Object.getOwnPropertyDescriptor(api, name).get !== undefined]))`;
  const names = JSON.parse(String(vm.runInContext(script, realm))) as [string, boolean][];
  return {
    constants: names.filter(([, live]) => !live).map(([name]) => name),
    live: names.filter(([, live]) => live).map(([name]) => name),
  };
}
