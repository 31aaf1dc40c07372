/**
 * Abrupt completions: `break`, `continue` and `return` on their way out through loops, open iterators and `finally`.
 * Throw completions are not here: they find their handler through the table (emitter.ts).
 *
 * I1. `Lowering.leaps` lists what encloses the current point, innermost last.
 * I2. A jump stops at the innermost *barrier* (`finally`, `close`) on its way. The barrier keeps an exit for it: code in
 *     the surrounding region that goes on with the same jump. Its owner places the exits when it has left the stack.
 * I3. A `return` exit receives the value in `v`.
 */
import * as t from "@babel/types";
import type { Label } from "./emitter.js";
import { Label as NewLabel } from "./emitter.js";
import type { Lowering } from "./lowering.js";
import type { Temp } from "./temps.js";

export interface Target {
  readonly kind: "target";
  readonly names: readonly string[];
  readonly breakTo: Label;
  /** Null for `switch` and labelled blocks. */
  readonly continueTo: Label | null;
  /** False for labelled blocks: `break` without a label passes them. */
  readonly plain: boolean;
}

/** Temporaries that are dead once a jump has left the statement that holds them. */
export interface Hold {
  readonly kind: "hold";
  readonly temps: readonly Temp[];
}

/** An open `finally`: jumps store where to go on in `next`, a returned value in `value`. */
export interface Finally {
  readonly kind: "finally";
  readonly enter: Label;
  readonly next: Temp;
  readonly value: Temp;
  readonly exits: Exit[];
  /** What `next` may say, in words that do not change with other code. */
  readonly ways: Map<Label, string>;
}

/** An open iterator that abrupt completions close. */
export interface Close {
  readonly kind: "close";
  readonly exits: Exit[];
}

export type Leap = Target | Hold | Finally | Close;

interface Exit {
  readonly to: Label | "return";
  readonly label: Label;
  readonly emit: () => void;
}

/** Where the jump stands: inside structured statements of the output or not. */
export interface Position {
  /** Inside a structured loop, whose `continue` is not the machine's. */
  readonly fromLoop: boolean;
}

export const top: Position = { fromLoop: false };

export function breakTarget(cx: Lowering, label: string | undefined): Target {
  return find(cx, (target) => (label === undefined ? target.plain : target.names.includes(label)));
}

export function continueTarget(cx: Lowering, label: string | undefined): Target {
  return find(cx, (target) => target.continueTo !== null && (label === undefined || target.names.includes(label)));
}

function find(cx: Lowering, matches: (target: Target) => boolean): Target {
  const found = cx.leaps.findLast((leap) => leap.kind === "target" && matches(leap));
  if (found?.kind !== "target") throw new Error("a jump without a target");
  return found;
}

/** The statements of a jump to `label`, which belongs to `target`. */
export function jump(cx: Lowering, target: Target, label: Label, at: Position): t.Statement[] {
  const crossed = cx.leaps.slice(cx.leaps.indexOf(target) + 1).reverse();
  const held = crossed.findIndex((leap) => leap.kind === "finally" || leap.kind === "close");
  const inner = held < 0 ? crossed : crossed.slice(0, held);
  const barrier = crossed[held];
  const clearing = clearHolds(cx, inner);
  if (barrier?.kind === "finally") {
    const rest = crossed.slice(held + 1);
    const exit = rest.every((leap) => leap.kind === "target")
      ? label
      : exitOf(barrier, label, () => place(cx, jump(cx, target, label, top)));
    const kind = label === target.continueTo ? "continue" : "break";
    barrier.ways.set(exit, `${kind} ${cx.leaps.filter((leap) => leap.kind === "target").indexOf(target)}`);
    return [...clearing, setNext(cx, barrier, exit), ...cx.emitter.jump(barrier.enter, at.fromLoop)];
  }
  if (barrier?.kind === "close") {
    const exit = exitOf(barrier, label, () => place(cx, jump(cx, target, label, top)));
    return [...clearing, ...cx.emitter.jump(exit, at.fromLoop)];
  }
  return [...clearing, ...cx.emitter.jump(label, at.fromLoop)];
}

/** The statements that return `value`; it may be anything when no barrier is in the way, else it is put in `v` first. */
export function returning(cx: Lowering, value: t.Expression, at: Position): t.Statement[] {
  const crossed = [...cx.leaps].reverse();
  const held = crossed.findIndex((leap) => leap.kind === "finally" || leap.kind === "close");
  const barrier = crossed[held];
  if (barrier === undefined) return [completion(cx, value)];
  const clearing = clearHolds(cx, crossed.slice(0, held));
  if (barrier.kind === "finally") {
    const exit = exitOf(barrier, "return", () => {
      cx.toValue(cx.temps.read(barrier.value));
      cx.emitter.push(...cx.temps.clearing([barrier.value]));
      place(cx, returning(cx, cx.v(), top));
    });
    barrier.ways.set(exit, "return");
    return [
      assignment(cx.temps.target(barrier.value), value),
      ...clearing,
      setNext(cx, barrier, exit),
      ...cx.emitter.jump(barrier.enter, at.fromLoop),
    ];
  }
  const exit = exitOf(barrier as Close, "return", () => place(cx, returning(cx, cx.v(), top)));
  const carry = cx.isV(value) ? [] : [assignment(cx.v(), value)];
  return [...carry, ...clearing, ...cx.emitter.jump(exit, at.fromLoop)];
}

export function emitReturn(cx: Lowering, residual: t.Expression, from: t.Node | null): void {
  const statements = returning(cx, cx.leaps.some(isBarrier) ? cx.settle(residual) : residual, top);
  for (const statement of statements) if (from?.loc) statement.loc = from.loc;
  // The completion itself needs no clearing: the frame ends with it.
  for (const temp of cx.temps.lastReads(residual)) cx.temps.release(temp);
  place(cx, statements);
}

export function place(cx: Lowering, statements: t.Statement[]): void {
  cx.emitter.end(...statements);
}

export function isBarrier(leap: Leap): boolean {
  return leap.kind === "finally" || leap.kind === "close";
}

/** The function's own end: settles the promise or completes the generator. */
function completion(cx: Lowering, value: t.Expression): t.Statement {
  const { isAsync, isGenerator } = cx.options;
  const end = isGenerator ? (isAsync ? "aret" : "gret") : "ret";
  const isNothing = t.isUnaryExpression(value, { operator: "void" }) && t.isLiteral(value.argument);
  return t.returnStatement(cx.kit(end, cx.frame(), ...(isNothing ? [] : [value])));
}

function exitOf(barrier: Finally | Close, to: Label | "return", emit: () => void): Label {
  const known = barrier.exits.find((exit) => exit.to === to);
  if (known) return known.label;
  const label = new NewLabel();
  barrier.exits.push({ to, label, emit });
  return label;
}

/** Places the exits of a barrier that has left the stack; `before` is what every one of them does first. */
export function emitExits(cx: Lowering, barrier: Finally | Close, before: (isReturn: boolean) => void): void {
  for (const exit of barrier.exits) {
    cx.emitter.mark(exit.label);
    before(exit.to === "return");
    exit.emit();
  }
}

function setNext(cx: Lowering, barrier: Finally, label: Label): t.Statement {
  return assignment(cx.temps.target(barrier.next), label.literal());
}

function clearHolds(cx: Lowering, crossed: readonly Leap[]): t.Statement[] {
  return cx.temps.clearing(crossed.flatMap((leap) => (leap.kind === "hold" ? leap.temps : [])));
}

function assignment(target: t.MemberExpression | t.Identifier, value: t.Expression): t.Statement {
  return t.expressionStatement(t.assignmentExpression("=", target, value));
}

/** The function's end with an error that no handler takes. */
export function failure(cx: Lowering, error: t.Expression): t.Statement {
  const { isAsync, isGenerator } = cx.options;
  if (isGenerator && !isAsync) return t.throwStatement(cx.kit("gthr", cx.frame(), error));
  return t.returnStatement(cx.kit(isGenerator ? "athr" : "thr", cx.frame(), error));
}
