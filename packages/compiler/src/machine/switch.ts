import * as t from "@babel/types";
import { jumpOn } from "./conditions.js";
import { Label } from "./emitter.js";
import { explode } from "./expressions.js";
import type { Hold, Target } from "./leap.js";
import type { Lowering } from "./lowering.js";
import { lowerList } from "./statements.js";

export function lowerSwitch(cx: Lowering, node: t.SwitchStatement, labels: readonly string[]): void {
  const end = new Label();
  const entries = node.cases.map((entry) => ({ entry, label: new Label() }));
  const fallback = entries.find(({ entry }) => !entry.test)?.label ?? end;
  if (cx.suspension.any(node.cases.map((entry) => entry.test))) testInTurn(cx, node, entries, fallback);
  else dispatch(cx, node, entries, fallback);
  const target: Target = { kind: "target", names: labels, breakTo: end, continueTo: null, plain: true };
  cx.leaps.push(target);
  for (const { entry, label } of entries) {
    cx.emitter.mark(label);
    lowerList(cx, entry.consequent);
  }
  cx.leaps.pop();
  cx.emitter.mark(end);
}

interface Entry {
  readonly entry: t.SwitchCase;
  readonly label: Label;
}

/** Tests without suspension points: a structured `switch` picks the label. */
function dispatch(cx: Lowering, node: t.SwitchStatement, entries: readonly Entry[], fallback: Label): void {
  const discriminant = cx.settle(explode(cx, node.discriminant));
  const cases = entries
    .filter(({ entry }) => entry.test)
    .map(({ entry, label }) => t.switchCase(cx.rewrite(entry.test!), cx.emitter.jump(label, false)));
  cx.emit(t.switchStatement(discriminant, cases), node);
  cx.emitter.go(fallback);
}

function testInTurn(cx: Lowering, node: t.SwitchStatement, entries: readonly Entry[], fallback: Label): void {
  const value = cx.saveTemp(explode(cx, node.discriminant), true);
  const hold: Hold = { kind: "hold", temps: [value] };
  cx.leaps.push(hold);
  const chosen = entries.map(({ label }) => ({ label, found: new Label() }));
  entries.forEach(({ entry }, index) => {
    if (!entry.test) return;
    const test = explode(cx, entry.test);
    jumpOn(cx, t.binaryExpression("===", cx.temps.read(value), test), chosen[index]!.found);
  });
  cx.leaps.pop();
  cx.emitter.push(...cx.temps.clearing([value]));
  cx.emitter.go(fallback);
  for (const { label, found } of chosen) {
    if (found.uses === 0) continue;
    cx.emitter.mark(found);
    cx.emitter.push(...cx.temps.clearing([value]));
    cx.emitter.go(label);
  }
  cx.temps.release(value);
}
