import { originalPositionFor, TraceMap, traceSegment } from "@jridgewell/trace-mapping";
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

const IDENTIFIER = /[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*/uy;
const DEFAULT = /_default\d*$/;

/** Finds the author's text for places in bundled code. Lines from 1, columns from 0, as Babel counts. */
export class OriginalPositions {
  readonly #trace: TraceMap;
  readonly #modules: readonly SourceModule[];
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #lines = new Map<number, string[]>();

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
    const lineText = this.#line(this.#trace.sources.indexOf(found.source), found.line - 1)?.replace(/\r$/, "");
    return {
      file: found.source,
      line: found.line,
      column: found.column + 1,
      ...(lineText === undefined ? {} : { lineText }),
    };
  }

  /**
   * The name that an identifier has in the original text, where the bundler gave it another. The map tells it for most; where
   * the bundler has made a second name for a class (`_Widget`) or one for a default export, the text itself does.
   */
  originalName(name: string, line: number, column: number): string | undefined {
    const segment = traceSegment(this.#trace, line - 1, column);
    if (segment === null || segment.length === 1 || segment[0] !== column) return undefined;
    if (segment.length === 5) return this.#trace.names[segment[4]];
    const [, source, originalLine, originalColumn] = segment;
    const text = this.#line(source, originalLine);
    IDENTIFIER.lastIndex = originalColumn;
    const word = text === undefined ? undefined : IDENTIFIER.exec(text)?.[0];
    if (word === undefined || word === name) return undefined;
    if (DEFAULT.test(name) && /^(default|function|async|class)$/.test(word)) return "default";
    return name.startsWith(`_${word}`) && /^\d*$/.test(name.slice(word.length + 1)) ? word : undefined;
  }

  /** The author's line for a place of the bundled code, and the column in it. */
  writtenAt(line: number, column: number): { line: string; column: number } | undefined {
    const segment = traceSegment(this.#trace, line - 1, column);
    if (segment === null || segment.length === 1 || segment[0] !== column) return undefined;
    const text = this.#line(segment[1], segment[2]);
    return text === undefined ? undefined : { line: text, column: segment[3] };
  }

  #line(source: number, line: number): string | undefined {
    let lines = this.#lines.get(source);
    if (lines === undefined) {
      lines = this.#trace.sourcesContent?.[source]?.split("\n") ?? [];
      this.#lines.set(source, lines);
    }
    return lines[line];
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
