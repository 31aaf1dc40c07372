/** Puts the parts of a lowered function together: frame constructor, machine, handler table, registration. */
import * as t from "@babel/types";
import { failure } from "./leap.js";
import type { Lowering, SuspensionPoint } from "./lowering.js";
import type { Block } from "./slots.js";

export interface TopLevelNames {
  /** The frame constructor, `R12`. */
  readonly frame: string;
  /** The machine, `M12`. */
  readonly machine: string;
  /** The table from label to handler, `H12`; declared only when there are handlers. */
  readonly handlers: string;
}

const nothing = (): t.Expression => t.unaryExpression("void", t.numericLiteral(0));

export function assemble(
  cx: Lowering,
  names: TopLevelNames,
  id: number,
  slots: readonly string[],
  directives: readonly t.Directive[],
): t.Statement[] {
  const { cases, handlers } = cx.emitter.assemble();
  const hasHandlers = handlers.some((handler) => handler > 0);
  const declarations: t.Statement[] = [frameConstructor(names.frame, slots)];
  if (hasHandlers) {
    const table = t.arrayExpression(handlers.map((handler) => t.numericLiteral(handler)));
    declarations.push(t.variableDeclaration("const", [t.variableDeclarator(t.identifier(names.handlers), table)]));
  }
  declarations.push(machine(cx, names, cases, hasHandlers, directives));
  const list = t.arrayExpression(slots.map((slot) => t.stringLiteral(slot)));
  const register = cx.kit("R", t.numericLiteral(id), t.identifier(names.frame), list, t.identifier(names.machine));
  const limited = limitedSlots(cx, slots);
  if (hasHandlers) {
    // Tells a frame that cleans up after a cancellation from one that has swallowed it.
    register.arguments.push(labels(cx.points.filter((point) => point.cleansUp)));
  } else if (limited.length > 0) register.arguments.push(nothing());
  if (limited.length > 0) register.arguments.push(t.objectExpression(limited));
  declarations.push(t.expressionStatement(register));
  return declarations;
}

const labels = (points: readonly SuspensionPoint[]): t.ArrayExpression =>
  t.arrayExpression(points.map(({ label }) => t.numericLiteral(label.id)));

/** Of each slot that is not alive everywhere, by its number: the labels at which it is, as ranges. */
function limitedSlots(cx: Lowering, slots: readonly string[]): t.ObjectProperty[] {
  const { homes } = cx.slots;
  const points = [...cx.points].sort((a, b) => a.label.id - b.label.id);
  const inside = new Map<Block, number[]>();
  for (const [index, { block }] of points.entries()) {
    for (let one = block; one !== undefined; one = one.outer) {
      const known = inside.get(one);
      if (known === undefined) inside.set(one, [index]);
      else known.push(index);
    }
  }
  return slots.flatMap((slot, number) => {
    const home = homes.get(slot);
    const alive = home === undefined ? undefined : (inside.get(home) ?? []);
    if (alive === undefined || alive.length === points.length) return [];
    const ends = ranges(alive).map((index) => t.numericLiteral(points[index]!.label.id));
    return [t.objectProperty(t.numericLiteral(number), t.arrayExpression(ends))];
  });
}

/** First and last of each run of numbers that follow each other. */
function ranges(numbers: readonly number[]): number[] {
  const found: number[] = [];
  for (const number of numbers) {
    if (found.at(-1) === number - 1) found[found.length - 1] = number;
    else found.push(number, number);
  }
  return found;
}

function frameConstructor(name: string, slots: readonly string[]): t.Statement {
  const field = (slot: string, value: t.Expression) =>
    t.expressionStatement(
      t.assignmentExpression("=", t.memberExpression(t.thisExpression(), t.identifier(slot)), value),
    );
  const header = [field("_l", t.numericLiteral(0)), ...["_p", "_w", "_c"].map((slot) => field(slot, nothing()))];
  const body = [...header, ...slots.map((slot) => field(slot, nothing()))];
  return t.functionDeclaration(t.identifier(name), [], t.blockStatement(body));
}

function machine(
  cx: Lowering,
  names: TopLevelNames,
  cases: readonly t.Statement[][],
  hasHandlers: boolean,
  directives: readonly t.Directive[],
): t.Statement {
  const { frame, value, mode, error } = cx.names;
  const handler = t.catchClause(t.identifier(error), t.blockStatement(caught(cx, names, hasHandlers)));
  const body: t.Statement[] = [];
  const [only] = cases;
  if (cases.length === 1 && only && !cx.emitter.loops) {
    body.push(t.tryStatement(t.blockStatement(only), handler));
  } else {
    const rethrow = t.blockStatement([set(mode, t.numericLiteral(0)), t.throwStatement(t.identifier(value))]);
    const head = t.ifStatement(t.binaryExpression("===", t.identifier(mode), t.numericLiteral(1)), rethrow);
    const label = t.memberExpression(t.identifier(frame), t.identifier("_l"));
    const dispatch = t.switchStatement(
      label,
      cases.map((statements, index) => t.switchCase(t.numericLiteral(index), statements)),
    );
    const attempt = t.tryStatement(t.blockStatement(cx.points.length > 0 ? [head, dispatch] : [dispatch]), handler);
    const loop = t.forStatement(null, null, null, attempt);
    body.push(cx.emitter.usesLoopName ? t.labeledStatement(t.identifier(cx.names.loop), loop) : loop);
  }
  const params = [frame, value, mode].map((name) => t.identifier(name));
  const own = directives.map((directive) => t.cloneNode(directive));
  return t.functionDeclaration(t.identifier(names.machine), params, t.blockStatement(body, own));
}

/** Goes on at the handler of the region the label lies in, or ends the function with the error. */
function caught(cx: Lowering, names: TopLevelNames, hasHandlers: boolean): t.Statement[] {
  const { frame, value, error } = cx.names;
  // By way of `v`, a parameter: a variable of a catch clause takes room on the stack of every call.
  const kept = set(value, t.identifier(error));
  const end = failure(cx, t.identifier(value));
  if (!hasHandlers) return [kept, end];
  const label = () => t.memberExpression(t.identifier(frame), t.identifier("_l"));
  const handler = t.memberExpression(t.identifier(names.handlers), label(), true);
  return [kept, t.ifStatement(t.unaryExpression("!", assign(label(), handler)), t.blockStatement([end]))];
}

function assign(target: t.MemberExpression, value: t.Expression): t.Expression {
  return t.assignmentExpression("=", target, value);
}

function set(name: string, value: t.Expression): t.Statement {
  return t.expressionStatement(t.assignmentExpression("=", t.identifier(name), value));
}
