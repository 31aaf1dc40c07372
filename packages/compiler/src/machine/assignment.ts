import * as t from "@babel/types";
import { jumpOn } from "./conditions.js";
import { destructure } from "./destructuring.js";
import { Label } from "./emitter.js";
import { explode, shortCircuit } from "./expressions.js";
import type { Lowering } from "./lowering.js";
import { reference } from "./reference.js";
import { located } from "./rewrite.js";

export function explodeAssignment(cx: Lowering, node: t.AssignmentExpression): t.Expression {
  const { left, right, operator } = node;
  if (operator === "=") {
    if (t.isObjectPattern(left) || t.isArrayPattern(left)) return explodePattern(cx, node, left);
    return explodePlain(cx, node);
  }
  if (!cx.suspends(right)) {
    // The target alone suspends, so it is a member: the residual reads and writes it.
    node.left = explode(cx, left as t.MemberExpression) as t.MemberExpression;
    node.right = cx.rewrite(right);
    return node;
  }
  if (operator === "&&=" || operator === "||=" || operator === "??=") return explodeLogical(cx, node);
  return explodeCompound(cx, node);
}

function explodePlain(cx: Lowering, node: t.AssignmentExpression): t.Expression {
  const { right } = node;
  if (!cx.suspends(right)) {
    node.left = explode(cx, node.left as t.MemberExpression) as t.MemberExpression;
    node.right = cx.rewrite(right);
    return node;
  }
  const target = reference(cx, node.left as t.LVal, [right]);
  const value = explode(cx, right);
  return located(target.write(value), node);
}

function explodePattern(
  cx: Lowering,
  node: t.AssignmentExpression,
  pattern: t.ObjectPattern | t.ArrayPattern,
): t.Expression {
  const value = explode(cx, node.right);
  if (!cx.suspends(pattern)) {
    node.left = cx.rewrite(pattern);
    node.right = value;
    return node;
  }
  const source = cx.saveTemp(value, true);
  destructure(cx, pattern, source);
  source.pinned = false;
  return cx.temps.read(source);
}

function explodeCompound(cx: Lowering, node: t.AssignmentExpression): t.Expression {
  const left = node.left as t.Identifier | t.MemberExpression;
  if (t.isIdentifier(left) && cx.slots.get(left.name) !== undefined && cx.isStable(left, [node.right])) {
    node.right = explode(cx, node.right);
    node.left = cx.rewrite(left);
    return node;
  }
  const target = reference(cx, left, [node.right], true);
  const before = cx.temps.read(cx.saveTemp(target.read()));
  const after = explode(cx, node.right);
  const operator = node.operator.slice(0, -1) as t.BinaryExpression["operator"];
  target.last();
  return located(target.write(t.binaryExpression(operator, before, after)), node);
}

function explodeLogical(cx: Lowering, node: t.AssignmentExpression): t.Expression {
  const left = node.left as t.Identifier | t.MemberExpression;
  const operator = node.operator.slice(0, -1) as "&&" | "||" | "??";
  const target = reference(cx, left, [node.right], true);
  const skip = new Label();
  const end = new Label();
  cx.toValue(target.read());
  jumpOn(cx, shortCircuit(cx, operator), skip);
  const value = explode(cx, node.right);
  const kept = target.temps;
  cx.assign(cx.v(), located(target.write(value), node));
  cx.emitter.push(...cx.temps.clearing(kept));
  if (kept.length === 0) {
    cx.emitter.mark(skip);
    return cx.v();
  }
  cx.emitter.go(end);
  cx.emitter.mark(skip);
  cx.emitter.push(...cx.temps.clearing(kept));
  for (const temp of kept) cx.temps.release(temp);
  cx.emitter.mark(end);
  return cx.v();
}
