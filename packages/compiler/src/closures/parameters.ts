/**
 * Parameters that are bound by statements, since functions in their defaults capture them or an await could stand
 * between them and the body.
 */
import * as t from "@babel/types";
import type { FunctionUnit } from "../scope/model.js";
import { assign, type Conversion, declare, statement, undefinedValue } from "./context.js";
import { expression } from "./expressions.js";
import { bindCaptured, boundNames, pattern, place } from "./variables.js";

export const isSimple = (params: readonly t.Node[]) =>
  params.every((p) => t.isIdentifier(p) || (t.isRestElement(p) && t.isIdentifier(p.argument)));

/**
 * Binds parameters by statements. They read dummy parameters, whose defaults keep the function's `length`, or the array
 * `args` of a suspendable function.
 */
export function bindParameters(
  c: Conversion,
  params: readonly t.Node[],
  args: string | undefined,
): { params: t.Function["params"]; statements: t.Statement[]; expected: number } {
  const dummies: t.Function["params"] = [];
  const statements: t.Statement[] = [];
  let expected = 0;
  let counting = true;
  params.forEach((p, index) => {
    const name = c.fresh();
    const value = (): t.Expression =>
      args ? t.memberExpression(t.identifier(args), t.numericLiteral(index), true) : t.identifier(name);
    let target: t.Node = p;
    let init: t.Expression = value();
    if (t.isRestElement(p)) {
      target = p.argument;
      if (args)
        init = t.callExpression(t.memberExpression(t.identifier(args), t.identifier("slice")), [
          t.numericLiteral(index),
        ]);
      else dummies.push(t.restElement(t.identifier(name)));
    } else {
      if (t.isAssignmentPattern(p)) {
        counting = false;
        target = p.left;
        init = t.conditionalExpression(
          t.binaryExpression("===", value(), undefinedValue()),
          expression(c, p.right),
          value(),
        );
      }
      if (counting) expected++;
      dummies.push(counting ? t.identifier(name) : t.assignmentPattern(t.identifier(name), undefinedValue()));
    }
    if (boundNames(target).some((id) => c.reference(id)?.binding?.captured))
      statements.push(...bindCaptured(c, "var", target, init));
    else statements.push(declare("var", pattern(c, target, true), init));
  });
  return { params: args ? [] : dummies, statements, expected };
}

/** A `var` of the body with the name of a parameter begins with the parameter's value (ECMA-262 10.2.11, step 28). */
export function sharedNames(unit: FunctionUnit): t.Statement[] {
  const out: t.Statement[] = [];
  for (const b of unit.body.bindings.values()) {
    const param = unit.scope.bindings.get(b.name);
    if (b.kind !== "var" || !param || param.kind !== "param") continue;
    const [to, from] = [place(b), place(param)];
    if (t.isIdentifier(to) && t.isIdentifier(from) && to.name === from.name) continue;
    if (t.isIdentifier(to)) out.push(declare("var", to.name));
    out.push(statement(assign(to, from)));
  }
  return out;
}
