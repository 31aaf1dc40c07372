// Takes a script apart so that its top level can be state of a thread:
//
//     "use strict"; var x = 1; function f() {} let y = 2;
// ->  "use strict"; var x, f; start(() => { f = function () {}; x = 1; let y = 2; });
//
// `var` and functions stay properties of the global object, which is saved like anything else; lexical bindings become
// variables of one arrow function, whose scope is saved when a closure holds it; `this` stays the global object. A realm
// that takes over evaluates the same text, and its `start` does nothing.
import { parse } from "@babel/parser";
import * as t from "@babel/types";
import { Edits } from "./edits.mjs";

export function splitTopLevel(source, start) {
  const { program } = parse(source, { sourceType: "script", plugins: ["explicitResourceManagement"] });
  const edits = new Edits(source);
  const names = new Set();
  const functions = [];
  for (const statement of program.body) {
    let target = statement;
    while (t.isLabeledStatement(target)) target = target.body;
    if (!t.isFunctionDeclaration(target)) declarations(statement, edits, names);
    else {
      const { id } = target;
      names.add(id.name);
      const head = source.slice(target.start, id.start).trimEnd();
      functions.push(`${id.name} = ${head}${source.slice(id.end, target.end)};`);
      edits.replace(statement.start, statement.end, ";");
    }
  }
  const last = program.directives.at(-1);
  const at = last?.end ?? 0;
  const declared = names.size > 0 ? `var ${[...names].join(", ")};` : "";
  const open = `${last ? ";" : ""}${declared}${start}(() => {${functions.join("\n")}`;
  edits.replace(at, at, open);
  return `${edits}\n});`;
}

/** `var` declarations below a statement become assignments; their names are collected. */
function declarations(node, edits, names) {
  if (t.isFunction(node) || t.isClass(node) || t.isExpression(node)) return;
  if (isVar(node)) return assignments(node, edits, names, "statement");
  if (t.isForStatement(node) && isVar(node.init)) assignments(node.init, edits, names, "for");
  if (t.isForXStatement(node) && isVar(node.left)) each(node, edits, names);
  const head = t.isForStatement(node) ? node.init : t.isForXStatement(node) ? node.left : undefined;
  for (const key of t.VISITOR_KEYS[node.type]) {
    const child = node[key];
    for (const next of Array.isArray(child) ? child : [child]) {
      if (next && next !== head) declarations(next, edits, names);
    }
  }
}

const isVar = (node) => t.isVariableDeclaration(node, { kind: "var" });

function assignments(node, edits, names, place) {
  const made = [];
  for (const declarator of node.declarations) {
    bind(declarator.id, names);
    if (!declarator.init) continue;
    const assignment = edits.text.slice(declarator.start, declarator.end);
    made.push(t.isObjectPattern(declarator.id) ? `(${assignment})` : assignment);
  }
  edits.replace(
    node.start,
    node.end,
    place === "for" ? made.join(", ") : `{${made.map((one) => `${one};`).join(" ")}}`,
  );
}

function bind(pattern, names) {
  for (const name of Object.keys(t.getBindingIdentifiers(pattern))) names.add(name);
}

function each(node, edits, names) {
  const [declarator] = node.left.declarations;
  const { id, init } = declarator;
  bind(id, names);
  const target = edits.text.slice(id.start, id.end);
  edits.replace(node.left.start, node.left.end, target === "async" ? "(async)" : target);
  if (!init) return;
  // `for (var x = 1 in o)`: sloppy code may.
  edits.insert(node.right.start, `((${edits.text.slice(declarator.start, declarator.end)}), `);
  edits.insert(node.right.end, ")");
}
