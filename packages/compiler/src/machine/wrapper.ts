/** The function that takes the original's place: makes the frame, fills it, starts the machine or makes the generator. */
import * as t from "@babel/types";
import type { TopLevelNames } from "./assembly.js";
import type { Suspendable, SuspendableOptions } from "./index.js";
import type { Lowering } from "./lowering.js";

type Params = (t.Identifier | t.RestElement)[];

export function wrapper(
  cx: Lowering,
  fn: Suspendable,
  o: SuspendableOptions,
  names: TopLevelNames,
  params: Params,
  early: readonly t.Statement[],
  directives: readonly t.Directive[],
): { params: Params; body: t.BlockStatement } {
  const make = t.newExpression(t.identifier(names.frame), []);
  const statements: t.Statement[] = [constant(cx.names.frame, make)];
  const fill = (slot: string, value: t.Expression) => {
    statements.push(t.expressionStatement(t.assignmentExpression("=", cx.slot(slot), value)));
  };
  if (cx.usesThis) fill("this", t.thisExpression());
  if (cx.usesArguments) fill("arguments", t.identifier("arguments"));
  for (const name of o.captures ?? []) fill(cx.slots.get(name)!, t.identifier(name));
  for (const name of new Set(params.map(nameOf))) fill(cx.slots.get(name)!, t.identifier(name));
  let formals = params;
  if (o.prologue) {
    const { args, length } = o.prologue;
    const dummies = Array.from({ length }, (_, index) => t.identifier(`${args}$${index}`));
    formals = [...dummies, t.restElement(t.identifier(length > 0 ? `${args}$r` : args))];
    const first = dummies.map((dummy) => t.cloneNode(dummy));
    const all = length > 0 ? cx.kit("args", t.identifier(`${args}$r`), ...first) : t.identifier(args);
    if (!o.isGenerator) fill(cx.slots.get(args)!, all);
    else if (length > 0) statements.push(constant(args, all));
  }
  statements.push(...early);
  if (o.isGenerator) {
    const made = cx.kit(o.isAsync ? "agen" : "gen", o.self, cx.frame());
    statements.push(t.returnStatement(made));
  } else {
    // Without value and mode: arguments take room on the JavaScript stack, which decides how deep recursion goes.
    statements.push(t.expressionStatement(t.callExpression(t.identifier(names.machine), [cx.frame()])));
    statements.push(t.returnStatement(cx.slot("_p")));
  }
  const body = t.blockStatement(statements, [...directives]);
  body.loc = fn.body.loc ?? null;
  return { params: formals, body };
}

function nameOf(param: t.Identifier | t.RestElement): string {
  return t.isRestElement(param) ? (param.argument as t.Identifier).name : param.name;
}

function constant(name: string, value: t.Expression): t.Statement {
  return t.variableDeclaration("const", [t.variableDeclarator(t.identifier(name), value)]);
}
