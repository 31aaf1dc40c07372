/**
 * Decides where each local of a suspendable function lives, and names the slots.
 *
 * I1. A variable that may be alive at a suspension point has a slot of its own in the frame.
 * I2. A `let` or `const` inside a statement without suspension points stays a JavaScript variable of the machine: no
 *     suspension point can see it. It needs a slot after all when something assigns or reads it above its declaration
 *     (explicit dead-zone marks), or assigns a `const`.
 * I3. No slot is named like a header field (`_l`, `_p`, `_w`, `_c`), the machine (`_r`), a temporary (`_0`) or `__proto__`,
 *     nor `async`: V8 takes `for ($.async of list)` for a mistake.
 */
import * as t from "@babel/types";
import { patternNames } from "./assigned.js";
import { children, type Suspension } from "./suspension.js";

const reserved = /^(_([a-z]|\d+)|__proto__|this|arguments|async)$/;

export class Slots {
  /** Local name to slot, in the order of the frame. */
  readonly #slots = new Map<string, string>();
  readonly #taken = new Set<string>();

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
    const structured = (node: t.Node): void => {
      if (t.isVariableDeclaration(node)) {
        const names = patternNames(node);
        if (node.kind === "var" || names.some((name) => early.has(name))) this.#addAll(names);
      }
      for (const child of children(node)) structured(child);
    };
    const flattened = (node: t.Node): void => {
      if (t.isVariableDeclaration(node)) this.#addAll(patternNames(node));
      else if (t.isCatchClause(node)) this.#addAll(patternNames(node.param));
      else if (t.isStatement(node) && !suspension.has(node)) return structured(node);
      for (const child of children(node)) if (!t.isExpression(child)) flattened(child);
    };
    // A block without suspension points is structured; the body of a catch clause or a case is part of its statement.
    for (const statement of statements) flattened(statement);
  }
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
