import * as t from "@babel/types";

/** Every node of a tree, parents first, in the order of the source. */
export function walk(node: t.Node, visit: (node: t.Node, parent: t.Node | undefined) => void, parent?: t.Node): void {
  visit(node, parent);
  for (const key of t.VISITOR_KEYS[node.type] ?? []) {
    const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key];
    if (Array.isArray(child)) {
      for (const one of child) if (one) walk(one, visit, node);
    } else if (child) walk(child, visit, node);
  }
}
