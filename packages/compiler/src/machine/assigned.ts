import * as t from "@babel/types";
import { children } from "./suspension.js";

const cache = new WeakMap<t.Node, ReadonlySet<string>>();

/**
 * The names that evaluating `node` may assign. A local that no closure captures (those live in scope objects) changes
 * only through code of its own function, so a read can be delayed past anything that does not assign it.
 */
export function assignedIn(node: t.Node): ReadonlySet<string> {
  const known = cache.get(node);
  if (known) return known;
  const names = new Set<string>();
  collect(node, names);
  cache.set(node, names);
  return names;
}

function collect(node: t.Node, names: Set<string>): void {
  switch (node.type) {
    case "AssignmentExpression":
    case "ForInStatement":
    case "ForOfStatement":
      for (const name of patternNames(node.left)) names.add(name);
      break;
    case "UpdateExpression":
      for (const name of patternNames(node.argument)) names.add(name);
      break;
    case "VariableDeclarator":
      for (const name of patternNames(node.id)) names.add(name);
      break;
  }
  for (const child of children(node)) {
    for (const name of assignedIn(child)) names.add(name);
  }
}

/** The identifiers a target binds or assigns: `{ a, b: [c], ...d }` gives a, c, d; member targets give none. */
export function patternNames(node: t.Node | null | undefined): string[] {
  if (!node) return [];
  switch (node.type) {
    case "Identifier":
      return [node.name];
    case "ObjectPattern":
      return node.properties.flatMap((p) => patternNames(t.isRestElement(p) ? p.argument : p.value));
    case "ArrayPattern":
      return node.elements.flatMap((element) => patternNames(element));
    case "AssignmentPattern":
      return patternNames(node.left);
    case "RestElement":
      return patternNames(node.argument);
    case "VariableDeclaration":
      return node.declarations.flatMap((d) => patternNames(d.id));
    case "ParenthesizedExpression":
      return patternNames(node.expression);
    default:
      return [];
  }
}
