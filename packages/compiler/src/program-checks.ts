import type * as t from "@babel/types";
import type { Diagnostic } from "./diagnostic.js";
import type { OriginalPositions } from "./original-position.js";
import { checkOutputTopics } from "./output-topics.js";
import type { Analysis } from "./scope/model.js";
import { checkGlobals } from "./unavailable-globals.js";

/** What a workflow cannot do, found in the bundled program before it is rewritten. `manifest` is the variable that holds it. */
export function checkProgram(
  program: t.Program,
  analysis: Analysis,
  positions: OriginalPositions,
  manifest: string | undefined,
): { errors: Diagnostic[]; warnings: Diagnostic[] } {
  const { errors, warnings } = checkGlobals(program, analysis, positions);
  return { errors: [...errors, ...checkOutputTopics(program, analysis, positions, manifest)], warnings };
}
