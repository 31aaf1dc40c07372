import { parse } from "@babel/parser";
import type * as t from "@babel/types";
import { CompileError } from "./compile-error.js";

/** Parses JavaScript (the output of the bundler, or a script) into Babel's syntax tree. */
export function parseProgram(
  code: string,
  sourceType: "module" | "script",
): { program: t.Program; comments: readonly t.Comment[] } {
  try {
    const { program, comments } = parse(code, {
      sourceType,
      attachComment: false,
      createParenthesizedExpressions: false,
      allowSuperOutsideMethod: false,
      plugins: ["importAttributes", "explicitResourceManagement"],
    });
    return { program, comments: (comments ?? []) as t.Comment[] };
  } catch (error) {
    const e = error as Error & { loc?: { line: number; column: number } };
    throw new CompileError("KWF_SYNTAX", e.message.replace(/ \(\d+:\d+\)$/, ""), e.loc?.line, e.loc?.column);
  }
}
