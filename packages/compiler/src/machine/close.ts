/**
 * Iterators that are open while code of the function runs: for-of, for-await-of and array patterns close theirs on every
 * abrupt completion of that code, but not on one of the iterator's own methods (ECMA-262 7.4.11, 7.4.13).
 *
 * I1. The region covers what may abort between two steps, never the step itself.
 * I2. Closing for a jump or return happens outside the region: an error of `return` replaces the completion.
 * I3. Closing for a throw swallows every error of its own and rethrows.
 */
import * as t from "@babel/types";
import { Label } from "./emitter.js";
import { type Close, emitExits } from "./leap.js";
import type { Lowering } from "./lowering.js";
import { emitAwait } from "./suspend.js";
import type { Temp } from "./temps.js";

export interface OpenIterator {
  readonly record: Temp;
  readonly isAsync: boolean;
  /** The iterator may be exhausted already when the code aborts (array patterns). */
  readonly maybeDone: boolean;
  readonly node: t.Node;
}

/**
 * Lowers `body` inside the region of an open iterator. It must end its path: by going to the next step, or to `stop`,
 * where the iterator is closed as for a `break`, and code goes on behind. The caller clears the record there.
 */
export function withOpenIterator(cx: Lowering, open: OpenIterator, body: (stop: Label) => void): void {
  const outer = cx.emitter.handler;
  const failed = new Label();
  const stop = new Label();
  const barrier: Close = { kind: "close", exits: [] };
  const clear = () => cx.emitter.push(...cx.temps.clearing([open.record]));
  cx.leaps.push(barrier);
  cx.emitter.handler = failed;
  cx.emitter.mark(new Label());
  body(stop);
  cx.flush();
  cx.leaps.pop();
  cx.emitter.handler = outer;

  cx.emitter.markHandler(failed);
  closeForThrow(cx, open);
  emitExits(cx, barrier, (isReturn) => {
    if (open.isAsync && isReturn) {
      const value = cx.saveTemp(cx.v(), true);
      closeForJump(cx, open);
      cx.toValue(cx.temps.read(value));
      cx.drop(value);
    } else closeForJump(cx, open);
    clear();
  });
  cx.emitter.mark(stop);
  if (cx.emitter.reachable) closeForJump(cx, open);
}

function closeForJump(cx: Lowering, open: OpenIterator): void {
  const record = () => cx.temps.read(open.record);
  if (!open.isAsync) return cx.emitExpression(unlessDone(cx, open, cx.kit("close", record())), open.node);
  const end = new Label();
  cx.toValue(cx.kit("aclose", record()));
  jumpIfNone(cx, end);
  emitAwait(cx, cx.v(), open.node, "close");
  cx.emitExpression(cx.kit("checkObject", cx.v()));
  cx.emitter.mark(end);
}

function closeForThrow(cx: Lowering, open: OpenIterator): void {
  const record = () => cx.temps.read(open.record);
  const clear = cx.temps.clearing([open.record]);
  if (!open.isAsync) {
    cx.emitExpression(unlessDone(cx, open, cx.kit("closeQuiet", record())), open.node);
    cx.emitter.end(...clear, t.throwStatement(cx.v()));
    return;
  }
  const outer = cx.emitter.handler;
  const rethrow = new Label();
  const error = cx.saveTemp(cx.v(), true);
  cx.emitter.handler = rethrow;
  cx.emitter.mark(new Label());
  cx.toValue(cx.kit("aclose", record()));
  jumpIfNone(cx, rethrow);
  emitAwait(cx, cx.v(), open.node, "close");
  cx.emitter.handler = outer;
  cx.emitter.markHandler(rethrow);
  cx.emitter.push(...clear);
  cx.toValue(cx.temps.read(error));
  cx.drop(error);
  cx.emitter.end(t.throwStatement(cx.v()));
}

function unlessDone(cx: Lowering, open: OpenIterator, close: t.Expression): t.Expression {
  if (!open.maybeDone) return close;
  return t.logicalExpression("||", t.memberExpression(cx.temps.read(open.record), t.identifier("done")), close);
}

function jumpIfNone(cx: Lowering, label: Label): void {
  const none = t.memberExpression(t.identifier(cx.names.kit), t.identifier("NONE"));
  cx.emitter.push(
    t.ifStatement(t.binaryExpression("===", cx.v(), none), t.blockStatement(cx.emitter.jump(label, false))),
  );
}
