/**
 * The blocks of one suspendable function, what surrounds each place where it can be suspended, and its variables. Read from the
 * program before anything is rewritten; a move (engine/src/move) finds its way from one text of a function to another by these.
 */
import * as t from "@babel/types";
import type { Analysis, Binding, FunctionUnit } from "../scope/model.js";
import type { SourceTexts } from "./source-text.js";

/**
 * The block around it, and what it is: a loop (`for`, `for-of`, `for-in`, `for-await`, `while`, `do`), a part of a try statement
 * (`try/catch`, `catch`, `finally`, …), or "" for what holds no state beside variables.
 */
export type BlockStructure = [parent: number, kind: string];

/** What a variable has when nothing has assigned it since: JSON of a literal, or a function of the table. */
export type InitialValue = [literal: unknown] | { f: number };

/**
 * `at`: where its value is there, as an offset in the function; -1 from the beginning. `marker` 1: until then it holds the mark of
 * the dead zone. `init`: absent where it is declared without a value, null where its value has to be computed. `assigned`: the first
 * assignment, if there is one; -1 in another function.
 */
export type VariableStructure = [
  name: string,
  block: number,
  at: number,
  marker: 0 | 1,
  init?: InitialValue | null,
  assigned?: number | null,
];

/** A place where the function can be suspended, as its author wrote it. */
export interface Place {
  readonly at: number;
  readonly block: number;
  readonly text: string;
  /** The statement around it. */
  readonly statement: string;
  /** It stands in a pattern, or between the parts of a class: variables of the compiler's own are alive there. */
  readonly inside: boolean;
}

export class Blocks {
  readonly list: BlockStructure[] = [[-1, ""]];
  readonly #of = new Map<t.Node, number>();
  readonly #places = new Map<string, Place>();
  readonly #declarators = new Map<t.Node, t.VariableDeclarator>();
  readonly #assigned = new Map<Binding, number>();
  readonly #parameters = new Map<t.Node, InitialValue | null | undefined>();
  readonly #analysis: Analysis;
  readonly #texts: SourceTexts;
  readonly #start: number;

  constructor(analysis: Analysis, unit: FunctionUnit, texts: SourceTexts) {
    this.#analysis = analysis;
    this.#texts = texts;
    this.#start = unit.node.start ?? 0;
    this.#of.set(unit.node, 0);
    for (const param of (unit.node as t.Function).params) {
      if (t.isIdentifier(param)) this.#parameters.set(param, undefined);
      else if (t.isAssignmentPattern(param)) this.#parameters.set(param.left, literalOf(param.right));
    }
    this.#children(unit.node, 0, unit.node);
  }

  blockOf(node: t.Node): number {
    return this.#of.get(node) ?? 0;
  }

  /** Undefined for what no author wrote. */
  placeOf(node: t.Node): Place | undefined {
    return this.#places.get(keyOf(node));
  }

  variable(binding: Binding, name: string): VariableStructure {
    const { kind, scope, declaredAt, needsMarker, hasDeadZone, node } = binding;
    const early =
      kind === "param" || kind === "function" || kind === "self" || kind === "special" || kind === "private";
    const at = early || declaredAt < 0 ? -1 : declaredAt - this.#start;
    const known: [string, number, number, 0 | 1] = [
      name,
      this.blockOf(scope.node),
      at,
      needsMarker && hasDeadZone ? 1 : 0,
    ];
    const init = this.#initial(binding, node);
    const assigned = this.#assigned.get(binding);
    if (init === undefined) return known;
    return assigned === undefined ? [...known, init] : [...known, init, assigned];
  }

  #initial({ kind }: Binding, node: t.Node | undefined): InitialValue | null | undefined {
    if (node === undefined || kind === "special" || kind === "private") return null;
    if (kind === "function" && t.isFunctionDeclaration(node)) return this.#functionValue(node);
    if (kind === "param") return this.#parameters.has(node) ? this.#parameters.get(node) : null;
    if (kind !== "let" && kind !== "const" && kind !== "var") return null;
    const declarator = this.#declarators.get(node);
    if (declarator === undefined) return null;
    const { init } = declarator;
    if (init == null) return undefined;
    if (t.isFunction(init)) return this.#functionValue(init);
    return literalOf(init);
  }

  #functionValue(node: t.Node): InitialValue | null {
    const id = this.#analysis.functionOf.get(node)?.id ?? 0;
    return id === 0 ? null : { f: id };
  }

  #visit(node: t.Node, block: number, statement: t.Node, within: boolean, kind = kindOf(node)): void {
    const { functionOf, scopeOf } = this.#analysis;
    if (t.isVariableDeclarator(node) && t.isIdentifier(node.id)) this.#declarators.set(node.id, node);
    this.#noteAssignment(node, false);
    if (functionOf.has(node)) return this.#inner(node);
    const begins = t.isStatement(node) && !t.isBlockStatement(node);
    const own = begins ? node : statement;
    const inside = (within && !begins) || t.isPattern(node) || t.isClass(node);
    let inner = block;
    if (kind !== undefined || (scopeOf.get(node)?.bindings.size ?? 0) > 0) {
      inner = this.list.push([block, kind ?? ""]) - 1;
      this.#of.set(node, inner);
    }
    if (isPlace(node)) this.#places.set(keyOf(node), this.#place(node, inner, own, inside));
    this.#children(node, inner, own, inside, block);
  }

  #children(node: t.Node, block: number, statement: t.Node, inside = false, outer = block): void {
    for (const key of t.VISITOR_KEYS[node.type] ?? []) {
      const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key];
      if (Array.isArray(child)) {
        for (const one of child) if (one) this.#visit(one, block, statement, inside);
      } else if (child) {
        // What is iterated is evaluated before the loop begins.
        const before = t.isForXStatement(node) && key === "right";
        this.#visit(child, before ? outer : block, statement, inside, partOf(node, key) ?? kindOf(child));
      }
    }
  }

  /** Of inner functions only what they assign counts. */
  #inner(node: t.Node): void {
    t.traverseFast(node, (inner) => this.#noteAssignment(inner, true));
  }

  #noteAssignment(node: t.Node, fromInner: boolean): void {
    const targets =
      t.isAssignmentExpression(node) || (t.isForXStatement(node) && !t.isVariableDeclaration(node.left))
        ? [node.left]
        : t.isUpdateExpression(node)
          ? [node.argument]
          : [];
    for (const target of targets) {
      t.traverseFast(target, (id) => {
        const binding = this.#analysis.referenceOf.get(id)?.binding;
        if (binding === undefined) return;
        const at = fromInner ? -1 : (id.start ?? 0) - this.#start;
        this.#assigned.set(binding, Math.min(at, this.#assigned.get(binding) ?? at));
      });
    }
  }

  #place(node: t.Node, block: number, statement: t.Node, inside: boolean): Place {
    const at = (node.start ?? 0) - this.#start;
    const loop = t.isForOfStatement(node);
    const text = loop ? this.#texts.head(node) : this.#texts.shown(node, { elide: true });
    return { at, block, text, inside, statement: loop ? text : this.#texts.bare(statement, { elide: true }) };
  }
}

const isPlace = (node: t.Node): boolean =>
  t.isAwaitExpression(node) ||
  t.isYieldExpression(node) ||
  t.isReturnStatement(node) ||
  (t.isForOfStatement(node) && node.await === true);

const keyOf = (node: t.Node): string => `${node.start}:${node.type}`;

function kindOf(node: t.Node): string | undefined {
  switch (node.type) {
    case "ForStatement":
      return "for";
    case "ForInStatement":
      return "for-in";
    case "ForOfStatement":
      return node.await ? "for-await" : "for-of";
    case "WhileStatement":
      return "while";
    case "DoWhileStatement":
      return "do";
  }
  return undefined;
}

function partOf(node: t.Node, key: string): string | undefined {
  if (!t.isTryStatement(node)) return undefined;
  const end = node.finalizer ? "/finally" : "";
  if (key === "block") return `try${node.handler ? "/catch" : ""}${end}`;
  return key === "handler" ? `catch${end}` : "finally";
}

function literalOf(node: t.Node): InitialValue | null {
  if (t.isStringLiteral(node) || t.isNumericLiteral(node) || t.isBooleanLiteral(node)) return [node.value];
  if (t.isNullLiteral(node)) return [null];
  if (t.isUnaryExpression(node, { operator: "-" }) && t.isNumericLiteral(node.argument) && node.argument.value !== 0)
    return [-node.argument.value];
  if (t.isTemplateLiteral(node) && node.expressions.length === 0) return [node.quasis[0]?.value.cooked ?? null];
  return null;
}
