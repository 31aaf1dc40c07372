// What the compiler says about a program: one mistake, where it stands in the author's own text, and what to do instead.

export const DIAGNOSTIC_CODES = [
  "no-entry",
  "thread-state",
  "syntax",
  "unresolved-import",
  "node-builtin",
  "top-level-await",
  "dynamic-import",
  "no-workflow",
  "unavailable-global",
  "dynamic-code",
  "undeclared-topic",
  "unsupported",
  "bundler",
] as const;

export type DiagnosticCode = (typeof DIAGNOSTIC_CODES)[number];

export interface Diagnostic {
  code: DiagnosticCode;
  message: string;
  /** Relative to the project's root, with forward slashes. Absent where no place in the source is to blame. */
  file?: string;
  /** Counted from 1. */
  line?: number;
  /** Counted from 1, in UTF-16 units. */
  column?: number;
  /** How many characters of the line are meant; 1 if unknown. */
  length?: number;
  lineText?: string;
  hint?: string;
}

/** Thrown by `build`: everything that is wrong with the program, in the order of the source. */
export class BuildError extends Error {
  readonly code = "KWF_BUILD";
  override readonly name = "BuildError";

  constructor(
    readonly diagnostics: readonly Diagnostic[],
    readonly warnings: readonly Diagnostic[] = [],
  ) {
    const [first] = diagnostics;
    const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : "";
    super(first === undefined ? "the build failed" : `${place(first)}${first.message}${more}`);
  }
}

const place = ({ file, line, column }: Diagnostic): string =>
  file === undefined ? "" : `${file}${line === undefined ? "" : `:${line}:${column ?? 1}`}: `;

/** `file:line:column: error code: message`, as editors and terminals know to follow. */
export const diagnosticLine = (diagnostic: Diagnostic, severity: "error" | "warning" = "error"): string =>
  `${place(diagnostic)}${severity} ${diagnostic.code}: ${diagnostic.message}`;

/** The text a terminal shows for one diagnostic: place, message, the line with a marker under it, hint. */
export function formatDiagnostic(diagnostic: Diagnostic, severity: "error" | "warning" = "error"): string {
  const { line, lineText, hint } = diagnostic;
  const out = [diagnosticLine(diagnostic, severity)];
  if (line !== undefined && lineText !== undefined) {
    const gutter = String(line);
    const column = diagnostic.column ?? 1;
    // Tabs stay tabs, so that the marker stands under its text at any tab width.
    const indent = lineText.slice(0, column - 1).replace(/[^\t]/g, " ");
    const width = Math.max(1, Math.min(diagnostic.length ?? 1, lineText.length - column + 1));
    out.push(`  ${gutter} | ${lineText}`, `  ${" ".repeat(gutter.length)} | ${indent}${"^".repeat(width)}`);
  }
  if (hint !== undefined) out.push(`  hint: ${hint}`);
  return out.join("\n");
}

export const formatDiagnostics = (
  diagnostics: readonly Diagnostic[],
  severity: "error" | "warning" = "error",
): string => diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, severity)).join("\n\n");

export function compareDiagnostics(a: Diagnostic, b: Diagnostic): number {
  const fileA = a.file ?? "";
  const fileB = b.file ?? "";
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
