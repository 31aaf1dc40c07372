import * as t from "@babel/types";
import { explode } from "./expressions.js";
import type { Lowering } from "./lowering.js";
import { elements } from "./operands.js";
import { located, longhand } from "./rewrite.js";

export function explodeArray(cx: Lowering, node: t.ArrayExpression): t.Expression {
  node.elements = elements(cx, node.elements);
  return node;
}

/**
 * The literal is built once all its values are there: nobody can see the object before. Keys are converted and spreads
 * copied in their turn.
 */
export function explodeObject(cx: Lowering, node: t.ObjectExpression): t.Expression {
  const last = node.properties.findLastIndex((property) => cx.suspends(property));
  node.properties.forEach((property, index) => {
    const later = node.properties.slice(index + 1, last + 1);
    if (t.isSpreadElement(property)) {
      property.argument = explode(cx, property.argument);
      if (index < last) {
        const copy = t.objectExpression([t.spreadElement(property.argument)]);
        property.argument = cx.temps.read(cx.saveTemp(copy));
      }
      return;
    }
    if (!t.isObjectProperty(property)) return;
    const value = property.value as t.Expression;
    if (property.computed) {
      const key = explode(cx, property.key as t.Expression);
      const kept = index < last || cx.suspends(value);
      property.key = kept && !isKey(property.key) ? cx.temps.read(cx.saveTemp(cx.kit("key", key))) : key;
    }
    longhand(property);
    const residual = explode(cx, value);
    property.value = index < last ? cx.save(value, residual, later) : residual;
  });
  return node;
}

function isKey(node: t.Node): boolean {
  return t.isStringLiteral(node) || t.isNumericLiteral(node);
}

/** Substitutions are converted to strings in their turn (ECMA-262 13.2.8.6). */
export function explodeTemplate(cx: Lowering, node: t.TemplateLiteral): t.Expression {
  let quasis = node.quasis.slice(0, 1);
  let values: t.Expression[] = [];
  node.expressions.forEach((expression, index) => {
    if (cx.suspends(expression) && values.length > 0) {
      values = [cx.temps.read(cx.saveTemp(t.templateLiteral(quasis, values)))];
      quasis = [piece(""), piece("")];
    }
    values.push(explode(cx, expression as t.Expression));
    quasis.push(node.quasis[index + 1]!);
  });
  return located(t.templateLiteral(quasis, values), node);
}

function piece(text: string): t.TemplateElement {
  return t.templateElement({ raw: text, cooked: text });
}
