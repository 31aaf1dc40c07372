import * as t from "@babel/types";
import { withOpenIterator } from "./close.js";
import { jumpOn, negated } from "./conditions.js";
import { assignTarget } from "./destructuring.js";
import { Label } from "./emitter.js";
import { explode } from "./expressions.js";
import type { Hold } from "./leap.js";
import { loopTarget } from "./loops.js";
import type { Lowering } from "./lowering.js";
import { lowerStatement } from "./statements.js";
import { emitAwait } from "./suspend.js";
import type { Temp } from "./temps.js";

export function lowerForOf(cx: Lowering, node: t.ForOfStatement, labels: readonly string[]): void {
  const record = cx.saveTemp(cx.kit(node.await ? "aiter" : "iter", explode(cx, node.right)), true, "iterator");
  const next = new Label();
  const end = new Label();
  cx.emitter.mark(next);
  if (node.await) {
    emitAwait(cx, cx.kit("anext", cx.temps.read(record)), node, "for await");
    jumpOn(cx, negated(cx.kit("anextResult", cx.temps.read(record), cx.v())), end);
  } else {
    jumpOn(cx, negated(cx.kit("next", cx.temps.read(record))), end);
  }
  withOpenIterator(cx, { record, isAsync: node.await, maybeDone: false, node }, (stop) => {
    cx.leaps.push(loopTarget(labels, stop, next));
    iteration(cx, node, record);
    cx.leaps.pop();
    cx.emitter.go(next);
  });
  cx.emitter.mark(end);
  cx.drop(record);
}

export function lowerForIn(cx: Lowering, node: t.ForInStatement, labels: readonly string[]): void {
  if (t.isVariableDeclaration(node.left)) initialiser(cx, node.left);
  const record = cx.saveTemp(cx.kit("keys", explode(cx, node.right)), true, "iterator");
  const hold: Hold = { kind: "hold", temps: [record] };
  const next = new Label();
  const end = new Label();
  cx.emitter.mark(next);
  jumpOn(cx, negated(cx.kit("nextKey", cx.temps.read(record))), end);
  cx.leaps.push(hold, loopTarget(labels, end, next));
  iteration(cx, node, record);
  cx.leaps.length -= 2;
  cx.emitter.go(next);
  cx.emitter.mark(end);
  cx.drop(record);
}

/** Sloppy code may write `for (var a = 1 in b)`. */
function initialiser(cx: Lowering, left: t.VariableDeclaration): void {
  const [declarator] = left.declarations;
  if (!declarator?.init) return;
  const value = explode(cx, declarator.init);
  cx.assign(cx.rewrite(t.cloneNode(declarator.id as t.Identifier)), value, declarator);
}

/** Binds the value of one step and runs the body. */
function iteration(cx: Lowering, node: t.ForXStatement, record: Temp): void {
  const target = t.isVariableDeclaration(node.left) ? node.left.declarations[0]!.id : node.left;
  const value = t.memberExpression(cx.temps.read(record), t.identifier("value"));
  cx.inBlock([node.left, node.body], () => {
    assignTarget(cx, target as t.LVal, value, node.left);
    lowerStatement(cx, node.body);
  });
}
