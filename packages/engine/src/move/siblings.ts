// Functions that have one name in one place (anonymous ones above all): which of the old bundle is which of the new one.
//
// I1  A function inserted before another, or two that changed places, never stand for one another: text decides, rank only among equals
//     and among those that were changed where they stand.

import type { FunctionStructure } from "../structure.js";
import { type BundleCode, keyOfAwait } from "./code.js";

/** What stands around functions of a bundle need not be in its table: of that only the name is known. */
export interface Sibling {
  readonly name: string;
  readonly known?: FunctionStructure | undefined;
  /** Of all its text, inner functions included. */
  readonly whole?: string | undefined;
}

/** In the order of the source. */
export type Siblings = readonly Sibling[];

/** Name in the old bundle -> name in the new one. What is not among them has no clear counterpart. */
export function matchSiblings(before: Siblings, after: Siblings): Map<string, string> {
  const found = new Map<string, string>();
  const [old, fresh] = [[...before], [...after]];
  const pair = (one: Sibling, other: Sibling): void => {
    found.set(one.name, other.name);
    old.splice(old.indexOf(one), 1);
    fresh.splice(fresh.indexOf(other), 1);
  };
  let isClear = true;
  for (const key of [wholeText, ownText, awaitsOf]) {
    for (const text of new Set(old.map(key))) {
      if (text === undefined) continue;
      const mine = old.filter((one) => key(one) === text);
      const theirs = fresh.filter((one) => key(one) === text);
      if (mine.length === theirs.length) for (const [n, one] of mine.entries()) pair(one, theirs[n]!);
      else if (theirs.length > 0 && key === wholeText && [...mine, ...theirs].every(capturesNothing)) {
        // Nobody can tell them from each other.
        for (const [n, one] of mine.entries()) found.set(one.name, theirs[Math.min(n, theirs.length - 1)]!.name);
        remove(old, mine);
        remove(fresh, theirs);
      } else if (theirs.length > 0) isClear = false;
    }
  }
  if (isClear && old.length === fresh.length && old.every((one, n) => standsWhere(one, fresh[n]!)))
    if (inPlace(old, fresh, before, after, found))
      for (const [n, one] of old.entries()) found.set(one.name, fresh[n]!.name);
  return found;
}

const wholeText = ({ whole }: Sibling): string | undefined => whole;
const ownText = ({ known }: Sibling): string | undefined => known?.hash;
/** Of those without a name the statement around has to be the same; whatever else stands there is another. */
const standsWhere = (one: Sibling, other: Sibling): boolean => one.known?.place === other.known?.place;
const capturesNothing = ({ known }: Sibling): boolean => (known?.captures?.length ?? 0) === 0;

function awaitsOf({ known }: Sibling): string | undefined {
  const awaits = known?.frame?.awaits ?? [];
  return awaits.length === 0 ? undefined : [...new Set(awaits.map(keyOfAwait))].join("\n");
}

function remove(all: Sibling[], gone: Siblings): void {
  for (const one of gone) all.splice(all.indexOf(one), 1);
}

/** Each stands between the same ones that were found. */
function inPlace(
  old: Siblings,
  fresh: Siblings,
  before: Siblings,
  after: Siblings,
  found: ReadonlyMap<string, string>,
): boolean {
  const order = new Map(after.map(({ name }, n) => [name, n]));
  return old.every((one, n) => {
    const [mine, theirs] = [before.indexOf(one), after.indexOf(fresh[n]!)];
    return before.every(({ name }, at) => {
      const target = found.get(name);
      return target === undefined || at < mine === order.get(target)! < theirs;
    });
  });
}

const known = new WeakMap<BundleCode, ReadonlyMap<string, Siblings>>();

/** By where they stand and their name: `groupOf`. */
export function siblingsOf(code: BundleCode): ReadonlyMap<string, Siblings> {
  const found = known.get(code) ?? readSiblings(code);
  known.set(code, found);
  return found;
}

/** `place`: what is around, with what stands between the names; `own`: its last name. */
export const groupOf = (place: string, own: string): string => place + own.replace(RANK, "");

/** What is around, with the `/` behind it, and the last name. */
export function splitPath(path: string): [outer: string, own: string] {
  const at = path.lastIndexOf("/") + 1;
  return [path.slice(0, at), path.slice(at)];
}

const RANK = /'(\d+)$/;
const rankOf = ({ name }: Sibling): number => Number(RANK.exec(name)?.[1] ?? 1);

function readSiblings(code: BundleCode): Map<string, Sibling[]> {
  const places = new Map<string, { module: number; path: string }>();
  for (const { module, path: inner } of [...code.structure.functions, ...code.structure.scopes]) {
    for (let path = inner; path !== ""; path = splitPath(path)[0].slice(0, -1))
      places.set(code.nameOf({ module, path }), { module, path });
  }
  const inside = new Map<string, string[]>();
  const whole = new Map<string, string>();
  const depth = (name: string): number => places.get(name)!.path.split("/").length;
  for (const name of [...places.keys()].sort((a, b) => depth(b) - depth(a))) {
    const { module, path } = places.get(name)!;
    const hash = code.named(name)?.hash;
    if (hash === undefined) continue;
    const text = [hash, ...(inside.get(name) ?? [])].join(" ");
    whole.set(name, text);
    const outer = code.nameOf({ module, path: splitPath(path)[0].slice(0, -1) });
    const all = inside.get(outer) ?? [];
    inside.set(outer, all);
    all.push(text);
  }
  const groups = new Map<string, Sibling[]>();
  for (const [name, { module, path }] of places) {
    const [outer, own] = splitPath(path);
    const key = groupOf(`${code.moduleName(module)}:${outer}`, own);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push({ name, known: code.named(name), whole: whole.get(name) });
  }
  for (const group of groups.values()) group.sort((a, b) => rankOf(a) - rankOf(b));
  return groups;
}
