/**
 * Scope analysis: which name means which variable, and which variables outlive their function.
 *
 * Owns the walk over the program; model.ts has what it finds, closures/ what is done with it. Nothing here changes the program.
 *
 * I1  Every identifier that reads or writes a variable has one `Reference`; names that no scope declares are globals
 *     and have a reference without a binding.
 * I2  A binding is captured when a function other than its own refers to it. Bindings of the program's top scope are
 *     never captured: the functions of the table can see them.
 * I3  `this`, `arguments`, `new.target` and home objects become bindings only where an arrow function needs those of
 *     an enclosing function.
 * I4  An arrow function that contains `super()` is transparent: it stays where it is, so its variables, and what it
 *     refers to, count as the constructor's.
 */
import * as t from "@babel/types";
import { type CompileError, syntaxError } from "../compile-error.js";
import { bindPattern, declareLexical, declareVariables, hoistVars, isLexical } from "./declarations.js";
import {
  type Analysis,
  type ClassUnit,
  FunctionUnit,
  type Reference,
  Scope,
  type ScopeKind,
  type TopVariable,
  type Unit,
} from "./model.js";
import { isArgumentsObject, receiver, special, superProperty } from "./receiver.js";
import { resolve } from "./resolve.js";
import { usesStrict, visitClass, visitFunction } from "./units.js";

/** Where the walk is, and what it has found so far. */
export class Walk {
  readonly functions: FunctionUnit[] = [];
  readonly classes: ClassUnit[] = [];
  readonly scopes: Scope[] = [];
  readonly functionOf = new Map<t.Node, FunctionUnit>();
  readonly classOf = new Map<t.Node, ClassUnit>();
  readonly scopeOf = new Map<t.Node, Scope>();
  readonly referenceOf = new Map<t.Node, Reference>();
  readonly references: Reference[] = [];
  readonly names = new Set<string>();
  readonly refused: CompileError[] = [];
  readonly evals: t.CallExpression[] = [];
  /** The scope of the object literal that a method stands in. */
  readonly objectScopes = new Map<t.Node, Scope>();
  readonly superReceivers = new Map<t.Node, t.ThisExpression>();
  /** In the heritage or a computed key of a class, which are strict code. */
  inClassHead = false;
  fn: FunctionUnit;
  unit: Unit;
  scope: Scope;

  constructor(program: FunctionUnit, before: readonly TopVariable[]) {
    this.fn = program;
    this.unit = program;
    const outer = new Scope("program", undefined, program, program.node);
    for (const [name, kind] of before) outer.declare(name, kind, -1);
    this.scope = new Scope("program", outer, program, program.node);
    this.scopes.push(this.scope);
  }

  newScope(kind: ScopeKind, node: t.Node, owner: FunctionUnit = this.fn): Scope {
    const made = new Scope(kind, this.scope, owner, node);
    this.scopes.push(made);
    return made;
  }

  within<T>(inner: Scope, work: () => T): T {
    const outer = this.scope;
    this.scope = inner;
    try {
      return work();
    } finally {
      this.scope = outer;
    }
  }

  refer(node: t.Node, name: string, assigns = false): Reference {
    const { scope, fn } = this;
    const reference: Reference = { node, name, scope, fn, assigns, binding: undefined, mayBeUninitialized: false };
    this.referenceOf.set(node, reference);
    this.references.push(reference);
    return reference;
  }
}

/** `before`: what a text before this one, of the same program, declares at its top. */
export function analyze(program: t.Program, before: readonly TopVariable[] = []): Analysis {
  const top = new FunctionUnit("program", program, undefined);
  top.strict = program.sourceType === "module" || usesStrict(program.directives);
  const w = new Walk(top, before);
  const { scope } = w;
  w.functions.push(top);
  w.functionOf.set(program, top);
  top.scope = scope;
  top.body = scope;
  w.scopeOf.set(program, scope);
  for (const s of program.body) hoistVars(t.isExportNamedDeclaration(s) ? s.declaration : s, scope);
  declareLexical(w, program.body, scope);
  statements(w, program.body);
  for (const reference of w.references) resolve(reference);
  return { ...w, program: top };
}

export function statements(w: Walk, list: readonly t.Node[]): void {
  for (const s of list) visit(w, s);
}

function block(w: Walk, node: t.Node, list: readonly t.Node[], kind: ScopeKind = "block"): void {
  const inner = w.newScope(kind, node);
  w.scopeOf.set(node, inner);
  w.within(inner, () => {
    declareLexical(w, list, inner);
    statements(w, list);
  });
}

export function visitPattern(w: Walk, node: t.Node | null | undefined): void {
  if (!node) return;
  if (t.isIdentifier(node)) {
    w.names.add(node.name);
    return void w.refer(node, node.name, true);
  }
  if (t.isRestElement(node)) return visitPattern(w, node.argument);
  if (t.isAssignmentPattern(node)) {
    visitPattern(w, node.left);
    return visit(w, node.right);
  }
  if (t.isArrayPattern(node)) {
    for (const e of node.elements) visitPattern(w, e);
    return;
  }
  if (t.isObjectPattern(node)) {
    for (const p of node.properties) {
      if (t.isRestElement(p)) visitPattern(w, p.argument);
      else {
        if (p.computed) visit(w, p.key);
        visitPattern(w, p.value as t.Node);
      }
    }
    return;
  }
  visit(w, node);
}

export function visit(w: Walk, node: t.Node | null | undefined): void {
  if (!node) return;
  switch (node.type) {
    case "Identifier":
      w.names.add(node.name);
      if (node.name === "arguments" && isArgumentsObject(w)) return special(w, node, "arguments");
      w.refer(node, node.name);
      return;
    case "ThisExpression":
      return special(w, node, "this");
    case "MetaProperty":
      if (node.meta.name === "new") special(w, node, "new.target");
      return;
    case "Super":
      return;
    case "MemberExpression":
    case "OptionalMemberExpression":
      if (t.isSuper(node.object)) superProperty(w, node);
      else visit(w, node.object);
      if (node.computed) visit(w, node.property);
      else if (t.isPrivateName(node.property)) w.refer(node.property, `#${node.property.id.name}`);
      return;
    case "PrivateName":
      return void w.refer(node, `#${node.id.name}`);
    case "CallExpression":
      if (t.isSuper(node.callee)) {
        const owner = receiver(w);
        owner.hasSuperCall = true;
      }
      if (t.isIdentifier(node.callee, { name: "eval" }) && !w.scope.lookup("eval")) w.evals.push(node);
      break;
    case "WithStatement":
      w.refused.push(
        syntaxError(
          node,
          "KWF_WITH",
          "'with' is not supported: its names cannot be resolved at build time",
          "read the properties explicitly",
        ),
      );
      break;
    case "FunctionDeclaration":
      if (node.id) w.names.add(node.id.name);
      if (node.id && w.scope.lookup(node.id.name)) w.refer(node.id, node.id.name);
      return visitFunction(w, node, "function");
    case "FunctionExpression":
      if (node.id) w.names.add(node.id.name);
      return visitFunction(w, node, "function");
    case "ArrowFunctionExpression":
      return visitFunction(w, node, "arrow");
    case "ObjectExpression": {
      const home = w.newScope("object", node);
      w.scopeOf.set(node, home);
      return w.within(home, () => {
        for (const p of node.properties) {
          if (t.isObjectMethod(p)) {
            if (p.computed) visit(w, p.key);
            w.objectScopes.set(p, home);
            visitFunction(w, p, "method");
          } else if (t.isObjectProperty(p)) {
            if (p.computed) visit(w, p.key);
            visit(w, p.value);
          } else visit(w, p);
        }
      });
    }
    case "ClassDeclaration":
      if (node.id) {
        w.names.add(node.id.name);
        w.refer(node.id, node.id.name);
      }
      return visitClass(w, node);
    case "ClassExpression":
      if (node.id) w.names.add(node.id.name);
      return visitClass(w, node);
    case "VariableDeclaration":
      for (const d of node.declarations) {
        visitPattern(w, d.id as t.Node);
        visit(w, d.init);
      }
      return;
    case "AssignmentExpression":
      visitPattern(w, node.left);
      return visit(w, node.right);
    case "UpdateExpression":
      return visitPattern(w, node.argument);
    case "AssignmentPattern":
    case "ArrayPattern":
    case "ObjectPattern":
      return visitPattern(w, node);
    case "BlockStatement":
      return block(w, node, node.body);
    case "SwitchStatement":
      visit(w, node.discriminant);
      return void w.within(w.newScope("switch", node), () => {
        w.scopeOf.set(node, w.scope);
        for (const c of node.cases) declareLexical(w, c.consequent, w.scope);
        for (const c of node.cases) {
          visit(w, c.test);
          statements(w, c.consequent);
        }
      });
    case "CatchClause":
      return w.within(w.newScope("catch", node), () => {
        w.scopeOf.set(node, w.scope);
        bindPattern(node.param, "catch", w.scope, -1);
        visitPattern(w, node.param);
        visit(w, node.body);
      });
    case "ForStatement":
      return w.within(w.newScope("for", node), () => {
        w.scopeOf.set(node, w.scope);
        if (t.isVariableDeclaration(node.init) && isLexical(node.init.kind)) declareVariables(node.init, w.scope);
        visit(w, node.init);
        visit(w, node.test);
        visit(w, node.update);
        visit(w, node.body);
      });
    case "ForInStatement":
    case "ForOfStatement":
      return w.within(w.newScope("for", node), () => {
        w.scopeOf.set(node, w.scope);
        if (t.isVariableDeclaration(node.left)) {
          if (isLexical(node.left.kind)) declareVariables(node.left, w.scope, node.right.end ?? 0);
          visit(w, node.left);
        } else visitPattern(w, node.left);
        visit(w, node.right);
        visit(w, node.body);
      });
    case "LabeledStatement":
      return visit(w, node.body);
    case "BreakStatement":
    case "ContinueStatement":
    case "ImportDeclaration":
      return;
    case "ExportNamedDeclaration":
      if (node.declaration) visit(w, node.declaration);
      else if (!node.source)
        for (const s of node.specifiers)
          if (t.isExportSpecifier(s) && t.isIdentifier(s.local)) w.refer(s.local, s.local.name);
      return;
    case "ExportAllDeclaration":
      return;
  }
  for (const key of t.VISITOR_KEYS[node.type] ?? []) {
    const child = (node as unknown as Record<string, t.Node | t.Node[] | null>)[key];
    if (Array.isArray(child)) for (const c of child) visit(w, c);
    else visit(w, child);
  }
}
