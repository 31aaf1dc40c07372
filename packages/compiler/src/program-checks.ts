import type { Program } from "./bundle.js";
import { CompileError } from "./compile-error.js";
import type { Diagnostic } from "./diagnostic.js";
import { splitExports } from "./exports.js";
import type { OriginalPositions } from "./original-position.js";
import { checkOutputTopics } from "./output-topics.js";
import { parseProgram } from "./parse.js";
import { analyze } from "./scope.js";
import { checkGlobals } from "./unavailable-globals.js";

/** What a workflow cannot do, found in the bundled text before it is rewritten. Text that does not parse is for `compile` to refuse. */
export function checkProgram(
  { code }: Program,
  positions: OriginalPositions,
): { errors: Diagnostic[]; warnings: Diagnostic[] } {
  try {
    const program = parseProgram(code, "module");
    const exports = splitExports(program);
    const analysis = analyze(program);
    const { errors, warnings } = checkGlobals(program, analysis, positions);
    return { errors: [...errors, ...checkOutputTopics(program, analysis, positions, exports.manifest)], warnings };
  } catch (error) {
    if (error instanceof CompileError) return { errors: [], warnings: [] };
    throw error;
  }
}
