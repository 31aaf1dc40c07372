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
    /** What else is refused in the same text, in the order of the source. */
    readonly others: readonly CompileError[] = [],
  ) {
    super(message);
  }
}

export function syntaxError(node: t.Node, code: string, message: string, hint?: string): CompileError {
  return new CompileError(code, message, node.loc?.start.line, node.loc?.start.column, hint);
}

/** All of them as one error; nothing when there are none. */
export function throwAll(errors: readonly CompileError[]): void {
  const [first, ...others] = [...errors].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
  if (first) throw new CompileError(first.code, first.message, first.line, first.column, first.hint, others);
}
