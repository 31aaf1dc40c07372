// One frame, from the function that it was made by to the one that stands in its place: its label by the await's own text, its variables
// by name, what is kept of loops and try statements by what surrounds the await.
// Neighbour: frame-slots.ts fills the slots.
//
// I1  A frame of a function that is structurally the same stays as it is; names are asked only where it is not.

import type { AwaitStructure, FunctionStructure, VariableStructure } from "../structure.js";
import { around, loopsAround, stateful } from "./code.js";
import type { Comparison } from "./comparison.js";
import { type CodeNode, type Document, type Json, trimmed } from "./document.js";
import { FrameSlots } from "./frame-slots.js";
import { mapped } from "./name-map.js";
import { checkOrder } from "./order.js";
import { Refused } from "./refused.js";

export interface FrameMove {
  readonly function: string;
  /** Undefined: it has not begun. */
  readonly text: string | undefined;
  readonly line: number | undefined;
  readonly newLine: number | undefined;
  /** New variables that got a value, as text. */
  readonly added: readonly string[];
  readonly dropped: readonly string[];
}

/** Place of a frame that has not begun: parameters are there, nothing else. */
const START: AwaitStructure = [0, "start", "", 0, -1];

export class FrameMover {
  readonly #comparison: Comparison;
  readonly #document: Document;
  /** The scopes of the old frames, each with the variables that it lacks; filled by the frame that has them. */
  readonly #lacking: Map<Json, VariableStructure[]>;

  constructor(comparison: Comparison, document: Document, lacking: Map<Json, VariableStructure[]>) {
    this.#comparison = comparison;
    this.#document = document;
    this.#lacking = lacking;
  }

  /** Changes the frame in place. Throws Refused. */
  move({ json, id, values }: CodeNode): FrameMove | undefined {
    const { from } = this.#comparison;
    const found = this.#comparison.function(id);
    if ("why" in found) throw new Refused(found.why);
    const old = from.functions.get(id) as FunctionStructure;
    const { to } = found;
    json.$ = `F${to.id}`;
    const label = (json.l ?? 0) as number;
    if (label < 0) {
      delete json.s;
      return undefined;
    }
    if (this.#isSame(old)) return this.#asItIs(old, to, label);
    const began = label > 0;
    const here = began ? old.frame!.awaits.find(([known]) => known === label) : START;
    const there = began ? this.#comparison.await(id, label) : { to: START, isSaid: false };
    if ("why" in there) throw new Refused(there.why);
    if (here === undefined) throw new Refused(`${from.nameOf(old)} is suspended where it cannot be`);
    this.#checkSurroundings(old, here, to, there.to, there.isSaid === true);
    if (began && there.isSaid !== true) checkOrder(from.nameOf(old), old, here, to, there.to);
    const work = new FrameSlots(this.#comparison, this.#document, this.#lacking, {
      old,
      here,
      to,
      there: there.to,
      values,
    });
    const slots = trimmed(work.slots());
    if (there.to[0] === 0) delete json.l;
    else json.l = there.to[0];
    if (slots.length === 0) delete json.s;
    else json.s = slots;
    return {
      function: from.nameOf(old),
      text: began ? here[2] : undefined,
      line: from.lineOf(id, label),
      newLine: this.#comparison.to.lineOf(to.id, there.to[0]),
      added: work.added,
      dropped: work.dropped,
    };
  }

  /** Its slots and labels mean the same in both bundles. */
  #isSame(old: FunctionStructure): boolean {
    if (this.#comparison.differs(old.id) !== undefined) return false;
    const scopes = old.frame!.slots.filter((slot) => typeof slot === "number");
    return scopes.every((id) => this.#comparison.scopeDiffers(id) === undefined);
  }

  #asItIs(old: FunctionStructure, to: FunctionStructure, label: number): FrameMove {
    return {
      function: this.#comparison.from.nameOf(old),
      text: old.frame!.awaits.find(([known]) => known === label)?.[2],
      line: this.#comparison.from.lineOf(old.id, label),
      newLine: this.#comparison.to.lineOf(to.id, label),
      added: [],
      dropped: [],
    };
  }

  #checkSurroundings(
    old: FunctionStructure,
    here: AwaitStructure,
    to: FunctionStructure,
    there: AwaitStructure,
    isSaid: boolean,
  ): void {
    const [before, after] = [around(old, here[3]), around(to, there[3])];
    const name = this.#comparison.from.nameOf(old);
    if (stateful(before).join() !== stateful(after).join()) {
      const shown = (all: string[]): string => (all.length === 0 ? "nothing" : all.join(" > "));
      throw new Refused(`${name}: what is around \`${here[2]}\` was changed: ${shown(before)}, now ${shown(after)}`);
    }
    if (isSaid) return;
    // A loop goes on over what it went over: it has to be the same one.
    const [was, is] = [loopsAround(old, here[3]), loopsAround(to, there[3])];
    const renamed = this.#comparison.map.locals?.[name];
    for (const [n, [names, head]] of was.entries()) {
      const [namesNow, headNow] = is[n] ?? [names, head];
      if (headNow === head) continue;
      const shares = names.some((one) => namesNow.includes(mapped(renamed, one) ?? one));
      const isAnother = is.some((one) => one[1] === head) || was.some((one) => one[1] === headNow);
      if (isAnother || (names.length > 0 && namesNow.length > 0 && !shares))
        throw new Refused(
          `${name}: the loop over ${names.join(", ")} around \`${here[2]}\` is one over ${namesNow.join(", ")} now, and goes on over what it went over: the map's "awaits" says where the thread goes on, if that is meant`,
        );
    }
  }
}
