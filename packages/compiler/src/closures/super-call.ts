/**
 * `super(...)` of a constructor whose `this` is a variable, since arrow functions use it.
 *
 * I1  The variable is set when the call returns. Fields are initialised inside the call, and may call an arrow function
 *     that was made before it: then the call leaves its scope where the first initialiser of the class finds it.
 */
import * as t from "@babel/types";
import type { ClassUnit, FunctionUnit } from "../scope/model.js";
import { containsSuperCall } from "../scope/units.js";
import { assign, type Conversion } from "./context.js";
import { expression } from "./expressions.js";
import { place } from "./variables.js";

export function superConstruct(c: Conversion, node: t.CallExpression): t.Expression {
  node.arguments = node.arguments.map((a) => expression(c, a));
  const owner = c.receiver();
  const binding = owner.scope.bindings.get("this");
  if (!binding?.captured) return node;
  if (!c.seenByFields.has(owner)) return assign(place(binding), node);
  const scope = (binding.scope.object as { variable: string }).variable;
  return c.kit("superNew", t.identifier(c.own.parts), t.identifier(scope), t.arrowFunctionExpression([], node));
}

/** What the first initialiser of the class evaluates, so that `this` of its constructor is set; undefined: nothing. */
export function constructorThis(c: Conversion, { node }: ClassUnit): t.Expression | undefined {
  const members = node.body.body;
  const method = members.find((m) => t.isClassMethod(m, { kind: "constructor" }));
  const owner = method && (c.analysis.functionOf.get(method) as FunctionUnit);
  const binding = owner?.scope.bindings.get("this");
  if (!owner || !binding?.captured || !binding.needsMarker) return undefined;
  if (!members.some((m) => (t.isClassProperty(m) || t.isClassPrivateProperty(m)) && !m.static && m.value))
    return undefined;
  const until = lastSuper(owner.node);
  if (!binding.references.some((reference) => (reference.node.start ?? 0) < until)) return undefined;
  c.seenByFields.add(owner);
  return c.kit("superThis", t.identifier(c.own.parts), t.thisExpression());
}

/** Where the last `super(...)` ends; one in an arrow function may be called at any time. */
function lastSuper(method: t.Node): number {
  let last = 0;
  t.traverseFast(method, (node) => {
    if (t.isArrowFunctionExpression(node) && containsSuperCall(node)) last = Number.POSITIVE_INFINITY;
    if (t.isCallExpression(node) && t.isSuper(node.callee)) last = Math.max(last, node.end ?? 0);
  });
  return last;
}
