/** What scope analysis finds: scopes, bindings, references, and the tree of units (functions and classes). */
import type * as t from "@babel/types";
import type { CompileError } from "../compile-error.js";

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

/** A variable of the program's top scope. */
export type TopVariable = readonly [name: string, kind: BindingKind];

export interface Reference {
  readonly node: t.Node;
  readonly name: string;
  readonly scope: Scope;
  readonly fn: FunctionUnit;
  readonly assigns: boolean;
  binding: Binding | undefined;
  /** Set by `resolve`: the value may still be in its temporal dead zone when this reference is evaluated. */
  mayBeUninitialized: boolean;
}

export class Binding {
  captured = false;
  /** Some reference may see the binding before its declaration was evaluated. */
  needsMarker = false;
  /** Some function other than its own assigns it: it may change at any time. */
  assignedElsewhere = false;
  readonly references: Reference[] = [];
  /** End of the declarator: a later position in the same function is outside the temporal dead zone. */
  declaredAt: number;
  /** What its declarator sets it to. */
  initializer: t.Node | undefined = undefined;
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
  /** What cannot be compiled: the walk goes on behind it, so that all of it is told at once. */
  readonly refused: CompileError[];
  /** Direct calls of `eval`. */
  readonly evals: t.CallExpression[];
  /** Every identifier of the program: generated names avoid them. */
  readonly names: Set<string>;
}
