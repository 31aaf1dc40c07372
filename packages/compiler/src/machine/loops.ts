import * as t from "@babel/types";
import { jumpIf, jumpUnless } from "./conditions.js";
import { Label } from "./emitter.js";
import { effect } from "./expressions.js";
import type { Target } from "./leap.js";
import type { Lowering } from "./lowering.js";
import { lowerDeclaration, lowerStatement } from "./statements.js";

export function lowerFor(cx: Lowering, node: t.ForStatement, labels: readonly string[]): void {
  if (t.isVariableDeclaration(node.init)) lowerDeclaration(cx, node.init);
  else if (node.init) effect(cx, node.init);
  const test = new Label();
  const next = new Label();
  const end = new Label();
  cx.emitter.mark(test);
  if (node.test) jumpUnless(cx, node.test, end);
  body(cx, node.body, loopTarget(labels, end, next));
  cx.emitter.mark(next);
  if (node.update && cx.emitter.reachable) effect(cx, node.update);
  cx.emitter.go(test);
  cx.emitter.mark(end);
}

export function lowerWhile(cx: Lowering, node: t.WhileStatement, labels: readonly string[]): void {
  const test = new Label();
  const end = new Label();
  cx.emitter.mark(test);
  jumpUnless(cx, node.test, end);
  body(cx, node.body, loopTarget(labels, end, test));
  cx.emitter.go(test);
  cx.emitter.mark(end);
}

export function lowerDoWhile(cx: Lowering, node: t.DoWhileStatement, labels: readonly string[]): void {
  const start = new Label();
  const test = new Label();
  const end = new Label();
  cx.emitter.mark(start);
  body(cx, node.body, loopTarget(labels, end, test));
  cx.emitter.mark(test);
  if (cx.emitter.reachable) jumpIf(cx, node.test, start);
  cx.emitter.mark(end);
}

export function loopTarget(names: readonly string[], breakTo: Label, continueTo: Label): Target {
  return { kind: "target", names, breakTo, continueTo, plain: true };
}

function body(cx: Lowering, node: t.Statement, target: Target): void {
  cx.leaps.push(target);
  lowerStatement(cx, node);
  cx.leaps.pop();
}
