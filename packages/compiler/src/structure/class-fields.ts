/**
 * What instances of a class are made with: declared fields, and what the constructor assigns. An instance that was made before one of
 * them was there does not have it.
 */
import * as t from "@babel/types";
import type { Analysis, ClassUnit } from "../scope/model.js";
import { literalOf } from "./literal.js";

/** `init`: JSON of a literal; `[]` for undefined; null where its value has to be computed. Private names begin with `#`. */
export type FieldStructure = [name: string, init: [literal?: unknown] | null];

export function fieldsOf({ node }: ClassUnit): FieldStructure[] {
  const found = new Map<string, FieldStructure[1]>();
  for (const member of node.body.body) {
    if (t.isClassPrivateProperty(member) && !member.static) found.set(`#${member.key.id.name}`, initOf(member.value));
    if ((t.isClassProperty(member) || t.isClassAccessorProperty(member)) && !member.static) {
      const name = nameOf(member.key, member.computed === true);
      if (name !== undefined) found.set(name, initOf(member.value));
    }
  }
  const made = node.body.body.find((member) => t.isClassMethod(member, { kind: "constructor" })) as
    | t.ClassMethod
    | undefined;
  for (const statement of made?.body.body ?? []) {
    const { left, right } = assignmentOf(statement) ?? {};
    if (!t.isMemberExpression(left) || !t.isThisExpression(left.object)) continue;
    const name = nameOf(left.property, left.computed);
    if (name !== undefined) found.set(name, initOf(right));
  }
  return [...found];
}

/** The class that it extends, where that is one of the program. */
export function baseOf(analysis: Analysis, { node }: ClassUnit): ClassUnit | undefined {
  const binding = node.superClass ? analysis.referenceOf.get(node.superClass)?.binding : undefined;
  if (binding === undefined) return undefined;
  const { initializer, node: id } = binding;
  if (initializer !== undefined) return analysis.classOf.get(initializer);
  return analysis.classes.find((one) => one.node.id === id);
}

const initOf = (value: t.Node | null | undefined): FieldStructure[1] => (value == null ? [] : literalOf(value));

const assignmentOf = (statement: t.Statement): t.AssignmentExpression | undefined =>
  t.isExpressionStatement(statement) && t.isAssignmentExpression(statement.expression, { operator: "=" })
    ? statement.expression
    : undefined;

function nameOf(key: t.Node, computed: boolean): string | undefined {
  if (t.isStringLiteral(key)) return key.value;
  if (t.isPrivateName(key)) return `#${key.id.name}`;
  return t.isIdentifier(key) && !computed ? key.name : undefined;
}
