/**
 * Suspension points: await, yield and yield*.
 *
 * I1. A resume label is reached only by resuming; so `m`, the mode, is what was sent in and needs no reset.
 * I2. Throwing into the machine is done at its head, before the `switch`; returning into it, at each yield.
 */
import * as t from "@babel/types";
import { jumpOn } from "./conditions.js";
import { Label } from "./emitter.js";
import { place, returning, top } from "./leap.js";
import type { Lowering } from "./lowering.js";
import type { Temp } from "./temps.js";

/** Leaves the machine with `call` evaluated under the resume label, and goes on there. */
function suspend(
  cx: Lowering,
  call: (operand: t.Expression) => t.Expression,
  operand: t.Expression,
  node: t.Node,
  kind: string,
): void {
  if (!cx.emitter.reachable) return;
  const settled = cx.settle(operand);
  const resume = new Label();
  cx.point(resume, kind, node);
  cx.emitter.push(cx.emitter.setLabel(resume));
  cx.emit(t.returnStatement(call(flat(cx, settled))), node);
  cx.emitter.mark(resume);
}

/**
 * The operand of the last call, evaluated before that call is prepared: while a function called there runs, and calls
 * others, its caller's frame on the JavaScript stack is smaller by what the last call needs. Recursion goes deeper.
 */
function flat(cx: Lowering, operand: t.Expression): t.Expression {
  if (!t.isCallExpression(operand)) return operand;
  cx.assign(cx.v(), operand);
  return cx.v();
}

export function emitAwait(cx: Lowering, operand: t.Expression, node: t.Node, kind = "await"): void {
  suspend(cx, (value) => cx.kit("await", cx.frame(), value), operand, node, kind);
}

/** Awaits a residual; the residual of the result is `v`. */
export function awaitValue(cx: Lowering, operand: t.Expression, node: t.Node, kind = "await"): t.Expression {
  emitAwait(cx, operand, node, kind);
  return cx.v();
}

/** `yield operand`; the residual of the result is `v`. */
export function yieldValue(cx: Lowering, operand: t.Expression, node: t.Node): t.Expression {
  if (!cx.options.isAsync) {
    suspend(cx, (value) => cx.kit("yield", cx.frame(), value), operand, node, "yield");
    cx.emitter.push(t.ifStatement(mode(cx, 2), t.blockStatement(returning(cx, cx.v(), top))));
    return cx.v();
  }
  emitAwait(cx, operand, node, "yield operand");
  suspend(cx, (value) => cx.kit("ayield", cx.frame(), value), cx.v(), node, "yield");
  awaitReturn(cx, node, () => place(cx, returning(cx, cx.v(), top)));
  return cx.v();
}

/** An async generator resumed with a return awaits the value, out of the way of ordinary resumption. */
function awaitReturn(cx: Lowering, node: t.Node, then: () => void): void {
  const awaited = new Label();
  cx.point(awaited, "return", node);
  const call = t.returnStatement(cx.kit("await", cx.frame(), cx.v()));
  cx.emitter.push(t.ifStatement(mode(cx, 2), t.blockStatement([cx.emitter.setLabel(awaited), call])));
  cx.defer(awaited, then);
}

/**
 * `yield* operand` (ECMA-262 15.5.5). One round hands `v` and `m` to the inner iterator. A throw sent in reaches the
 * iterator instead of the enclosing code because the resume label is a region of its own; its handler passes the mode
 * as a constant, since the head of the machine would throw again if `m` were 1.
 */
export function yieldStar(cx: Lowering, operand: t.Expression, node: t.Node): t.Expression {
  const { isAsync } = cx.options;
  const record = cx.saveTemp(cx.kit(isAsync ? "aiter" : "iter", operand), true);
  const read = () => cx.temps.read(record);
  const delegate = (sent: t.Expression) => {
    cx.assign(cx.v(), cx.kit(isAsync ? "adelegate" : "delegate", read(), cx.v(), sent), node);
  };
  const outer = cx.emitter.handler;
  const round = new Label();
  const answer = new Label();
  const thrown = new Label();
  const done = new Label();
  const resume = new Label();
  cx.assign(cx.v(), t.unaryExpression("void", t.numericLiteral(0)));
  setMode(cx, 0);
  cx.emitter.mark(round);
  delegate(mode(cx));
  cx.emitter.mark(answer);
  if (isAsync) asyncAnswer(cx, record, node);
  else cx.emitter.push(t.ifStatement(recordMode(cx, record, 3), t.blockStatement(finish(cx, record))));
  jumpOn(cx, t.memberExpression(cx.v(), t.identifier("done")), done);
  if (isAsync) cx.assign(cx.v(), t.memberExpression(cx.v(), t.identifier("value")));
  cx.point(resume, "yield*", node);
  cx.emitter.push(cx.emitter.setLabel(resume));
  cx.emit(t.returnStatement(cx.kit(isAsync ? "ayield" : "yieldRaw", cx.frame(), cx.v())), node);

  cx.emitter.handler = thrown;
  cx.emitter.mark(resume);
  if (isAsync) {
    awaitReturn(cx, node, () => {
      setMode(cx, 2);
      cx.emitter.go(round);
    });
  }
  cx.emitter.go(round);
  cx.emitter.handler = outer;
  cx.emitter.markHandler(thrown);
  delegate(t.numericLiteral(1));
  cx.emitter.go(answer);

  cx.emitter.mark(done);
  cx.assign(cx.v(), t.memberExpression(cx.v(), t.identifier("value")));
  cx.emitter.push(t.ifStatement(recordMode(cx, record, 2), t.blockStatement(finish(cx, record))));
  cx.drop(record);
  return cx.v();
}

/** The inner result is awaited; without a `throw` or `return` method the protocol differs from the sync one. */
function asyncAnswer(cx: Lowering, record: Temp, node: t.Node): void {
  const noReturn = new Label();
  const noThrow = new Label();
  const violated = new Label();
  jumpOn(cx, recordMode(cx, record, 4), noThrow);
  emitAwait(cx, cx.v(), node, "yield*");
  jumpOn(cx, recordMode(cx, record, 3), noReturn);
  cx.emitExpression(cx.kit("checkObject", cx.v()));
  cx.defer(noReturn, () => place(cx, finish(cx, record)));
  cx.defer(noThrow, () => {
    cx.assign(cx.v(), cx.kit("aclose", cx.temps.read(record)));
    const none = t.memberExpression(t.identifier(cx.names.kit), t.identifier("NONE"));
    jumpOn(cx, t.binaryExpression("===", cx.v(), none), violated);
    emitAwait(cx, cx.v(), node, "close");
    cx.emitExpression(cx.kit("checkObject", cx.v()));
    cx.emitter.mark(violated);
    cx.emitter.end(t.throwStatement(cx.kit("noThrow")));
  });
}

function finish(cx: Lowering, record: Temp): t.Statement[] {
  return [...cx.temps.clearing([record]), ...returning(cx, cx.v(), top)];
}

function mode(cx: Lowering): t.Identifier;
function mode(cx: Lowering, is: number): t.BinaryExpression;
function mode(cx: Lowering, is?: number): t.Expression {
  const name = t.identifier(cx.names.mode);
  return is === undefined ? name : t.binaryExpression("===", name, t.numericLiteral(is));
}

function setMode(cx: Lowering, value: number): void {
  cx.assign(t.identifier(cx.names.mode), t.numericLiteral(value));
}

function recordMode(cx: Lowering, record: Temp, value: number): t.Expression {
  const member = t.memberExpression(cx.temps.read(record), t.identifier("mode"));
  return t.binaryExpression("===", member, t.numericLiteral(value));
}
