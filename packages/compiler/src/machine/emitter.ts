/**
 * The emitter owns the flat code of one machine: cases, their labels and the try region each label lies in.
 * What the code means is the business of the lowering files; what a region's handler does, of try.ts and close.ts.
 *
 * I1. While code of the machine runs, `$._l` is a label of the try region that code lies in. So a region is entered and
 *     left only by setting `$._l`, and the one `catch` of the machine finds the handler in a table by `$._l` alone.
 * I2. A label set before leaving the machine (await, yield) lies in the region of the suspension point.
 * I3. Label 0 is the start and lies in no region; 0 in the handler table therefore means "no handler".
 * I4. Code after a jump is dropped until a label that something refers to.
 */
import * as t from "@babel/types";

export class Label {
  /** Numbered when the machine is assembled. */
  id = -1;
  uses = 0;
  handler: Label | null = null;
  readonly #literals: t.NumericLiteral[] = [];

  literal(): t.NumericLiteral {
    const node = t.numericLiteral(0);
    this.uses++;
    this.#literals.push(node);
    return node;
  }

  number(id: number): void {
    this.id = id;
    for (const literal of this.#literals) literal.value = id;
  }
}

interface Case {
  readonly label: Label;
  readonly body: t.Statement[];
}

export class Emitter {
  /** The handler of the region that code emitted from here on lies in. Changing it must be followed by `mark`. */
  handler: Label | null = null;
  reachable = true;
  /** A jump out of a structured loop needs the name of the machine's loop. */
  usesLoopName = false;
  /** Something jumps: the machine needs its loop even if all code is one case. */
  loops = false;
  readonly #frame: string;
  readonly #loop: string;
  readonly #cases: Case[] = [];
  #current: Case;

  constructor(frame: string, loop: string) {
    this.#frame = frame;
    this.#loop = loop;
    this.#current = { label: new Label(), body: [] };
    this.#current.label.uses = 1;
    this.#cases.push(this.#current);
  }

  push(...statements: t.Statement[]): void {
    if (this.reachable) this.#current.body.push(...statements);
  }

  /** Ends the current path: what follows is dropped until a label in use. */
  end(...statements: t.Statement[]): void {
    this.push(...statements);
    this.reachable = false;
  }

  setLabel(label: Label): t.Statement {
    const member = t.memberExpression(t.identifier(this.#frame), t.identifier("_l"));
    return t.expressionStatement(t.assignmentExpression("=", member, label.literal()));
  }

  /** The statements of a jump; `fromLoop` when they stand inside a structured loop. */
  jump(label: Label, fromLoop: boolean): t.Statement[] {
    return [this.setLabel(label), this.again(fromLoop)];
  }

  again(fromLoop: boolean): t.Statement {
    this.loops = true;
    if (fromLoop) this.usesLoopName = true;
    return t.continueStatement(fromLoop ? t.identifier(this.#loop) : null);
  }

  go(label: Label): void {
    if (this.reachable) this.end(...this.jump(label, false));
  }

  /** Places `label` here, in the current region. */
  mark(label: Label): void {
    label.handler = this.handler;
    if (this.reachable && this.#current.label.handler !== this.handler) this.push(this.setLabel(label));
    if (label.uses > 0) this.reachable = true;
    if (!this.reachable) return;
    this.#current = { label, body: [] };
    this.#cases.push(this.#current);
  }

  /** Places the handler of a region that ends before it. */
  markHandler(label: Label): void {
    label.uses++;
    this.mark(label);
  }

  /** Numbers the labels in use and merges the other cases into their predecessors. */
  assemble(): { cases: t.Statement[][]; handlers: number[] } {
    const kept: Case[] = [];
    for (const next of this.#cases) {
      const last = kept.at(-1);
      if (last && next.label.uses === 0) last.body.push(...next.body);
      else kept.push(next);
    }
    kept.forEach((entry, index) => {
      entry.label.number(index);
    });
    return {
      cases: kept.map((entry) => entry.body),
      handlers: kept.map((entry) => Math.max(entry.label.handler?.id ?? 0, 0)),
    };
  }
}
