/** Private names: `o.#x` in all its forms becomes calls that take the private name as a value. */
import * as t from "@babel/types";
import { assign, type Conversion } from "./context.js";
import { expression } from "./expressions.js";
import { place } from "./variables.js";

export type PrivateMember = (t.MemberExpression | t.OptionalMemberExpression) & { property: t.PrivateName };

export const isPrivateMember = (node: t.Node): node is PrivateMember =>
  (t.isMemberExpression(node) || t.isOptionalMemberExpression(node)) && t.isPrivateName(node.property);

export function privateName(c: Conversion, node: t.PrivateName): t.Expression {
  const binding = c.reference(node)?.binding;
  if (!binding) throw new Error(`private name #${node.id.name} is not declared`);
  return place(binding);
}

/** An expression and a way to mention its value again without evaluating it twice. */
export function reusable(c: Conversion, value: t.Expression): [first: t.Expression, again: () => t.Expression] {
  if (t.isThisExpression(value)) return [value, () => t.thisExpression()];
  const name = c.temporary().name;
  return [assign(t.identifier(name), value), () => t.identifier(name)];
}

export function privateGet(c: Conversion, node: PrivateMember): t.Expression {
  return c.kit("pget", expression(c, node.object), privateName(c, node.property));
}

export function privateTarget(c: Conversion, node: PrivateMember): t.Expression {
  return c.kit("pref", expression(c, node.object), privateName(c, node.property));
}

export function privateCall(c: Conversion, node: t.CallExpression & { callee: PrivateMember }): t.Expression {
  const [object, again] = reusable(c, expression(c, node.callee.object));
  const callee = c.kit("pget", object, privateName(c, node.callee.property));
  const args = node.arguments.map((a) => expression(c, a as t.Expression));
  return t.callExpression(t.memberExpression(callee, t.identifier("call")), [again(), ...args]);
}

export function privateAssign(c: Conversion, node: t.AssignmentExpression & { left: PrivateMember }): t.Expression {
  const name = privateName(c, node.left.property);
  if (node.operator === "=") return c.kit("pset", expression(c, node.left.object), name, expression(c, node.right));
  const [object, again] = reusable(c, expression(c, node.left.object));
  return compound(
    c,
    node.operator.slice(0, -1),
    c.kit("pget", object, name),
    () => expression(c, node.right),
    (value) => c.kit("pset", again(), t.cloneNode(name), value),
  );
}

export function privateUpdate(c: Conversion, node: t.UpdateExpression & { argument: PrivateMember }): t.Expression {
  const name = privateName(c, node.argument.property);
  const [object, again] = reusable(c, expression(c, node.argument.object));
  return update(c, node, c.kit("pget", object, name), (value) => c.kit("pset", again(), t.cloneNode(name), value));
}

/** `a op= b` from a way to read, which comes first, and a way to write. */
export function compound(
  c: Conversion,
  operator: string,
  current: t.Expression,
  right: () => t.Expression,
  store: (value: t.Expression) => t.Expression,
): t.Expression {
  if (operator === "&&" || operator === "||" || operator === "??")
    return t.logicalExpression(operator, current, store(right()));
  const value = c.temporary();
  const result = t.binaryExpression(operator as t.BinaryExpression["operator"], current, right());
  return t.sequenceExpression([assign(value, result), store(t.cloneNode(value))]);
}

/** `++a`, `a++` from a way to read and a way to write; the conversion to a number (or bigint) stays native. */
export function update(
  c: Conversion,
  node: t.UpdateExpression,
  current: t.Expression,
  store: (value: t.Expression) => t.Expression,
): t.Expression {
  const value = c.temporary();
  const bump = t.updateExpression(node.operator, t.cloneNode(value), node.prefix);
  if (node.prefix) return t.sequenceExpression([assign(value, current), store(bump)]);
  const old = c.temporary();
  return t.sequenceExpression([assign(value, current), assign(old, bump), store(t.cloneNode(value)), t.cloneNode(old)]);
}
