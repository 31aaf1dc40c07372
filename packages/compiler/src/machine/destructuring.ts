/**
 * Patterns with suspension points (in defaults, computed keys or member targets). Patterns without stay native; these
 * are lowered element by element in the order of ECMA-262 13.15.5: key, target, value, default, assignment.
 */
import * as t from "@babel/types";
import { withOpenIterator } from "./close.js";
import { jumpOn } from "./conditions.js";
import { Label } from "./emitter.js";
import { explode } from "./expressions.js";
import type { Lowering } from "./lowering.js";
import { reference } from "./reference.js";
import { located } from "./rewrite.js";
import type { Temp } from "./temps.js";

type Pattern = t.ObjectPattern | t.ArrayPattern;

/** Takes `source`, a pinned temporary that stays the caller's, apart. */
export function destructure(cx: Lowering, pattern: Pattern, source: Temp): void {
  if (t.isArrayPattern(pattern)) destructureArray(cx, pattern, source);
  else destructureObject(cx, pattern, source);
}

/** Assigns a value to a target that may suspend; the target is evaluated before the value is read. */
export function assignTarget(cx: Lowering, target: t.LVal, value: t.Expression, from: t.Node): void {
  if (!cx.suspends(target)) return cx.assign(cx.rewrite(target), value, from);
  element(cx, target, value);
}

function destructureObject(cx: Lowering, pattern: t.ObjectPattern, source: Temp): void {
  const rest = pattern.properties.find((property) => t.isRestElement(property));
  const first = pattern.properties[0];
  // `null` and `undefined` are refused before anything else is evaluated, but after the target of a lone rest element.
  const refuse = () => cx.assign(t.objectPattern([]), cx.temps.read(source), pattern);
  if (!first || (!t.isRestElement(first) && (first.computed || cx.suspends(first)))) refuse();
  const keys: (() => t.Expression)[] = [];
  const temps: Temp[] = [];
  for (const property of pattern.properties) {
    if (t.isRestElement(property)) continue;
    if (!property.computed && !cx.suspends(property)) {
      // The rewriting may change a shorthand: the key is noted first.
      keys.push(constantKey(property.key));
      cx.assign(t.objectPattern([cx.rewrite(property)]), cx.temps.read(source), property);
      continue;
    }
    const key = propertyKey(cx, property, temps);
    keys.push(key);
    const isConstant = !property.computed;
    const access = isConstant && t.isIdentifier(property.key) ? t.cloneNode(property.key) : key();
    const computed = !(isConstant && t.isIdentifier(property.key));
    element(cx, property.value as t.LVal, t.memberExpression(cx.temps.read(source), access, computed));
  }
  if (rest) {
    const excluded = () => t.arrayExpression(keys.map((key) => key()));
    const target = rest.argument as t.LVal;
    const ref = reference(cx, target, []);
    if (first === rest) refuse();
    cx.emitExpression(ref.write(cx.kit("rest", cx.temps.read(source), excluded())), rest);
  }
  if (temps.length > 0) cx.drop(...temps);
}

function constantKey(key: t.Node): () => t.Expression {
  if (t.isIdentifier(key)) {
    const { name } = key;
    return () => t.stringLiteral(name);
  }
  return () => t.cloneNode(key as t.Expression);
}

/** The key of a property, converted once: used to read and, with a rest element, to exclude. */
function propertyKey(cx: Lowering, property: t.ObjectProperty, temps: Temp[]): () => t.Expression {
  if (!property.computed) return constantKey(property.key);
  const key = cx.saveTemp(cx.kit("key", explode(cx, property.key as t.Expression)), true);
  temps.push(key);
  return () => cx.temps.read(key);
}

/**
 * A value the code inside the pattern can abort while the iterator is open; so can a return sent to a generator.
 * `record.done` tells whether closing is due.
 */
function destructureArray(cx: Lowering, pattern: t.ArrayPattern, source: Temp): void {
  const record = cx.saveTemp(cx.kit("iter", cx.temps.read(source)), true);
  const read = (name: string) => t.memberExpression(cx.temps.read(record), t.identifier(name));
  withOpenIterator(cx, { record, isAsync: false, maybeDone: true, node: pattern }, (stop) => {
    for (const item of pattern.elements) {
      const step = cx.kit("next", cx.temps.read(record));
      if (item === null) {
        cx.emitExpression(t.logicalExpression("||", read("done"), step), pattern);
      } else if (t.isRestElement(item)) {
        element(cx, item.argument as t.LVal, cx.kit("collect", cx.temps.read(record)));
      } else {
        const exhausted = t.logicalExpression("||", read("done"), t.unaryExpression("!", step));
        const nothing = t.unaryExpression("void", t.numericLiteral(0));
        element(cx, item as t.LVal, t.conditionalExpression(exhausted, nothing, read("value")));
      }
    }
    cx.emitter.go(stop);
  });
  cx.drop(record);
}

/** One element: `read` is evaluated after the target, before the default. */
function element(cx: Lowering, node: t.LVal, read: t.Expression): void {
  const target = (t.isAssignmentPattern(node) ? node.left : node) as t.LVal;
  const fallback = t.isAssignmentPattern(node) ? node.right : null;
  if (t.isObjectPattern(target) || t.isArrayPattern(target)) {
    const value = withDefault(cx, read, fallback);
    if (!cx.suspends(target)) return cx.assign(cx.rewrite(target), value, node);
    const source = cx.saveTemp(value, true);
    destructure(cx, target, source);
    return cx.drop(source);
  }
  const ref = reference(cx, target, [fallback]);
  cx.emitExpression(located(ref.write(withDefault(cx, read, fallback)), node), node);
}

function withDefault(cx: Lowering, read: t.Expression, fallback: t.Expression | null): t.Expression {
  if (!fallback) return read;
  cx.toValue(read);
  const isMissing = t.binaryExpression("===", cx.v(), t.unaryExpression("void", t.numericLiteral(0)));
  if (!cx.suspends(fallback)) return t.conditionalExpression(isMissing, cx.rewrite(fallback), cx.v());
  const given = new Label();
  isMissing.operator = "!==";
  jumpOn(cx, isMissing, given);
  cx.toValue(explode(cx, fallback));
  cx.emitter.mark(given);
  return cx.v();
}
