/** Optional chains that hold a private name: `a?.b.#c(d)` becomes a conditional, since calls replace its links. */
import * as t from "@babel/types";
import { assign, type Conversion, undefinedValue } from "./context.js";
import { isPrivateMember } from "./private-access.js";

type Link = t.OptionalMemberExpression | t.OptionalCallExpression;
const isLink = (node: t.Node): node is Link => t.isOptionalMemberExpression(node) || t.isOptionalCallExpression(node);
const inner = (node: Link): t.Expression =>
  (t.isOptionalMemberExpression(node) ? node.object : node.callee) as t.Expression;

export function holdsPrivate(node: t.Node): boolean {
  for (let link: t.Node = node; isLink(link); link = inner(link)) if (isPrivateMember(link)) return true;
  return false;
}

/** Rewrites the chain with ordinary members, calls and conditionals; the result still has to be converted. */
export function lowerChain(c: Conversion, node: Link): t.Expression {
  const links: Link[] = [];
  let base: t.Expression = node;
  while (isLink(base)) {
    links.unshift(base);
    base = inner(base);
  }
  const tests: t.Expression[] = [];
  let value: t.Expression = base;
  let receiver: t.Expression | undefined;
  for (const link of links) {
    if (link.optional) {
      if (t.isOptionalCallExpression(link) && t.isMemberExpression(value)) {
        // Keep the receiver of `a.b?.()`.
        const object = c.temporary();
        value.object = assign(object, value.object as t.Expression);
        receiver = t.cloneNode(object);
      }
      const held = c.temporary();
      tests.push(t.binaryExpression("==", assign(held, value), t.nullLiteral()));
      value = t.cloneNode(held);
    }
    if (t.isOptionalMemberExpression(link)) {
      value = t.memberExpression(value, link.property as t.Expression, link.computed);
      receiver = undefined;
    } else {
      value = receiver
        ? t.callExpression(t.memberExpression(value, t.identifier("call")), [receiver, ...link.arguments])
        : t.callExpression(value, link.arguments);
      receiver = undefined;
    }
    if (link.loc) value.loc = link.loc;
  }
  return tests.reduceRight((rest, test) => t.conditionalExpression(test, undefinedValue(), rest), value);
}
