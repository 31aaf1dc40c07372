// A continuation of one bundle as one of another. By itself only where nothing it refers to has changed (`moveUnchanged`); else by names,
// when an operator says so (`moveByNames`). The new bundle reads what came of it before anybody relies on it (carry.ts).

import { EngineError, MoveRefusedError } from "../errors.js";
import type { BundleMetadata } from "../metadata.js";
import { BundleCode } from "./code.js";
import { Comparison } from "./comparison.js";
import { Document } from "./document.js";
import type { FrameMove } from "./frame-move.js";
import type { InstanceMove } from "./instances.js";
import type { NameMap } from "./name-map.js";
import { rewrite, siteOf } from "./rewriting.js";

export interface BundleLike {
  readonly hash: string;
  readonly metadata: BundleMetadata;
}

export interface Moved {
  readonly continuation: string;
  /** Nothing that it refers to has changed. */
  readonly unchanged: boolean;
  readonly frames: readonly FrameMove[];
  readonly instances: readonly InstanceMove[];
}

/** The same continuation for the other bundle; undefined, or why not, where something that it refers to has changed there. */
export function moveUnchanged(
  continuation: string,
  from: BundleLike,
  to: BundleLike,
): { to: string } | { why: string } {
  const comparison = comparisonOf(from, to);
  if ("why" in comparison) return comparison;
  const early = changedFunctionIn(continuation, comparison.to);
  if (early !== undefined) return { why: early };
  const document = new Document(continuation);
  const why = differences(document, comparison.to)[0];
  if (why !== undefined) return { why };
  try {
    rewrite(document, comparison.to);
  } catch (error) {
    if (!(error instanceof MoveRefusedError)) throw error;
    return { why: error.message };
  }
  document.root.b = to.hash;
  return { to: String(document) };
}

/** @throws MoveRefusedError */
export function moveByNames(continuation: string, from: BundleLike, to: BundleLike, map: NameMap = {}): Moved {
  const comparison = codes(from, to, map);
  const document = new Document(continuation);
  const unchanged = differences(document, comparison).length === 0;
  const moved = rewrite(document, comparison);
  document.root.b = to.hash;
  return { continuation: String(document), unchanged, ...moved };
}

/** Everything that keeps a continuation from moving by itself. */
function differences(document: Document, comparison: Comparison): string[] {
  const found = new Set<string>();
  for (const { tag, id } of document.nodes) {
    // A method is part of its class.
    const why = tag === "m" ? undefined : tag === "S" ? comparison.scopeDiffers(id) : comparison.differs(id);
    if (why !== undefined) found.add(why);
  }
  for (const { p } of document.roots) {
    const root = comparison.root(String(p), true);
    if ("why" in root) found.add(root.why);
  }
  for (const json of document.templates) {
    const template = comparison.template(siteOf(json));
    if ("why" in template) found.add(template.why);
  }
  const kept = document.keptModules.filter((_, n) => n % 4 === 0).map(String);
  for (const name of [...document.lazyModules, ...kept]) {
    const module = comparison.lazyModule(name, true);
    if ("why" in module) found.add(module.why);
  }
  const variables = document.variables;
  for (let n = 0; n < variables.length; n += 2) {
    const variable = comparison.variable(String(variables[n]), true);
    if ("why" in variable) found.add(variable.why);
  }
  return [...found];
}

const CODE = /"\$":(?:\[)?"([FSfc])(\d+)"/g;

/** Found without reading the text as JSON: most threads that stay are told by the first function. */
function changedFunctionIn(continuation: string, comparison: Comparison): string | undefined {
  for (const [, tag, id] of continuation.matchAll(CODE)) {
    const why = tag === "S" ? comparison.scopeDiffers(Number(id)) : comparison.differs(Number(id));
    if (why !== undefined) return why;
  }
  return undefined;
}

const comparisons = new WeakMap<BundleMetadata, WeakMap<BundleMetadata, Comparison>>();
const codeOf = new WeakMap<BundleMetadata, BundleCode>();

function comparisonOf(from: BundleLike, to: BundleLike): { to: Comparison } | { why: string } {
  try {
    return { to: codes(from, to, {}) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { why: error.message };
  }
}

/** @throws BundleFormatError, MoveRefusedError: the map has names that are nobody's. */
export function codes(from: BundleLike, to: BundleLike, map: NameMap): Comparison {
  const plain = Object.keys(map).length === 0 ? plainOf(from) : undefined;
  const known = plain?.get(to.metadata);
  if (known !== undefined) return known;
  const code = ({ metadata }: BundleLike): BundleCode => {
    const made = codeOf.get(metadata) ?? new BundleCode(metadata);
    codeOf.set(metadata, made);
    return made;
  };
  const comparison = new Comparison(code(from), code(to), map);
  const unknown = comparison.unknownNames;
  if (unknown.length > 0) throw new MoveRefusedError(unknown);
  plain?.set(to.metadata, comparison);
  return comparison;
}

/** Comparisons without a map, which many threads need. */
function plainOf({ metadata }: BundleLike): WeakMap<BundleMetadata, Comparison> {
  const found = comparisons.get(metadata) ?? new WeakMap<BundleMetadata, Comparison>();
  comparisons.set(metadata, found);
  return found;
}
