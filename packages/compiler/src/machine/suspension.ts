import * as t from "@babel/types";

/**
 * Which nodes of one function contain a suspension point. Everything else keeps its shape.
 *
 * In an async generator `return x` awaits x, so it counts; `for await` counts for its own awaits.
 */
export class Suspension {
  readonly #nodes = new Set<t.Node>();
  readonly #returnAwaits: boolean;

  constructor(roots: readonly t.Node[], isAsyncGenerator: boolean) {
    this.#returnAwaits = isAsyncGenerator;
    for (const root of roots) this.#scan(root);
  }

  has(node: t.Node | null | undefined): boolean {
    return node != null && this.#nodes.has(node);
  }

  any(nodes: readonly (t.Node | null | undefined)[]): boolean {
    return nodes.some((node) => this.has(node));
  }

  /** Notes that a made node suspends if the node it wraps does. */
  derive<T extends t.Node>(made: T, from: t.Node): T {
    if (this.has(from)) this.#nodes.add(made);
    return made;
  }

  #scan(node: t.Node): boolean {
    if (t.isFunction(node) || t.isClass(node)) return false;
    let suspends =
      t.isAwaitExpression(node) ||
      t.isYieldExpression(node) ||
      (t.isForOfStatement(node) && node.await) ||
      (this.#returnAwaits && t.isReturnStatement(node) && node.argument != null);
    for (const child of children(node)) {
      if (this.#scan(child)) suspends = true;
    }
    if (suspends) this.#nodes.add(node);
    return suspends;
  }
}

/** The child nodes in source order. */
export function* children(node: t.Node): Generator<t.Node> {
  for (const key of t.VISITOR_KEYS[node.type] ?? []) {
    const child = (node as unknown as Record<string, unknown>)[key];
    if (Array.isArray(child)) {
      for (const item of child) if (item) yield item as t.Node;
    } else if (child) {
      yield child as t.Node;
    }
  }
}
