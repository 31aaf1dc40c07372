/**
 * Classes. One that may be part of a continuation becomes a factory
 *
 *   const F20 = (s1, h0, k0) => { const p0 = []; return kit.c(20, class extends h0 { ... }, [s1], h0, k0, LAYOUT, p0); }
 *
 * called with the heritage and the computed keys, which are evaluated where the class stood, in source order.
 *
 * I1  A restore calls the factory again: whatever must run only once (static fields and blocks) is in the static
 *     initialiser, a part of its own that only the evaluation of the class runs.
 * I2  Private names are variables of the class scope. A private field is initialised from a dead native one in the same
 *     place, so that public and private initialisers keep their order.
 * I3  Methods stay in the literal (native `super`); suspendable ones there are wrappers of their machine.
 */
import * as t from "@babel/types";
import { staticKey } from "../names.js";
import type { ClassUnit, FunctionUnit } from "../scope/model.js";
import { assign, type Conversion, declare, statement, undefinedValue } from "./context.js";
import { children, expression } from "./expressions.js";
import {
  addFactory,
  convertParts,
  factoryParameters,
  setParts,
  specials,
  suspendableParts,
  wrapNamed,
} from "./functions.js";
import { statementList } from "./statements.js";
import { constructorThis } from "./super-call.js";
import { createScope, markUninitialized, newScope, place } from "./variables.js";

type Member = t.ClassBody["body"][number];
type Method = t.ClassMethod | t.ClassPrivateMethod;
type Field = t.ClassProperty | t.ClassPrivateProperty;

const isMethod = (m: Member): m is Method => t.isClassMethod(m) || t.isClassPrivateMethod(m);
const isField = (m: Member): m is Field => t.isClassProperty(m) || t.isClassPrivateProperty(m);
const isComputed = (m: Member): boolean =>
  "computed" in m && m.computed === true && !t.isStringLiteral(m.key) && !t.isNumericLiteral(m.key);
const isStatic = (m: Member): boolean => t.isStaticBlock(m) || ("static" in m && m.static === true);

/** The value of a class literal or declaration. */
export function classValue(c: Conversion, node: t.Class): t.Expression {
  const unit = c.analysis.classOf.get(node) as ClassUnit;
  if (!unit.needsFactory) {
    const [made] = classInPlace(c, node);
    const name = c.names.get(node);
    return typeof name === "string" && node.id == null && c.naming.renames
      ? wrapNamed(name, made as unknown as t.Expression)
      : (made as unknown as t.Expression);
  }
  const scopes = factoryParameters(unit);
  const name = c.names.get(node);
  const heritage = node.superClass ? strictly(c, expression(c, node.superClass)) : undefinedValue();
  const computed = node.body.body.filter((m) => isComputed(m));
  const keys = computed.map((m) => c.kit("key", strictly(c, expression(c, (m as t.ClassMethod).key as t.Expression))));
  const own = unit.scope.object;

  buildFactory(c, unit, scopes, computed, typeof name === "string" ? name : "");
  let value: t.Expression = t.callExpression(t.identifier(c.factoryName(unit)), [
    ...scopes.map((s) => t.cloneNode(s)),
    heritage,
    t.arrayExpression(keys),
  ]);
  const inner = node.id ? unit.scope.bindings.get(node.id.name) : undefined;
  const hidden = unit.scope.bindings.get("%class");
  for (const binding of [inner, hidden]) if (binding?.captured) value = assign(place(binding), value);
  if (hasStaticInitialiser(node)) value = c.kit("sinit", value);
  if (!own) return value;
  const sequence: t.Expression[] = [assign(c.temporary(own.variable), newScope(unit.scope))];
  for (const b of unit.scope.bindings.values())
    if (b.kind === "private") sequence.push(assign(place(b), c.kit("priv", t.stringLiteral(b.name))));
  return t.sequenceExpression([...sequence, value]);
}

/** Heritage and keys are strict code also in a sloppy function, which they leave here. */
function strictly(c: Conversion, value: t.Expression): t.Expression {
  if (c.fn.strict || c.fn.suspendable || t.isIdentifier(value) || t.isLiteral(value)) return value;
  const body = t.blockStatement([t.returnStatement(value)], [t.directive(t.directiveLiteral("use strict"))]);
  return t.callExpression(t.arrowFunctionExpression([], body), []);
}

const hasStaticInitialiser = (node: t.Class): boolean =>
  node.body.body.some((m) => t.isStaticBlock(m) || (isStatic(m) && (isField(m) || t.isClassPrivateMethod(m))));

/** A class at the top of the program that holds nothing a continuation could need: only its inside is converted. */
export function classInPlace(c: Conversion, node: t.Class): [t.Class] {
  if (node.superClass) node.superClass = expression(c, node.superClass);
  for (const m of node.body.body) {
    if (isComputed(m)) (m as t.ClassMethod).key = expression(c, (m as t.ClassMethod).key as t.Expression);
    if (isMethod(m)) {
      setParts(m as unknown as t.Function, convertParts(c, c.analysis.functionOf.get(m) as FunctionUnit));
    } else if (isField(m)) m.value = fieldValue(c, m) ?? null;
    else if (t.isStaticBlock(m)) m.body = staticBody(c, m);
    else children(c, m);
  }
  return [node];
}

function buildFactory(c: Conversion, unit: ClassUnit, scopes: t.Identifier[], computed: Member[], name: string): void {
  const node = unit.node;
  const members: Member[] = [];
  const layout: t.Expression[] = [];
  const statics: t.Statement[] = [];
  const brand: t.Expression[] = [];
  const staticBrand: t.Expression[] = [];
  const methods: string[] = [];
  let parts = 0;
  let privateParts = 0;
  let dead = 0;

  const keyNode = (m: Member): { key: t.Expression; computed: boolean; layout: t.Expression } => {
    const index = computed.indexOf(m);
    if (index >= 0) {
      const key = t.memberExpression(t.identifier(c.own.keys), t.numericLiteral(index), true);
      return { key, computed: true, layout: t.numericLiteral(index) };
    }
    const key = (m as t.ClassMethod).key as t.Expression;
    // `static ["prototype"]() {}` fails when it runs, `static prototype() {}` when it is parsed.
    return { key, computed: (m as t.ClassMethod).computed === true, layout: t.stringLiteral(staticKey(key)) };
  };
  const privateOf = (m: t.ClassPrivateMethod | t.ClassPrivateProperty): t.Expression => {
    const b = unit.scope.bindings.get(`#${m.key.id.name}`);
    return b ? place(b) : undefinedValue();
  };

  const setsThis = constructorThis(c, unit);
  for (const m of node.body.body) {
    if (isMethod(m)) {
      const fn = c.analysis.functionOf.get(m) as FunctionUnit;
      const index = parts;
      const isConstructor = m.kind === "constructor";
      const { params, body } = methodParts(c, fn, index, c.names.get(m));
      if (isConstructor) {
        members.push(
          t.classMethod("constructor", t.identifier("constructor"), params as t.ClassMethod["params"], body),
        );
        continue;
      }
      parts++;
      let key: { key: t.Expression; computed: boolean; layout: t.Expression };
      let privateName: t.Expression = undefinedValue();
      if (t.isClassPrivateMethod(m)) {
        const i = privateParts++;
        key = {
          key: t.memberExpression(c.kitMember("pk"), t.numericLiteral(i), true),
          computed: true,
          layout: t.arrayExpression([t.stringLiteral("p"), t.numericLiteral(i), t.stringLiteral(m.key.id.name)]),
        };
        privateName = privateOf(m);
        (m.static ? staticBrand : brand).push(privateOf(m));
      } else key = keyNode(m);
      const made = t.classMethod(
        m.kind as "method",
        key.key as t.Identifier,
        params as t.ClassMethod["params"],
        body,
        key.computed,
        m.static === true,
      );
      if (m.loc) made.loc = m.loc;
      members.push(made);
      const kind = m.kind === "get" ? "g" : m.kind === "set" ? "s" : "m";
      methods.push(
        `${m.static ? "static " : ""}${kind} ${isComputed(m) ? `[${computed.indexOf(m)}]` : staticKey(m.key)}`,
      );
      const suspends = `${fn.isAsync ? "a" : ""}${fn.isGenerator ? "g" : ""}`;
      layout.push(
        t.arrayExpression([
          t.stringLiteral(kind),
          t.booleanLiteral(m.static === true),
          key.layout,
          privateName,
          t.stringLiteral(suspends),
        ]),
      );
    } else if (isField(m)) {
      const value = fieldValue(c, m);
      if (isStatic(m)) statics.push(staticField(c, m, value, t.isClassPrivateProperty(m) ? privateOf(m) : keyNode(m)));
      else if (t.isClassPrivateProperty(m)) {
        const init = c.kit("pinit", t.thisExpression(), privateOf(m), value ?? undefinedValue());
        members.push(deadField(dead++, init));
      } else {
        const key = keyNode(m);
        const made = t.classProperty(key.key, value ?? null, null, null, key.computed);
        if (m.loc) made.loc = m.loc;
        members.push(made);
      }
    } else if (t.isStaticBlock(m)) statics.push(isolate(staticBody(c, m)));
  }

  if (brand.length) {
    const names = t.arrayExpression(uniqueNodes(brand));
    members.unshift(deadField(dead++, c.kit("pbrand", t.thisExpression(), names)));
  }
  if (setsThis) members.unshift(deadField(dead++, setsThis));
  if (staticBrand.length)
    statics.unshift(statement(c.kit("pbrand", t.thisExpression(), t.arrayExpression(uniqueNodes(staticBrand)))));
  if (hasStaticInitialiser(node))
    members.push(
      t.classMethod("method", c.kitMember("si") as unknown as t.Identifier, [], t.blockStatement(statics), true, true),
    );

  // The variables of the class scope are reached through its object; the literal's own name only gives `name`.
  const made = t.classExpression(null, node.superClass ? t.identifier(c.own.heritage) : null, t.classBody(members));
  if (node.loc) made.loc = node.loc;
  const literal = wrapNamed(name, made);
  const scopeArray = t.arrayExpression(scopes.map((s) => t.cloneNode(s)));
  const result = c.kit(
    "c",
    t.numericLiteral(unit.id),
    literal,
    scopeArray,
    t.identifier(c.own.heritage),
    t.identifier(c.own.keys),
    t.arrayExpression(layout),
    t.identifier(c.own.parts),
  );
  addFactory(
    c,
    unit,
    [...scopes, t.identifier(c.own.heritage), t.identifier(c.own.keys)],
    [declare("const", c.own.parts, t.arrayExpression([])), t.returnStatement(result)],
    false,
  );
  c.records.push({ id: unit.id, name, kind: "class", node, slots: [], awaits: [], members: methods });
}

function methodParts(
  c: Conversion,
  fn: FunctionUnit,
  index: number,
  given: unknown,
): { params: t.Function["params"]; body: t.BlockStatement } {
  if (fn.suspendable) {
    const self = t.memberExpression(t.identifier(c.own.parts), t.numericLiteral(index), true);
    return suspendableParts(c, fn, self, typeof given === "string" ? given : "");
  }
  const node = fn.node as t.ClassMethod;
  const parts = convertParts(c, fn);
  return { params: parts.params, body: t.blockStatement([...parts.prologue, ...parts.body], node.body.directives) };
}

/** The initial value of a field, as an expression whose `this` is the instance (or the class). */
function fieldValue(c: Conversion, m: Field): t.Expression | undefined {
  if (!m.value) return undefined;
  const unit = c.analysis.functionOf.get(m) as FunctionUnit;
  const value = m.value;
  const { result, temporaries } = c.inside(unit, () => expression(c, value));
  if (!unit.scope.object && temporaries.length === 0) return result;
  const body = [...variables(temporaries), ...createScope(unit.scope), ...specials(unit), t.returnStatement(result)];
  return t.callExpression(t.arrowFunctionExpression([], t.blockStatement(body)), []);
}

function staticField(
  c: Conversion,
  m: Field,
  value: t.Expression | undefined,
  where: t.Expression | { key: t.Expression; layout: t.Expression },
): t.Statement {
  const init = value ?? undefinedValue();
  if ("layout" in where) {
    const key = t.isNumericLiteral(where.layout) ? where.key : where.layout;
    const named = isComputed(m) && m.value && isAnonymous(m.value) ? c.kit("fname", init, t.cloneNode(key)) : init;
    return statement(c.kit("def", t.thisExpression(), key, named));
  }
  return statement(c.kit("pinit", t.thisExpression(), where, init));
}

const isAnonymous = (node: t.Node) =>
  ((t.isFunctionExpression(node) || t.isClassExpression(node)) && !node.id) || t.isArrowFunctionExpression(node);

function staticBody(c: Conversion, m: t.StaticBlock): t.Statement[] {
  const unit = c.analysis.functionOf.get(m) as FunctionUnit;
  const { result, temporaries } = c.inside(unit, () => statementList(c, m.body, unit.scope));
  return [
    ...variables(temporaries),
    ...createScope(unit.scope),
    ...specials(unit),
    ...markUninitialized(c, unit.scope),
    ...result,
  ];
}

/** A static block has variables of its own. */
const isolate = (body: t.Statement[]): t.Statement =>
  statement(t.callExpression(t.arrowFunctionExpression([], t.blockStatement(body)), []));

const variables = (names: readonly string[]): t.Statement[] =>
  names.length
    ? [
        t.variableDeclaration(
          "var",
          names.map((n) => t.variableDeclarator(t.identifier(n))),
        ),
      ]
    : [];

const deadField = (n: number, init: t.Expression): t.ClassPrivateProperty =>
  t.classPrivateProperty(t.privateName(t.identifier(`_${n}`)), t.sequenceExpression([init, t.numericLiteral(0)]));

/** A getter and a setter share one private name. */
function uniqueNodes(names: t.Expression[]): t.Expression[] {
  const seen = new Set<string>();
  return names.filter((n) => {
    const text = t.isMemberExpression(n)
      ? JSON.stringify([
          (n.object as t.Identifier).name,
          t.isIdentifier(n.property) ? n.property.name : (n.property as t.StringLiteral).value,
        ])
      : "";
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}
