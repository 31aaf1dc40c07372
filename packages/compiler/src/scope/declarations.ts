/** Which names a statement list, a pattern or a function body declares, and where. */
import * as t from "@babel/types";
import type { Binding, BindingKind, Scope } from "./model.js";
import type { Walk } from "./walk.js";

export const isLexical = (kind: string) => kind !== "var";
const isLexicalBinding = (b: Binding) => b.kind === "let" || b.kind === "const" || b.kind === "class";

export function bindPattern(node: t.Node | null | undefined, kind: BindingKind, target: Scope, end: number): void {
  if (!node) return;
  if (t.isIdentifier(node)) target.declare(node.name, kind, end, node);
  else if (t.isObjectPattern(node))
    for (const p of node.properties)
      bindPattern(t.isRestElement(p) ? p.argument : (p.value as t.Node), kind, target, end);
  else if (t.isArrayPattern(node)) for (const e of node.elements) bindPattern(e, kind, target, end);
  else if (t.isAssignmentPattern(node)) bindPattern(node.left, kind, target, end);
  else if (t.isRestElement(node)) bindPattern(node.argument, kind, target, end);
}

export function declareVariables(node: t.VariableDeclaration, target: Scope, end?: number): void {
  for (const d of node.declarations) {
    bindPattern(d.id as t.Node, node.kind as BindingKind, target, end ?? d.end ?? 0);
    const binding = t.isIdentifier(d.id) ? target.bindings.get(d.id.name) : undefined;
    if (binding?.node === d.id) binding.initializer = d.init ?? undefined;
  }
}

/** `var` and, at the top of a function, function declarations, wherever they stand in the body. */
export function hoistVars(node: t.Node | null | undefined, target: Scope): void {
  if (!node) return;
  if (t.isFunction(node) || t.isClass(node) || t.isExpression(node)) return;
  if (t.isVariableDeclaration(node)) {
    if (node.kind === "var") declareVariables(node, target);
    return;
  }
  for (const key of t.VISITOR_KEYS[node.type] ?? []) {
    const child = (node as unknown as Record<string, t.Node | t.Node[] | null>)[key];
    if (Array.isArray(child)) for (const c of child) hoistVars(c, target);
    else hoistVars(child, target);
  }
}

export function declareLexical(w: Walk, statements: readonly t.Node[], target: Scope): void {
  for (const entry of statements) {
    let s: t.Node = entry;
    if ((t.isExportNamedDeclaration(s) || t.isExportDefaultDeclaration(s)) && s.declaration) s = s.declaration;
    while (t.isLabeledStatement(s)) s = s.body;
    if (t.isFunctionDeclaration(s) && s.id) {
      const annexB =
        target.kind !== "program" &&
        target.kind !== "params" &&
        target.kind !== "body" &&
        !w.fn.strict &&
        !s.async &&
        !s.generator;
      if (annexB && !shadowed(w, s.id.name, target)) w.fn.body.declare(s.id.name, "var", -1, s.id);
      else target.declare(s.id.name, "function", -1, s);
    } else if (t.isClassDeclaration(s) && s.id) target.declare(s.id.name, "class", s.end ?? 0, s.id);
    else if (t.isVariableDeclaration(s) && isLexical(s.kind)) declareVariables(s, target);
    else if (t.isImportDeclaration(s)) for (const x of s.specifiers) target.declare(x.local.name, "import", -1, x);
  }
}

/** A function in a block of sloppy code is a `var` of its function, unless that would clash with a lexical name. */
function shadowed(w: Walk, name: string, from: Scope): boolean {
  for (let s: Scope | undefined = from; s && s !== s.fn.body; s = s.parent) {
    const b = s.bindings.get(name);
    if (b && b.kind !== "function" && b.kind !== "catch") return true;
  }
  const top = w.fn.body.bindings.get(name);
  if (top !== undefined && (isLexicalBinding(top) || top.kind === "param")) return true;
  return w.fn.scope.bindings.get(name)?.kind === "param";
}
