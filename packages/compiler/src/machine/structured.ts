/**
 * Statements without suspension points keep their structure. What changes: locals become slots, and `break`, `continue`
 * and `return` that leave the statement become jumps of the machine.
 *
 * A jump may not set `$._l` while structured code of this region can still run (emitter.ts, I1): a `finally` block or
 * the closing of an iterator may throw, or override the jump. Such jumps, and returns whose evaluation a structured
 * `try` surrounds, go to a label of their own region first.
 */
import * as t from "@babel/types";
import { patternNames } from "./assigned.js";
import { Label } from "./emitter.js";
import { breakTarget, continueTarget, jump, type Position, place, returning, top } from "./leap.js";
import type { Lowering } from "./lowering.js";
import { located } from "./rewrite.js";
import { children } from "./suspension.js";

interface Nesting extends Position {
  readonly labels: readonly string[];
  readonly inBreakable: boolean;
  /** Something may still run, and override, when a jump leaves from here. */
  readonly guarded: boolean;
  /** Inside the block of a `try` that would catch an error of completing the function. */
  readonly caught: boolean;
}

const outside: Nesting = { fromLoop: false, labels: [], inBreakable: false, guarded: false, caught: false };

export function structured(cx: Lowering, node: t.Statement): t.Statement[] {
  return statement(cx, node, outside);
}

function statement(cx: Lowering, node: t.Statement, at: Nesting): t.Statement[] {
  switch (node.type) {
    case "EmptyStatement":
      return [];
    case "VariableDeclaration":
      return declaration(cx, node);
    case "BlockStatement":
      return [block(cx, node, at)];
    case "IfStatement":
      node.test = cx.rewrite(node.test);
      node.consequent = one(cx, node.consequent, at);
      if (node.alternate) node.alternate = one(cx, node.alternate, at);
      return [node];
    case "LabeledStatement":
      node.body = one(cx, node.body, { ...at, labels: [...at.labels, node.label.name] });
      return [node];
    case "ForStatement":
      if (t.isVariableDeclaration(node.init)) node.init = head(cx, node.init);
      else if (node.init) node.init = cx.rewrite(node.init);
      if (node.test) node.test = cx.rewrite(node.test);
      if (node.update) node.update = cx.rewrite(node.update);
      return loop(cx, node, at);
    case "WhileStatement":
    case "DoWhileStatement":
      node.test = cx.rewrite(node.test);
      return loop(cx, node, at);
    case "ForInStatement":
    case "ForOfStatement":
      node.left = iterationTarget(cx, node.left);
      node.right = cx.rewrite(node.right);
      return loop(cx, node, t.isForOfStatement(node) ? { ...at, guarded: true } : at);
    case "SwitchStatement":
      node.discriminant = cx.rewrite(node.discriminant);
      for (const entry of node.cases) {
        if (entry.test) entry.test = cx.rewrite(entry.test);
        entry.consequent = list(cx, entry.consequent, { ...at, inBreakable: true });
      }
      return [node];
    case "TryStatement": {
      const inner = node.finalizer ? { ...at, guarded: true } : at;
      node.block = block(cx, node.block, { ...inner, caught: true });
      if (node.handler) {
        if (node.handler.param) node.handler.param = cx.rewrite(node.handler.param);
        node.handler.body = block(cx, node.handler.body, inner);
      }
      if (node.finalizer) node.finalizer = finalizer(cx, node.finalizer, at);
      return [node];
    }
    case "BreakStatement":
      if (node.label ? at.labels.includes(node.label.name) : at.inBreakable) return [node];
      return leave(cx, node, at);
    case "ContinueStatement":
      if (node.label ? at.labels.includes(node.label.name) : at.fromLoop) return [node];
      return leave(cx, node, at);
    case "ReturnStatement":
      return leaveWith(cx, node, at);
    default:
      return [cx.rewrite(node)];
  }
}

function list(cx: Lowering, nodes: readonly t.Statement[], at: Nesting): t.Statement[] {
  return nodes.flatMap((node) => statement(cx, node, at));
}

function block(cx: Lowering, node: t.BlockStatement, at: Nesting): t.BlockStatement {
  node.body = list(cx, node.body, at);
  return node;
}

/**
 * A finalizer that ends normally lets the jump go on that led into it. A jump of its own that was overridden in there has
 * left its label and value behind: then those of the first jump are put back.
 */
function finalizer(cx: Lowering, node: t.BlockStatement, at: Nesting): t.BlockStatement {
  if (!holdsGuardedJump(node, false)) return block(cx, node, at);
  const label = cx.temps.take(true);
  const value = cx.temps.take(true);
  const made = block(cx, node, at);
  const current = () => t.memberExpression(cx.frame(), t.identifier("_l"));
  const set = (target: t.MemberExpression | t.Identifier, to: t.Expression) =>
    t.expressionStatement(t.assignmentExpression("=", target, to));
  made.body.unshift(set(cx.temps.target(label), current()), set(cx.temps.target(value), cx.v()));
  made.body.push(set(current(), cx.temps.target(label)), set(cx.v(), cx.temps.target(value)));
  made.body.push(...cx.temps.clearing([label, value]));
  cx.temps.release(label);
  cx.temps.release(value);
  return made;
}

/** Whether a jump stands inside a statement of `node` that may override it: a `finally`, or the closing of an iterator. */
function holdsGuardedJump(node: t.Node, guarded: boolean): boolean {
  if (t.isReturnStatement(node) || t.isBreakStatement(node) || t.isContinueStatement(node)) return guarded;
  if (t.isFunction(node) || t.isClass(node) || t.isExpression(node)) return false;
  const inside = guarded || t.isForOfStatement(node) || (t.isTryStatement(node) && node.finalizer != null);
  for (const child of children(node)) if (holdsGuardedJump(child, inside)) return true;
  return false;
}

function one(cx: Lowering, node: t.Statement, at: Nesting): t.Statement {
  const result = statement(cx, node, at);
  const [only] = result;
  if (result.length === 1 && only) return only;
  return located(result.length === 0 ? t.emptyStatement() : t.blockStatement(result), node);
}

function loop(cx: Lowering, node: t.Loop, at: Nesting): t.Statement[] {
  node.body = one(cx, node.body, { ...at, fromLoop: true, inBreakable: true });
  return [node];
}

function leave(cx: Lowering, node: t.BreakStatement | t.ContinueStatement, at: Nesting): t.Statement[] {
  const target = (t.isBreakStatement(node) ? breakTarget : continueTarget)(cx, node.label?.name);
  const label = t.isBreakStatement(node) ? target.breakTo : target.continueTo!;
  if (!at.guarded) return jump(cx, target, label, at).map((made) => located(made, node));
  const own = new Label();
  cx.defer(own, () => place(cx, jump(cx, target, label, top)));
  return cx.emitter.jump(own, at.fromLoop).map((made) => located(made, node));
}

function leaveWith(cx: Lowering, node: t.ReturnStatement, at: Nesting): t.Statement[] {
  const value = located(
    node.argument ? cx.rewrite(node.argument) : t.unaryExpression("void", t.numericLiteral(0)),
    node,
  );
  if (!at.guarded && !at.caught) return returning(cx, value, at).map((made) => located(made, node));
  const own = new Label();
  cx.defer(own, () => place(cx, returning(cx, cx.v(), top)));
  const carry = t.expressionStatement(t.assignmentExpression("=", cx.v(), value));
  return [carry, ...cx.emitter.jump(own, at.fromLoop)].map((made) => located(made, node));
}

/** A declaration whose variables have slots becomes assignments. */
function declaration(cx: Lowering, node: t.VariableDeclaration): t.Statement[] {
  const assignments = declarationAssignments(cx, node);
  if (!assignments) return [node];
  return assignments.map((assignment) => located(t.expressionStatement(assignment), assignment));
}

function head(cx: Lowering, node: t.VariableDeclaration): t.VariableDeclaration | t.Expression | null {
  const assignments = declarationAssignments(cx, node);
  if (!assignments) return node;
  if (assignments.length < 2) return assignments[0] ?? null;
  return located(t.sequenceExpression(assignments), node);
}

/** Null when the variables stay JavaScript variables; the declaration has then been rewritten in place. */
export function declarationAssignments(cx: Lowering, node: t.VariableDeclaration): t.Expression[] | null {
  if (!hasSlots(cx, node)) {
    cx.rewrite(node);
    return null;
  }
  const result: t.Expression[] = [];
  for (const declarator of node.declarations) {
    if (!declarator.init && node.kind === "var") continue;
    const value = declarator.init ? cx.rewrite(declarator.init) : t.unaryExpression("void", t.numericLiteral(0));
    const target = cx.rewrite(declarator.id as t.Identifier);
    result.push(located(t.assignmentExpression("=", target, value), declarator));
  }
  return result;
}

function iterationTarget(cx: Lowering, left: t.VariableDeclaration | t.LVal): t.VariableDeclaration | t.LVal {
  if (!t.isVariableDeclaration(left) || !hasSlots(cx, left)) return cx.rewrite(left);
  return cx.rewrite(left.declarations[0]!.id as t.Identifier);
}

function hasSlots(cx: Lowering, node: t.VariableDeclaration): boolean {
  return patternNames(node).some((name) => cx.slots.get(name) !== undefined);
}
