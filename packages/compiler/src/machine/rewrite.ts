import * as t from "@babel/types";
import type { Lowering } from "./lowering.js";

/** Rewrites code without suspension points in place: locals become slots of the frame. */
export function rewrite<T extends t.Node>(cx: Lowering, node: T): T {
  return visit(cx, node) as T;
}

function visit(cx: Lowering, node: t.Node): t.Node {
  switch (node.type) {
    case "Identifier":
      return identifier(cx, node);
    case "ThisExpression":
      cx.usesThis = true;
      return located(cx.slot("this"), node);
    case "MetaProperty":
      return node.meta.name === "new" ? located(t.unaryExpression("void", t.numericLiteral(0)), node) : node;
    case "MemberExpression":
    case "OptionalMemberExpression":
      node.object = visit(cx, node.object) as t.Expression;
      if (node.computed) node.property = visit(cx, node.property) as t.Expression;
      return node;
    case "ObjectProperty": {
      if (node.computed) node.key = visit(cx, node.key) as t.Expression;
      const value = visit(cx, node.value) as t.Expression;
      if (value !== node.value) longhand(node);
      node.value = value;
      return node;
    }
    case "CallExpression":
    case "OptionalCallExpression":
      node.callee = callee(cx, node.callee);
      node.arguments = node.arguments.map((arg) => visit(cx, arg) as t.Expression);
      return node;
    case "TaggedTemplateExpression":
      node.tag = callee(cx, node.tag) as t.Expression;
      node.quasi = visit(cx, node.quasi) as t.TemplateLiteral;
      return node;
    case "UnaryExpression":
      // Sloppy `delete local` is false and deletes nothing; the slot must stay.
      if (node.operator === "delete" && isLocal(cx, node.argument)) return located(t.booleanLiteral(false), node);
      node.argument = visit(cx, node.argument) as t.Expression;
      return node;
    case "WithStatement":
      throw new SyntaxError("`with` is not supported in async functions and generators");
    default: {
      if (t.isFunction(node) || t.isClass(node)) return node;
      const record = node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>;
      for (const key of t.VISITOR_KEYS[node.type] ?? []) {
        const child = record[key];
        if (Array.isArray(child)) record[key] = child.map((item) => item && visit(cx, item));
        else if (child) record[key] = visit(cx, child);
      }
      return node;
    }
  }
}

function identifier(cx: Lowering, node: t.Identifier): t.Node {
  const slot = cx.slots.get(node.name);
  if (slot !== undefined) return located(cx.slot(slot), node);
  if (node.name === "arguments" && !cx.options.isArrow) {
    cx.usesArguments = true;
    return located(cx.slot("arguments"), node);
  }
  return node;
}

function isLocal(cx: Lowering, node: t.Node): boolean {
  if (!t.isIdentifier(node)) return false;
  return cx.slots.get(node.name) !== undefined || (node.name === "arguments" && !cx.options.isArrow);
}

/** `{ x }` becomes `{ x: ... }`; but `{ __proto__ }` is an ordinary property, which `__proto__: ...` is not. */
export function longhand(node: t.ObjectProperty): void {
  if (!node.shorthand) return;
  const { name } = node.key as t.Identifier;
  node.shorthand = false;
  node.computed = name === "__proto__";
  node.key = node.computed ? t.stringLiteral(name) : t.identifier(name);
}

/** A local that is called must not receive the frame as `this`. */
function callee(cx: Lowering, node: t.CallExpression["callee"]): t.Expression {
  const result = visit(cx, node) as t.Expression;
  return isLocal(cx, node) ? detached(result) : result;
}

/** `(0, $.f)` */
export function detached(value: t.Expression): t.Expression {
  return t.sequenceExpression([t.numericLiteral(0), value]);
}

export function located<T extends t.Node>(node: T, from: t.Node | null | undefined): T {
  if (from?.loc) node.loc = from.loc;
  return node;
}
