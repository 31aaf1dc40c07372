/**
 * Decides where each local of a suspendable function lives, and names the slots.
 *
 * I1. A variable that may be alive at a suspension point has a slot of its own in the frame.
 * I2. A `let` or `const` inside a statement without suspension points stays a JavaScript variable of the machine: no
 *     suspension point can see it. It needs a slot after all when something assigns or reads it above its declaration
 *     (explicit dead-zone marks), or assigns a `const`.
 * I3. A `let` or `const` that occurs in one block only is alive there only, from its first occurrence on: a loop's next round
 *     does not see the one of the last. At which suspension points that is goes with the slot; what it still holds elsewhere is not saved.
 * I4. No slot is named like a header field (`_l`, `_p`, `_w`, `_c`), the machine (`_r`), a temporary (`_0`) or `__proto__`,
 *     nor `async`: V8 takes `for ($.async of list)` for a mistake.
 */
import * as t from "@babel/types";
import { patternNames } from "./assigned.js";
import { children, type Suspension } from "./suspension.js";

/** A part of the function that has variables of its own. */
export interface Block {
  /** Undefined: the function itself is around it. */
  readonly outer: Block | undefined;
}

const reserved = /^(_([a-z]|\d+)|__proto__|this|arguments|async)$/;

export class Slots {
  /** Local name to slot, in the order of the frame. */
  readonly #slots = new Map<string, string>();
  readonly #taken = new Set<string>();
  /** Of each `let`, `const` and parameter of a catch clause: how often it occurs. */
  readonly #occurrences = new Map<string, number>();
  /** The innermost block around all its occurrences. */
  readonly #homes = new Map<string, Block>();

  add(name: string): void {
    if (this.#slots.has(name)) return;
    let slot = name;
    while (reserved.test(slot) || this.#taken.has(slot)) slot += "$";
    this.#taken.add(slot);
    this.#slots.set(name, slot);
  }

  #addAll(names: readonly string[]): void {
    for (const name of names) this.add(name);
  }

  get(name: string): string | undefined {
    return this.#slots.get(name);
  }

  get entries(): [slot: string, name: string][] {
    return [...this.#slots].map(([name, slot]) => [slot, name]);
  }

  /** Adds the locals that `statements`, a flattened list, declare. */
  declare(statements: readonly t.Statement[], suspension: Suspension): void {
    const early = namesUsedEarly(statements);
    const all = occurrences(statements);
    const limited = (node: t.Node | null | undefined): void => {
      for (const name of patternNames(node)) this.#occurrences.set(name, all.get(name) ?? 0);
    };
    const structured = (node: t.Node): void => {
      if (t.isVariableDeclaration(node)) {
        const names = patternNames(node);
        if (node.kind !== "var") limited(node);
        if (node.kind === "var" || names.some((name) => early.has(name))) this.#addAll(names);
      }
      for (const child of children(node)) structured(child);
    };
    const flattened = (node: t.Node): void => {
      if (t.isVariableDeclaration(node)) {
        if (node.kind !== "var") limited(node);
        this.#addAll(patternNames(node));
      } else if (t.isCatchClause(node)) {
        limited(node.param);
        this.#addAll(patternNames(node.param));
      } else if (t.isStatement(node) && !suspension.has(node)) return structured(node);
      for (const child of children(node)) if (!t.isExpression(child)) flattened(child);
    };
    // A block without suspension points is structured; the body of a catch clause or a case is part of its statement.
    for (const statement of statements) flattened(statement);
  }

  /**
   * `nodes`, not lowered yet, are all of a block inside those that were said before. Gives the variables that occur in no other, by the
   * node where they occur first.
   */
  enclose<N extends t.Node>(nodes: readonly N[], block: Block): Map<N, string[]> {
    const counts = new Map<string, number>();
    const firsts = new Map<string, N>();
    for (const node of nodes) {
      for (const [name, times] of occurrences([node])) {
        if (!firsts.has(name)) firsts.set(name, node);
        counts.set(name, (counts.get(name) ?? 0) + times);
      }
    }
    const found = new Map<N, string[]>();
    for (const [name, node] of firsts) {
      if (!this.#slots.has(name) || this.#occurrences.get(name) !== counts.get(name)) continue;
      this.#homes.set(name, block);
      found.set(node, [...(found.get(node) ?? []), name]);
    }
    return found;
  }

  /** What is left of the block around is where they are alive. */
  begin(names: readonly string[], rest: Block): void {
    for (const name of names) this.#homes.set(name, rest);
  }

  /** Of each slot that is not alive everywhere: the block in which it is. */
  get homes(): Map<string, Block> {
    return new Map([...this.#homes].map(([name, block]) => [this.#slots.get(name)!, block]));
  }
}

/** How often each variable occurs. */
function occurrences(nodes: readonly t.Node[]): Map<string, number> {
  const found = new Map<string, number>();
  const visit = (node: t.Node): void => {
    if (t.isIdentifier(node)) found.set(node.name, (found.get(node.name) ?? 0) + 1);
    const named = fixedName(node);
    for (const child of children(node)) if (child !== named) visit(child);
  };
  for (const node of nodes) visit(node);
  return found;
}

/** `b` of `a.b` and of `{ b: c }`: no variable. */
function fixedName(node: t.Node): t.Node | undefined {
  if (t.isMemberExpression(node) || t.isOptionalMemberExpression(node))
    return node.computed ? undefined : node.property;
  return t.isObjectProperty(node) && !node.computed ? node.key : undefined;
}

/** Names of `let` and `const` variables that occur before their declaration, or are constants assigned elsewhere. */
function namesUsedEarly(statements: readonly t.Statement[]): Set<string> {
  const seen = new Set<string>();
  const constants = new Set<string>();
  const early = new Set<string>();
  const visit = (node: t.Node): void => {
    if (t.isVariableDeclaration(node)) {
      for (const name of patternNames(node)) {
        if (seen.has(name)) early.add(name);
        if (node.kind === "const") constants.add(name);
      }
    } else if (t.isIdentifier(node)) {
      seen.add(node.name);
    } else if (t.isAssignmentExpression(node) || t.isForXStatement(node)) {
      if (!t.isVariableDeclaration(node.left))
        for (const name of patternNames(node.left)) if (constants.has(name)) early.add(name);
    } else if (t.isUpdateExpression(node)) {
      for (const name of patternNames(node.argument)) if (constants.has(name)) early.add(name);
    }
    // The head of for-in and for-of is evaluated before the variable exists, but after it in source order: no issue.
    for (const child of children(node)) visit(child);
  };
  for (const statement of statements) visit(statement);
  return early;
}
