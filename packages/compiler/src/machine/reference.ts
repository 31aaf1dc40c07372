import * as t from "@babel/types";
import { explode } from "./expressions.js";
import type { Lowering } from "./lowering.js";
import { located } from "./rewrite.js";
import type { Temp } from "./temps.js";

/** An assignment target whose object and key have been evaluated. */
export interface Reference {
  read(): t.Expression;
  write(value: t.Expression): t.Expression;
  /** Pinned temporaries of the target, when it is used more than once. */
  readonly temps: readonly Temp[];
  /** The next use is the last one. */
  last(): void;
}

/**
 * Evaluates a target before `later` (the right-hand side, a default) is. With `reused` it can be read and written.
 * The key is converted where it is used, as V8 does it.
 */
export function reference(
  cx: Lowering,
  target: t.LVal | t.Expression,
  later: readonly (t.Node | null | undefined)[],
  reused = false,
): Reference {
  if (t.isParenthesizedExpression(target)) return reference(cx, target.expression, later, reused);
  if (!t.isMemberExpression(target)) {
    const made = () => cx.rewrite(t.cloneNode(target as t.Identifier));
    return { read: made, write: (value) => t.assignmentExpression("=", made(), value), temps: [], last() {} };
  }
  const temps: Temp[] = [];
  const keep = (node: t.Expression, rest: readonly (t.Node | null | undefined)[]): (() => t.Expression) => {
    const stable = cx.isStable(node, rest);
    const residual = explode(cx, node);
    if (stable) return () => t.cloneNode(residual);
    const temp = cx.saveTemp(residual, reused);
    if (reused) temps.push(temp);
    return () => cx.temps.read(temp);
  };
  const { computed } = target;
  const property = target.property as t.Expression;
  const object = keep(target.object as t.Expression, computed ? [property, ...later] : later);
  const key = computed ? keep(property, later) : () => t.cloneNode(property);
  const made = () => located(t.memberExpression(object(), key(), computed), target);
  return {
    read: made,
    write: (value) => t.assignmentExpression("=", made(), value),
    temps,
    last: () => {
      for (const temp of temps) temp.pinned = false;
    },
  };
}
