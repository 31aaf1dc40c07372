import * as t from "@babel/types";
import { patternNames } from "./assigned.js";
import { type Arm, branch } from "./conditions.js";
import { destructure } from "./destructuring.js";
import { Label } from "./emitter.js";
import { effect, explode } from "./expressions.js";
import { lowerForIn, lowerForOf } from "./iteration.js";
import { breakTarget, continueTarget, emitReturn, jump, place, type Target, top } from "./leap.js";
import { lowerDoWhile, lowerFor, lowerWhile } from "./loops.js";
import type { Lowering } from "./lowering.js";
import { structured } from "./structured.js";
import { awaitValue } from "./suspend.js";
import { lowerSwitch } from "./switch.js";
import { lowerTry } from "./try.js";

export function lowerList(cx: Lowering, nodes: readonly t.Statement[]): void {
  for (const node of nodes) lowerStatement(cx, node);
}

export function lowerBlock(cx: Lowering, { body }: t.BlockStatement): void {
  cx.inBlock(body, (firsts) => {
    for (const node of body) {
      const names = firsts.get(node) ?? [];
      if (t.isVariableDeclaration(node) && cx.suspends(node)) lowerDeclaration(cx, node, names);
      else {
        cx.begin(names);
        lowerStatement(cx, node);
      }
    }
  });
}

/** `labels`: those that stand directly before the statement. */
export function lowerStatement(cx: Lowering, node: t.Statement, labels: readonly string[] = []): void {
  if (!cx.emitter.reachable) return;
  if (!cx.suspends(node) && !isPlainLeap(node)) {
    for (const statement of structured(cx, withLabels(node, labels))) cx.emit(statement, node);
    return;
  }
  switch (node.type) {
    case "ExpressionStatement":
      return effect(cx, node.expression);
    case "VariableDeclaration":
      return lowerDeclaration(cx, node);
    case "BlockStatement":
      return labelled(cx, labels, () => lowerBlock(cx, node));
    case "IfStatement":
      return labelled(cx, labels, () => lowerIf(cx, node));
    case "LabeledStatement":
      return lowerStatement(cx, node.body, [...labels, node.label.name]);
    case "ForStatement":
      return cx.inBlock([node], () => lowerFor(cx, node, labels));
    case "WhileStatement":
      return lowerWhile(cx, node, labels);
    case "DoWhileStatement":
      return lowerDoWhile(cx, node, labels);
    case "ForInStatement":
      return lowerForIn(cx, node, labels);
    case "ForOfStatement":
      return lowerForOf(cx, node, labels);
    case "SwitchStatement":
      return cx.inBlock([node], () => lowerSwitch(cx, node, labels));
    case "TryStatement":
      return labelled(cx, labels, () => lowerTry(cx, node));
    case "ReturnStatement":
      return lowerReturn(cx, node);
    case "ThrowStatement":
      return cx.emit(t.throwStatement(cx.settle(explode(cx, node.argument))), node);
    case "BreakStatement": {
      const target = breakTarget(cx, node.label?.name);
      return place(cx, jump(cx, target, target.breakTo, top));
    }
    case "ContinueStatement": {
      const target = continueTarget(cx, node.label?.name);
      return place(cx, jump(cx, target, target.continueTo!, top));
    }
    default:
      throw new SyntaxError(`cannot lower ${node.type}`);
  }
}

/** Statements that end the path: lowered rather than copied, so that what follows is known to be dead. */
function isPlainLeap(node: t.Statement): boolean {
  return (
    t.isReturnStatement(node) || t.isThrowStatement(node) || t.isBreakStatement(node) || t.isContinueStatement(node)
  );
}

function withLabels(node: t.Statement, labels: readonly string[]): t.Statement {
  return labels.reduceRight((body, label) => t.labeledStatement(t.identifier(label), body), node);
}

function labelled(cx: Lowering, labels: readonly string[], lower: () => void): void {
  if (labels.length === 0) return lower();
  const end = new Label();
  const target: Target = { kind: "target", names: labels, breakTo: end, continueTo: null, plain: false };
  cx.leaps.push(target);
  lower();
  cx.leaps.pop();
  cx.emitter.mark(end);
}

/** Declarations in flattened code: every variable has a slot (slots.ts, I1). `firsts`: variables that occur here first. */
export function lowerDeclaration(cx: Lowering, node: t.VariableDeclaration, firsts: readonly string[] = []): void {
  if (!cx.emitter.reachable) return;
  for (const declarator of node.declarations) {
    const { id, init } = declarator;
    const begins = patternNames(id).filter((name) => firsts.includes(name));
    if (!init) {
      cx.begin(begins);
      // A `let` in a loop starts anew each time.
      if (node.kind !== "var")
        cx.assign(cx.rewrite(id as t.Identifier), t.unaryExpression("void", t.numericLiteral(0)), declarator);
    } else if (!cx.suspends(id)) {
      const value = explode(cx, init);
      cx.begin(begins);
      cx.assign(cx.rewrite(id as t.Identifier), value, declarator);
    } else {
      const source = cx.saveTemp(explode(cx, init), true);
      cx.begin(begins);
      destructure(cx, id as t.ObjectPattern | t.ArrayPattern, source);
      cx.drop(source);
    }
  }
}

function lowerIf(cx: Lowering, node: t.IfStatement): void {
  const arm = (statement: t.Statement): Arm => ({
    sync: !cx.suspends(statement),
    statements: () => structured(cx, statement).flatMap((made) => (t.isBlockStatement(made) ? made.body : [made])),
    lower: () => lowerStatement(cx, statement),
  });
  branch(cx, node.test, arm(node.consequent), node.alternate ? arm(node.alternate) : null);
}

function lowerReturn(cx: Lowering, node: t.ReturnStatement): void {
  const { isAsync, isGenerator } = cx.options;
  if (!node.argument) return emitReturn(cx, t.unaryExpression("void", t.numericLiteral(0)), node);
  const residual = explode(cx, node.argument);
  emitReturn(cx, isAsync && isGenerator ? awaitValue(cx, residual, node, "return") : residual, node);
}
