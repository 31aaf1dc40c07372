/**
 * Function names as ECMA-262 gives them (NamedEvaluation), found before the passes move functions out of the places
 * that name them. Names come from the original text where the bundler renamed a variable.
 */
import * as t from "@babel/types";

/** Original name of an identifier that the bundler may have renamed. */
export type OriginalName = (identifier: t.Identifier) => string;

/** A name that is only known at run time: the value of a computed key. */
export const COMPUTED = Symbol("computed key");
export type FunctionName = string | typeof COMPUTED;

const isAnonymous = (node: t.Node | null | undefined): node is t.Function | t.ClassExpression =>
  !!node &&
  ((t.isFunctionExpression(node) && !node.id) ||
    t.isArrowFunctionExpression(node) ||
    (t.isClassExpression(node) && !node.id));

export function inferNames(program: t.Program, originalName: OriginalName): Map<t.Node, FunctionName> {
  const names = new Map<t.Node, FunctionName>();
  const give = (node: t.Node | null | undefined, target: t.Node | null | undefined): void => {
    if (isAnonymous(node) && t.isIdentifier(target) && !target.extra?.parenthesized)
      names.set(node, originalName(target));
  };
  const keyName = (node: { computed?: boolean | null; key: t.Node }): FunctionName => {
    if (node.computed && !t.isStringLiteral(node.key) && !t.isNumericLiteral(node.key)) return COMPUTED;
    return staticKey(node.key);
  };

  const visit = (node: t.Node): void => {
    switch (node.type) {
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ClassDeclaration":
      case "ClassExpression":
        if (node.id) names.set(node, originalName(node.id));
        break;
      case "VariableDeclarator":
        give(node.init, node.id as t.Node);
        break;
      case "AssignmentExpression":
        if (node.operator === "=" || /^(&&|\|\||\?\?)=$/.test(node.operator)) give(node.right, node.left);
        break;
      case "AssignmentPattern":
        give(node.right, node.left);
        break;
      case "ObjectProperty":
        if (isAnonymous(node.value) && !isPrototypeKey(node)) names.set(node.value, keyName(node));
        break;
      case "ObjectMethod":
      case "ClassMethod": {
        const name = keyName(node);
        const prefix = node.kind === "get" || node.kind === "set" ? `${node.kind} ` : "";
        names.set(node, name === COMPUTED ? name : prefix + name);
        break;
      }
      case "ClassPrivateMethod":
        names.set(node, `${node.kind === "get" || node.kind === "set" ? `${node.kind} ` : ""}#${node.key.id.name}`);
        break;
      case "ClassProperty":
        if (isAnonymous(node.value)) names.set(node.value, keyName(node));
        break;
      case "ClassPrivateProperty":
        if (isAnonymous(node.value)) names.set(node.value, `#${node.key.id.name}`);
        break;
      case "ExportDefaultDeclaration":
        if (!("id" in node.declaration) || !node.declaration.id) names.set(node.declaration, "default");
        break;
    }
    for (const key of t.VISITOR_KEYS[node.type] ?? []) {
      const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null>)[key];
      if (Array.isArray(child)) {
        for (const c of child) if (c) visit(c);
      } else if (child) visit(child);
    }
  };
  visit(program);
  return names;
}

export function staticKey(key: t.Node): string {
  if (t.isIdentifier(key)) return key.name;
  if (t.isStringLiteral(key)) return key.value;
  if (t.isNumericLiteral(key)) return String(key.value);
  if (t.isBigIntLiteral(key)) return BigInt(key.value).toString();
  if (t.isPrivateName(key)) return `#${key.id.name}`;
  throw new Error(`not a static key: ${key.type}`);
}

const isPrototypeKey = (p: t.ObjectProperty) => !p.computed && !p.shorthand && staticKey(p.key) === "__proto__";
