/**
 * The state of lowering one function: what the files statements.ts, expressions.ts, ... share.
 *
 * An expression that contains a suspension point is lowered to emitted statements and a *residual*, the expression that
 * is left to evaluate now. The machine's parameter `v` carries the value sent in at a resume label, and serves as scratch.
 *
 * I1. A residual that mentions `v` or an unpinned temporary is consumed by the next emitted statement. Whoever emits
 *     something in between saves the residual first (`save`).
 * I2. Source nodes are rewritten in place and appear once in the output.
 */
import * as t from "@babel/types";
import { assignedIn } from "./assigned.js";
import { Emitter, type Label } from "./emitter.js";
import type { Leap } from "./leap.js";
import { rewrite } from "./rewrite.js";
import type { Block, Slots } from "./slots.js";
import { structured } from "./structured.js";
import type { Suspension } from "./suspension.js";
import { type Temp, type TempRole, Temps } from "./temps.js";

/** The names of the machine's own variables, chosen so that no name of the function collides. */
export interface MachineNames {
  readonly frame: string;
  readonly value: string;
  readonly mode: string;
  readonly error: string;
  readonly loop: string;
  readonly kit: string;
}

export interface SuspensionPoint {
  readonly label: Label;
  readonly kind: string;
  readonly node: t.Node;
  /** Stands in a catch or finally block, or closes an iterator. */
  readonly cleansUp: boolean;
  /** The temporaries that hold something while the frame waits here. */
  readonly temps: readonly (readonly [name: string, role: TempRole])[];
  /** The innermost block around it. */
  readonly block: Block | undefined;
}

export interface LoweringOptions {
  readonly isAsync: boolean;
  readonly isGenerator: boolean;
  readonly isArrow: boolean;
  isConstant(name: string): boolean;
  templateId(): number;
}

/** Code to place at the end of the innermost enclosing region. */
export interface Deferred {
  readonly label: Label;
  readonly leaps: readonly Leap[];
  readonly handler: Label | null;
  readonly block: Block | undefined;
  emit(): void;
}

export class Lowering {
  readonly emitter: Emitter;
  readonly temps: Temps;
  readonly points: SuspensionPoint[] = [];
  /** Of every `finally`, in the order of the source: where it may go on, and what that means. */
  readonly ways: Map<Label, string>[] = [];
  /** How many catch and finally blocks are around the code being lowered. */
  #cleaning = 0;
  #block: Block | undefined;
  leaps: Leap[] = [];
  usesThis = false;
  usesArguments = false;
  #deferred: Deferred[] = [];

  constructor(
    readonly options: LoweringOptions,
    readonly names: MachineNames,
    readonly slots: Slots,
    readonly suspension: Suspension,
  ) {
    this.emitter = new Emitter(names.frame, names.loop);
    this.temps = new Temps(names.frame);
  }

  /** Lowers a catch or finally block: what suspends in there cleans up. */
  cleanup(lower: () => void): void {
    this.#cleaning++;
    lower();
    this.#cleaning--;
  }

  /** Lowers a block, which `nodes` are all of: what is declared there is alive nowhere else. `firsts`: by the node where they occur first. */
  inBlock<N extends t.Node>(nodes: readonly N[], lower: (firsts: ReadonlyMap<N, readonly string[]>) => void): void {
    const outer = this.#block;
    this.#block = { outer };
    lower(this.slots.enclose(nodes, this.#block));
    this.#block = outer;
  }

  /** In the block that is being lowered these variables are alive from now on. */
  begin(names: readonly string[]): void {
    if (names.length === 0) return;
    this.#block = { outer: this.#block };
    this.slots.begin(names, this.#block);
  }

  /** Records that a frame can wait at `label`. */
  point(label: Label, kind: string, node: t.Node): void {
    const cleansUp = this.#cleaning > 0 || kind === "close";
    this.points.push({ label, kind, node, cleansUp, temps: this.temps.live, block: this.#block });
  }

  suspends(node: t.Node | null | undefined): boolean {
    return this.suspension.has(node);
  }

  frame(): t.Identifier {
    return t.identifier(this.names.frame);
  }

  slot(name: string): t.MemberExpression {
    return t.memberExpression(this.frame(), t.identifier(name));
  }

  v(): t.Identifier {
    return t.identifier(this.names.value);
  }

  isV(node: t.Node): boolean {
    return t.isIdentifier(node) && node.name === this.names.value;
  }

  kit(member: string, ...args: (t.Expression | t.SpreadElement)[]): t.CallExpression {
    return t.callExpression(t.memberExpression(t.identifier(this.names.kit), t.identifier(member)), args);
  }

  rewrite<T extends t.Node>(node: T): T {
    return rewrite(this, node);
  }

  rewriteStatement(node: t.Statement): t.Statement[] {
    return structured(this, node);
  }

  clearSlot(name: string): t.Statement[] {
    return this.temps.clearing([{ name: this.slots.get(name)! }]);
  }

  /** Emits a statement, and clears the temporaries it was the last to read. */
  emit(statement: t.Statement, from?: t.Node | null): void {
    if (from?.loc && !statement.loc) statement.loc = from.loc;
    const dead = this.temps.lastReads(statement);
    const ends = t.isReturnStatement(statement) || t.isThrowStatement(statement);
    if (ends) this.emitter.end(statement);
    else this.emitter.push(statement, ...this.temps.clearing(dead));
    for (const temp of dead) this.temps.release(temp);
  }

  emitExpression(expression: t.Expression, from?: t.Node | null): void {
    this.emit(t.expressionStatement(expression), from);
  }

  assign(target: t.LVal, value: t.Expression, from?: t.Node | null): void {
    this.emitExpression(t.assignmentExpression("=", target as t.Identifier, value), from);
  }

  /** Evaluates a residual into `v`. */
  toValue(residual: t.Expression): void {
    if (!this.isV(residual)) this.assign(this.v(), residual);
  }

  /** A residual that can be used where no clearing can follow: in a `return`, a test, a `throw`. */
  settle(residual: t.Expression): t.Expression {
    if (this.temps.lastReads(residual).length === 0) return residual;
    this.toValue(residual);
    return this.v();
  }

  /** Keeps the value of a residual in a temporary. */
  saveTemp(residual: t.Expression, pinned = false, role: TempRole = ""): Temp {
    const temp = this.temps.take(pinned, role);
    this.assign(this.temps.target(temp), residual);
    return temp;
  }

  /** Keeps the value of `node`'s residual while `later` is evaluated, if that could change it. */
  save(node: t.Node, residual: t.Expression, later: readonly (t.Node | null | undefined)[]): t.Expression {
    if (this.isStable(node, later)) return residual;
    return this.temps.read(this.saveTemp(residual));
  }

  /** Clears and frees a pinned temporary. */
  drop(...temps: Temp[]): void {
    this.emitter.push(...this.temps.clearing(temps));
    for (const temp of temps) this.temps.release(temp);
  }

  /** True when evaluating `node` after `later` instead of before gives the same value and cannot be observed. */
  isStable(node: t.Node, later: readonly (t.Node | null | undefined)[]): boolean {
    switch (node.type) {
      case "StringLiteral":
      case "NumericLiteral":
      case "BooleanLiteral":
      case "NullLiteral":
      case "BigIntLiteral":
      case "ThisExpression":
        return true;
      case "Identifier":
        if (this.slots.get(node.name) === undefined) return node.name === "undefined" || this.#isConstant(node.name);
        return !later.some((other) => other != null && assignedIn(other).has(node.name));
      case "MemberExpression":
        return t.isIdentifier(node.object, { name: this.names.kit }) && !node.computed;
      case "UnaryExpression":
        return (
          (node.operator === "-" || node.operator === "!" || node.operator === "void") && t.isLiteral(node.argument)
        );
      case "ArrayExpression":
        return node.elements.every((element) => element === null || this.isStable(element, later));
      case "ObjectExpression":
        return node.properties.every((p) => t.isObjectProperty(p) && !p.computed && this.isStable(p.value, later));
      case "TemplateLiteral":
        return node.expressions.length === 0;
      default:
        return false;
    }
  }

  #isConstant(name: string): boolean {
    return name === this.names.kit || this.options.isConstant(name);
  }

  /** Has `emit` called at the end of the innermost region, with the context of this point. */
  defer(label: Label, emit: () => void): void {
    this.#deferred.push({ label, leaps: [...this.leaps], handler: this.emitter.handler, block: this.#block, emit });
  }

  /** Places deferred code; the current path must have ended. */
  flush(): void {
    const { leaps } = this;
    const { handler } = this.emitter;
    const block = this.#block;
    for (let next = this.#deferred.shift(); next; next = this.#deferred.shift()) {
      this.leaps = [...next.leaps];
      this.emitter.handler = next.handler;
      this.#block = next.block;
      this.emitter.mark(next.label);
      next.emit();
    }
    this.leaps = leaps;
    this.emitter.handler = handler;
    this.#block = block;
  }
}
