/**
 * What a machine makes of a frame: labels, slots, temporaries and the code between them. Equal layouts can take each other's frames.
 * Names, ids and places do not count, so that other code of the program changes nothing here; a release that lowers differently does.
 */
import * as t from "@babel/types";
import { hashOf } from "./source-text.js";

/** `prefix`: what generated names begin with. */
export function layoutHash(declarations: readonly t.Statement[], kit: string, prefix: string): string {
  const parts: string[] = [];
  const numbers = new Map<string, string>();
  const scope = new RegExp(`^${prefix.replace(/\$/g, "\\$")}s\\d+$`);
  const frame = frameName(declarations);
  const known = (name: string): string => {
    if (name === kit) return "kit";
    let number = numbers.get(name);
    if (number === undefined) {
      number = `#${numbers.size}`;
      numbers.set(name, number);
    }
    return number;
  };
  const isFrame = (node: t.Node): boolean => t.isIdentifier(node, { name: frame }) || t.isThisExpression(node);
  const isScope = (node: t.Node): boolean =>
    (t.isIdentifier(node) && scope.test(node.name)) ||
    (t.isMemberExpression(node) &&
      isFrame(node.object) &&
      t.isIdentifier(node.property) &&
      scope.test(node.property.name));
  const visit = (node: t.Node | null | undefined): void => {
    if (node == null) return void parts.push("-");
    parts.push(node.type);
    if (t.isIdentifier(node)) return void parts.push(known(node.name));
    // Names for messages, and the author's own texts: those count in the function's hash.
    if (t.isStringLiteral(node)) return;
    if (t.isMemberExpression(node) && !node.computed && t.isIdentifier(node.property)) {
      visit(node.object);
      // Slots of frames and scopes carry the names of variables, which the bundler may have changed.
      const isSlot = isFrame(node.object) || isScope(node.object);
      return void parts.push(isSlot ? known(`.${node.property.name}`) : node.property.name);
    }
    if (isTemplateSite(node, kit)) {
      for (const argument of node.arguments.slice(1)) visit(argument as t.Node);
      return;
    }
    for (const key of t.NODE_FIELDS[node.type] === undefined ? [] : Object.keys(t.NODE_FIELDS[node.type]!)) {
      const value = (node as unknown as Record<string, unknown>)[key];
      if (Array.isArray(value)) {
        for (const one of value) {
          if (one !== null && typeof one === "object" && "type" in one) visit(one as t.Node);
          else parts.push(one === null ? "-" : JSON.stringify(one));
        }
        parts.push("]");
      } else if (value !== null && typeof value === "object") {
        if ("type" in value) visit(value as t.Node);
        else parts.push(JSON.stringify(value));
      } else if (value !== undefined && value !== null) parts.push(String(value));
    }
  };
  for (const one of declarations) {
    if (t.isFunctionDeclaration(one) || t.isVariableDeclaration(one)) visit(one);
  }
  return hashOf(parts.join("\n"));
}

/** Of a machine: its first parameter. */
function frameName(declarations: readonly t.Statement[]): string {
  for (const one of declarations) {
    const [first] = t.isFunctionDeclaration(one) && one.params.length === 3 ? one.params : [];
    if (t.isIdentifier(first)) return first.name;
  }
  return "";
}

/** `_k.tpl(site, …)`: the number of the site is the program's. */
const isTemplateSite = (node: t.Node, kit: string): node is t.CallExpression =>
  t.isCallExpression(node) &&
  t.isMemberExpression(node.callee) &&
  t.isIdentifier(node.callee.object, { name: kit }) &&
  t.isIdentifier(node.callee.property, { name: "tpl" });
