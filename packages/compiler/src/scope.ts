/**
 * Scope analysis: which name means which variable, and which variables outlive their function.
 *
 * Owns scopes, bindings, references and the tree of units (functions and classes). `closures.ts` owns what is done
 * with them. Nothing here changes the program.
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
import { syntaxError } from "./compile-error.js";

export type BindingKind =
  | "var"
  | "let"
  | "const"
  | "class"
  | "function"
  | "param"
  | "catch"
  | "self"
  | "private"
  | "special"
  | "import";

export type ScopeKind = "program" | "params" | "body" | "block" | "for" | "switch" | "catch" | "class" | "object";

export interface Reference {
  readonly node: t.Node;
  readonly name: string;
  readonly scope: Scope;
  readonly fn: FunctionUnit;
  binding: Binding | undefined;
  /** Set by `resolve`: the value may still be in its temporal dead zone when this reference is evaluated. */
  mayBeUninitialized: boolean;
}

export class Binding {
  captured = false;
  /** Some reference may see the binding before its declaration was evaluated. */
  needsMarker = false;
  readonly references: Reference[] = [];
  /** End of the declarator: a later position in the same function is outside the temporal dead zone. */
  declaredAt: number;
  /** The name that the variable has in the output, when it stays a local variable. */
  local: string;

  constructor(
    readonly name: string,
    readonly kind: BindingKind,
    readonly scope: Scope,
    declaredAt: number,
    readonly node: t.Node | undefined,
  ) {
    this.declaredAt = declaredAt;
    this.local = name;
  }

  get hasDeadZone(): boolean {
    return this.kind === "let" || this.kind === "const" || this.kind === "class" || this.deadParam;
  }

  /** A parameter that is bound by statements (and so has a visible dead zone). */
  deadParam = false;
  /** A local variable of a native function whose dead zone is checked explicitly: a parameter bound by statements. */
  explicitDeadZone = false;
}

/** The scope object that holds a scope's captured variables at run time. */
export interface ScopeObject {
  readonly id: number;
  readonly variable: string;
  readonly constructorName: string;
  readonly slots: Binding[];
}

export class Scope {
  readonly bindings = new Map<string, Binding>();
  object: ScopeObject | undefined;

  constructor(
    readonly kind: ScopeKind,
    readonly parent: Scope | undefined,
    readonly fn: FunctionUnit,
    readonly node: t.Node,
  ) {}

  declare(name: string, kind: BindingKind, declaredAt: number, node?: t.Node): Binding {
    const old = this.bindings.get(name);
    if (old) {
      if (kind === "function" && (old.kind === "var" || old.kind === "self")) {
        const binding = new Binding(name, kind, this, declaredAt, node);
        this.bindings.set(name, binding);
        return binding;
      }
      if (old.kind !== "self") return old;
    }
    const binding = new Binding(name, kind, this, declaredAt, node);
    this.bindings.set(name, binding);
    return binding;
  }

  lookup(name: string): Binding | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      const found = scope.bindings.get(name);
      if (found) return found;
    }
    return undefined;
  }

  get captured(): Binding[] {
    return [...this.bindings.values()].filter((b) => b.captured);
  }
}

export type FunctionKind = "program" | "function" | "arrow" | "method" | "constructor" | "field" | "static";

export class FunctionUnit {
  readonly free = new Set<Scope>();
  readonly temporaries: string[] = [];
  /** Parameter scope, also the scope of the variables of functions with a simple parameter list. */
  scope!: Scope;
  /** Variables of the body; the parameter scope itself unless the parameters hold expressions. */
  body!: Scope;
  id = 0;
  strict = false;
  /** An arrow function that contains `super()` (I4). */
  native = false;
  hasSuperCall = false;
  usesSuperProperty = false;
  /** Parameters hold functions, classes or object literals with methods: they are bound by statements. */
  parametersNeedStatements = false;
  homeStatic = false;

  constructor(
    readonly kind: FunctionKind,
    readonly node: t.Node,
    readonly parent: Unit | undefined,
  ) {}

  get isAsync(): boolean {
    return (this.node as t.Function).async === true;
  }

  get isGenerator(): boolean {
    return (this.node as t.FunctionExpression).generator === true;
  }

  get suspendable(): boolean {
    return this.kind !== "program" && (this.isAsync || this.isGenerator);
  }

  /** Nearest enclosing function; classes are looked through. */
  get parentFunction(): FunctionUnit | undefined {
    let unit = this.parent;
    while (unit instanceof ClassUnit) unit = unit.parent;
    return unit;
  }

  /** The function whose frame holds this one's variables (I4). */
  get effective(): FunctionUnit {
    let unit: FunctionUnit = this;
    while (unit.native) unit = unit.parentFunction as FunctionUnit;
    return unit;
  }
}

export class ClassUnit {
  readonly free = new Set<Scope>();
  scope!: Scope;
  id = 0;
  needsFactory = false;

  constructor(
    readonly node: t.Class,
    readonly parent: FunctionUnit,
  ) {}
}

export type Unit = FunctionUnit | ClassUnit;

export interface Analysis {
  readonly program: FunctionUnit;
  readonly functions: FunctionUnit[];
  readonly classes: ClassUnit[];
  readonly scopes: Scope[];
  readonly functionOf: Map<t.Node, FunctionUnit>;
  readonly classOf: Map<t.Node, ClassUnit>;
  readonly scopeOf: Map<t.Node, Scope>;
  readonly referenceOf: Map<t.Node, Reference>;
  /** `super.x` inside an arrow function: the node to convert in place of `this`. */
  readonly superReceivers: Map<t.Node, t.ThisExpression>;
  /** Every identifier of the program: generated names avoid them. */
  readonly names: Set<string>;
}

const isLexical = (kind: string) => kind !== "var";
const hasExpressions = (params: readonly t.Node[]) =>
  params.some((p) => !(t.isIdentifier(p) || (t.isRestElement(p) && t.isIdentifier(p.argument))));

export function analyze(program: t.Program): Analysis {
  const functions: FunctionUnit[] = [];
  const classes: ClassUnit[] = [];
  const scopes: Scope[] = [];
  const functionOf = new Map<t.Node, FunctionUnit>();
  const classOf = new Map<t.Node, ClassUnit>();
  const scopeOf = new Map<t.Node, Scope>();
  const referenceOf = new Map<t.Node, Reference>();
  const references: Reference[] = [];
  const names = new Set<string>();

  let fn: FunctionUnit;
  let unit: Unit;
  let scope: Scope;

  const newScope = (kind: ScopeKind, node: t.Node, owner: FunctionUnit = fn): Scope => {
    const made = new Scope(kind, scope, owner, node);
    scopes.push(made);
    return made;
  };
  const within = <T>(inner: Scope, work: () => T): T => {
    const outer = scope;
    scope = inner;
    try {
      return work();
    } finally {
      scope = outer;
    }
  };

  const refer = (node: t.Node, name: string, at: Scope = scope): Reference => {
    const reference: Reference = { node, name, scope: at, fn, binding: undefined, mayBeUninitialized: false };
    referenceOf.set(node, reference);
    references.push(reference);
    return reference;
  };

  /** The function that `this` and `arguments` belong to here. */
  const receiver = (): FunctionUnit => {
    let owner = fn;
    while (owner.kind === "arrow") owner = owner.parentFunction as FunctionUnit;
    return owner;
  };
  /** Whether the name `arguments` means the object of the function here, and no variable of that name. */
  const isArgumentsObject = (): boolean => {
    const owner = receiver();
    if (owner.kind === "program") return false;
    const variable = scope.lookup("arguments");
    if (!variable || variable.kind === "special") return true;
    for (let f: FunctionUnit | undefined = fn; f && f !== owner.parentFunction; f = f.parentFunction) if (variable.scope.fn === f) return false;
    return true;
  };
  const special = (node: t.Node, name: string): void => {
    const owner = receiver();
    if (owner.kind === "program" || fn.effective === owner) return;
    const binding = owner.scope.declare(name, "special", -1);
    if (owner.kind === "constructor" && name === "this" && (owner.parent as ClassUnit).node.superClass) binding.needsMarker = true;
    const reference = refer(node, name);
    reference.binding = binding;
    reference.mayBeUninitialized = binding.needsMarker;
  };

  const bindPattern = (node: t.Node | null | undefined, kind: BindingKind, target: Scope, end: number): void => {
    if (!node) return;
    if (t.isIdentifier(node)) target.declare(node.name, kind, end, node);
    else if (t.isObjectPattern(node))
      for (const p of node.properties) bindPattern(t.isRestElement(p) ? p.argument : (p.value as t.Node), kind, target, end);
    else if (t.isArrayPattern(node)) for (const e of node.elements) bindPattern(e, kind, target, end);
    else if (t.isAssignmentPattern(node)) bindPattern(node.left, kind, target, end);
    else if (t.isRestElement(node)) bindPattern(node.argument, kind, target, end);
  };

  const declareVariables = (node: t.VariableDeclaration, target: Scope, end?: number): void => {
    for (const d of node.declarations) bindPattern(d.id as t.Node, node.kind as BindingKind, target, end ?? d.end ?? 0);
  };

  /** `var` and, at the top of a function, function declarations, wherever they stand in the body. */
  const hoistVars = (node: t.Node | null | undefined, target: Scope): void => {
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
  };

  const declareLexical = (statements: readonly t.Node[], target: Scope): void => {
    for (const entry of statements) {
      let s: t.Node = entry;
      if ((t.isExportNamedDeclaration(s) || t.isExportDefaultDeclaration(s)) && s.declaration) s = s.declaration;
      while (t.isLabeledStatement(s)) s = s.body;
      if (t.isFunctionDeclaration(s) && s.id) {
        const annexB =
          target.kind !== "program" && target.kind !== "params" && target.kind !== "body" && !fn.strict && !s.async && !s.generator;
        if (annexB && !shadowed(s.id.name, target)) fn.body.declare(s.id.name, "var", -1, s.id);
        else target.declare(s.id.name, "function", -1, s);
      } else if (t.isClassDeclaration(s) && s.id) target.declare(s.id.name, "class", s.end ?? 0, s.id);
      else if (t.isVariableDeclaration(s) && isLexical(s.kind)) declareVariables(s, target);
      else if (t.isImportDeclaration(s)) for (const x of s.specifiers) target.declare(x.local.name, "import", -1, x);
    }
  };
  /** A function in a block of sloppy code is a `var` of its function, unless that would clash with a lexical name. */
  const shadowed = (name: string, from: Scope): boolean => {
    for (let s: Scope | undefined = from; s && s !== s.fn.body; s = s.parent) {
      const b = s.bindings.get(name);
      if (b && b.kind !== "function" && b.kind !== "catch") return true;
    }
    const top = fn.body.bindings.get(name);
    return top !== undefined && (isLexicalBinding(top) || top.kind === "param");
  };
  const isLexicalBinding = (b: Binding) => b.kind === "let" || b.kind === "const" || b.kind === "class";

  const statements = (list: readonly t.Node[]): void => {
    for (const s of list) visit(s);
  };

  const block = (node: t.Node, list: readonly t.Node[], kind: ScopeKind = "block"): void => {
    const inner = newScope(kind, node);
    scopeOf.set(node, inner);
    within(inner, () => {
      declareLexical(list, inner);
      statements(list);
    });
  };

  const enterFunction = (made: FunctionUnit, work: () => void): void => {
    const [outerFn, outerUnit] = [fn, unit];
    functions.push(made);
    functionOf.set(made.node, made);
    fn = made;
    unit = made;
    try {
      work();
    } finally {
      fn = outerFn;
      unit = outerUnit;
    }
  };

  const usesStrict = (directives: readonly t.Directive[] | undefined | null) =>
    (directives ?? []).some((d) => d.value.value === "use strict");

  const visitFunction = (node: t.Function, kind: FunctionKind): void => {
    const made = new FunctionUnit(kind, node, unit);
    made.strict = fn.strict || unit instanceof ClassUnit || (t.isBlockStatement(node.body) && usesStrict(node.body.directives));
    made.native = kind === "arrow" && !made.isAsync && containsSuperCall(node);
    made.parametersNeedStatements = hasExpressions(node.params) && node.params.some(holdsClosure);
    enterFunction(made, () => {
      const params = newScope("params", node, made);
      made.scope = params;
      made.body = params;
      scopeOf.set(node, params);
      within(params, () => {
        if (t.isFunctionExpression(node) && node.id) params.declare(node.id.name, "self", -1, node.id);
        const complex = hasExpressions(node.params);
        for (const p of node.params) bindPattern(p, "param", params, p.end ?? 0);
        if (complex) for (const b of params.bindings.values()) if (b.kind === "param") b.deadParam = true;
        for (const p of node.params) visitPattern(p);
        if (!t.isBlockStatement(node.body)) return visit(node.body);
        const body = complex ? newScope("body", node.body, made) : params;
        made.body = body;
        scopeOf.set(node.body, body);
        within(body, () => {
          const list = (node.body as t.BlockStatement).body;
          for (const s of list) hoistVars(s, body);
          declareLexical(list, body);
          statements(list);
        });
      });
    });
  };

  const visitClass = (node: t.Class): void => {
    if (node.decorators?.length) throw syntaxError(node, "KWF_DECORATOR", "decorators must be lowered before this pass");
    const made = new ClassUnit(node, fn);
    classes.push(made);
    classOf.set(node, made);
    const inner = newScope("class", node);
    made.scope = inner;
    scopeOf.set(node, inner);
    within(inner, () => {
      // A class declared at the top of the program is not copied into the table: its outer name serves as the inner one.
      const outerServes = t.isClassDeclaration(node) && inner.parent?.kind === "program" && !node.body.body.some(isStaticInitializer);
      if (node.id && !outerServes) inner.declare(node.id.name, "const", node.end ?? 0, node.id).declaredAt = Number.POSITIVE_INFINITY;
      for (const m of node.body.body) {
        if ((t.isClassPrivateMethod(m) || t.isClassPrivateProperty(m)) && !inner.bindings.has(`#${m.key.id.name}`))
          inner.declare(`#${m.key.id.name}`, "private", -1, m).captured = true;
        if (t.isClassAccessorProperty(m)) throw syntaxError(m, "KWF_ACCESSOR", "auto-accessors must be lowered before this pass");
      }
      visit(node.superClass);
      for (const m of node.body.body) if ("computed" in m && m.computed) visit(m.key as t.Node);
      const outerUnit = unit;
      unit = made;
      for (const m of node.body.body) {
        if (t.isClassMethod(m) || t.isClassPrivateMethod(m)) {
          visitFunction(m as unknown as t.Function, m.kind === "constructor" ? "constructor" : "method");
          (functionOf.get(m) as FunctionUnit).homeStatic = m.static === true;
        } else if (t.isClassProperty(m) || t.isClassPrivateProperty(m)) {
          if (m.value) initializer(m, "field", m.static === true, () => visit(m.value));
        } else if (t.isStaticBlock(m)) initializer(m, "static", true, () => { for (const s of m.body) hoistVars(s, fn.body); declareLexical(m.body, fn.body); statements(m.body); });
      }
      unit = outerUnit;
    });
  };

  const initializer = (node: t.Node, kind: FunctionKind, isStatic: boolean, work: () => void): void => {
    const made = new FunctionUnit(kind, node, unit);
    made.strict = true;
    made.homeStatic = isStatic;
    enterFunction(made, () => {
      const inner = newScope("body", node, made);
      made.scope = inner;
      made.body = inner;
      scopeOf.set(node, inner);
      within(inner, work);
    });
  };

  const superProperty = (node: t.Node): void => {
    // Native `super` works only in a method that stays in its class literal.
    const owner = receiver();
    if (owner.kind === "program") throw syntaxError(node, "KWF_SUPER", "'super' outside of a method");
    const direct = fn.effective === owner && !owner.suspendable && owner.parent instanceof ClassUnit;
    if (direct) return;
    fn.usesSuperProperty = true;
    const isClass = owner.parent instanceof ClassUnit;
    const home = isClass ? (owner.parent as ClassUnit).scope : objectScopes.get(owner.node);
    if (!home) throw syntaxError(node, "KWF_SUPER", "'super' outside of a method");
    const binding = home.declare(isClass ? "%class" : "%home", "special", -1);
    const reference = refer(node, binding.name);
    reference.binding = binding;
    if (fn.effective !== owner) {
      const receiverBinding = owner.scope.declare("this", "special", -1);
      if (owner.kind === "constructor" && (owner.parent as ClassUnit).node.superClass) receiverBinding.needsMarker = true;
      receiverBinding.captured = true;
      const holder = t.thisExpression();
      const thisReference = refer(holder, "this");
      thisReference.binding = receiverBinding;
      thisReference.mayBeUninitialized = receiverBinding.needsMarker;
      superReceivers.set(node, holder);
    }
  };
  const objectScopes = new Map<t.Node, Scope>();
  const superReceivers = new Map<t.Node, t.ThisExpression>();

  const visitPattern = (node: t.Node | null | undefined): void => {
    if (!node) return;
    if (t.isIdentifier(node)) {
      names.add(node.name);
      return void refer(node, node.name);
    }
    if (t.isRestElement(node)) return visitPattern(node.argument);
    if (t.isAssignmentPattern(node)) {
      visitPattern(node.left);
      return visit(node.right);
    }
    if (t.isArrayPattern(node)) return node.elements.forEach(visitPattern);
    if (t.isObjectPattern(node)) {
      for (const p of node.properties) {
        if (t.isRestElement(p)) visitPattern(p.argument);
        else {
          if (p.computed) visit(p.key);
          visitPattern(p.value as t.Node);
        }
      }
      return;
    }
    visit(node);
  };

  const visit = (node: t.Node | null | undefined): void => {
    if (!node) return;
    switch (node.type) {
      case "Identifier":
        names.add(node.name);
        if (node.name === "arguments" && isArgumentsObject()) return special(node, "arguments");
        refer(node, node.name);
        return;
      case "ThisExpression":
        return special(node, "this");
      case "MetaProperty":
        if (node.meta.name === "new") special(node, "new.target");
        return;
      case "Super":
        return;
      case "MemberExpression":
      case "OptionalMemberExpression":
        if (t.isSuper(node.object)) superProperty(node);
        else visit(node.object);
        if (node.computed) visit(node.property);
        else if (t.isPrivateName(node.property)) refer(node.property, `#${node.property.id.name}`);
        return;
      case "PrivateName":
        return void refer(node, `#${node.id.name}`);
      case "CallExpression":
        if (t.isSuper(node.callee)) {
          const owner = receiver();
          owner.hasSuperCall = true;
        }
        if (t.isIdentifier(node.callee, { name: "eval" }) && !scope.lookup("eval"))
          throw syntaxError(node, "KWF_EVAL", "direct eval sees the variables around it, which a continuation cannot keep", "call a function instead");
        break;
      case "WithStatement":
        throw syntaxError(node, "KWF_WITH", "'with' is not supported: its names cannot be resolved at build time", "read the properties explicitly");
      case "FunctionDeclaration":
        if (node.id) names.add(node.id.name);
        if (node.id && scope.lookup(node.id.name)) refer(node.id, node.id.name);
        return visitFunction(node, "function");
      case "FunctionExpression":
        if (node.id) names.add(node.id.name);
        return visitFunction(node, "function");
      case "ArrowFunctionExpression":
        return visitFunction(node, "arrow");
      case "ObjectExpression": {
        const home = newScope("object", node);
        scopeOf.set(node, home);
        return within(home, () => {
          for (const p of node.properties) {
            if (t.isObjectMethod(p)) {
              if (p.computed) visit(p.key);
              objectScopes.set(p, home);
              visitFunction(p, "method");
            } else if (t.isObjectProperty(p)) {
              if (p.computed) visit(p.key);
              visit(p.value);
            } else visit(p);
          }
        });
      }
      case "ClassDeclaration":
        if (node.id) {
          names.add(node.id.name);
          refer(node.id, node.id.name);
        }
        return visitClass(node);
      case "ClassExpression":
        if (node.id) names.add(node.id.name);
        return visitClass(node);
      case "VariableDeclaration":
        for (const d of node.declarations) {
          visitPattern(d.id as t.Node);
          visit(d.init);
        }
        return;
      case "AssignmentExpression":
        visitPattern(node.left);
        return visit(node.right);
      case "AssignmentPattern":
      case "ArrayPattern":
      case "ObjectPattern":
        return visitPattern(node);
      case "BlockStatement":
        return block(node, node.body);
      case "SwitchStatement":
        visit(node.discriminant);
        return void within(newScope("switch", node), () => {
          scopeOf.set(node, scope);
          for (const c of node.cases) declareLexical(c.consequent, scope);
          for (const c of node.cases) {
            visit(c.test);
            statements(c.consequent);
          }
        });
      case "CatchClause":
        return within(newScope("catch", node), () => {
          scopeOf.set(node, scope);
          bindPattern(node.param, "catch", scope, -1);
          visitPattern(node.param);
          visit(node.body);
        });
      case "ForStatement":
        return within(newScope("for", node), () => {
          scopeOf.set(node, scope);
          if (t.isVariableDeclaration(node.init) && isLexical(node.init.kind)) declareVariables(node.init, scope);
          visit(node.init);
          visit(node.test);
          visit(node.update);
          visit(node.body);
        });
      case "ForInStatement":
      case "ForOfStatement":
        return within(newScope("for", node), () => {
          scopeOf.set(node, scope);
          if (t.isVariableDeclaration(node.left)) {
            if (isLexical(node.left.kind)) declareVariables(node.left, scope, node.right.end ?? 0);
            visit(node.left);
          } else visitPattern(node.left);
          visit(node.right);
          visit(node.body);
        });
      case "LabeledStatement":
        return visit(node.body);
      case "BreakStatement":
      case "ContinueStatement":
      case "ImportDeclaration":
        return;
      case "ExportNamedDeclaration":
        if (node.declaration) visit(node.declaration);
        else if (!node.source) for (const s of node.specifiers) if (t.isExportSpecifier(s) && t.isIdentifier(s.local)) refer(s.local, s.local.name);
        return;
      case "ExportAllDeclaration":
        return;
    }
    for (const key of t.VISITOR_KEYS[node.type] ?? []) {
      const child = (node as unknown as Record<string, t.Node | t.Node[] | null>)[key];
      if (Array.isArray(child)) for (const c of child) visit(c);
      else visit(child);
    }
  };

  const top = new FunctionUnit("program", program, undefined);
  top.strict = program.sourceType === "module" || usesStrict(program.directives);
  fn = top;
  unit = top;
  functions.push(top);
  functionOf.set(program, top);
  scope = new Scope("program", undefined, top, program);
  scopes.push(scope);
  top.scope = scope;
  top.body = scope;
  scopeOf.set(program, scope);
  for (const s of program.body) hoistVars(t.isExportNamedDeclaration(s) ? s.declaration : s, scope);
  declareLexical(program.body, scope);
  statements(program.body);

  for (const reference of references) resolve(reference);
  return { program: top, functions, classes, scopes, functionOf, classOf, scopeOf, referenceOf, superReceivers, names };
}

function resolve(reference: Reference): void {
  const binding = reference.binding ?? reference.scope.lookup(reference.name);
  if (!binding) return;
  reference.binding = binding;
  binding.references.push(reference);
  const owner = binding.scope.fn.effective;
  const user = reference.fn.effective;
  if (binding.scope.kind !== "program" && owner !== user) binding.captured = true;
  // Special bindings of classes and object literals are set from outside the functions that use them.
  if (binding.kind === "special" && (binding.name === "%class" || binding.name === "%home")) binding.captured = true;
  if (!binding.hasDeadZone || reference.node === binding.node) return;
  if (mayPrecede(reference, binding)) {
    reference.mayBeUninitialized = true;
    binding.needsMarker = true;
  }
}

/** Whether the reference can be evaluated before the declaration of its binding was. */
function mayPrecede(reference: Reference, binding: Binding): boolean {
  if (binding.scope.kind === "switch") return true;
  const position = reference.node.start ?? 0;
  if (binding.scope.fn.effective === reference.fn.effective) return position < binding.declaredAt;
  let outermost: FunctionUnit = reference.fn;
  for (let f: FunctionUnit | undefined = reference.fn; f && f !== binding.scope.fn; f = f.parentFunction) outermost = f;
  if (binding.scope.kind === "class") {
    // Methods run after the class was made; static initialisers too (the inner name is set before them).
    return !(outermost.kind === "method" || outermost.kind === "constructor" || outermost.kind === "field" || outermost.kind === "static");
  }
  return t.isFunctionDeclaration(outermost.node) || (outermost.node.start ?? 0) < binding.declaredAt;
}

const isStaticInitializer = (m: t.Node): boolean =>
  t.isStaticBlock(m) || ((t.isClassProperty(m) || t.isClassPrivateProperty(m)) && m.static === true);

function containsSuperCall(node: t.Node): boolean {
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
