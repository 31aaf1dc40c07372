/** Expressions: each names its variables by their place; function and class literals become calls of their factories. */
import * as t from "@babel/types";
import { classValue } from "./classes.js";
import { type Conversion, undefinedValue } from "./context.js";
import { functionValue } from "./functions.js";
import { objectLiteral, taggedTemplate } from "./literals.js";
import { holdsPrivate, lowerChain } from "./optional-chain.js";
import {
  isPrivateMember,
  privateAssign,
  privateCall,
  privateGet,
  privateName,
  privateUpdate,
} from "./private-access.js";
import {
  isNativeSuper,
  isSuperMember,
  superAssign,
  superCall,
  superDelete,
  superGet,
  superUpdate,
} from "./super-access.js";
import { superConstruct } from "./super-call.js";
import { assignVariable, pattern, read, updateVariable } from "./variables.js";

export function expression<T extends t.Node | null | undefined>(c: Conversion, node: T): T & t.Expression {
  if (!node) return node as T & t.Expression;
  const made = convert(c, node as t.Node);
  if (!made.loc && node.loc) made.loc = node.loc;
  return made as T & t.Expression;
}

function convert(c: Conversion, node: t.Node): t.Node {
  switch (node.type) {
    case "Identifier": {
      const reference = c.reference(node);
      return reference ? read(c, reference) : node;
    }
    case "ThisExpression":
    case "MetaProperty": {
      const reference = c.reference(node);
      if (reference) return read(c, reference);
      if (node.type === "ThisExpression" && c.fn.kind === "arrow" && c.receiver().kind === "program")
        return c.topLevelThis === "undefined" ? undefinedValue() : t.identifier("globalThis");
      return node;
    }
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return functionValue(c, node);
    case "ClassExpression":
      return classValue(c, node);
    case "ObjectExpression":
      return objectLiteral(c, node);
    case "TaggedTemplateExpression":
      return taggedTemplate(c, node);
    case "AssignmentExpression":
      return assignment(c, node);
    case "UpdateExpression":
      return updating(c, node);
    case "MemberExpression":
      if (isSuperMember(node)) return superGet(c, node);
      if (isPrivateMember(node)) return privateGet(c, node);
      break;
    case "OptionalMemberExpression":
    case "OptionalCallExpression":
      if (holdsPrivate(node)) return expression(c, lowerChain(c, node));
      break;
    case "BinaryExpression":
      if (t.isPrivateName(node.left)) return c.kit("phas", expression(c, node.right), privateName(c, node.left));
      break;
    case "UnaryExpression":
      if (node.operator === "delete" && t.isIdentifier(node.argument) && c.reference(node.argument)?.binding)
        return t.booleanLiteral(false);
      if (node.operator === "delete" && isSuperMember(node.argument) && !isNativeSuper(c, node.argument))
        return superDelete(c, node.argument);
      if (node.operator === "typeof" && t.isIdentifier(node.argument) && !c.reference(node.argument)?.binding)
        return node;
      break;
    case "CallExpression":
      return call(c, node);
    case "ParenthesizedExpression":
      return expression(c, node.expression);
    case "PrivateName":
      return privateName(c, node);
  }
  if (node.type === "OptionalCallExpression" && t.isIdentifier(node.callee)) {
    children(c, node);
    if (t.isMemberExpression(node.callee)) node.callee = t.sequenceExpression([t.numericLiteral(0), node.callee]);
    return node;
  }
  children(c, node);
  return node;
}

/** Converts every child expression in place. */
export function children(c: Conversion, node: t.Node): void {
  const record = node as unknown as Record<string, t.Node | (t.Node | null)[] | null>;
  const fixedKey = (node.type === "MemberExpression" || node.type === "OptionalMemberExpression") && !node.computed;
  for (const key of t.VISITOR_KEYS[node.type] ?? []) {
    if (fixedKey && key === "property") continue;
    const child = record[key];
    if (Array.isArray(child)) record[key] = child.map((x) => (x ? expression(c, x) : x));
    else if (child) record[key] = expression(c, child);
  }
}

function call(c: Conversion, node: t.CallExpression): t.Expression {
  if (t.isSuper(node.callee)) return superConstruct(c, node);
  const callee = node.callee;
  if (isSuperMember(callee)) return superCall(c, node as t.CallExpression & { callee: typeof callee });
  if (isPrivateMember(callee)) return privateCall(c, node as t.CallExpression & { callee: typeof callee });
  if (t.isMemberExpression(callee) && node.arguments.length <= 1) {
    const method = iteratorMethod(callee, node.arguments.length);
    if (method)
      return c.kit(
        "itc",
        expression(c, callee.object) as t.Expression,
        method(c),
        t.arrayExpression(node.arguments.map((a) => expression(c, a) as t.Expression)),
      );
  }
  if (t.isIdentifier(callee)) {
    const made = expression(c, callee);
    // A variable that became a slot must not become the receiver.
    node.callee = t.isMemberExpression(made) ? t.sequenceExpression([t.numericLiteral(0), made]) : made;
    node.arguments = node.arguments.map((a) => expression(c, a));
    return node;
  }
  children(c, node);
  return node;
}

const ITERATOR_METHODS = new Map([
  ["entries", 0],
  ["keys", 0],
  ["values", 0],
  ["matchAll", 1],
]);
const ITERATOR_SYMBOLS = new Map([
  ["iterator", 0],
  ["matchAll", 1],
]);

/** Calls that may hand out a native iterator go through the kit, which remembers what the iterator runs over. */
function iteratorMethod(callee: t.MemberExpression, count: number): ((c: Conversion) => t.Expression) | undefined {
  if (t.isSuper(callee.object)) return undefined;
  if (!callee.computed && t.isIdentifier(callee.property)) {
    const name = callee.property.name;
    return ITERATOR_METHODS.get(name) === count ? () => t.stringLiteral(name) : undefined;
  }
  const key = callee.property;
  if (!callee.computed || !t.isMemberExpression(key) || !t.isIdentifier(key.object, { name: "Symbol" }))
    return undefined;
  const name = t.isIdentifier(key.property) ? key.property.name : "";
  return ITERATOR_SYMBOLS.get(name) === count ? (c) => expression(c, key) : undefined;
}

function assignment(c: Conversion, node: t.AssignmentExpression): t.Expression {
  const left = node.left;
  // `(f) = function () {}` gives no name; the parentheses are not printed.
  const isNameless = t.isIdentifier(left) && left.extra?.parenthesized && !("id" in node.right && node.right.id);
  if (isNameless && (t.isFunction(node.right) || t.isClass(node.right)))
    node.right = t.sequenceExpression([t.numericLiteral(0), node.right]);
  if (t.isIdentifier(left)) {
    const reference = c.reference(left);
    if (reference) return assignVariable(c, node, reference);
  } else if (t.isArrayPattern(left) || t.isObjectPattern(left)) {
    node.left = pattern(c, left, false) as t.AssignmentExpression["left"];
    node.right = expression(c, node.right);
    return node;
  } else if (isPrivateMember(left)) return privateAssign(c, node as t.AssignmentExpression & { left: typeof left });
  else if (isSuperMember(left) && !isNativeSuper(c, left))
    return superAssign(c, node as t.AssignmentExpression & { left: typeof left });
  children(c, node);
  return node;
}

function updating(c: Conversion, node: t.UpdateExpression): t.Expression {
  const argument = node.argument;
  if (t.isIdentifier(argument)) {
    const reference = c.reference(argument);
    if (reference) return updateVariable(c, node, reference);
  } else if (isPrivateMember(argument))
    return privateUpdate(c, node as t.UpdateExpression & { argument: typeof argument });
  else if (isSuperMember(argument) && !isNativeSuper(c, argument))
    return superUpdate(c, node as t.UpdateExpression & { argument: typeof argument });
  children(c, node);
  return node;
}
