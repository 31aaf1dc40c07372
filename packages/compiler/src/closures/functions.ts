/**
 * Function literals. One that may be part of a continuation moves into the table as a factory over the scope objects it
 * uses: `const F12 = (s1, s2) => kit.f(12, ({ name: (a) => ... }).name, [s1, s2])`. Making it and restoring it are the
 * same call. Suspendable functions become a wrapper, a frame and a machine (machine/).
 *
 * I1  A function keeps its kind: methods and arrows have no prototype and are no constructors; async functions and
 *     generators are built as methods or arrows.
 * I2  Parameters stay as written unless one of them is captured or holds a function; then they are bound by statements,
 *     under dummies that keep `length`.
 */
import * as t from "@babel/types";
import { lowerSuspendable } from "../machine/index.js";
import { COMPUTED } from "../names.js";
import { isTable } from "../plan.js";
import type { Binding, FunctionUnit } from "../scope/model.js";
import { layoutHash } from "../structure/layout.js";
import { assign, type Conversion, declare, slot, statement, undefinedValue } from "./context.js";
import { expression } from "./expressions.js";
import { bindParameters, isSimple, sharedNames } from "./parameters.js";
import { statementList } from "./statements.js";
import { bindsCaptured, createScope, markUninitialized, pattern, place } from "./variables.js";

interface Parts {
  params: t.Function["params"];
  /** Binds parameters that are bound by statements. */
  prologue: t.Statement[];
  body: t.Statement[];
  /** Locals of a suspendable function that the body begins with handing on to a scope. */
  handedOn: string[];
  /** Name of the variable that holds the function itself, where a suspendable function refers to its own name. */
  self: string | undefined;
  /** Name of the array that a suspendable function's prologue reads its arguments from, and the function's `length`. */
  args: string | undefined;
  expected: number | undefined;
}

export const factoryParameters = (unit: { free: ReadonlySet<import("../scope/model.js").Scope> }): t.Identifier[] =>
  [...unit.free]
    .map((s) => s.object as { id: number; variable: string })
    .sort((a, b) => a.id - b.id)
    .map((o) => t.identifier(o.variable));

/** The expression that makes the function where its literal stood. */
export function functionValue(c: Conversion, node: t.Function): t.Expression {
  const unit = c.analysis.functionOf.get(node) as FunctionUnit;
  if (!isTable(unit)) return inPlace(c, unit) as t.Expression;
  const scopes = factoryParameters(unit);
  const { literal, usesSelf } = functionLiteral(c, unit);
  const stamp = ["f", "af", "gf", "agf"][(unit.isAsync ? 1 : 0) + (unit.isGenerator ? 2 : 0)] as string;
  const made = c.kit(stamp, t.numericLiteral(unit.id), literal, t.arrayExpression(scopes.map((s) => t.cloneNode(s))));
  addFactory(
    c,
    unit,
    scopes,
    usesSelf ? [declare("const", c.own.self, made), t.returnStatement(t.identifier(c.own.self))] : made,
    unit.strict,
  );
  return t.callExpression(
    t.identifier(c.factoryName(unit)),
    scopes.map((s) => t.cloneNode(s)),
  );
}

export function addFactory(
  c: Conversion,
  unit: { id: number; free: ReadonlySet<import("../scope/model.js").Scope> },
  params: t.Identifier[],
  body: t.Expression | t.Statement[],
  strict: boolean,
): void {
  const name = c.factoryName(unit);
  const directives = strict && !c.analysis.program.strict ? [t.directive(t.directiveLiteral("use strict"))] : [];
  const block = Array.isArray(body) ? body : directives.length ? [t.returnStatement(body)] : undefined;
  const arrow = t.arrowFunctionExpression(
    params.map((p) => t.cloneNode(p)),
    block ? t.blockStatement(block, directives) : (body as t.Expression),
  );
  c.table.push(declare("const", name, arrow));
  c.factories.set(unit.id, name);
}

/** A function that is not of the table: only its inside is converted. */
function inPlace(c: Conversion, unit: FunctionUnit): t.Function | t.Expression {
  const node = unit.node as t.Function;
  const parts = convertParts(c, unit);
  setParts(node, parts);
  if (t.isFunctionDeclaration(node) || t.isObjectMethod(node) || t.isClassMethod(node)) return node;
  const name = c.names.get(node);
  const written = (node as t.FunctionExpression).id?.name;
  if (typeof name === "string" && written !== undefined && written !== name)
    return c.kit("fname", node as t.Expression, t.stringLiteral(name));
  if (typeof name === "string" && written === undefined && unit.parentFunction?.kind === "program" && c.naming.renames)
    return wrapNamed(name, node as t.Expression);
  return node as t.Expression;
}

export const methodInPlace = (c: Conversion, node: t.ObjectMethod): t.ObjectMethod =>
  inPlace(c, c.analysis.functionOf.get(node) as FunctionUnit) as t.ObjectMethod;

export function declarationInPlace(c: Conversion, node: t.FunctionDeclaration): t.Statement[] {
  const made = inPlace(c, c.analysis.functionOf.get(node) as FunctionUnit) as t.FunctionDeclaration;
  const name = c.names.get(node);
  if (typeof name === "string" && node.id && name !== node.id.name)
    c.hoisted.push(statement(c.kit("fname", t.identifier(node.id.name), t.stringLiteral(name))));
  return [made];
}

/** Replaces parameters and body of a native function. */
export function setParts(node: t.Function, parts: Parts): void {
  node.params = parts.params;
  const body = [...parts.prologue, ...parts.body];
  const only = body[0];
  if (
    t.isArrowFunctionExpression(node) &&
    body.length === 1 &&
    t.isReturnStatement(only) &&
    only.argument &&
    !t.isBlockStatement(node.body)
  ) {
    node.body = only.argument;
    return;
  }
  const directives = t.isBlockStatement(node.body) ? node.body.directives : [];
  const block = t.blockStatement(body, directives);
  if (node.body.loc) block.loc = node.body.loc;
  node.body = block;
  if (t.isArrowFunctionExpression(node)) node.expression = false;
}

function functionLiteral(c: Conversion, unit: FunctionUnit): { literal: t.Expression; usesSelf: boolean } {
  const node = unit.node as t.FunctionExpression | t.ArrowFunctionExpression | t.ObjectMethod | t.FunctionDeclaration;
  const given = c.names.get(node);
  const name = given === undefined || given === COMPUTED ? "" : given;
  if (unit.suspendable) {
    const { params, body, usesSelf } = suspendableParts(c, unit, t.identifier(c.own.self), name);
    if (t.isArrowFunctionExpression(node))
      return { literal: wrapNamed(name, t.arrowFunctionExpression(params as t.Identifier[], body)), usesSelf };
    return { literal: wrapMethod(name, params, body), usesSelf };
  }
  const parts = convertParts(c, unit);
  if (t.isObjectMethod(node)) {
    setParts(node, parts);
    return { literal: wrapMethod(name, node.params, node.body), usesSelf: false };
  }
  if (t.isArrowFunctionExpression(node)) {
    setParts(node, parts);
    return { literal: wrapNamed(name, node), usesSelf: false };
  }
  const self = unit.scope.bindings.get(node.id?.name ?? "");
  const needsId = self?.kind === "self" && self.references.length > 0;
  const made = t.functionExpression(
    needsId ? (node.id ?? null) : null,
    node.params as t.FunctionExpression["params"],
    node.body,
  );
  if (node.loc) made.loc = node.loc;
  setParts(made, parts);
  if (!needsId) return { literal: wrapNamed(name, made), usesSelf: false };
  return { literal: node.id?.name === name ? made : c.kit("fname", made, t.stringLiteral(name)), usesSelf: false };
}

/** Lowers a suspendable function; returns parameters and body of its wrapper. */
export function suspendableParts(
  c: Conversion,
  unit: FunctionUnit,
  self: t.Expression,
  name: string,
): { params: t.Function["params"]; body: t.BlockStatement; usesSelf: boolean } {
  const node = unit.node as t.Function;
  const parts = convertParts(c, unit);
  if (parts.self) parts.body.unshift(declare("var", parts.self));
  const block = t.blockStatement(parts.body);
  const fn = t.isArrowFunctionExpression(node)
    ? t.arrowFunctionExpression(parts.params as t.Identifier[], block, unit.isAsync)
    : t.functionExpression(null, parts.params as t.FunctionExpression["params"], block, unit.isGenerator, unit.isAsync);
  if (node.loc) fn.loc = node.loc;
  const { prefix, kit } = c.naming;
  const lowered = lowerSuspendable(fn, {
    id: unit.id,
    kit,
    isAsync: unit.isAsync,
    isGenerator: unit.isGenerator,
    self,
    captures: factoryParameters(unit).map((p) => p.name),
    handedOn: parts.handedOn,
    isConstant: (x) => x === kit || c.isConstant(x),
    names: { frame: `${prefix}R${unit.id}`, machine: `${prefix}M${unit.id}`, handlers: `${prefix}H${unit.id}` },
    ...(parts.args ? { prologue: { statements: parts.prologue, args: parts.args, length: parts.expected ?? 0 } } : {}),
  });
  if (unit.strict && !c.analysis.program.strict)
    for (const d of lowered.declarations)
      if (t.isFunctionDeclaration(d)) d.body.directives = [t.directive(t.directiveLiteral("use strict"))];
  c.table.push(...lowered.declarations);
  const originals = originalNames(c, unit);
  const locals = new Map(lowered.locals);
  c.records.push({
    id: unit.id,
    name,
    kind: "function",
    node,
    slots: lowered.slots.map((slot) => [slot, originals.get(locals.get(slot) ?? "") ?? ""] as const),
    awaits: lowered.awaits.map(({ label, node: at }) => ({
      label,
      line: at.loc?.start.line ?? 0,
      column: at.loc?.start.column ?? 0,
      text: textOf(c, at),
    })),
    frame: {
      unit,
      layout: layoutHash(lowered.declarations, kit, prefix),
      locals: lowered.locals,
      awaits: lowered.awaits,
      ways: lowered.ways,
    },
  });
  const body = lowered.body;
  const selfSlot = lowered.locals.find(([, local]) => local === parts.self)?.[0];
  if (selfSlot !== undefined) {
    const frame = ((body.body[0] as t.VariableDeclaration).declarations[0] as t.VariableDeclarator).id as t.Identifier;
    body.body.splice(1, 0, statement(assign(slot(frame.name, selfSlot), t.cloneNode(self))));
  }
  return {
    params: lowered.params as t.Function["params"],
    body,
    usesSelf: unit.isGenerator || parts.self !== undefined,
  };
}

/** As written; of a loop its head. */
function textOf(c: Conversion, { start, end, ...node }: t.Node): string {
  const to = "body" in node && t.isNode(node.body) ? node.body.start : end;
  return start == null || to == null ? "" : c.code.slice(start, to).trimEnd();
}

/** Slot -> name in the original text. */
function originalNames(c: Conversion, unit: FunctionUnit): Map<string, string> {
  const out = new Map<string, string>();
  for (const scope of c.analysis.scopes)
    if (scope.fn === unit)
      for (const b of scope.bindings.values())
        if (!b.captured && t.isIdentifier(b.node)) out.set(b.local, c.originalName(b.node));
  return out;
}

export function convertParts(c: Conversion, unit: FunctionUnit): Parts {
  const node = unit.node as t.Function;
  const complex = !isSimple(node.params);
  const lowered =
    complex && (unit.suspendable || unit.parametersNeedStatements || node.params.some((p) => bindsCaptured(c, p)));
  if (lowered && !unit.suspendable)
    for (const b of unit.scope.bindings.values()) if (b.deadParam) b.explicitDeadZone = true;

  const { result, temporaries } = c.inside(unit, () => {
    const setup: t.Statement[] = createScope(unit.scope);
    setup.push(...specials(unit));
    const self = selfBinding(unit);
    const selfName = self && unit.suspendable ? self.local : undefined;
    const handedOn: string[] = [];
    const handOn = (binding: Binding): void => {
      setup.push(statement(assign(place(binding), t.identifier(binding.local))));
      if (unit.suspendable) handedOn.push(binding.local);
    };
    if (self?.captured) handOn(self);
    let params = node.params;
    let expected: number | undefined;
    const args = lowered && unit.suspendable ? c.fresh() : undefined;
    const prologue: t.Statement[] = [];
    if (!complex) {
      params = params.map((p) => {
        const id = (t.isRestElement(p) ? p.argument : p) as t.Identifier;
        const binding = unit.scope.bindings.get(id.name) as Binding;
        const local = t.identifier(binding.local);
        if (id.loc) local.loc = id.loc;
        if (binding.captured && c.reference(id)?.binding === binding) handOn(binding);
        return t.isRestElement(p) ? t.restElement(local) : local;
      });
    } else if (!lowered) params = params.map((p) => pattern(c, p, true)) as t.Function["params"];
    else {
      prologue.push(...setup.splice(0), ...markUninitialized(c, unit.scope));
      const bound = bindParameters(c, node.params, args);
      params = bound.params;
      expected = bound.expected;
      prologue.push(...bound.statements);
    }
    for (const name of new Set(handedOn)) setup.push(statement(assign(t.identifier(name), undefinedValue())));
    const body: t.Statement[] = [];
    if (!t.isBlockStatement(node.body)) body.push(t.returnStatement(expression(c, node.body)));
    else {
      if (unit.body !== unit.scope) body.push(...createScope(unit.body), ...sharedNames(unit));
      if (!lowered) body.push(...(unit.body === unit.scope ? markUninitialized(c, unit.scope) : []));
      if (unit.body !== unit.scope) body.push(...markUninitialized(c, unit.body));
      body.push(...statementList(c, node.body.body, unit.body));
    }
    return { params, prologue, body: [...setup, ...body], handedOn, self: selfName, args, expected };
  });
  if (temporaries.length) {
    const variables = t.variableDeclaration(
      "var",
      temporaries.map((x) => t.variableDeclarator(t.identifier(x))),
    );
    (result.prologue.length ? result.prologue : result.body).unshift(variables);
  }
  return result;
}

/** `this`, `arguments` and `new.target`, where arrow functions need them. */
export function specials(unit: FunctionUnit): t.Statement[] {
  const out: t.Statement[] = [];
  for (const b of unit.scope.captured) {
    if (b.kind !== "special") continue;
    const where = slot((unit.scope.object as { variable: string }).variable, b.name);
    if (b.name === "this" && !b.needsMarker) out.push(statement(assign(where, t.thisExpression())));
    if (b.name === "arguments") out.push(statement(assign(where, t.identifier("arguments"))));
    if (b.name === "new.target")
      out.push(
        statement(
          assign(
            where,
            unit.kind === "field" || unit.kind === "static"
              ? undefinedValue()
              : t.metaProperty(t.identifier("new"), t.identifier("target")),
          ),
        ),
      );
  }
  return out;
}

function selfBinding(unit: FunctionUnit): Binding | undefined {
  const node = unit.node;
  if (!t.isFunctionExpression(node) || !node.id) return undefined;
  const binding = unit.scope.bindings.get(node.id.name);
  return binding?.kind === "self" && binding.references.length > 0 ? binding : undefined;
}

/** `({ name: value }).name`: the value gets the name as anonymous functions do. */
export function wrapNamed(name: string, value: t.Expression): t.Expression {
  if (name === "") return value;
  const [key, computed] = nameKey(name);
  return take(t.objectExpression([t.objectProperty(key, value, computed)]), name);
}

function wrapMethod(name: string, params: t.Function["params"], body: t.BlockStatement): t.Expression {
  const [key, computed] = nameKey(name);
  return take(
    t.objectExpression([t.objectMethod("method", key, params as t.ObjectMethod["params"], body, computed)]),
    name,
  );
}

const take = (object: t.ObjectExpression, name: string): t.Expression =>
  t.isValidIdentifier(name, false)
    ? t.memberExpression(object, t.identifier(name))
    : t.memberExpression(object, t.stringLiteral(name), true);

const nameKey = (name: string): [t.Expression, boolean] =>
  t.isValidIdentifier(name, false) && name !== "__proto__"
    ? [t.identifier(name), false]
    : [t.stringLiteral(name), name === "__proto__"];
