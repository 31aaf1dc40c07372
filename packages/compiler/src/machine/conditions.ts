import * as t from "@babel/types";
import { Label } from "./emitter.js";
import { explode } from "./expressions.js";
import type { Lowering } from "./lowering.js";

/** Goes to `label` when `test` is false. Evaluates `test`, which may suspend. */
export function jumpUnless(cx: Lowering, test: t.Expression, label: Label): void {
  if (cx.suspends(test)) {
    if (t.isUnaryExpression(test, { operator: "!" })) return jumpIf(cx, test.argument, label);
    if (t.isLogicalExpression(test, { operator: "&&" })) {
      jumpUnless(cx, test.left, label);
      return jumpUnless(cx, test.right, label);
    }
    if (t.isLogicalExpression(test, { operator: "||" })) {
      const yes = new Label();
      jumpIf(cx, test.left, yes);
      jumpUnless(cx, test.right, label);
      return cx.emitter.mark(yes);
    }
  } else if (t.isBooleanLiteral(test, { value: true })) return;
  jumpOn(cx, negated(explode(cx, test)), label);
}

/** Goes to `label` when `test` is true. */
export function jumpIf(cx: Lowering, test: t.Expression, label: Label): void {
  if (cx.suspends(test)) {
    if (t.isUnaryExpression(test, { operator: "!" })) return jumpUnless(cx, test.argument, label);
    if (t.isLogicalExpression(test, { operator: "||" })) {
      jumpIf(cx, test.left, label);
      return jumpIf(cx, test.right, label);
    }
    if (t.isLogicalExpression(test, { operator: "&&" })) {
      const no = new Label();
      jumpUnless(cx, test.left, no);
      jumpIf(cx, test.right, label);
      return cx.emitter.mark(no);
    }
  } else if (t.isBooleanLiteral(test, { value: true })) return cx.emitter.go(label);
  jumpOn(cx, explode(cx, test), label);
}

/** Goes to `label` when a residual is truthy. */
export function jumpOn(cx: Lowering, residual: t.Expression, label: Label): void {
  if (!cx.emitter.reachable) return;
  const test = cx.settle(residual);
  const jump = t.ifStatement(test, t.blockStatement(cx.emitter.jump(label, false)));
  if (residual.loc) jump.loc = residual.loc;
  cx.emitter.push(jump);
}

export function negated(test: t.Expression): t.Expression {
  if (t.isUnaryExpression(test, { operator: "!" })) return test.argument;
  const result = t.unaryExpression("!", test);
  if (test.loc) result.loc = test.loc;
  return result;
}

export interface Arm {
  /** Without suspension point: can stand inside an `if` of the output. */
  readonly sync: boolean;
  readonly statements: () => t.Statement[];
  readonly lower: () => void;
}

/** Two-way branch; an arm without suspension points stays inside the `if`. */
export function branch(cx: Lowering, test: t.Expression, yes: Arm, no: Arm | null): void {
  if (yes.sync && (no?.sync ?? true)) return structuredBranch(cx, test, yes, no);
  const end = new Label();
  if (!no) {
    jumpUnless(cx, test, end);
    yes.lower();
  } else if (yes.sync || no.sync) {
    const inline = yes.sync ? yes : no;
    const residual = cx.settle(explode(cx, test));
    const statements = inline.statements();
    if (!ends(statements)) statements.push(...cx.emitter.jump(end, false));
    cx.emitter.push(t.ifStatement(yes.sync ? residual : negated(residual), t.blockStatement(statements)));
    (yes.sync ? no : yes).lower();
  } else {
    const other = new Label();
    jumpUnless(cx, test, other);
    yes.lower();
    cx.emitter.go(end);
    cx.emitter.mark(other);
    no.lower();
  }
  cx.emitter.mark(end);
}

function structuredBranch(cx: Lowering, test: t.Expression, yes: Arm, no: Arm | null): void {
  const residual = cx.settle(explode(cx, test));
  const consequent = yes.statements();
  const alternate = no?.statements() ?? [];
  const made = t.ifStatement(residual, t.blockStatement(consequent), no && t.blockStatement(alternate));
  if (ends(consequent) && ends(alternate)) cx.emitter.end(made);
  else cx.emitter.push(made);
}

function ends(statements: readonly t.Statement[]): boolean {
  const last = statements.at(-1);
  return t.isReturnStatement(last) || t.isThrowStatement(last) || t.isContinueStatement(last);
}
