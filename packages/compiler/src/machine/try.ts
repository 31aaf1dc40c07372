import * as t from "@babel/types";
import { destructure } from "./destructuring.js";
import { Label } from "./emitter.js";
import { emitExits, type Finally, type Hold } from "./leap.js";
import type { Lowering } from "./lowering.js";
import { lowerBlock } from "./statements.js";

export function lowerTry(cx: Lowering, node: t.TryStatement): void {
  if (node.finalizer) lowerFinally(cx, node, node.finalizer);
  else lowerCatch(cx, node);
}

/** The block and its handler, or the block alone. */
function lowerCatch(cx: Lowering, node: t.TryStatement): void {
  const { handler } = node;
  if (!handler) return lowerBlock(cx, node.block);
  const outer = cx.emitter.handler;
  const caught = new Label();
  const end = new Label();
  cx.emitter.handler = caught;
  cx.emitter.mark(new Label());
  const taken = cx.temps.during(() => lowerBlock(cx, node.block));
  cx.emitter.go(end);
  cx.emitter.handler = outer;
  cx.emitter.markHandler(caught);
  cx.emitter.push(...cx.temps.clearing(taken));
  cx.cleanup(() =>
    cx.inBlock([handler], () => {
      if (handler.param) bindError(cx, handler.param);
      lowerBlock(cx, handler.body);
    }),
  );
  cx.emitter.mark(end);
}

function bindError(cx: Lowering, param: NonNullable<t.CatchClause["param"]>): void {
  if (!cx.suspends(param)) return cx.assign(cx.rewrite(param as t.Identifier), cx.v(), param);
  const source = cx.saveTemp(cx.v(), true);
  destructure(cx, param as t.ObjectPattern | t.ArrayPattern, source);
  cx.drop(source);
}

/** Every way into the finalizer stores where to go on after it: the end, an exit, or the rethrow. */
function lowerFinally(cx: Lowering, node: t.TryStatement, finalizer: t.BlockStatement): void {
  const outer = cx.emitter.handler;
  const ways = new Map<Label, string>();
  const next = cx.temps.take(true, `next ${cx.ways.push(ways) - 1}`);
  const value = cx.temps.take(true, "completion");
  const failed = new Label();
  const rethrow = new Label();
  const end = new Label();
  const barrier: Finally = { kind: "finally", enter: new Label(), next, value, exits: [], ways };
  const goOnAt = (label: Label, meaning: string) => {
    ways.set(label, meaning);
    cx.assign(cx.temps.target(next), label.literal());
  };

  cx.leaps.push(barrier);
  cx.emitter.handler = failed;
  cx.emitter.mark(new Label());
  const taken = cx.temps.during(() => {
    lowerCatch(cx, node);
    if (cx.emitter.reachable) {
      goOnAt(end, "end");
      cx.emitter.go(barrier.enter);
    }
    cx.flush();
  });
  cx.leaps.pop();

  cx.emitter.handler = outer;
  cx.emitter.markHandler(failed);
  cx.emitter.push(...cx.temps.clearing(taken));
  cx.assign(cx.temps.target(value), cx.v());
  goOnAt(rethrow, "throw");
  cx.emitter.mark(barrier.enter);
  const hold: Hold = { kind: "hold", temps: [next, value] };
  cx.leaps.push(hold);
  cx.cleanup(() => lowerBlock(cx, finalizer));
  cx.leaps.pop();

  if (cx.emitter.reachable) {
    const label = t.memberExpression(cx.frame(), t.identifier("_l"));
    cx.assign(label, cx.temps.read(next));
    cx.emitter.end(...cx.temps.clearing([next]), cx.emitter.again(false));
    cx.emitter.mark(rethrow);
    cx.toValue(cx.temps.read(value));
    cx.emitter.end(...cx.temps.clearing([value]), t.throwStatement(cx.v()));
    emitExits(cx, barrier, () => {});
  }
  cx.temps.release(next);
  cx.temps.release(value);
  cx.emitter.mark(end);
}
