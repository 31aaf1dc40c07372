/**
 * What statements stand around a place of a function: the heads of loops and branches, and which of these exclude each other.
 */
import * as t from "@babel/types";
import { hashOf, type SourceTexts } from "./source-text.js";

/** A statement around, and in which part of it the place stands. */
export interface Surrounding {
  readonly node: t.Node;
  readonly part: string;
  readonly outer: Surrounding | undefined;
}

/** Of a loop that keeps what it goes over: the variables of its head, and a hash of the head. */
export type LoopHead = [names: string[], head: string];

/** One of several ways: the statement that branches, and whether the way leaves the function at its end. */
export type Arm = [statement: number, leaves: 0 | 1];

/** Tells places of one text from each other. */
export function contextHash(texts: SourceTexts, place: Surrounding | undefined, statement: string): string {
  const parts = [statement];
  for (let one = place; one !== undefined; one = one.outer) parts.push(`${one.part} ${headOf(texts, one.node)}`);
  return hashOf(parts.join("\n"));
}

export function loopHead(texts: SourceTexts, node: t.ForXStatement): LoopHead {
  const names: string[] = [];
  t.traverseFast(node.left, (id) => {
    if (t.isIdentifier(id)) names.push(texts.bare(id));
  });
  return [names, hashOf(headOf(texts, node))];
}

/** Of an arm of an `if` or a `?`, or a case of a `switch` that does not go on with the next one. */
export function armOf(parent: t.Node, key: string, child: t.Node): Arm | undefined {
  if (t.isConditionalExpression(parent) && key !== "test") return [parent.start ?? 0, 0];
  if (t.isIfStatement(parent) && key !== "test") return [parent.start ?? 0, leaves(child) ? 1 : 0];
  if (!t.isSwitchCase(child)) return undefined;
  const last = lastOf(child.consequent);
  const ends = leaves(last) || t.isBreakStatement(last) || t.isContinueStatement(last);
  return ends ? [parent.start ?? 0, leaves(last) ? 1 : 0] : undefined;
}

function headOf(texts: SourceTexts, node: t.Node): string {
  const heads = HEADS[node.type] ?? [];
  return heads
    .map((key) => (node as unknown as Record<string, t.Node | null | undefined>)[key])
    .map((part) => (part ? texts.bare(part, { elide: true }) : ""))
    .join(";");
}

const HEADS: Readonly<Record<string, readonly string[]>> = {
  IfStatement: ["test"],
  ForStatement: ["init", "test", "update"],
  ForInStatement: ["left", "right"],
  ForOfStatement: ["left", "right"],
  WhileStatement: ["test"],
  DoWhileStatement: ["test"],
  SwitchStatement: ["discriminant"],
  SwitchCase: ["test"],
  LabeledStatement: ["label"],
};

const leaves = (node: t.Node | undefined): boolean =>
  t.isReturnStatement(node) ||
  t.isThrowStatement(node) ||
  (t.isBlockStatement(node) && leaves(lastOf(node.body))) ||
  (t.isIfStatement(node) && node.alternate != null && leaves(node.consequent) && leaves(node.alternate));

function lastOf(statements: readonly t.Statement[]): t.Statement | undefined {
  const last = statements.at(-1);
  return t.isBlockStatement(last) ? lastOf(last.body) : last;
}
