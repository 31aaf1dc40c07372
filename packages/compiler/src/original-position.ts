import { originalPositionFor, sourceContentFor, TraceMap } from "@jridgewell/trace-mapping";
import type { Diagnostic } from "./diagnostic.js";
import type { RawSourceMap, SourceModule } from "./source-modules.js";

export interface OriginalPosition {
  file?: string;
  /** From 1. */
  line?: number;
  /** From 1. */
  column?: number;
  lineText?: string;
}

/** Finds the author's text for places in bundled code. Lines from 1, columns from 0, as Babel counts. */
export class OriginalPositions {
  readonly #trace: TraceMap;
  readonly #modules: readonly SourceModule[];
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(map: RawSourceMap, modules: readonly SourceModule[]) {
    this.#trace = new TraceMap(map as ConstructorParameters<typeof TraceMap>[0]);
    this.#modules = modules;
    this.#indexes = new Map(modules.map(({ path }, index) => [path, index]));
  }

  /** Places that no file stands for give an empty position. */
  find(line: number | undefined, column: number | undefined): OriginalPosition {
    if (line === undefined || line < 1) return {};
    const found = originalPositionFor(this.#trace, { line, column: column ?? 0 });
    if (found.source === null) return {};
    const lineText = sourceContentFor(this.#trace, found.source)?.split("\n")[found.line - 1]?.replace(/\r$/, "");
    return {
      file: found.source,
      line: found.line,
      column: found.column + 1,
      ...(lineText === undefined ? {} : { lineText }),
    };
  }

  /** The name that an identifier has in the original text, where the bundler gave it another. */
  originalName(line: number, column: number): string | undefined {
    return originalPositionFor(this.#trace, { line, column }).name ?? undefined;
  }

  moduleIndex(line: number, column: number): number | undefined {
    const { source } = originalPositionFor(this.#trace, { line, column });
    return source === null ? undefined : this.#indexes.get(source);
  }

  isOwn(file: string | undefined): boolean {
    const index = file === undefined ? undefined : this.#indexes.get(file);
    return index !== undefined && this.#modules[index]?.own === true;
  }

  /** Adds to a diagnostic where it stands in the original text. */
  locate(diagnostic: Diagnostic, line: number | undefined, column: number | undefined): Diagnostic {
    return { ...diagnostic, ...this.find(line, column) };
  }
}
