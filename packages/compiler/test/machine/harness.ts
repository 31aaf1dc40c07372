/** Runs a program natively and lowered, and gives both traces. */
import { generate } from "@babel/generator";
import { parse } from "@babel/parser";
import babelTraverse from "@babel/traverse";
import * as t from "@babel/types";
import { type LoweredFunction, lowerSuspendable } from "../../src/machine/index.js";
import { type KitOptions, makeKit } from "./kit.js";

// The package is CommonJS: its function is `default` of what Node imports, and the import itself under vitest.
const traverse = babelTraverse.default ?? (babelTraverse as unknown as typeof babelTraverse.default);

export interface LoweredProgram {
  readonly code: string;
  readonly functions: Map<string, LoweredFunction>;
}

/** Lowers the suspendable functions at the top level of `source`. They contain no functions. */
export function lowerProgram(source: string): LoweredProgram {
  const file = parse(source, { sourceType: "script", allowReturnOutsideFunction: true });
  renameLocals(file);
  const functions = new Map<string, LoweredFunction>();
  const output: t.Statement[] = [];
  let id = 0;
  let templates = 0;
  for (const node of file.program.body) {
    if (!t.isFunctionDeclaration(node) || !(node.async || node.generator)) {
      output.push(node);
      continue;
    }
    const lowered = lowerSuspendable(node, {
      id: ++id,
      kit: "_k",
      isAsync: node.async,
      isGenerator: node.generator,
      self: t.identifier(node.id!.name),
      isConstant: (name) => /^[A-Z]/.test(name),
      templateId: () => templates++,
    });
    functions.set(node.id!.name, lowered);
    output.push(...lowered.declarations);
    output.push(t.functionDeclaration(node.id, lowered.params, lowered.body));
  }
  file.program.body = output;
  return { code: generate(file).code, functions };
}

/** Gives every local of a function a name of its own, as scope analysis guarantees. */
function renameLocals(file: t.File): void {
  traverse(file, {
    Function(path) {
      const seen = new Set<string>();
      path.traverse({
        Scope(inner) {
          for (const name of Object.keys(inner.scope.bindings)) {
            if (seen.has(name)) inner.scope.rename(name, `${name}$${seen.size}`);
            seen.add(name);
          }
        },
      });
    },
  });
}

type Main = (log: (...values: unknown[]) => void) => unknown;

/** The trace of `main(log)`: what it logged and how it ended. Other top-level names of `source` are helpers. */
export async function trace(
  source: string,
  lowered: boolean,
  globals: Record<string, unknown> = {},
  options: KitOptions = {},
): Promise<string[]> {
  const lines: string[] = [];
  const log = (...values: unknown[]) => {
    lines.push(values.map(show).join(" "));
  };
  const text = lowered ? lowerProgram(source).code : source;
  const names = Object.keys(globals);
  const make = program(text, names);
  const main = make(makeKit(options), log, ...names.map((name) => globals[name])) as Main;
  try {
    log("end", await main(log));
  } catch (error) {
    log("failed", error);
  }
  // Whatever else is under way goes on to its end.
  await new Promise((resolve) => setImmediate(resolve));
  return lines;
}

function program(text: string, names: string[]) {
  try {
    return new Function("_k", "log", ...names, `"use strict"; ${text}\nreturn main;`);
  } catch (error) {
    throw new Error(`${error}\n${text}`);
  }
}

function show(value: unknown): string {
  // How the engine words the subject of these depends on the text of the code.
  if (value instanceof Error)
    return `${value.name}: ${value.message.replace(/^.*(?= is not (a function|a constructor|iterable))/, "_")}`;
  if (typeof value === "string") return value;
  if (typeof value === "symbol" || typeof value === "function") return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  return JSON.stringify(value, (_, inner) => (inner === undefined ? "<undefined>" : inner)) ?? String(value);
}
