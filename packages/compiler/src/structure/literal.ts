import * as t from "@babel/types";

/** JSON of what a literal stands for, in a list; null: it is none. */
export function literalOf(node: t.Node): [literal: unknown] | null {
  if (t.isStringLiteral(node) || t.isNumericLiteral(node) || t.isBooleanLiteral(node)) return [node.value];
  if (t.isNullLiteral(node)) return [null];
  if (t.isUnaryExpression(node, { operator: "-" }) && t.isNumericLiteral(node.argument) && node.argument.value !== 0)
    return [-node.argument.value];
  if (t.isTemplateLiteral(node) && node.expressions.length === 0) return [node.quasis[0]?.value.cooked ?? null];
  return null;
}
