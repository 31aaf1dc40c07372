import type { Program } from "./bundle.js";
import type { CompiledFunction, CompileResult } from "./compile.js";
import type { CompiledProgram } from "./compile-program.js";
import type { OriginalPositions } from "./original-position.js";
import type { ProgramStructure } from "./structure/program-structure.js";
import { hashOf } from "./structure/source-text.js";

/** What a bundle says about its own code, for those who look at states without running it. Read by the engine. */
export interface BundleMetadata {
  version: 1;
  name: string;
  /** Paths of the original files, relative to the project's root. */
  modules: string[];
  functions: FunctionMetadata[];
  /** Scope id and the original names of its variables. */
  scopes: CompileResult["scopes"];
  structure: ProgramStructure;
  /** All topics that it may write to, beside those that every bundle may; absent where some are computed. */
  outputTopics?: readonly string[];
}

/** A function that can be suspended, or created again by a restore. Lines and columns from 1. */
export interface FunctionMetadata {
  id: number;
  /** As the author wrote it; "" where it has none. */
  name: string;
  kind: "function" | "class";
  /** Index into `modules`; -1 for code that no file holds. */
  module: number;
  line: number;
  column: number;
  slots?: readonly (readonly [slot: string, name: string])[];
  /** Every place where the function can be suspended. */
  awaits?: [label: number, line: number, column: number, text: string][];
}

export function bundleMetadata(
  name: string,
  { functions, scopes, structure, outputTopics }: CompiledProgram,
  { modules, entry, map, required }: Program,
  positions: OriginalPositions,
): BundleMetadata {
  const paths = modules.map(({ path }) => path);
  structure.entry = paths.indexOf(entry);
  modules.forEach(({ own, path }, index) => {
    const text = map.sourcesContent?.[index];
    const module = structure.modules[index]!;
    if (own) module.own = 1;
    if (text != null) module.hash = hashOf(text);
    const others = required.get(path);
    if (others !== undefined) module.required = others;
  });
  return {
    version: 1,
    name,
    modules: paths,
    functions: functions.map((info) => describe(info, paths, positions)),
    scopes,
    structure,
    ...(outputTopics === undefined ? {} : { outputTopics }),
  };
}

function describe(info: CompiledFunction, paths: readonly string[], positions: OriginalPositions): FunctionMetadata {
  const { file, line, column } = positions.find(info.line, info.column);
  const metadata: FunctionMetadata = {
    id: info.id,
    name: info.name,
    kind: info.kind,
    module: file === undefined ? -1 : paths.indexOf(file),
    line: line ?? 0,
    column: column ?? 0,
  };
  if (info.slots.length > 0) metadata.slots = info.slots;
  if (info.awaits.length > 0) {
    metadata.awaits = info.awaits.map(({ label, text, ...at }) => {
      const original = positions.find(at.line, at.column);
      return [label, original.line ?? 0, original.column ?? 0, text];
    });
  }
  return metadata;
}
