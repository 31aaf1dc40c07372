/**
 * Optional chains with suspension points. Links are evaluated one by one; a nullish value in front of `?.` leaves the
 * whole chain (ECMA-262 13.3.9).
 */
import * as t from "@babel/types";
import { type Callee, invoke } from "./calls.js";
import { jumpOn } from "./conditions.js";
import { Label } from "./emitter.js";
import { explode } from "./expressions.js";
import type { Lowering } from "./lowering.js";
import { callArguments } from "./operands.js";
import { detached, located } from "./rewrite.js";

type Link = t.OptionalMemberExpression | t.OptionalCallExpression | t.MemberExpression | t.CallExpression;

/** The value of a chain, or of `delete` applied to it. */
export function explodeOptional(
  cx: Lowering,
  node: t.OptionalMemberExpression | t.OptionalCallExpression,
  isDelete: boolean,
): t.Expression {
  if (onlyHeadSuspends(cx, node)) {
    headHolder(node, (head) => explode(cx, head), cx);
    return isDelete ? located(t.unaryExpression("delete", node), node) : node;
  }
  const nullish = new Label();
  const end = new Label();
  const residual = link(cx, node, nullish);
  cx.toValue(isDelete ? located(t.unaryExpression("delete", residual), node) : residual);
  cx.emitter.go(end);
  cx.emitter.mark(nullish);
  if (cx.emitter.reachable) {
    cx.toValue(isDelete ? t.booleanLiteral(true) : t.unaryExpression("void", t.numericLiteral(0)));
  }
  cx.emitter.mark(end);
  return cx.v();
}

/** The function that a parenthesised chain gives, with its `this`. Both are undefined when the chain is cut short. */
export function chainCallee(cx: Lowering, node: t.OptionalMemberExpression): Callee {
  const self = cx.temps.take(true);
  const nullish = new Label();
  const end = new Label();
  cx.assign(cx.temps.target(self), t.unaryExpression("void", t.numericLiteral(0)));
  const object = objectOf(cx, node, nullish);
  cx.assign(cx.temps.target(self), object);
  cx.toValue(member(cx, cx.temps.read(self), node));
  cx.emitter.go(end);
  cx.emitter.mark(nullish);
  if (cx.emitter.reachable) cx.assign(cx.v(), t.unaryExpression("void", t.numericLiteral(0)));
  cx.emitter.mark(end);
  const fn = cx.temps.read(cx.saveTemp(cx.v()));
  self.pinned = false;
  return { fn, self: cx.temps.read(self) };
}

function link(cx: Lowering, node: t.Expression, nullish: Label): t.Expression {
  if (t.isOptionalMemberExpression(node)) return member(cx, objectOf(cx, node, nullish), node);
  if (t.isOptionalCallExpression(node)) return call(cx, node, nullish);
  return explode(cx, node);
}

/** The object of a member link; behind `?.` only if it is not nullish. */
function objectOf(cx: Lowering, node: t.OptionalMemberExpression, nullish: Label): t.Expression {
  const object = link(cx, node.object, nullish);
  return node.optional ? unlessNullish(cx, object, nullish) : object;
}

function unlessNullish(cx: Lowering, residual: t.Expression, nullish: Label): t.Expression {
  cx.toValue(residual);
  jumpOn(cx, t.binaryExpression("==", cx.v(), t.nullLiteral()), nullish);
  return cx.v();
}

function member(cx: Lowering, object: t.Expression, node: t.OptionalMemberExpression): t.Expression {
  const property = node.property as t.Expression;
  if (!node.computed) return located(t.memberExpression(object, property), node);
  if (!cx.suspends(property)) return located(t.memberExpression(object, cx.rewrite(property), true), node);
  const kept = cx.temps.read(cx.saveTemp(object));
  return located(t.memberExpression(kept, explode(cx, property), true), node);
}

function call(cx: Lowering, node: t.OptionalCallExpression, nullish: Label): t.Expression {
  const callee = node.callee as t.Expression;
  const split = node.optional || cx.suspension.any(node.arguments);
  if (!t.isOptionalMemberExpression(callee) && !t.isMemberExpression(callee)) {
    const fn = link(cx, callee, nullish);
    if (!split) return located(t.callExpression(bare(fn), callArguments(cx, node.arguments)), node);
    const tested = node.optional ? unlessNullish(cx, fn, nullish) : fn;
    const kept = cx.temps.read(cx.saveTemp(tested));
    const self = t.unaryExpression("void", t.numericLiteral(0));
    return invoke(cx, { fn: kept, self }, callee, callArguments(cx, node.arguments), node);
  }
  const object = t.isOptionalMemberExpression(callee)
    ? objectOf(cx, callee, nullish)
    : explode(cx, callee.object as t.Expression);
  if (!split) {
    const fn = member(cx, object, callee as t.OptionalMemberExpression);
    return located(t.callExpression(fn, callArguments(cx, node.arguments)), node);
  }
  const self = cx.saveTemp(object, true);
  const read = member(cx, cx.temps.read(self), callee as t.OptionalMemberExpression);
  let fn: t.Expression;
  if (node.optional) {
    // The object dies with the chain when the method is missing.
    cx.toValue(read);
    const missing = t.binaryExpression("==", cx.v(), t.nullLiteral());
    const jump = [...cx.temps.clearing([self]), ...cx.emitter.jump(nullish, false)];
    cx.emitter.push(t.ifStatement(missing, t.blockStatement(jump)));
    fn = cx.temps.read(cx.saveTemp(cx.v()));
  } else {
    fn = cx.temps.read(cx.saveTemp(read));
  }
  self.pinned = false;
  return invoke(cx, { fn, self: cx.temps.read(self) }, callee, callArguments(cx, node.arguments), node);
}

function bare(fn: t.Expression): t.Expression {
  return t.isMemberExpression(fn) ? detached(fn) : fn;
}

function onlyHeadSuspends(cx: Lowering, node: t.Expression): boolean {
  if (t.isOptionalMemberExpression(node)) {
    return !(node.computed && cx.suspends(node.property)) && onlyHeadSuspends(cx, node.object);
  }
  if (t.isOptionalCallExpression(node)) {
    return !cx.suspension.any(node.arguments) && onlyHeadSuspends(cx, node.callee as t.Expression);
  }
  return true;
}

/** Replaces the head of a chain, and rewrites the rest of it. */
function headHolder(node: Link, replace: (head: t.Expression) => t.Expression, cx: Lowering): void {
  const key = t.isOptionalMemberExpression(node) || t.isMemberExpression(node) ? "object" : "callee";
  const holder = node as unknown as Record<string, t.Expression>;
  const inner = holder[key]!;
  if (t.isOptionalMemberExpression(inner) || t.isOptionalCallExpression(inner)) headHolder(inner, replace, cx);
  else holder[key] = replace(inner);
  if (key === "object") {
    const access = node as t.OptionalMemberExpression;
    if (access.computed) access.property = cx.rewrite(access.property as t.Expression);
  } else {
    const { arguments: args } = node as t.OptionalCallExpression;
    (node as t.OptionalCallExpression).arguments = args.map((arg) => cx.rewrite(arg));
  }
}
