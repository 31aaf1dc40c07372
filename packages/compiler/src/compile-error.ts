import type * as t from "@babel/types";

/** Something the compiler refuses; positions are those of the text it was given (1-based line, 0-based column). */
export class CompileError extends Error {
  override name = "CompileError";

  constructor(
    readonly code: string,
    message: string,
    readonly line: number | undefined,
    readonly column: number | undefined,
    readonly hint?: string,
  ) {
    super(message);
  }
}

export function syntaxError(node: t.Node, code: string, message: string, hint?: string): CompileError {
  return new CompileError(code, message, node.loc?.start.line, node.loc?.start.column, hint);
}
