/**
 * The compiler proper: one JavaScript text in, the same program in resumable form out. Passes, in order:
 *
 *   parse      text -> syntax tree
 *   late       modules that a step evaluates: the bundler's helpers become the runtime's
 *   names      names of anonymous functions, before they move
 *   scope      which name means which variable, what is captured
 *   plan       scope objects, table functions, names of locals
 *   structure  what a continuation of another bundle is compared with
 *   closures   every closure becomes a factory over scope objects; each suspendable function a frame and a machine
 *   generate   syntax tree -> text and map
 */
import { generate } from "@babel/generator";
import * as t from "@babel/types";
import { Conversion } from "./closures/context.js";
import { convertProgram, type ModuleOf, type SourcePlace } from "./closures/index.js";
import { type CompileError, syntaxError, throwAll } from "./compile-error.js";
import { splitExports } from "./exports.js";
import { lateModules } from "./late-modules.js";
import { inferNames } from "./names.js";
import { parseProgram } from "./parse.js";
import { plan } from "./plan.js";
import type { Analysis, TopVariable } from "./scope/model.js";
import { analyze } from "./scope/walk.js";
import { type ProgramStructure, StructureReader } from "./structure/program-structure.js";
import { SourceTexts, type WrittenAt } from "./structure/source-text.js";

export interface CompileOptions {
  /** Script code may be sloppy and shares its top scope with other scripts; module code is strict. */
  sourceType?: "module" | "script";
  /** Name of the variable that holds the runtime's kit. Default: `_k`, or a free name like it. */
  kit?: string;
  /** First id of functions and scopes: several texts compiled for one realm must not overlap. */
  firstId?: number;
  /** The same of the names of temporaries, where several texts share their top scope. */
  firstTemporary?: number;
  /** Of generated names; default: one that no name of the text begins with like that. */
  prefix?: string;
  /** What a text before this one, of the same program, declares at its top. */
  before?: readonly TopVariable[];
  /** Line of the program on which the text begins; default 1. */
  startLine?: number;
  /** Original name of an identifier of the text (which a bundler may have renamed). */
  originalName?: (name: string, line: number, column: number) => string | undefined;
  writtenAt?: WrittenAt;
  /** Source module of a position of the text. */
  moduleOf?: (line: number, column: number) => SourcePlace;
  /** Meaning of `this` at the top of the text. */
  topLevelThis?: "undefined" | "globalThis";
  sourceFileName?: string;
  /** Sees the program, exports taken off, and what its names mean before anything is rewritten; it may throw. */
  inspect?: (program: t.Program, analysis: Analysis, exports: Readonly<Record<string, string>>) => void;
}

/** Positions are those of the compiled text (1-based line, 0-based column); build.ts maps them to the sources. */
export interface CompiledFunction {
  id: number;
  name: string;
  kind: "function" | "class";
  line: number;
  column: number;
  /** Frame slots, in frame order, with the names of their variables in the original text; "" for the compiler's own. */
  slots: readonly (readonly [slot: string, name: string])[];
  awaits: readonly { label: number; line: number; column: number; text: string }[];
}

export interface CompileResult {
  code: string;
  /** Source map from `code` to the given text. */
  map: unknown;
  kit: string;
  functions: CompiledFunction[];
  /** Scope id and the original names of its variables. */
  scopes: [id: number, names: string[]][];
  /** For a program of so many modules. */
  structure: (modules: number) => ProgramStructure;
  /** Exported name -> variable of the program, for module code. */
  exports: Record<string, string>;
  /** The first id that this text did not use. */
  nextId: number;
  nextTemporary: number;
  /** What the text declares at its top. */
  variables: TopVariable[];
  /** Names that neither it nor what is before it declares. */
  globals: string[];
}

const directEval = (call: t.CallExpression): CompileError =>
  syntaxError(
    call,
    "KWF_EVAL",
    "direct eval sees the variables around it, which a continuation cannot keep",
    "call a function instead",
  );

export function compile(code: string, options: CompileOptions = {}): CompileResult {
  const sourceType = options.sourceType ?? "module";
  const { program, comments } = parseProgram(code, sourceType, options.startLine);
  const exports = sourceType === "module" ? splitExports(program) : {};
  const originalName = (id: t.Identifier): string =>
    (id.loc && options.originalName?.(id.name, id.loc.start.line, id.loc.start.column)) || id.name;
  const { kit: givenKit, moduleOf: givenModuleOf } = options;
  if (givenKit !== undefined && givenModuleOf !== undefined) {
    lateModules(
      program,
      givenKit,
      ({ loc }) => loc != null && givenModuleOf(loc.start.line, loc.start.column).index === -1,
    );
  }
  const names = inferNames(program, originalName);
  const analysis = analyze(program, options.before);
  const foreign = analysis.evals.filter(
    ({ loc }) => loc != null && givenModuleOf?.(loc.start.line, loc.start.column).own === false,
  );
  for (const call of analysis.evals) if (!foreign.includes(call)) analysis.refused.push(directEval(call));
  options.inspect?.(program, analysis, exports);
  // A dependency may never come to it.
  for (const call of foreign) call.callee = t.memberExpression(t.identifier(givenKit ?? "_k"), t.identifier("noEval"));
  throwAll(analysis.refused);
  const prefix = options.prefix ?? freePrefix(analysis.names);
  const naming = {
    prefix,
    kit: options.kit ?? (analysis.names.has("_k") ? `${prefix}k` : "_k"),
    firstId: options.firstId ?? 1,
    firstTemporary: options.firstTemporary ?? 0,
    renames: options.originalName !== undefined,
  };
  plan(analysis, naming);
  const conversion = new Conversion(
    analysis,
    names,
    naming,
    code,
    originalName,
    options.topLevelThis ?? (sourceType === "module" ? "undefined" : "globalThis"),
  );
  const moduleOf: ModuleOf = (node) =>
    (node.loc && options.moduleOf?.(node.loc.start.line, node.loc.start.column)) || { index: 0, own: true };
  const texts = new SourceTexts(code, comments, originalName, options.writtenAt);
  const structure = new StructureReader({ program, analysis, names, texts, originalName, moduleOf });
  convertProgram(conversion, program, moduleOf);
  const out = generate(
    t.file(program),
    {
      sourceMaps: true,
      sourceFileName: options.sourceFileName ?? "input.js",
      compact: false,
      comments: false,
      jsescOption: { minimal: true },
    },
    code,
  );
  const functions = conversion.records
    .map((r) => ({
      id: r.id,
      name: r.name,
      kind: r.kind,
      line: r.node.loc?.start.line ?? 0,
      column: r.node.loc?.start.column ?? 0,
      slots: r.slots,
      awaits: r.awaits,
    }))
    .sort((a, b) => a.id - b.id);
  const next = conversion.next;
  const ids = [
    next.template - 1,
    ...functions.map((f) => f.id),
    ...conversion.factories.keys(),
    ...conversion.scopeRecords.map(([id]) => id),
    naming.firstId - 1,
  ];
  return {
    code: out.code,
    map: out.map,
    kit: naming.kit,
    functions,
    scopes: conversion.scopeRecords,
    structure: (modules) => structure.describe(conversion.records, conversion.templates, modules),
    exports,
    nextId: Math.max(...ids) + 1,
    nextTemporary: next.temporary,
    variables: [...analysis.program.scope.bindings.values()].map(({ name, kind }) => [name, kind] as const),
    globals: globalsOf(analysis),
  };
}

function globalsOf({ referenceOf }: Analysis): string[] {
  const names = new Set<string>();
  for (const { binding, name } of referenceOf.values()) if (binding === undefined) names.add(name);
  return [...names];
}

/** A prefix such that no identifier of the program looks like a generated one. */
export function freePrefix(names: ReadonlySet<string>): string {
  for (const prefix of ["_", "$_", "_$", "__$", "$$_"]) {
    const generated = new RegExp(`^${prefix.replace(/\$/g, "\\$")}(?:[A-Za-z]\\d+|k)$`);
    if (![...names].some((n) => generated.test(n))) return prefix;
  }
  for (let n = 0; ; n++) if (![...names].some((x) => x.startsWith(`$k${n}_`))) return `$k${n}_`;
}
