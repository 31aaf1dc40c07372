import * as t from "@babel/types";
import { explode } from "./expressions.js";
import type { Lowering } from "./lowering.js";

type Operand = t.Expression | t.SpreadElement;

/**
 * Evaluates operands left to right and gives residuals that may be combined in one expression. What comes before the
 * last suspension point is kept in temporaries, unless it is the same afterwards.
 */
export function operands(cx: Lowering, nodes: readonly t.Expression[]): t.Expression[] {
  const last = nodes.findLastIndex((node) => cx.suspends(node));
  return nodes.map((node, index) => {
    if (index >= last) return explode(cx, node);
    return cx.save(node, explode(cx, node), nodes.slice(index + 1, last + 1));
  });
}

/** The same for a list with holes and spreads; a spread before a suspension point is drained in its turn. */
export function elements(cx: Lowering, nodes: readonly (Operand | null)[]): (Operand | null)[] {
  const last = nodes.findLastIndex((node) => cx.suspends(node));
  return nodes.map((node, index) => {
    if (node === null) return null;
    const later = nodes.slice(index + 1, last + 1);
    if (!t.isSpreadElement(node)) {
      const residual = explode(cx, node);
      return index < last ? cx.save(node, residual, later) : residual;
    }
    const spread = t.spreadElement(explode(cx, node.argument));
    spread.loc = node.loc ?? null;
    if (index >= last) return spread;
    return t.spreadElement(cx.temps.read(cx.saveTemp(t.arrayExpression([spread]))));
  });
}

export function callArguments(cx: Lowering, nodes: t.CallExpression["arguments"]): Operand[] {
  return elements(cx, nodes as Operand[]) as Operand[];
}
