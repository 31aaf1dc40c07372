/**
 * Loops. A loop whose variables are captured makes a scope object per iteration (ECMA-262 14.7.4.4: a fresh copy before
 * each test of a `for`; 14.7.5.7: a new one per value of a for-in or for-of).
 */
import * as t from "@babel/types";
import { assign, type Conversion, declare, statement as expressionStatement } from "./context.js";
import { expression } from "./expressions.js";
import { single } from "./statements.js";
import {
  bindCaptured,
  bindsCaptured,
  createScope,
  markUninitialized,
  newScope,
  pattern,
  variableStatements,
} from "./variables.js";

type Loop = t.ForStatement | t.ForInStatement | t.ForOfStatement | t.WhileStatement | t.DoWhileStatement;

export const isLoop = (node: t.Node): node is Loop => t.isLoop(node);

export function loop(c: Conversion, node: Loop, labels: t.Identifier[]): t.Statement[] {
  const before = convert(c, node);
  const labeled = labels.reduceRight<t.Statement>((inner, label) => t.labeledStatement(label, inner), node);
  return before.length ? [t.blockStatement([...before, labeled])] : [labeled];
}

/** Converts the loop in place; returns what has to stand before it. */
function convert(c: Conversion, node: Loop): t.Statement[] {
  switch (node.type) {
    case "WhileStatement":
    case "DoWhileStatement":
      node.test = expression(c, node.test);
      node.body = single(c, node.body);
      return [];
    case "ForStatement":
      return forLoop(c, node);
    default:
      return forEach(c, node);
  }
}

function forLoop(c: Conversion, node: t.ForStatement): t.Statement[] {
  const scope = c.scope(node);
  const before = [...createScope(scope, "let"), ...markUninitialized(c, scope)];
  const init = node.init;
  if (t.isVariableDeclaration(init) && init.declarations.some((d) => bindsCaptured(c, d.id as t.Node))) {
    before.push(...variableStatements(c, init));
    node.init = null;
  } else if (t.isVariableDeclaration(init)) {
    const made = variableStatements(c, init);
    node.init = made[0] as t.VariableDeclaration;
  } else node.init = init ? expression(c, init) : null;
  node.test = node.test ? expression(c, node.test) : null;
  node.update = node.update ? expression(c, node.update) : null;
  if (scope.object) {
    const variable = scope.object.variable;
    const copy = () => assign(t.identifier(variable), c.kit("copy", t.identifier(variable)));
    // Functions made by the initialiser keep the variables they saw.
    before.push(expressionStatement(copy()));
    node.update = node.update ? t.sequenceExpression([copy(), node.update]) : copy();
  }
  node.body = single(c, node.body);
  return before;
}

function forEach(c: Conversion, node: t.ForInStatement | t.ForOfStatement): t.Statement[] {
  const scope = c.scope(node);
  const before = markUninitialized(c, scope);
  const left = node.left;
  const declared = t.isVariableDeclaration(left) ? left : undefined;
  const target = declared ? (declared.declarations[0]?.id as t.Node) : (left as t.Node);
  if (!declared) node.left = pattern(c, target, false) as t.ForOfStatement["left"];
  else if (!bindsCaptured(c, target))
    (declared.declarations[0] as t.VariableDeclarator).id = pattern(c, target, true) as t.VariableDeclarator["id"];
  const head: t.Statement[] = [];
  if (declared && bindsCaptured(c, target)) {
    if (declared.kind === "var") node.left = pattern(c, target, true) as t.ForOfStatement["left"];
    else {
      const value = c.fresh();
      node.left = declare("const", value);
      // Functions in the expression after `of` see the loop's variables, uninitialized for ever.
      const seenByHead = scope.captured.some((b) => b.needsMarker);
      if (seenByHead) {
        before.unshift(...createScope(scope, "let"));
        head.push(
          expressionStatement(assign(t.identifier((scope.object as { variable: string }).variable), newScope(scope))),
        );
      } else head.push(...createScope(scope));
      head.push(...bindCaptured(c, "let", target, t.identifier(value)));
    }
  }
  node.right = expression(c, node.right);
  const body = single(c, node.body);
  node.body = head.length ? t.blockStatement([...head, body]) : body;
  return before;
}
