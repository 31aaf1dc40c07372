import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type Diagnostic, findProject } from "@kwf/compiler";

/** Diagnostics name files from the project's root; here, from the directory in which the command runs, so that a terminal can follow them. */
export function diagnosticsHere(entry: string, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  // Without an entry there is no project, and nothing that has a place in it.
  if (diagnostics.every(({ file }) => file === undefined)) return [...diagnostics];
  const { root } = findProject(entry);
  return diagnostics.map((diagnostic) => {
    const path = diagnostic.file === undefined ? undefined : resolve(root, diagnostic.file);
    // Some modules have no file.
    return path === undefined || !existsSync(path)
      ? diagnostic
      : { ...diagnostic, file: relative(process.cwd(), path) };
  });
}
