/** Statements and the heads of their blocks: scope objects, dead zones, hoisted functions. */
import * as t from "@babel/types";
import { isTable } from "../plan.js";
import type { FunctionUnit, Scope } from "../scope/model.js";
import { classInPlace, classValue } from "./classes.js";
import { assign, type Conversion, declare, statement as expressionStatement } from "./context.js";
import { expression } from "./expressions.js";
import { declarationInPlace, functionValue } from "./functions.js";
import { isLoop, loop } from "./loops.js";
import {
  bindCaptured,
  bindsCaptured,
  createScope,
  markUninitialized,
  pattern,
  place,
  variableStatements,
} from "./variables.js";

/** A statement list after its scope object was made: functions first, then the statements in order. */
export function statementList(c: Conversion, list: readonly t.Statement[], scope: Scope): t.Statement[] {
  const out = hoistedFunctions(c, list, scope);
  for (const s of list) out.push(...statement(c, s));
  return out;
}

export function block(c: Conversion, list: readonly t.Statement[], scope: Scope): t.Statement[] {
  return [...createScope(scope), ...markUninitialized(c, scope), ...statementList(c, list, scope)];
}

/** Function declarations have their value from the start of their block. */
function hoistedFunctions(c: Conversion, list: readonly t.Statement[], scope: Scope): t.Statement[] {
  const out: t.Statement[] = [];
  for (const entry of list) {
    let s: t.Node = entry;
    while (t.isLabeledStatement(s)) s = s.body;
    if (!t.isFunctionDeclaration(s) || !s.id) continue;
    const unit = c.analysis.functionOf.get(s) as FunctionUnit;
    if (!isTable(unit)) continue;
    const binding = c.reference(s.id)?.binding ?? scope.lookup(s.id.name);
    const value = functionValue(c, s);
    if (!binding) throw new Error(`function ${s.id.name} has no binding`);
    const where = place(binding);
    const atFunctionTop =
      scope.kind === "params" || scope.kind === "body" || scope.kind === "program" || binding.scope !== scope;
    const made = t.isIdentifier(where)
      ? declare(atFunctionTop ? "var" : "let", where.name, value)
      : expressionStatement(assign(where, value));
    if (s.loc) made.loc = s.loc;
    out.push(made);
  }
  return out;
}

/** One statement as a single node, for bodies that are not lists. */
export function single(c: Conversion, node: t.Statement): t.Statement {
  const made = statement(c, node);
  return made.length === 1 ? (made[0] as t.Statement) : t.blockStatement(made);
}

export function statement(c: Conversion, node: t.Statement): t.Statement[] {
  const made = convert(c, node);
  for (const s of made) if (!s.loc && node.loc) s.loc = node.loc;
  return made;
}

function convert(c: Conversion, node: t.Statement): t.Statement[] {
  switch (node.type) {
    case "FunctionDeclaration":
      return isTable(c.analysis.functionOf.get(node) as FunctionUnit) ? [] : declarationInPlace(c, node);
    case "VariableDeclaration":
      return variableStatements(c, node);
    case "ClassDeclaration":
      return classDeclaration(c, node);
    case "BlockStatement":
      node.body = block(c, node.body, c.scope(node));
      return [node];
    case "IfStatement":
      node.test = expression(c, node.test);
      node.consequent = single(c, node.consequent);
      if (node.alternate) node.alternate = single(c, node.alternate);
      return [node];
    case "LabeledStatement":
      return labeled(c, node);
    case "SwitchStatement":
      return switching(c, node);
    case "TryStatement":
      node.block.body = block(c, node.block.body, c.scope(node.block));
      if (node.handler) catching(c, node.handler);
      if (node.finalizer) node.finalizer.body = block(c, node.finalizer.body, c.scope(node.finalizer));
      return [node];
    case "ExpressionStatement":
      node.expression = expression(c, node.expression);
      return [node];
    case "ReturnStatement":
    case "ThrowStatement":
      if (node.argument) node.argument = expression(c, node.argument);
      return [node];
    case "ExportNamedDeclaration":
    case "ExportDefaultDeclaration":
    case "ExportAllDeclaration":
    case "ImportDeclaration":
    case "BreakStatement":
    case "ContinueStatement":
    case "EmptyStatement":
    case "DebuggerStatement":
      return [node];
  }
  if (isLoop(node)) return loop(c, node, []);
  throw new Error(`unexpected statement ${node.type}`);
}

function labeled(c: Conversion, node: t.LabeledStatement): t.Statement[] {
  const labels = [node.label];
  let body: t.Statement = node.body;
  while (t.isLabeledStatement(body)) {
    labels.push(body.label);
    body = body.body;
  }
  if (isLoop(body)) return loop(c, body, labels);
  if (t.isFunctionDeclaration(body)) return statement(c, body);
  return [labels.reduceRight<t.Statement>((inner, label) => t.labeledStatement(label, inner), single(c, body))];
}

function classDeclaration(c: Conversion, node: t.ClassDeclaration): t.Statement[] {
  if (!c.analysis.classOf.get(node)?.needsFactory) return classInPlace(c, node) as t.Statement[];
  const value = classValue(c, node);
  const binding = node.id && c.reference(node.id)?.binding;
  if (!binding) throw new Error("class declaration without a name");
  const where = place(binding);
  return [t.isIdentifier(where) ? declare("let", where.name, value) : expressionStatement(assign(where, value))];
}

function switching(c: Conversion, node: t.SwitchStatement): t.Statement[] {
  const scope = c.scope(node);
  node.discriminant = expression(c, node.discriminant);
  const before = [...createScope(scope), ...markUninitialized(c, scope)];
  const functions = hoistedFunctions(
    c,
    node.cases.flatMap((k) => k.consequent),
    scope,
  );
  if (functions.length) {
    // The discriminant does not see the names of the cases.
    const held = c.temporary();
    before.unshift(expressionStatement(assign(held, node.discriminant)));
    node.discriminant = t.cloneNode(held);
  }
  for (const k of node.cases) {
    k.test = k.test ? expression(c, k.test) : null;
    k.consequent = k.consequent.flatMap((s) => statement(c, s));
  }
  return before.length + functions.length ? [t.blockStatement([...before, ...functions, node])] : [node];
}

function catching(c: Conversion, node: t.CatchClause): void {
  const scope = c.scope(node);
  const body = block(c, node.body.body, c.scope(node.body));
  if (!node.param) {
    node.body.body = body;
    return;
  }
  if (t.isIdentifier(node.param) && !bindsCaptured(c, node.param)) {
    const param = pattern(c, node.param, true) as t.Identifier;
    node.param = param;
    node.body.body = [expressionStatement(c.kit("err", t.cloneNode(param))), ...body];
    return;
  }
  const caught = c.fresh();
  const bound = bindCaptured(c, "let", node.param, c.kit("err", t.identifier(caught)));
  node.param = t.identifier(caught);
  node.body = t.blockStatement([...createScope(scope), ...bound, t.blockStatement(body)]);
}
