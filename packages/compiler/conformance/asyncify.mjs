// Makes a test one of code that waits: the whole test becomes the body of one async function, with an `await null` before
// each statement of its own. So try, switch, loops, scopes and classes are suspended in the middle, as in a workflow.
import { parse } from "@babel/parser";
import * as t from "@babel/types";
import { Edits } from "./edits.mjs";

export const HEAD = "(async function () {";
export const TAIL = "\n}).call(this);";

export function asyncify(source) {
  const code = HEAD + source + TAIL;
  const { program } = parse(code, { sourceType: "script", plugins: ["explicitResourceManagement"] });
  const edits = new Edits(code);
  for (const at of statementStarts(program.body[0].expression.callee.object.body)) edits.insert(at, ";await null;");
  return String(edits);
}

/** Where the statements of lists begin: blocks, cases, handlers, but not what stands alone below `if` or a loop. */
function statementStarts(body) {
  const starts = [];
  const visit = (node) => {
    if (t.isFunction(node) || t.isClassProperty(node) || t.isClassPrivateProperty(node) || t.isStaticBlock(node))
      return;
    const list = t.isBlockStatement(node) ? node.body : t.isSwitchCase(node) ? node.consequent : [];
    for (const statement of list) starts.push(statement.start);
    for (const key of t.VISITOR_KEYS[node.type]) {
      const child = node[key];
      for (const next of Array.isArray(child) ? child : [child]) if (next) visit(next);
    }
  };
  visit(body);
  return starts;
}
