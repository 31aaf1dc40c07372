// What stood before an await and stands behind it now would be done twice; what stood behind it and stands before it now, never. Which of
// them its author means for a thread that waits there nobody can tell.
//
// I1  Ways that exclude each other have no order: the arms of a branch, and what follows one that leaves the function.

import type { AwaitStructure, BlockStructure, FunctionStructure } from "../structure.js";
import { keyOfAwait } from "./code.js";
import { Refused } from "./refused.js";

interface Marker {
  readonly key: string;
  readonly text: string;
  readonly at: number;
  readonly block: number;
}

interface Sides {
  readonly before: ReadonlyMap<string, number>;
  readonly behind: ReadonlyMap<string, number>;
}

/** Throws Refused. */
export function checkOrder(
  name: string,
  old: FunctionStructure,
  here: AwaitStructure,
  to: FunctionStructure,
  there: AwaitStructure,
): void {
  const [was, is] = [sidesOf(old, here), sidesOf(to, there)];
  for (const { key, text } of markersOf(old)) {
    const more = (side: keyof Sides): number => (is[side].get(key) ?? 0) - (was[side].get(key) ?? 0);
    const known = `${name}: \`${text}\``;
    const meant = 'the map\'s "awaits" says where the thread goes on, if that is meant';
    if (more("before") < 0 && more("behind") > 0)
      throw new Refused(
        `${known} stood before \`${here[2]}\` and stands behind it now, so that it would be done again: ${meant}`,
      );
    if (more("before") > 0 && more("behind") < 0)
      throw new Refused(
        `${known} stood behind \`${here[2]}\` and stands before it now, so that it would be left out: ${meant}`,
      );
  }
}

function markersOf({ frame }: FunctionStructure): Marker[] {
  const awaits = new Map<string, Marker>();
  // Several labels may stand for one place of the source.
  for (const one of frame!.awaits) {
    if (one[1] !== "return")
      awaits.set(`${keyOfAwait(one)} ${one[4]}`, { key: keyOfAwait(one), text: one[2], at: one[4], block: one[3] });
  }
  const statements = (frame!.statements ?? []).map(([text, at, block]) => ({ key: text, text, at, block }));
  return [...awaits.values(), ...statements];
}

function sidesOf(one: FunctionStructure, place: AwaitStructure): Sides {
  const before = new Map<string, number>();
  const behind = new Map<string, number>();
  for (const { key, at, block } of markersOf(one)) {
    if (at === place[4]) continue;
    const side = at < place[4] ? before : behind;
    const [first, second] = at < place[4] ? [block, place[3]] : [place[3], block];
    if (!exclude(one.frame!.blocks, first, second)) side.set(key, (side.get(key) ?? 0) + 1);
  }
  return { before, behind };
}

function exclude(blocks: readonly BlockStructure[], first: number, second: number): boolean {
  const [mine, theirs] = [armsAround(blocks, first), armsAround(blocks, second)];
  for (const [block, [statement, leaves]] of mine) {
    if (theirs.has(block)) continue;
    if (leaves === 1) return true;
    for (const [other, [branch]] of theirs) if (branch === statement && other !== block) return true;
  }
  return false;
}

function armsAround(blocks: readonly BlockStructure[], block: number): Map<number, readonly [number, number]> {
  const found = new Map<number, readonly [number, number]>();
  for (let at = block; at > 0; at = blocks[at]![0]) {
    const [, kind, detail] = blocks[at]!;
    if (kind === "" && detail !== undefined) found.set(at, detail as [number, number]);
  }
  return found;
}
