import * as t from "@babel/types";
import { explodeAssignment } from "./assignment.js";
import { explodeCall, explodeMember, explodeNew, explodeTagged } from "./calls.js";
import { explodeOptional } from "./chains.js";
import { type Arm, branch, jumpOn, negated } from "./conditions.js";
import { Label } from "./emitter.js";
import { explodeArray, explodeObject, explodeTemplate } from "./literals.js";
import type { Lowering } from "./lowering.js";
import { operands } from "./operands.js";
import { detached } from "./rewrite.js";
import { awaitValue, yieldStar, yieldValue } from "./suspend.js";

/** Lowers an expression; the result is its residual (lowering.ts). */
export function explode(cx: Lowering, node: t.Expression): t.Expression {
  if (!cx.suspends(node)) return cx.rewrite(node);
  switch (node.type) {
    case "AwaitExpression":
      return awaitValue(cx, explode(cx, node.argument), node);
    case "YieldExpression": {
      const operand = node.argument ? explode(cx, node.argument) : t.unaryExpression("void", t.numericLiteral(0));
      return node.delegate ? yieldStar(cx, operand, node) : yieldValue(cx, operand, node);
    }
    case "BinaryExpression": {
      const [left, right] = operands(cx, [node.left as t.Expression, node.right]);
      node.left = left!;
      node.right = right!;
      return node;
    }
    case "UnaryExpression":
      if (node.operator === "delete" && t.isOptionalMemberExpression(node.argument)) {
        return explodeOptional(cx, node.argument, true);
      }
      node.argument = explode(cx, node.argument);
      return node;
    case "UpdateExpression":
      node.argument = explode(cx, node.argument);
      return node;
    case "LogicalExpression": {
      const end = new Label();
      cx.toValue(explode(cx, node.left));
      jumpOn(cx, shortCircuit(cx, node.operator), end);
      cx.toValue(explode(cx, node.right));
      cx.emitter.mark(end);
      return cx.v();
    }
    case "ConditionalExpression":
      branch(cx, node.test, valueArm(cx, node.consequent), valueArm(cx, node.alternate));
      return cx.v();
    case "SequenceExpression":
      for (const expression of node.expressions.slice(0, -1)) effect(cx, expression);
      return valueOnly(cx, explode(cx, node.expressions.at(-1)!));
    case "AssignmentExpression":
      return explodeAssignment(cx, node);
    case "MemberExpression":
      return explodeMember(cx, node);
    case "OptionalMemberExpression":
    case "OptionalCallExpression":
      return explodeOptional(cx, node, false);
    case "CallExpression":
      return explodeCall(cx, node);
    case "NewExpression":
      return explodeNew(cx, node);
    case "TaggedTemplateExpression":
      return explodeTagged(cx, node);
    case "ArrayExpression":
      return explodeArray(cx, node);
    case "ObjectExpression":
      return explodeObject(cx, node);
    case "TemplateLiteral":
      return explodeTemplate(cx, node);
    case "ImportExpression": {
      const [source, options] = operands(cx, node.options ? [node.source, node.options] : [node.source]);
      node.source = source!;
      if (options) node.options = options;
      return node;
    }
    case "ParenthesizedExpression":
      return explode(cx, node.expression);
    default:
      throw new SyntaxError(`cannot lower ${node.type}`);
  }
}

/** The value of a reference: `delete (a, b.c)` deletes nothing, `(a, b.c)()` has no `this`. */
function valueOnly(cx: Lowering, residual: t.Expression): t.Expression {
  const isReference =
    t.isMemberExpression(residual) || t.isOptionalMemberExpression(residual) || t.isIdentifier(residual);
  return isReference && !cx.isV(residual) ? detached(residual) : residual;
}

/** Lowers an expression whose value is not used. */
export function effect(cx: Lowering, node: t.Expression): void {
  if (!cx.emitter.reachable) return;
  if (cx.suspends(node)) {
    switch (node.type) {
      case "SequenceExpression":
        for (const expression of node.expressions) effect(cx, expression);
        return;
      case "ParenthesizedExpression":
        return effect(cx, node.expression);
      case "ConditionalExpression":
        return branch(cx, node.test, effectArm(cx, node.consequent), effectArm(cx, node.alternate));
      case "LogicalExpression":
        if (node.operator === "??") break;
        return branch(cx, testOf(cx, node), effectArm(cx, node.right), null);
    }
  }
  const residual = explode(cx, node);
  if (cx.isV(residual)) return;
  cx.emitExpression(residual, node);
}

/** The condition under which the right side of `&&` or `||` is evaluated. */
function testOf(cx: Lowering, node: t.LogicalExpression): t.Expression {
  if (node.operator === "&&") return node.left;
  return cx.suspension.derive(t.unaryExpression("!", node.left), node.left);
}

function effectArm(cx: Lowering, node: t.Expression): Arm {
  return {
    sync: !cx.suspends(node),
    statements: () => [t.expressionStatement(cx.rewrite(node))],
    lower: () => effect(cx, node),
  };
}

/** Leaves the value in `v`. */
function valueArm(cx: Lowering, node: t.Expression): Arm {
  return {
    sync: !cx.suspends(node),
    statements: () => [t.expressionStatement(t.assignmentExpression("=", cx.v(), cx.rewrite(node)))],
    lower: () => cx.toValue(explode(cx, node)),
  };
}

/** Whether `v`, the left side, is the result of a logical operator. */
export function shortCircuit(cx: Lowering, operator: "&&" | "||" | "??"): t.Expression {
  if (operator === "&&") return negated(cx.v());
  return operator === "||" ? cx.v() : t.binaryExpression("!=", cx.v(), t.nullLiteral());
}
