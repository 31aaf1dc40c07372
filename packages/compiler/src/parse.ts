import * as t from "@babel/types";
import { commonjs } from "./commonjs.js";
import { CompileError } from "./compile-error.js";

const { parse } = commonjs("@babel/parser") as typeof import("@babel/parser");

/** Parses JavaScript (the output of the bundler, or a script) into Babel's syntax tree. */
export function parseProgram(
  code: string,
  sourceType: "module" | "script",
  startLine = 1,
): { program: t.Program; comments: readonly t.Comment[] } {
  try {
    const { program, comments } = parse(code, {
      sourceType,
      startLine,
      attachComment: false,
      createParenthesizedExpressions: false,
      allowSuperOutsideMethod: false,
      plugins: ["importAttributes", "explicitResourceManagement"],
    });
    if (sourceType === "script") t.traverseFast(program, blockOfFunction);
    return { program, comments: (comments ?? []) as t.Comment[] };
  } catch (error) {
    const e = error as Error & { loc?: { line: number; column: number } };
    throw new CompileError("KWF_SYNTAX", e.message.replace(/ \(\d+:\d+\)$/, ""), e.loc?.line, e.loc?.column);
  }
}

/** `if (x) function f() {}` of sloppy code stands for a block (ECMA-262 B.3.3). */
function blockOfFunction(node: t.Node): void {
  if (!t.isIfStatement(node)) return;
  if (t.isFunctionDeclaration(node.consequent)) node.consequent = t.blockStatement([node.consequent]);
  if (t.isFunctionDeclaration(node.alternate)) node.alternate = t.blockStatement([node.alternate]);
}
