// Makes a bundled program resumable: in one text, or in two where it begins with dependencies (program-split.ts). On the way the checks of what a
// workflow cannot do; everything that is wrong is told, not the first of it.

import { decodedMappings, type SourceMapSegment, TraceMap } from "@jridgewell/trace-mapping";
import type { Program } from "./bundle.js";
import { type CompileOptions, type CompileResult, compile, freePrefix } from "./compile.js";
import { CompileError } from "./compile-error.js";
import { BuildError, compareDiagnostics, type Diagnostic, type DiagnosticCode } from "./diagnostic.js";
import type { OriginalPositions } from "./original-position.js";
import { NO_TOPICS, type TopicFacts } from "./output-topics.js";
import { checkProgram } from "./program-checks.js";
import { type ProgramSplit, splitProgram } from "./program-split.js";
import type { ProgramStructure } from "./structure/program-structure.js";
import type { UnitCache } from "./unit-cache.js";
import { API_MODULE } from "./workflow-module.js";

export interface CompiledProgram extends Pick<CompileResult, "code" | "functions" | "scopes" | "exports"> {
  /** From `code` to the bundled text. */
  map: DecodedMap;
  structure: ProgramStructure;
  /** All that it may write to; absent where some are computed. */
  outputTopics?: readonly string[];
  warnings: Diagnostic[];
}

export interface DecodedMap {
  version: 3;
  sources: string[];
  names: string[];
  mappings: SourceMapSegment[][];
}

/** What became of one text; plain data. */
interface Unit extends Pick<CompileResult, "code" | "functions" | "scopes" | "nextId" | "nextTemporary"> {
  readonly variables: CompileResult["variables"];
  readonly globals: readonly string[];
  readonly exports: Record<string, string>;
  readonly map: { names: string[]; mappings: string };
  readonly structure: ProgramStructure;
  readonly topics: TopicFacts;
  readonly warnings: Diagnostic[];
}

/** @throws BuildError */
export function compileProgram(program: Program, positions: OriginalPositions, cache: UnitCache): CompiledProgram {
  return new ProgramCompiler(program, positions, cache).compile();
}

class ProgramCompiler {
  readonly #program: Program;
  readonly #positions: OriginalPositions;
  readonly #cache: UnitCache;
  readonly #prefix: string;
  #errors: Diagnostic[];

  constructor(program: Program, positions: OriginalPositions, cache: UnitCache) {
    this.#program = program;
    this.#positions = positions;
    this.#cache = cache;
    this.#errors = [...program.errors];
    // Whatever looks like a name: a text need not be parsed for what stands before it.
    this.#prefix = freePrefix(new Set(program.code.match(/[\w$]+/g)));
  }

  compile(): CompiledProgram {
    const split = splitProgram(this.#program);
    const units = (split && this.#inTwo(split)) ?? [this.#unit(this.#program.code, {}, undefined, true)];
    return join(units, this.#program);
  }

  /** Undefined: the texts cannot be told apart. */
  #inTwo({ dependencies, rest, restLine, fingerprint }: ProgramSplit): Unit[] | undefined {
    const errors = [...this.#errors];
    const ofThread = this.#program.modules.filter((one) => one.ofThread && !one.own).map(({ path }) => path);
    const key = [this.#prefix, fingerprint, ...ofThread].join(" ");
    let first = this.#cache.get<Unit>(key);
    try {
      if (first === undefined) {
        first = this.#unit(dependencies, {}, undefined, false);
        if (this.#errors.length === errors.length) this.#cache.set(key, first);
      }
      const { variables, nextId, nextTemporary } = first;
      const options = { before: variables, firstId: nextId, firstTemporary: nextTemporary, startLine: restLine };
      const second = this.#unit(rest, options, first, true);
      const declared = new Set(second.variables.map(([name]) => name));
      if (!first.globals.some((name) => declared.has(name))) return [first, second];
    } catch (error) {
      if (!(error instanceof SyntaxTrouble)) throw error;
    }
    this.#errors = errors;
    return undefined;
  }

  #unit(code: string, options: CompileOptions, before: Unit | undefined, last: boolean): Unit {
    const { modules } = this.#program;
    const positions = this.#positions;
    const warnings: Diagnostic[] = [];
    let topics = before?.topics ?? NO_TOPICS;
    try {
      const compiled = compile(code, {
        ...options,
        sourceType: "module",
        kit: "_k",
        prefix: this.#prefix,
        sourceFileName: "bundled.js",
        originalName: (name, line, column) => positions.originalName(name, line, column),
        writtenAt: (line, column) => positions.writtenAt(line, column),
        inspect: (ast, analysis, exports) => {
          const checked = last ? { manifest: exports.manifest } : undefined;
          const checks = checkProgram(ast, analysis, positions, topics, checked);
          topics = checks.topics;
          warnings.push(...checks.warnings);
          this.#errors.push(...checks.errors, ...analysis.refused.map((error) => this.#diagnostic(error)));
          if (last && workflowIn(exports) === undefined) this.#errors.push(noWorkflow(this.#program));
          if (last && this.#errors.length > 0) throw this.#failure([...(before?.warnings ?? []), ...warnings]);
        },
        moduleOf: (line, column) => {
          const index = positions.moduleIndex(line, column);
          const { ofThread = false, path = "" } = modules[index ?? -1] ?? {};
          return { index: index ?? -1, own: ofThread, isRuntime: index === undefined || path === API_MODULE };
        },
      });
      const { map, kit: _, structure, ...made } = compiled;
      const { names, mappings } = map as { names: string[]; mappings: string };
      return { ...made, map: { names, mappings }, structure: structure(modules.length), topics, warnings };
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      if (!last || before !== undefined) throw new SyntaxTrouble();
      this.#errors.push(...[error, ...error.others].map((one) => this.#diagnostic(one)));
      throw this.#failure(warnings);
    }
  }

  /** What the compiler refuses, at the author's own place. */
  #diagnostic({ code, message, hint, line, column }: CompileError): Diagnostic {
    const kind: DiagnosticCode = code === "KWF_SYNTAX" ? "syntax" : "unsupported";
    return this.#positions.locate({ code: kind, message, ...(hint === undefined ? {} : { hint }) }, line, column);
  }

  #failure(warnings: readonly Diagnostic[]): BuildError {
    const all = [...this.#program.warnings, ...warnings].sort(compareDiagnostics);
    return new BuildError(distinct(this.#errors).sort(compareDiagnostics), all);
  }
}

/** Something of one of two texts is refused: the whole says it better. */
class SyntaxTrouble extends Error {}

function join(units: readonly Unit[], { modules: { length: count }, warnings }: Program): CompiledProgram {
  const names: string[] = [];
  const mappings: SourceMapSegment[][] = [];
  const sources = ["bundled.js"];
  for (const { code, map } of units) {
    const decoded = decodedMappings(new TraceMap({ version: 3, sources, names: map.names, mappings: map.mappings }));
    const lines = code.split("\n").length;
    for (let line = 0; line < lines; line++) {
      const segments = (decoded[line] ?? []) as SourceMapSegment[];
      mappings.push(
        names.length === 0
          ? segments
          : segments.map((one) => (one.length === 5 ? [one[0], one[1], one[2], one[3], one[4] + names.length] : one)),
      );
    }
    names.push(...map.names);
  }
  const modules = Array.from({ length: count }, (_, index) => ({
    variables: units.flatMap(({ structure }) => structure.modules[index]?.variables ?? []),
  }));
  const outputTopics = units.at(-1)?.topics.known;
  const classes = units.flatMap(({ structure }) => structure.classes ?? []);
  const templates = units.flatMap(({ structure }) => structure.templates ?? []);
  return {
    code: units.map(({ code }) => code).join("\n"),
    map: { version: 3, sources, names, mappings },
    functions: units.flatMap(({ functions }) => functions),
    scopes: units.flatMap(({ scopes }) => scopes),
    exports: Object.assign({}, ...units.map(({ exports }) => exports)),
    ...(outputTopics === undefined ? {} : { outputTopics }),
    structure: {
      functions: units.flatMap(({ structure }) => structure.functions),
      scopes: units.flatMap(({ structure }) => structure.scopes),
      modules,
      ...(classes.length === 0 ? {} : { classes }),
      ...(templates.length === 0 ? {} : { templates }),
    },
    warnings: [...warnings, ...units.flatMap((unit) => unit.warnings)].sort(compareDiagnostics),
  };
}

/** One for each place: what the checks say of it comes first, and says more than the compiler's refusal. */
function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const places = new Set<string>();
  return diagnostics.filter(({ file, line, column, message }) => {
    const place = line === undefined ? message : `${file}:${line}:${column}`;
    return !places.has(place) && places.add(place);
  });
}

export const workflowIn = (exports: Readonly<Record<string, string>>): string | undefined =>
  exports.default ?? exports.main;

const noWorkflow = ({ entry }: Program): Diagnostic => ({
  code: "no-workflow",
  message: "the entry file exports no workflow",
  file: entry,
  hint: "export the async function that is the workflow: `export default async function main(input) { … }`",
});
