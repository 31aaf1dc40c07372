/**
 * State of one closure conversion: what is known of the program, the function being converted, and what has been put
 * into the table so far.
 */
import * as t from "@babel/types";
import type { LoweredFunction } from "../machine/index.js";
import type { FunctionName } from "../names.js";
import type { Naming } from "../plan.js";
import type { Analysis, FunctionUnit, Reference, Scope } from "../scope/model.js";

export interface FunctionRecord {
  readonly id: number;
  readonly name: string;
  readonly kind: "function" | "class";
  readonly node: t.Node;
  readonly slots: readonly (readonly [string, string])[];
  readonly awaits: readonly AwaitRecord[];
  /** Of a suspendable function. */
  readonly frame?: FrameRecord;
  /** Of a class: its methods, by number. */
  readonly members?: readonly string[];
}

/** What a function was lowered to, for structure/. */
export interface FrameRecord {
  readonly unit: FunctionUnit;
  readonly layout: string;
  /** Slot -> name of the variable that it holds, after conversion. */
  readonly locals: readonly (readonly [slot: string, local: string])[];
  readonly awaits: LoweredFunction["awaits"];
  readonly ways: LoweredFunction["ways"];
}

export interface AwaitRecord {
  readonly label: number;
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

interface Frame {
  readonly fn: FunctionUnit;
  readonly temporaries: string[];
}

export class Conversion {
  /** Scope objects, frames, machines, factories: declared before the program's own statements. */
  readonly table: t.Statement[] = [];
  readonly factories = new Map<number, string>();
  readonly records: FunctionRecord[] = [];
  /** Scope id and the original names of its slots. */
  readonly scopeRecords: [number, string[]][] = [];
  /** Statements for the very top of the program: functions that were hoisted declarations. */
  readonly hoisted: t.Statement[] = [];
  /** Constructors whose `this` may be asked for while fields are initialised (super-call.ts). */
  readonly seenByFields = new Set<FunctionUnit>();
  private readonly frames: Frame[] = [];
  private readonly generated: RegExp;
  private temporaryCount: number;
  readonly templates: [id: number, texts: string][] = [];
  private templateCount = 0;

  constructor(
    readonly analysis: Analysis,
    readonly names: Map<t.Node, FunctionName>,
    readonly naming: Naming,
    readonly code: string,
    readonly originalName: (id: t.Identifier) => string,
    readonly topLevelThis: "undefined" | "globalThis",
  ) {
    this.temporaryCount = naming.firstTemporary;
    this.generated = new RegExp(`^${naming.prefix.replace(/\$/g, "\\$")}[A-Z]\\d+$`);
  }

  get fn(): FunctionUnit {
    return (this.frames.at(-1) as Frame).fn;
  }

  /** Converts inside `fn`; returns the result and the temporaries that it declared. */
  inside<T>(fn: FunctionUnit, work: () => T): { result: T; temporaries: string[] } {
    const frame: Frame = { fn, temporaries: [] };
    this.frames.push(frame);
    try {
      return { result: work(), temporaries: frame.temporaries };
    } finally {
      this.frames.pop();
    }
  }

  /** A fresh variable of the function being converted; `name` for a scope object's own variable. */
  temporary(name = `${this.naming.prefix}t${this.temporaryCount++}`): t.Identifier {
    const frame = this.frames.at(-1) as Frame;
    if (!frame.temporaries.includes(name)) frame.temporaries.push(name);
    return t.identifier(name);
  }

  /** A fresh name that is declared by the caller. */
  fresh(): string {
    return `${this.naming.prefix}t${this.temporaryCount++}`;
  }

  /** The number of a template's site; `texts` is what the template is known by elsewhere. */
  nextTemplate(texts: string): number {
    const id = this.naming.firstId + this.templateCount++;
    this.templates.push([id, texts]);
    return id;
  }

  /** The first that this text did not use. */
  get next(): { template: number; temporary: number } {
    return { template: this.naming.firstId + this.templateCount, temporary: this.temporaryCount };
  }

  /** `kit.name(...args)` */
  kit(name: string, ...args: (t.Expression | t.SpreadElement)[]): t.CallExpression {
    return t.callExpression(this.kitMember(name), args);
  }

  kitMember(name: string): t.MemberExpression {
    return t.memberExpression(t.identifier(this.naming.kit), t.identifier(name));
  }

  get marker(): t.Expression {
    return this.kitMember("T");
  }

  /** Whether a name of the program's top never changes its value once functions run. */
  isConstant(name: string): boolean {
    const binding = this.analysis.program.scope.lookup(name);
    return binding ? binding.kind === "const" || binding.kind === "import" : this.generated.test(name);
  }

  reference(node: t.Node): Reference | undefined {
    return this.analysis.referenceOf.get(node);
  }

  scope(node: t.Node): Scope {
    return this.analysis.scopeOf.get(node) as Scope;
  }

  /** The function whose `this` is seen here: arrow functions are looked through. */
  receiver(): FunctionUnit {
    let fn = this.fn;
    while (fn.kind === "arrow") fn = fn.parentFunction as FunctionUnit;
    return fn;
  }

  /** Names inside factories; the digit keeps them apart from every name of the program (compile.ts, freePrefix). */
  get own(): { heritage: string; keys: string; parts: string; self: string } {
    const p = this.naming.prefix;
    return { heritage: `${p}h0`, keys: `${p}k0`, parts: `${p}p0`, self: `${p}f0` };
  }

  factoryName(unit: { readonly id: number }): string {
    return `${this.naming.prefix}F${unit.id}`;
  }
}

export const undefinedValue = (): t.Expression => t.unaryExpression("void", t.numericLiteral(0));

export const assign = (left: t.LVal, right: t.Expression): t.AssignmentExpression =>
  t.assignmentExpression("=", left as t.AssignmentExpression["left"], right);

export const statement = (expression: t.Expression): t.ExpressionStatement => t.expressionStatement(expression);

export const declare = (
  kind: "var" | "let" | "const",
  id: t.LVal | string,
  init?: t.Expression | null,
): t.VariableDeclaration =>
  t.variableDeclaration(kind, [
    t.variableDeclarator((typeof id === "string" ? t.identifier(id) : id) as t.VariableDeclarator["id"], init ?? null),
  ]);

/** Member of an object by a name that need not be an identifier. V8 takes `for (s1.async of list)` for a mistake. */
export const slot = (object: string, name: string): t.MemberExpression =>
  t.isValidIdentifier(name, false) && name !== "async"
    ? t.memberExpression(t.identifier(object), t.identifier(name))
    : t.memberExpression(t.identifier(object), t.stringLiteral(name), true);

export const at = <T extends t.Node>(node: T, original: t.Node): T => {
  if (original.loc) node.loc = original.loc;
  node.start = original.start ?? null;
  node.end = original.end ?? null;
  return node;
};
