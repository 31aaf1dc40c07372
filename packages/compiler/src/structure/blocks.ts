/**
 * The blocks of one suspendable function, what surrounds each place where it can be suspended, and its variables. Read from the
 * program before anything is rewritten; a move (engine/src/move) finds its way from one text of a function to another by these.
 */
import * as t from "@babel/types";
import type { Analysis, Binding, FunctionUnit } from "../scope/model.js";
import { literalOf } from "./literal.js";
import { Origins } from "./origins.js";
import { hashOf, type SourceTexts } from "./source-text.js";
import { type Arm, armOf, contextHash, type LoopHead, loopHead, type Surrounding } from "./surroundings.js";

/**
 * The block around it, and what it is: a loop (`for`, `for-of`, `for-in`, `for-await`, `while`, `do`), a part of a try statement
 * (`try/catch`, `catch`, `finally`, …), or "" for what holds no state beside variables: of the arms of a branch it is said which.
 */
export type BlockStructure = [parent: number, kind: string, detail?: LoopHead | Arm];

/** One that does something, and holds no other: its text, where it stands. */
export type StatementStructure = [text: string, at: number, block: number];

/** What a variable has when nothing has assigned it since: JSON of a literal, nothing (undefined), or a function of the table. */
export type InitialValue = [literal?: unknown] | { f: number };

/**
 * `at`: where its value is there, as an offset in the function; -1 from the beginning. `marker` 1: until then it holds the mark of
 * the dead zone. `init`: absent where it is declared without a value, null where its value has to be computed. `assigned`: the first
 * assignment, if there is one; -1 in another function. `origin`: hash of what it is first set to.
 */
export type VariableStructure = [
  name: string,
  block: number,
  at: number,
  marker: 0 | 1,
  init?: InitialValue | null,
  assigned?: number | null,
  origin?: string,
];

/** A place where the function can be suspended, as its author wrote it. */
export interface Place {
  readonly at: number;
  readonly block: number;
  readonly text: string;
  /** The statement around it. */
  readonly statement: string;
  /** Tells it from others of one text; where there are others. */
  readonly context: string | undefined;
  /** It stands in a pattern, or between the parts of a class: variables of the compiler's own are alive there. */
  readonly inside: boolean;
}

export class Blocks {
  readonly list: BlockStructure[] = [[-1, ""]];
  readonly statements: StatementStructure[] = [];
  readonly #of = new Map<t.Node, number>();
  readonly #places = new Map<string, Place>();
  readonly #placeNodes = new Map<string, t.Node>();
  readonly #declarators = new Map<t.Node, t.VariableDeclarator>();
  readonly #assigned = new Map<Binding, number>();
  readonly #parameters = new Map<t.Node, InitialValue | null | undefined>();
  readonly #analysis: Analysis;
  readonly #texts: SourceTexts;
  readonly #start: number;
  readonly #origins: Origins;
  readonly #around = new Map<t.Node, Surrounding>();
  readonly #statementTexts = new Map<t.Node, string>();

  constructor(analysis: Analysis, unit: FunctionUnit, texts: SourceTexts) {
    this.#analysis = analysis;
    this.#texts = texts;
    this.#start = unit.node.start ?? 0;
    this.#origins = new Origins(unit.node as t.Function, texts);
    this.#of.set(unit.node, 0);
    for (const param of (unit.node as t.Function).params) {
      if (t.isIdentifier(param)) this.#parameters.set(param, undefined);
      else if (t.isAssignmentPattern(param)) this.#parameters.set(param.left, literalOf(param.right));
    }
    this.#children(unit.node, 0, unit.node);
    this.#addContexts();
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
    const origin = node === undefined ? undefined : this.#origins.of(node);
    if (origin !== undefined) return [...known, init === undefined ? [] : init, assigned ?? null, origin];
    if (assigned !== undefined) return [...known, init === undefined ? [] : init, assigned];
    return init === undefined ? known : [...known, init];
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

  #visit(node: t.Node, block: number, statement: t.Node, within: boolean, kind = kindOf(node), arm?: Arm): void {
    const { functionOf, scopeOf } = this.#analysis;
    if (t.isVariableDeclarator(node) && t.isIdentifier(node.id)) this.#declarators.set(node.id, node);
    this.#origins.note(node);
    this.#noteAssignment(node, false);
    if (functionOf.has(node)) return this.#inner(node);
    const begins = t.isStatement(node) && !t.isBlockStatement(node);
    const own = begins ? node : statement;
    const inside = (within && !begins) || t.isPattern(node) || t.isClass(node);
    let inner = block;
    if (kind !== undefined || arm !== undefined || (scopeOf.get(node)?.bindings.size ?? 0) > 0) {
      const detail = t.isForXStatement(node) ? loopHead(this.#texts, node) : arm;
      inner = this.list.push(detail === undefined ? [block, kind ?? ""] : [block, kind ?? "", detail]) - 1;
      this.#of.set(node, inner);
    }
    if (doesSomething(node))
      this.statements.push([shortened(this.#statementText(node)), (node.start ?? 0) - this.#start, inner]);
    if (isPlace(node)) {
      this.#places.set(keyOf(node), this.#place(node, inner, own, inside));
      this.#placeNodes.set(keyOf(node), node);
    }
    this.#children(node, inner, own, inside, block);
  }

  #children(node: t.Node, block: number, statement: t.Node, inside = false, outer = block): void {
    for (const key of t.VISITOR_KEYS[node.type] ?? []) {
      const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key];
      if (Array.isArray(child)) {
        for (const one of child) {
          if (!one) continue;
          this.#surround(node, key, one);
          this.#visit(one, block, statement, inside, kindOf(one), armOf(node, key, one));
        }
      } else if (child) {
        this.#surround(node, key, child);
        // What is iterated is evaluated before the loop begins.
        const before = t.isForXStatement(node) && key === "right";
        const kind = partOf(node, key) ?? kindOf(child);
        this.#visit(child, before ? outer : block, statement, inside, kind, armOf(node, key, child));
      }
    }
  }

  /** Of a place what stands around its statement: blocks hold nothing but statements. */
  #surround(node: t.Node, key: string, child: t.Node): void {
    const outer = this.#around.get(node);
    const counts = (t.isStatement(node) && !t.isBlockStatement(node)) || t.isSwitchCase(node) || t.isCatchClause(node);
    // A try may be put around a piece of code, and taken away.
    const isTried = t.isTryStatement(node) && key === "block";
    const around = counts && !isTried ? { node, part: `${node.type} ${key}`, outer } : outer;
    if (around !== undefined) this.#around.set(child, around);
  }

  #addContexts(): void {
    const likes = new Map<string, [key: string, node: t.Node][]>();
    for (const [key, node] of this.#placeNodes) {
      const text = `${node.type} ${this.#places.get(key)!.text.replace(/\s+/g, "")}`;
      const all = likes.get(text) ?? [];
      likes.set(text, all);
      all.push([key, node]);
    }
    for (const all of likes.values()) {
      if (all.length === 1) continue;
      for (const [key, node] of all) {
        const place = this.#places.get(key)!;
        const context = contextHash(this.#texts, this.#around.get(node), place.statement);
        this.#places.set(key, { ...place, context });
      }
    }
  }

  #statementText(node: t.Node): string {
    let text = this.#statementTexts.get(node);
    if (text === undefined) {
      text = this.#texts.bare(node, { elide: true });
      this.#statementTexts.set(node, text);
    }
    return text;
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
    return { at, block, text, inside, statement: loop ? text : this.#statementText(statement), context: undefined };
  }
}

const isPlace = (node: t.Node): boolean =>
  t.isAwaitExpression(node) ||
  t.isYieldExpression(node) ||
  t.isReturnStatement(node) ||
  (t.isForOfStatement(node) && node.await === true);

/** A call, or a change, that stands for itself. */
function doesSomething(node: t.Node): boolean {
  if (t.isExpressionStatement(node)) return true;
  if (!t.isVariableDeclaration(node)) return false;
  return node.declarations.some(({ init }) => init != null && calls(init));
}

function calls(node: t.Node): boolean {
  if (t.isFunction(node)) return false;
  if (t.isCallExpression(node) || t.isNewExpression(node) || t.isTaggedTemplateExpression(node)) return true;
  return (t.VISITOR_KEYS[node.type] ?? []).some((key) => {
    const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key];
    return Array.isArray(child) ? child.some((one) => one && calls(one)) : child != null && calls(child);
  });
}

/** For a reader, and unique. */
const shortened = (text: string): string =>
  text.length <= 60 ? text : `${text.slice(0, 48)}…${hashOf(text).slice(0, 6)}`;

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
