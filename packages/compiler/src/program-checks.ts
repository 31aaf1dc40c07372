import type * as t from "@babel/types";
import type { Diagnostic } from "./diagnostic.js";
import type { OriginalPositions } from "./original-position.js";
import { knownTopics, type TopicFacts, topicFacts, undeclaredTopics } from "./output-topics.js";
import type { Analysis } from "./scope/model.js";
import { checkGlobals } from "./unavailable-globals.js";

/** The last text of a program, which may have a manifest: the variable that holds it. */
export interface LastText {
  readonly manifest: string | undefined;
}

/** What a workflow cannot do, found in a text of the bundled program before it is rewritten. */
export function checkProgram(
  program: t.Program,
  analysis: Analysis,
  positions: OriginalPositions,
  before: TopicFacts,
  last: LastText | undefined,
): { errors: Diagnostic[]; warnings: Diagnostic[]; topics: TopicFacts } {
  const { errors, warnings } = checkGlobals(program, analysis, positions);
  const topics = topicFacts(program, analysis, positions, before);
  if (last === undefined) return { errors, warnings, topics };
  errors.push(...undeclaredTopics(topics, program, analysis, last.manifest));
  const known = knownTopics(topics, program, analysis, last.manifest);
  return { errors, warnings, topics: known === undefined ? topics : { ...topics, known } };
}
