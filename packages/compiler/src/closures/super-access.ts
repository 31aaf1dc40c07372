/**
 * `super.x` in functions that leave their class or object literal: the home object is a variable, the receiver is
 * passed along. Methods that stay in a class literal keep the native form (scope.ts records no reference for them).
 */
import * as t from "@babel/types";
import type { Conversion } from "./context.js";
import { expression } from "./expressions.js";
import { compound, reusable, update } from "./private-access.js";
import { place } from "./variables.js";

export type SuperMember = t.MemberExpression & { object: t.Super };

/** A `super.x` that must be converted. */
export const isSuperMember = (node: t.Node): node is SuperMember =>
  (t.isMemberExpression(node) || t.isOptionalMemberExpression(node)) && t.isSuper(node.object);

export const isNativeSuper = (c: Conversion, node: t.Node): boolean => c.reference(node) === undefined;

function parts(c: Conversion, node: SuperMember): { home: t.Expression; key: t.Expression; receiver: t.Expression } {
  const binding = c.reference(node)?.binding;
  if (!binding) throw new Error("'super' without a home object");
  const owner = c.receiver();
  let home: t.Expression = place(binding);
  if (binding.name === "%class" && !owner.homeStatic) home = t.memberExpression(home, t.identifier("prototype"));
  const key = node.computed
    ? expression(c, node.property as t.Expression)
    : t.stringLiteral((node.property as t.Identifier).name);
  return { home, key, receiver: receiver(c, node) };
}

function receiver(c: Conversion, node: SuperMember): t.Expression {
  const captured = c.analysis.superReceivers.get(node);
  return expression(c, captured ?? t.thisExpression());
}

export function superGet(c: Conversion, node: SuperMember): t.Expression {
  if (isNativeSuper(c, node)) {
    if (node.computed) node.property = expression(c, node.property as t.Expression);
    return node;
  }
  const { home, key, receiver } = parts(c, node);
  return c.kit("superGet", home, key, receiver);
}

/** Fails once `this` and the key are evaluated (ECMA-262 13.5.1.2); the key is not converted. */
export function superDelete(c: Conversion, node: SuperMember): t.Expression {
  const { key, receiver } = parts(c, node);
  return c.kit("superDel", receiver, key);
}

export function superTarget(c: Conversion, node: SuperMember): t.Expression {
  const { home, key, receiver } = parts(c, node);
  return c.kit("superRef", home, key, receiver);
}

export function superCall(c: Conversion, node: t.CallExpression & { callee: SuperMember }): t.Expression {
  const args = () => node.arguments.map((a) => expression(c, a as t.Expression));
  if (isNativeSuper(c, node.callee)) {
    node.callee = superGet(c, node.callee) as t.MemberExpression & { object: t.Super };
    node.arguments = args();
    return node;
  }
  const callee = superGet(c, node.callee);
  return t.callExpression(t.memberExpression(callee, t.identifier("call")), [receiver(c, node.callee), ...args()]);
}

export function superAssign(c: Conversion, node: t.AssignmentExpression & { left: SuperMember }): t.Expression {
  const { home, key, receiver } = parts(c, node.left);
  const right = () => expression(c, node.right);
  if (node.operator === "=") return c.kit("superSet", home, key, right(), receiver);
  const [first, again] = reusable(c, key);
  return compound(c, node.operator.slice(0, -1), c.kit("superGet", home, first, receiver), right, (value) =>
    c.kit("superSet", t.cloneNode(home), again(), value, t.cloneNode(receiver)),
  );
}

export function superUpdate(c: Conversion, node: t.UpdateExpression & { argument: SuperMember }): t.Expression {
  const { home, key, receiver } = parts(c, node.argument);
  const [first, again] = reusable(c, key);
  return update(c, node, c.kit("superGet", home, first, receiver), (value) =>
    c.kit("superSet", t.cloneNode(home), again(), value, t.cloneNode(receiver)),
  );
}
