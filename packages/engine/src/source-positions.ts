import { decodedMappings, originalPositionFor, sourceContentFor, TraceMap } from "@jridgewell/trace-mapping";
import type { Bundle } from "./bundle.js";
import type { FunctionInfo } from "./metadata.js";

/** From places in a bundle to the author's files, and to their text. */
export class SourcePositions {
  readonly #map: TraceMap | undefined;
  readonly #functions: Map<number, FunctionInfo>;

  constructor({ source, metadata }: Pick<Bundle, "source" | "metadata">) {
    const start = source.lastIndexOf("\n//# sourceMappingURL=");
    const data = start < 0 ? undefined : /base64,(\S+)/.exec(source.slice(start))?.[1];
    if (data !== undefined) {
      this.#map = new TraceMap(Buffer.from(data, "base64").toString());
      decodedMappings(this.#map);
    }
    this.#functions = new Map(metadata.functions.map((info) => [info.id, info]));
  }

  /** One line of a stack trace, without its "at"; undefined for code that is not the program's (the runtime's, the engine's). */
  frame(line: number, column: number, name: string): string | undefined {
    if (this.#map === undefined || line < 1 || column < 1) return undefined;
    const found = originalPositionFor(this.#map, { line, column: column - 1 });
    if (found.source === null) return undefined;
    const place = `${found.source}:${found.line}:${found.column + 1}`;
    const shown = this.functionName(name);
    return shown === "" ? place : `${shown} (${place})`;
  }

  /** A machine is named `M<id>`, behind a prefix, its frame and maybe an alias; what the author sees is the name of the function. */
  functionName(name: string): string {
    const id = /(?:^|\.)[$_]*M(\d+)(?: \[as \w+\])?$/.exec(name)?.[1];
    return id === undefined ? name : (this.#functions.get(Number(id))?.name ?? "");
  }

  /** A line of an original file, counted from 1. */
  lineText(file: string, line: number): string | undefined {
    return this.#map === undefined
      ? undefined
      : sourceContentFor(this.#map, file)?.split("\n")[line - 1]?.replace(/\r$/, "");
  }
}
