/**
 * Reading, writing and declaring variables once their place is decided.
 *
 * I1  A captured variable is a slot of its scope object; an uncaptured one of a suspendable function has a name that is
 *     unique in it; all others keep their name.
 * I2  Checks of the temporal dead zone are explicit for variables of the first two kinds, and native for the third.
 * I3  An assignment evaluates its right side before it fails (ECMA-262 13.15.2).
 */
import * as t from "@babel/types";
import type { Binding, Reference, Scope } from "../scope/model.js";
import { assign, type Conversion, declare, slot, statement, undefinedValue } from "./context.js";
import { expression } from "./expressions.js";
import { isPrivateMember, privateTarget } from "./private-access.js";
import { isNativeSuper, isSuperMember, superTarget } from "./super-access.js";

/** The plain place of a binding, without checks. */
export function place(binding: Binding): t.Identifier | t.MemberExpression {
  if (binding.captured && binding.scope.object) return slot(binding.scope.object.variable, binding.name);
  return t.identifier(binding.local);
}

const staysNative = (binding: Binding): boolean =>
  !binding.captured && !binding.scope.fn.suspendable && !binding.explicitDeadZone;

/** `superclass() {}` and heritage expressions see the inner name of their class before it has a value. */
const isDeadClassName = (binding: Binding): boolean => binding.scope.kind === "class" && !binding.captured;

export function read(c: Conversion, reference: Reference): t.Expression {
  const binding = reference.binding;
  if (!binding || binding.scope.kind === "program") return t.identifier(reference.name);
  if (isDeadClassName(binding) && binding.kind === "const")
    return c.kit("tdz", c.marker, t.stringLiteral(binding.name));
  const where = place(binding);
  if (!reference.mayBeUninitialized || staysNative(binding)) return where;
  return c.kit("tdz", where, t.stringLiteral(binding.name));
}

/** How an assignment to this variable must be checked. */
function writeCheck(reference: Reference): "none" | "dead zone" | "const" | "ignore" {
  const binding = reference.binding as Binding;
  if (binding.scope.kind === "program") return "none";
  if (binding.kind === "const") return "const";
  if (binding.kind === "self") return reference.fn.strict ? "const" : "ignore";
  return reference.mayBeUninitialized && !staysNative(binding) ? "dead zone" : "none";
}

export function assignVariable(c: Conversion, node: t.AssignmentExpression, reference: Reference): t.Expression {
  const binding = reference.binding;
  const right = () => expression(c, node.right);
  if (!binding) {
    node.right = right();
    return node;
  }
  const check = writeCheck(reference);
  const where = place(binding);
  if (check === "none") {
    node.left = where;
    node.right = right();
    return node;
  }
  const name = t.stringLiteral(binding.name);
  const store = (value: t.Expression): t.Expression => {
    if (check === "ignore") return value;
    if (check === "const") return c.kit("cns", value, place(binding), name);
    return assign(where, c.kit("set", value, place(binding), name));
  };
  if (node.operator === "=") return store(right());
  const operator = node.operator.slice(0, -1);
  const current = read(c, reference);
  if (operator === "&&" || operator === "||" || operator === "??")
    return t.logicalExpression(operator, current, store(right()));
  return store(t.binaryExpression(operator as t.BinaryExpression["operator"], current, right()));
}

export function updateVariable(c: Conversion, node: t.UpdateExpression, reference: Reference): t.Expression {
  const binding = reference.binding;
  if (!binding) return node;
  const check = writeCheck(reference);
  const where = place(binding);
  if (check === "none") {
    node.argument = where;
    return node;
  }
  if (check === "dead zone") {
    node.argument = where;
    return t.sequenceExpression([read(c, reference), node]);
  }
  const number = t.unaryExpression("-", t.unaryExpression("-", read(c, reference)));
  if (check === "ignore") return number;
  return c.kit("cns", number, place(binding), t.stringLiteral(binding.name));
}

/** Whether a declared pattern binds a variable that is captured. */
export function bindsCaptured(c: Conversion, pattern: t.Node): boolean {
  return boundNames(pattern).some(
    (id) => c.reference(id)?.binding?.captured && c.reference(id)?.binding?.scope.kind !== "program",
  );
}

export function boundNames(pattern: t.Node | null | undefined): t.Identifier[] {
  if (!pattern) return [];
  if (t.isIdentifier(pattern)) return [pattern];
  if (t.isRestElement(pattern)) return boundNames(pattern.argument);
  if (t.isAssignmentPattern(pattern)) return boundNames(pattern.left);
  if (t.isArrayPattern(pattern)) return pattern.elements.flatMap(boundNames);
  if (t.isObjectPattern(pattern))
    return pattern.properties.flatMap((p) => boundNames(t.isRestElement(p) ? p.argument : (p.value as t.Node)));
  return [];
}

/** A binding or assignment pattern with every target in its place. `initializes`: no dead zone to check. */
export function pattern(c: Conversion, node: t.Node, initializes: boolean): t.LVal {
  if (t.isIdentifier(node)) {
    const reference = c.reference(node);
    const binding = reference?.binding;
    if (!reference || !binding || binding.scope.kind === "program") return node;
    if (!initializes) {
      const check = writeCheck(reference);
      if (check !== "none" && binding.captured && binding.scope.object)
        return member(
          c.kit(
            "slot",
            t.identifier(binding.scope.object.variable),
            t.stringLiteral(binding.name),
            t.booleanLiteral(check === "const"),
          ),
        );
      if (check === "const")
        return member(c.kit("slot", t.objectExpression([]), t.stringLiteral(binding.name), t.booleanLiteral(true)));
    }
    const where = place(binding);
    if (node.loc) where.loc = node.loc;
    return where;
  }
  if (t.isRestElement(node)) {
    node.argument = pattern(c, node.argument, initializes) as t.RestElement["argument"];
    return node;
  }
  if (t.isAssignmentPattern(node)) {
    node.left = pattern(c, node.left, initializes) as t.AssignmentPattern["left"];
    node.right = expression(c, node.right);
    return node;
  }
  if (t.isArrayPattern(node)) {
    node.elements = node.elements.map((e) =>
      e ? (pattern(c, e, initializes) as t.PatternLike) : e,
    ) as t.ArrayPattern["elements"];
    return node;
  }
  if (t.isObjectPattern(node)) {
    for (const p of node.properties) {
      if (t.isRestElement(p)) p.argument = pattern(c, p.argument, initializes) as t.RestElement["argument"];
      else {
        if (p.computed) p.key = expression(c, p.key as t.Expression);
        else if (p.shorthand) p.key = t.cloneNode(p.key);
        p.value = pattern(c, p.value as t.Node, initializes) as t.PatternLike;
        p.shorthand = false;
      }
    }
    return node;
  }
  if (isPrivateMember(node)) return member(privateTarget(c, node));
  if (isSuperMember(node) && !isNativeSuper(c, node)) return member(superTarget(c, node));
  return expression(c, node as t.Expression) as t.LVal;
}

const member = (target: t.Expression): t.MemberExpression => t.memberExpression(target, t.identifier("v"));

/** Statements that bind `target` (a declared pattern) to `init`, where at least one of its variables is captured. */
export function bindCaptured(
  c: Conversion,
  kind: "var" | "let" | "const",
  target: t.Node,
  init: t.Expression | undefined,
): t.Statement[] {
  const out: t.Statement[] = [];
  for (const id of boundNames(target)) {
    const binding = c.reference(id)?.binding;
    if (binding && !binding.captured) out.push(declare(kind === "var" ? "var" : "let", binding.local));
  }
  if (init) out.push(statement(assign(pattern(c, target, true), init)));
  else if (kind !== "var") out.push(statement(assign(pattern(c, target, true), undefinedValue())));
  return out;
}

export function variableStatements(c: Conversion, node: t.VariableDeclaration): t.Statement[] {
  const out: t.Statement[] = [];
  let kept: t.VariableDeclarator[] = [];
  const flush = () => {
    if (kept.length) {
      const made = t.variableDeclaration(node.kind, kept);
      if (node.loc) made.loc = node.loc;
      out.push(made);
    }
    kept = [];
  };
  for (const d of node.declarations) {
    const captured = bindsCaptured(c, d.id as t.Node);
    const init = d.init ? expression(c, d.init) : undefined;
    if (!captured) {
      d.id = pattern(c, d.id as t.Node, true) as t.VariableDeclarator["id"];
      d.init = init ?? null;
      kept.push(d);
      continue;
    }
    flush();
    const made = bindCaptured(c, node.kind as "let", d.id as t.Node, init);
    for (const s of made) if (d.loc) s.loc = d.loc;
    out.push(...made);
  }
  flush();
  return out;
}

/** `const s5 = new S5()` */
export function createScope(scope: Scope, kind: "const" | "let" = "const"): t.Statement[] {
  if (!scope.object) return [];
  return [declare(kind, scope.object.variable, newScope(scope))];
}

export const newScope = (scope: Scope): t.Expression =>
  t.newExpression(t.identifier((scope.object as { constructorName: string }).constructorName), []);

/** Marks uncaptured variables as uninitialized where their dead zone must be checked explicitly (I2). */
export function markUninitialized(c: Conversion, scope: Scope): t.Statement[] {
  const out: t.Statement[] = [];
  for (const b of scope.bindings.values())
    if (b.needsMarker && !b.captured && b.hasDeadZone && !staysNative(b) && scope.kind !== "class")
      out.push(statement(assign(t.identifier(b.local), c.marker)));
  return out;
}
