/** Object literals and tagged templates. */
import * as t from "@babel/types";
import { staticKey } from "../names.js";
import { isTable } from "../plan.js";
import { assign, type Conversion, slot, undefinedValue } from "./context.js";
import { expression } from "./expressions.js";
import { functionValue, methodInPlace } from "./functions.js";
import { newScope } from "./variables.js";

/**
 * Methods become properties with a table function. Accessors of the table, and what follows them, are defined one after
 * another on the object, in the order of the source.
 */
export function objectLiteral(c: Conversion, node: t.ObjectExpression): t.Expression {
  const scope = c.scope(node);
  const home = scope.object && c.temporary(scope.object.variable);
  const isTableMethod = (p: t.Node): boolean => t.isObjectMethod(p) && isTable(c.analysis.functionOf.get(p) as never);
  const firstAccessor = node.properties.findIndex((p) => isTableMethod(p) && (p as t.ObjectMethod).kind !== "method");
  const literal = firstAccessor < 0 ? node.properties : node.properties.slice(0, firstAccessor);
  const later = firstAccessor < 0 ? [] : node.properties.slice(firstAccessor);

  const first = t.objectExpression(literal.map((p) => property(c, p, isTableMethod)));
  if (node.loc) first.loc = node.loc;
  if (!home && later.length === 0) return first;

  const sequence: t.Expression[] = [];
  let value: t.Expression = first;
  if (home) {
    sequence.push(assign(home, newScope(scope)));
    value = assign(slot(home.name, "%home"), value);
  }
  if (later.length === 0) return t.sequenceExpression([...sequence, value]);
  const object = c.temporary();
  sequence.push(assign(object, value));
  const self = () => t.cloneNode(object);
  for (const p of later) {
    if (t.isSpreadElement(p)) {
      sequence.push(c.kit("spread", self(), expression(c, p.argument)));
      continue;
    }
    const [key, again] = keyOf(c, p);
    if (t.isObjectMethod(p)) {
      const made = named(c, functionValue(c, p), p, again, p.kind === "method" ? undefined : p.kind);
      if (p.kind === "method") sequence.push(c.kit("def", self(), key, made));
      else {
        const [get, set] = p.kind === "get" ? [made, undefinedValue()] : [undefinedValue(), made];
        sequence.push(c.kit("acc", self(), key, get, set, t.booleanLiteral(true)));
      }
    } else {
      const value = p.value;
      const made = named(c, expression(c, value as t.Expression), p, again, undefined, value);
      const isPrototype = !p.computed && !p.shorthand && staticKey(p.key) === "__proto__";
      sequence.push(isPrototype ? c.kit("proto", self(), made) : c.kit("def", self(), key, made));
    }
  }
  sequence.push(self());
  return t.sequenceExpression(sequence);
}

function property(
  c: Conversion,
  p: t.ObjectExpression["properties"][number],
  isTableMethod: (p: t.Node) => boolean,
): t.ObjectExpression["properties"][number] {
  if (t.isSpreadElement(p)) {
    p.argument = expression(c, p.argument);
    return p;
  }
  if (t.isObjectMethod(p) && !isTableMethod(p)) {
    if (p.computed) p.key = expression(c, p.key as t.Expression);
    return methodInPlace(c, p);
  }
  const computed = isComputed(p);
  if (t.isObjectMethod(p)) {
    if (!computed) return t.objectProperty(methodKey(p), functionValue(c, p), isPrototypeName(p));
    const [key, again] = keyOf(c, p);
    return t.objectProperty(key, named(c, functionValue(c, p), p, again), true);
  }
  const made = p;
  if (computed && isAnonymousFunction(made.value)) {
    const [key, again] = keyOf(c, made);
    return t.objectProperty(
      key,
      named(c, expression(c, made.value as t.Expression), made, again, undefined, made.value),
      true,
    );
  }
  if (made.computed) made.key = expression(c, made.key as t.Expression);
  else if (made.shorthand && staticKey(made.key) === "__proto__") {
    // `{ __proto__ }` is an ordinary property, `{ __proto__: value }` is not.
    made.key = t.stringLiteral("__proto__");
    made.computed = true;
  } else if (made.shorthand) made.key = t.cloneNode(made.key);
  made.value = expression(c, made.value as t.Expression);
  made.shorthand = false;
  return made;
}

const isComputed = (p: t.ObjectMethod | t.ObjectProperty) =>
  p.computed === true && !t.isStringLiteral(p.key) && !t.isNumericLiteral(p.key);
const isPrototypeName = (p: t.ObjectMethod) => staticKey(p.key) === "__proto__";
const methodKey = (p: t.ObjectMethod): t.Expression =>
  isPrototypeName(p) ? t.stringLiteral("__proto__") : (p.key as t.Expression);
const isAnonymousFunction = (node: t.Node) =>
  ((t.isFunctionExpression(node) || t.isClassExpression(node)) && !node.id) || t.isArrowFunctionExpression(node);

/** The key of a property, and its value again for the name of a function. */
function keyOf(c: Conversion, p: t.ObjectMethod | t.ObjectProperty): [t.Expression, () => t.Expression] {
  if (!isComputed(p)) {
    const name = staticKey(p.key);
    return [t.stringLiteral(name), () => t.stringLiteral(name)];
  }
  const key = c.temporary();
  return [assign(key, c.kit("key", expression(c, p.key as t.Expression))), () => t.cloneNode(key)];
}

/** Functions whose name is the value of a computed key get it when they are made. */
function named(
  c: Conversion,
  made: t.Expression,
  p: t.ObjectMethod | t.ObjectProperty,
  key: () => t.Expression,
  prefix?: string,
  value: t.Node = p,
): t.Expression {
  if (!isComputed(p) || !(t.isObjectMethod(p) || isAnonymousFunction(value))) return made;
  return c.kit("fname", made, key(), ...(prefix ? [t.stringLiteral(prefix)] : []));
}

/** Template objects are roots, one a site; a native one could not be found again from a continuation. */
export function taggedTemplate(c: Conversion, node: t.TaggedTemplateExpression): t.Expression {
  const { quasis, expressions } = node.quasi;
  const cooked = quasis.map((q) => (q.value.cooked == null ? undefinedValue() : t.stringLiteral(q.value.cooked)));
  const raw = quasis.map((q) => t.stringLiteral(q.value.raw));
  const texts = JSON.stringify([quasis.map((q) => q.value.cooked ?? null), quasis.map((q) => q.value.raw)]);
  const template = c.kit(
    "tpl",
    t.numericLiteral(c.nextTemplate(texts)),
    t.arrayExpression(cooked),
    t.arrayExpression(raw),
  );
  const made = t.callExpression(node.tag, [template, ...(expressions as t.Expression[])]);
  if (node.loc) made.loc = node.loc;
  return expression(c, made) as t.Expression;
}
