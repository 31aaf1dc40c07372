// Where a bundled program falls into two texts: the dependencies that it begins with, which are compiled once and kept (unit-cache.ts), and the rest.
//
// I1  Where it falls depends on the program alone, not on what is kept: the same sources give the same bytes.
// I2  It falls between two modules of the bundler, and only where the first part is worth keeping.

import { createHash } from "node:crypto";
import { decodedMappings, TraceMap } from "@jridgewell/trace-mapping";
import type { Program } from "./bundle.js";

export interface ProgramSplit {
  readonly dependencies: string;
  readonly rest: string;
  /** Line of the program on which the rest begins, from 1. */
  readonly restLine: number;
  /** Names what the compiler makes of the dependencies: their text, and what the map says of it. */
  readonly fingerprint: string;
}

/** Characters; what is shorter is compiled faster than it is looked up. */
const WORTH_KEEPING = 16_000;

export function splitProgram({ code, map, modules }: Program): ProgramSplit | undefined {
  if (code.length < WORTH_KEEPING) return undefined;
  const mappings = decodedMappings(new TraceMap(map as ConstructorParameters<typeof TraceMap>[0]));
  let sources = 0;
  let names = 0;
  const first = mappings.findIndex((segments) =>
    segments.some((segment) => {
      if (segment.length === 1) return false;
      if (modules[segment[1]]?.own === true) return true;
      sources = Math.max(sources, segment[1] + 1);
      if (segment.length === 5) names = Math.max(names, segment[4] + 1);
      return false;
    }),
  );
  if (first < 0) return undefined;
  const lines = code.split("\n");
  const line = headingAbove(lines, first, modules[ownAt(mappings[first] ?? [], modules)]?.path ?? "");
  const dependencies = lines.slice(0, line).join("\n");
  if (dependencies.length < WORTH_KEEPING) return undefined;
  const parts = [
    dependencies,
    map.mappings.split(";", line).join(";"),
    JSON.stringify([map.sources.slice(0, sources), map.sourcesContent?.slice(0, sources), map.names.slice(0, names)]),
  ];
  return {
    dependencies,
    rest: lines.slice(line).join("\n"),
    restLine: line + 1,
    fingerprint: createHash("sha256").update(parts.join("\0")).digest("hex"),
  };
}

const ownAt = (segments: readonly (readonly number[])[], modules: Program["modules"]): number =>
  segments.find(([, source]) => source !== undefined && modules[source]?.own === true)?.[1] ?? -1;

/** The bundler writes a module's path above it; what stands between has no place in a source. */
function headingAbove(lines: readonly string[], line: number, path: string): number {
  for (let at = line; at >= 0; at--) if (lines[at] === `// ${path}`) return at;
  return 0;
}
