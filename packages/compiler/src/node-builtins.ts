import { builtinModules, createRequire } from "node:module";
import { resolve } from "node:path";
import type { PartialMessage, Plugin } from "esbuild";
import type { Explanation } from "./esbuild-messages.js";
import { installedPackage, type Project } from "./project.js";

const PASSED = Symbol("already asked");
const names = new Set(builtinModules.filter((name) => !name.startsWith("_")));
const isBuiltin = (path: string): boolean => path.startsWith("node:") || names.has(path);

/**
 * Node's own modules do not exist in a bundle. The author's own import of one is an error; a dependency's becomes a module of
 * the same names that throws when something of it is used (packages/workflow/src/realm/absent-module.ts), since libraries often
 * import what they use elsewhere only. An installed package
 * of the same name (buffer, events) is taken as by any bundler.
 */
export function nodeBuiltins(project: Project): Plugin {
  const home = installedPackage(project.entry);
  return {
    name: "kwf-node-builtins",
    setup(build) {
      build.onResolve({ filter: /^(node:)?[a-z_]+[a-z0-9_/]*$/ }, async (args) => {
        if (!isBuiltin(args.path) || args.pluginData === PASSED) return undefined;
        if (!args.path.startsWith("node:")) {
          const { importer, namespace, resolveDir, kind } = args;
          const found = await build.resolve(args.path, { importer, namespace, resolveDir, kind, pluginData: PASSED });
          if (found.errors.length === 0 && !found.external) return found;
        }
        const holder = installedPackage(resolve(project.root, args.importer));
        const own = holder === undefined || holder === home;
        // esbuild adds the place of the import.
        const message = explain(args.path, own);
        return own ? { errors: [message] } : { warnings: [message], path: args.path, namespace: "node-builtin" };
      });
      build.onLoad({ filter: /.*/, namespace: "node-builtin" }, ({ path }) => ({
        contents: absentModule(path),
        loader: "js",
      }));
    },
  };
}

const absence = (path: string): string => `"${path}" is a module of Node, which does not exist in a workflow`;

function explain(path: string, own: boolean): PartialMessage {
  const hint = own
    ? alternative(path.replace(/^node:/, ""))
    : "it throws when the dependency uses it: take another dependency, or leave this part to a service";
  return { text: absence(path), detail: { code: "node-builtin", hint, missing: path } satisfies Explanation };
}

function alternative(name: string): string {
  if (name === "crypto")
    return "`crypto.randomUUID()` and `crypto.getRandomValues()` are there without an import; leave the rest to a service";
  if (name.startsWith("timers"))
    return "use `await sleep(ms)` or `timeout(ms, promise)` of @kwf/patterns: they survive a restart";
  if (/^(path|util|url|events|assert|buffer|string_decoder|querystring|punycode|stream)\b/.test(name)) {
    return "install a package that does the same without Node";
  }
  return "a workflow does no I/O of its own: send a record with W.output to a service that does it, and await the answer with W.ref";
}

/** What an absent module has: functions (classes too), and objects with more. Whatever else it has throws when it is read. */
interface Shape {
  readonly functions: readonly string[];
  readonly others: readonly string[];
  readonly objects: Readonly<Record<string, Shape>>;
}

const require = createRequire(import.meta.url);

function absentModule(path: string): string {
  const name = path.replace(/^node:/, "");
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    const module: unknown = names.has(name) ? require(`node:${name}`) : {};
    const callable = typeof module === "function";
    const parts = [path, alternative(name), shapeOf(module as object, 2), callable].map((part) => JSON.stringify(part));
    return `module.exports = _k.absentModule(${parts.join(", ")});`;
  } finally {
    if (noDeprecation === undefined) delete process.noDeprecation;
    else process.noDeprecation = noDeprecation;
  }
}

function shapeOf(object: object, depth: number): Shape {
  const functions: string[] = [];
  const others: string[] = [];
  const objects: Record<string, Shape> = {};
  for (const key of Object.keys(object)) {
    const value: unknown = Reflect.get(object, key);
    if (typeof value === "function") functions.push(key);
    else if (typeof value === "object" && value !== null && depth > 1 && key !== "default")
      objects[key] = shapeOf(value, depth - 1);
    else others.push(key);
  }
  return { functions, others, objects };
}
