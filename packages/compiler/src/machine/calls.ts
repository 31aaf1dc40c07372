import * as t from "@babel/types";
import { chainCallee } from "./chains.js";
import { explode } from "./expressions.js";
import type { Lowering } from "./lowering.js";
import { callArguments, operands } from "./operands.js";
import { detached, located } from "./rewrite.js";

/** The function of a call, read before its arguments, and what it gets as `this`. */
export interface Callee {
  readonly fn: t.Expression;
  readonly self: t.Expression;
}

export function explodeMember(cx: Lowering, node: t.MemberExpression): t.Expression {
  if (!node.computed) {
    node.object = explode(cx, node.object as t.Expression);
    return node;
  }
  const [object, property] = operands(cx, [node.object as t.Expression, node.property as t.Expression]);
  node.object = object!;
  node.property = property!;
  return node;
}

export function explodeNew(cx: Lowering, node: t.NewExpression): t.Expression {
  const callee = node.callee as t.Expression;
  const residual = explode(cx, callee);
  node.callee = cx.suspension.any(node.arguments) ? cx.save(callee, residual, node.arguments) : residual;
  node.arguments = callArguments(cx, node.arguments);
  return node;
}

export function explodeCall(cx: Lowering, node: t.CallExpression): t.Expression {
  const callee = node.callee as t.Expression;
  if (t.isOptionalMemberExpression(callee)) {
    // `(a?.b)(...)`: the chain ends before the call, which gets `a` as `this` all the same.
    const read = chainCallee(cx, callee);
    return invoke(cx, read, callee, callArguments(cx, node.arguments), node);
  }
  if (!cx.suspension.any(node.arguments)) {
    node.callee = asCallee(callee, explode(cx, callee));
    node.arguments = callArguments(cx, node.arguments);
    return node;
  }
  if (t.isImport(callee) || t.isSuper(callee) || cx.isStable(callee, node.arguments)) {
    node.callee = t.isImport(callee) || t.isSuper(callee) ? callee : asCallee(callee, explode(cx, callee));
    node.arguments = callArguments(cx, node.arguments);
    return node;
  }
  return invoke(cx, readCallee(cx, callee, node.arguments), callee, callArguments(cx, node.arguments), node);
}

/** A function that is not called as a method must not get an object of the output as `this`. */
function asCallee(callee: t.Expression, residual: t.Expression): t.Expression {
  return t.isMemberExpression(residual) && !t.isMemberExpression(callee) ? detached(residual) : residual;
}

export function explodeTagged(cx: Lowering, node: t.TaggedTemplateExpression): t.Expression {
  if (!cx.suspends(node.quasi)) {
    node.tag = asCallee(node.tag, explode(cx, node.tag));
    cx.rewrite(node.quasi);
    return node;
  }
  const { quasis, expressions } = node.quasi;
  const cooked = quasis.map(({ value }) =>
    value.cooked == null ? t.unaryExpression("void", t.numericLiteral(0)) : t.stringLiteral(value.cooked),
  );
  const raw = quasis.map(({ value }) => t.stringLiteral(value.raw));
  const id = t.numericLiteral(cx.options.templateId());
  const site = cx.kit("tpl", id, t.arrayExpression(cooked), t.arrayExpression(raw));
  const tag = readCallee(cx, node.tag, expressions);
  const args = callArguments(cx, expressions as t.Expression[]);
  return invoke(cx, tag, node.tag, [site, ...args], node);
}

/** Evaluates a callee and keeps it while `later` is evaluated. */
function readCallee(cx: Lowering, callee: t.Expression, later: readonly t.Node[]): Callee {
  if (!t.isMemberExpression(callee)) {
    return { fn: cx.save(callee, explode(cx, callee), later), self: t.unaryExpression("void", t.numericLiteral(0)) };
  }
  const object = callee.object as t.Expression;
  const property = callee.property as t.Expression;
  const computed = callee.computed;
  const residual = explode(cx, object);
  if (cx.isStable(object, [property, ...later])) {
    const self = t.cloneNode(residual);
    const key = computed ? explode(cx, property) : property;
    return { fn: readMember(cx, residual, key, computed, callee), self };
  }
  const temp = cx.saveTemp(residual, true);
  const key = computed ? explode(cx, property) : property;
  const fn = readMember(cx, cx.temps.read(temp), key, computed, callee);
  temp.pinned = false;
  return { fn, self: cx.temps.read(temp) };
}

function readMember(
  cx: Lowering,
  object: t.Expression,
  key: t.Expression,
  computed: boolean,
  from: t.Node,
): t.Expression {
  return cx.temps.read(cx.saveTemp(located(t.memberExpression(object, key, computed), from)));
}

/** `_k.call(fn, self, [args], "text for the error")` */
export function invoke(
  cx: Lowering,
  { fn, self }: Callee,
  callee: t.Expression,
  args: (t.Expression | t.SpreadElement)[],
  from: t.Node,
): t.Expression {
  return located(cx.kit("call", fn, self, t.arrayExpression(args), t.stringLiteral(calleeText(cx, callee))), from);
}

/** A callee as V8 words it in "x.y is not a function". */
function calleeText(cx: Lowering, node: t.Node): string {
  switch (node.type) {
    case "Identifier":
      return node.name;
    case "ThisExpression":
      return "this";
    case "MemberExpression":
    case "OptionalMemberExpression": {
      // The object may have been rewritten already: a slot reads like the variable.
      if (t.isIdentifier(node.object, { name: cx.names.frame })) return calleeText(cx, node.property);
      const object = calleeText(cx, node.object);
      if (!node.computed) return `${object}.${calleeText(cx, node.property)}`;
      return t.isStringLiteral(node.property) ? `${object}.${node.property.value}` : `${object}[...]`;
    }
    case "CallExpression":
    case "OptionalCallExpression":
      return `${calleeText(cx, node.callee)}(...)`;
    default:
      return "(intermediate value)";
  }
}
