/**
 * Names functions and classes by where they are nested: `main/retry`, `Saga/run`, `main/()`, `main/()'2`. A path is unique in its
 * module, and does not change when other functions do.
 */
import * as t from "@babel/types";
import { COMPUTED, type FunctionName, staticKey } from "../names.js";
import type { Analysis, Unit } from "../scope/model.js";

export const ANONYMOUS = "()";

/** The module of a place of the text: units of different modules never share names. */
export type ModuleIndex = (node: t.Node) => number;

export function unitPaths(
  analysis: Analysis,
  names: ReadonlyMap<t.Node, FunctionName>,
  moduleIndex: ModuleIndex,
): Map<Unit, string> {
  const paths = new Map<Unit, string>([[analysis.program, ""]]);
  const taken = new Map<string, number>();
  const units: Unit[] = [...analysis.functions, ...analysis.classes].sort(
    (a, b) => (a.node.start ?? 0) - (b.node.start ?? 0) || (b.node.end ?? 0) - (a.node.end ?? 0),
  );
  for (const unit of units) {
    if (unit === analysis.program) continue;
    const outer = paths.get(unit.parent as Unit) ?? "";
    const segment = segmentOf(unit, names);
    const path = outer === "" ? segment : `${outer}/${segment}`;
    const key = `${moduleIndex(unit.node)}:${path}`;
    const rank = (taken.get(key) ?? 0) + 1;
    taken.set(key, rank);
    paths.set(unit, rank === 1 ? path : `${path}'${rank}`);
  }
  return paths;
}

function segmentOf({ node }: Unit, names: ReadonlyMap<t.Node, FunctionName>): string {
  if (t.isStaticBlock(node)) return "static {}";
  const isStatic = "static" in node && node.static === true ? "static " : "";
  if (t.isClassMethod(node) && node.kind === "constructor") return "constructor";
  if (t.isClassProperty(node) || t.isClassPrivateProperty(node)) {
    const known = !("computed" in node && node.computed) || t.isStringLiteral(node.key);
    return `${isStatic}.${known ? staticKey(node.key) : ANONYMOUS}`;
  }
  const name = names.get(node);
  return isStatic + (name === undefined || name === COMPUTED || name === "" ? ANONYMOUS : name.replaceAll("/", "∕"));
}
