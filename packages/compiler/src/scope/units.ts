/** Functions and classes: the units that a continuation is made of, each with its scopes. */
import * as t from "@babel/types";
import { syntaxError } from "../compile-error.js";
import { bindPattern, declareLexical, hoistVars } from "./declarations.js";
import { ClassUnit, type FunctionKind, FunctionUnit } from "./model.js";
import { statements, visit, visitPattern, type Walk } from "./walk.js";

const hasExpressions = (params: readonly t.Node[]) =>
  params.some((p) => !(t.isIdentifier(p) || (t.isRestElement(p) && t.isIdentifier(p.argument))));

export const usesStrict = (directives: readonly t.Directive[] | undefined | null) =>
  (directives ?? []).some((d) => d.value.value === "use strict");

const isStaticInitializer = (m: t.Node): boolean =>
  t.isStaticBlock(m) || ((t.isClassProperty(m) || t.isClassPrivateProperty(m)) && m.static === true);

export function visitFunction(w: Walk, node: t.Function, kind: FunctionKind): void {
  const made = new FunctionUnit(kind, node, w.unit);
  made.strict =
    w.fn.strict ||
    w.inClassHead ||
    w.unit instanceof ClassUnit ||
    (t.isBlockStatement(node.body) && usesStrict(node.body.directives));
  made.native = kind === "arrow" && containsSuperCall(node);
  if (made.native && made.isAsync)
    w.refused.push(
      syntaxError(
        node,
        "KWF_SUPER_CALL",
        "an async arrow function cannot call super(): a continuation cannot hold a constructor that has not finished",
        "call super() in the constructor itself and await behind it, in a method",
      ),
    );
  made.parametersNeedStatements = hasExpressions(node.params) && node.params.some(holdsClosure);
  enterFunction(w, made, () => {
    const params = w.newScope("params", node, made);
    made.scope = params;
    made.body = params;
    w.scopeOf.set(node, params);
    w.within(params, () => {
      if (t.isFunctionExpression(node) && node.id) params.declare(node.id.name, "self", -1, node.id);
      const complex = hasExpressions(node.params);
      for (const p of node.params) bindPattern(p, "param", params, p.end ?? 0);
      if (complex) for (const b of params.bindings.values()) if (b.kind === "param") b.deadParam = true;
      for (const p of node.params) visitPattern(w, p);
      if (!t.isBlockStatement(node.body)) return visit(w, node.body);
      const body = complex ? w.newScope("body", node.body, made) : params;
      made.body = body;
      w.scopeOf.set(node.body, body);
      w.within(body, () => {
        const list = (node.body as t.BlockStatement).body;
        for (const s of list) hoistVars(s, body);
        declareLexical(w, list, body);
        statements(w, list);
      });
    });
  });
}

export function visitClass(w: Walk, node: t.Class): void {
  if (node.decorators?.length)
    w.refused.push(syntaxError(node, "KWF_DECORATOR", "decorators must be lowered before this pass"));
  const made = new ClassUnit(node, w.fn);
  w.classes.push(made);
  w.classOf.set(node, made);
  const inner = w.newScope("class", node);
  made.scope = inner;
  w.scopeOf.set(node, inner);
  w.within(inner, () => {
    // A class declared at the top of the program is not copied into the table: its outer name serves as the inner one.
    const outerServes =
      t.isClassDeclaration(node) && inner.parent?.kind === "program" && !node.body.body.some(isStaticInitializer);
    if (node.id && !outerServes)
      inner.declare(node.id.name, "const", node.end ?? 0, node.id).declaredAt = Number.POSITIVE_INFINITY;
    for (const m of node.body.body) {
      if ((t.isClassPrivateMethod(m) || t.isClassPrivateProperty(m)) && !inner.bindings.has(`#${m.key.id.name}`))
        inner.declare(`#${m.key.id.name}`, "private", -1, m).captured = true;
      if (t.isClassAccessorProperty(m))
        w.refused.push(syntaxError(m, "KWF_ACCESSOR", "auto-accessors must be lowered before this pass"));
    }
    const outerHead = w.inClassHead;
    w.inClassHead = true;
    visit(w, node.superClass);
    for (const m of node.body.body) if ("computed" in m && m.computed) visit(w, m.key as t.Node);
    w.inClassHead = outerHead;
    const outerUnit = w.unit;
    w.unit = made;
    for (const m of node.body.body) {
      if (t.isClassMethod(m) || t.isClassPrivateMethod(m)) {
        visitFunction(w, m as unknown as t.Function, m.kind === "constructor" ? "constructor" : "method");
        (w.functionOf.get(m) as FunctionUnit).homeStatic = m.static === true;
      } else if (t.isClassProperty(m) || t.isClassPrivateProperty(m)) {
        if (m.value) initializer(w, m, "field", m.static === true, () => visit(w, m.value));
      } else if (t.isStaticBlock(m))
        initializer(w, m, "static", true, () => {
          for (const s of m.body) hoistVars(s, w.fn.body);
          declareLexical(w, m.body, w.fn.body);
          statements(w, m.body);
        });
    }
    w.unit = outerUnit;
  });
}

function initializer(w: Walk, node: t.Node, kind: FunctionKind, isStatic: boolean, work: () => void): void {
  const made = new FunctionUnit(kind, node, w.unit);
  made.strict = true;
  made.homeStatic = isStatic;
  enterFunction(w, made, () => {
    const inner = w.newScope("body", node, made);
    made.scope = inner;
    made.body = inner;
    w.scopeOf.set(node, inner);
    w.within(inner, work);
  });
}

function enterFunction(w: Walk, made: FunctionUnit, work: () => void): void {
  const [outerFn, outerUnit] = [w.fn, w.unit];
  w.functions.push(made);
  w.functionOf.set(made.node, made);
  w.fn = made;
  w.unit = made;
  try {
    work();
  } finally {
    w.fn = outerFn;
    w.unit = outerUnit;
  }
}

export function containsSuperCall(node: t.Node): boolean {
  let found = false;
  const look = (n: t.Node | null | undefined): void => {
    if (!n || found) return;
    if (t.isCallExpression(n) && t.isSuper(n.callee)) {
      found = true;
      return;
    }
    if (n !== node && (t.isClass(n) || (t.isFunction(n) && !t.isArrowFunctionExpression(n)))) return;
    for (const key of t.VISITOR_KEYS[n.type] ?? []) {
      const child = (n as unknown as Record<string, t.Node | t.Node[] | null>)[key];
      if (Array.isArray(child)) child.forEach(look);
      else look(child);
    }
  };
  look(node);
  return found;
}

function holdsClosure(node: t.Node | null | undefined): boolean {
  if (!node) return false;
  if (t.isFunction(node) || t.isClass(node)) return true;
  return (t.VISITOR_KEYS[node.type] ?? []).some((key) => {
    const child = (node as unknown as Record<string, t.Node | t.Node[] | null>)[key];
    return Array.isArray(child) ? child.some(holdsClosure) : holdsClosure(child);
  });
}
