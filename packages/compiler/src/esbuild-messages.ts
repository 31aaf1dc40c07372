import type { Message } from "esbuild";
import type { Diagnostic, DiagnosticCode } from "./diagnostic.js";

/** What our plugins put into `detail` of the messages they give to esbuild. */
export interface Explanation {
  code: DiagnosticCode;
  hint: string;
  /** What was imported and is not there. */
  missing?: string;
}

/** Of esbuild's own message: the path as it was written. */
export const unresolvedPath = (text: string): string | undefined => /^Could not resolve "(.*)"/.exec(text)?.[1];

export function fromEsbuild(message: Message): Diagnostic {
  const { location } = message;
  const { code, text, hint } = explain(message);
  const diagnostic: Diagnostic = { code, message: text };
  if (hint !== undefined) diagnostic.hint = hint;
  if (location !== null) {
    diagnostic.file = location.file;
    diagnostic.line = location.line;
    diagnostic.lineText = location.lineText;
    // esbuild counts in bytes.
    const bytes = Buffer.from(location.lineText);
    diagnostic.column = bytes.subarray(0, location.column).toString().length + 1;
    diagnostic.length = bytes.subarray(location.column, location.column + location.length).toString().length;
  }
  return diagnostic;
}

/** As an error where the import names it, and as a warning where it is a property of `import * as`. */
const MISSING =
  /^No matching export in "(?<module>.*)" for import "(?<name>.*)"$|^Import "(?<undefined>.*)" will always be undefined because there is no matching export in "(?<always>.*)"$/;

const nothingToRegister = (name: string): string =>
  `it is an empty module in kwf, which saves functions and classes as they are: remove the call, or write \`S.${name}?.(…)\``;

function explain(message: Message): { code: DiagnosticCode; text: string; hint?: string } {
  const { text } = message;
  if (message.id === "empty-import-meta") {
    const hint = "a bundle is one file, wherever it lies: settings come from W.config";
    return { code: "unavailable-global", text: "import.meta is empty in a workflow", hint };
  }
  const own = message.detail as Partial<Explanation> | undefined;
  if (own?.code !== undefined) return { code: own.code, text, ...(own.hint === undefined ? {} : { hint: own.hint }) };
  if (text.startsWith("Could not resolve")) {
    return {
      code: "unresolved-import",
      text: text.replace("Could not resolve", "cannot find"),
      hint:
        text.includes('"./') || text.includes('"../')
          ? "check the path; it is relative to the importing file"
          : "install the package, or check its name",
    };
  }
  const missing = MISSING.exec(text)?.groups;
  if (missing !== undefined) {
    const module = (missing.module ?? missing.always ?? "").replace(/^kwf:/, "");
    const name = missing.name ?? missing.undefined ?? "";
    const text = `"${module}" has no export named "${name}"`;
    const hint = module === "@effectful/serialization" ? nothingToRegister(name) : undefined;
    return { code: "unresolved-import", text, ...(hint === undefined ? {} : { hint }) };
  }
  if (text.startsWith("Top-level await")) {
    return {
      code: "top-level-await",
      text: "await outside of a function: a bundle is loaded in one go, before any workflow runs",
      hint: "move the await into the workflow function",
    };
  }
  const note = message.notes[0]?.text;
  const code = message.location === null ? "bundler" : "syntax";
  return { code, text: lowerFirst(text), ...(note === undefined ? {} : { hint: lowerFirst(note) }) };
}

const lowerFirst = (text: string): string =>
  /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
