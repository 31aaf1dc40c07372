import * as t from "@babel/types";
import type { Diagnostic } from "./diagnostic.js";
import type { OriginalPositions } from "./original-position.js";
import type { Analysis } from "./scope/model.js";
import { walk } from "./walk.js";

const TIMER = "use `await sleep(ms)` or `timeout(ms, promise)` of @kwf/patterns: they survive a restart";
const REQUEST =
  "a workflow does no I/O of its own: use topics (W.output to a service, await the answer with W.ref, or `request` of @kwf/patterns)";
const CODE = "code made at run time cannot be restored: write it as an ordinary function";

/** What a workflow cannot have, and the durable way to do the same. */
const UNAVAILABLE: Readonly<Record<string, string>> = {
  setTimeout: TIMER,
  setInterval: "use a loop with `await sleep(ms)` of @kwf/patterns: it survives a restart",
  setImmediate: "use `await null` to let other branches run, or `sleep` of @kwf/patterns",
  requestAnimationFrame: TIMER,
  requestIdleCallback: TIMER,
  clearTimeout: TIMER,
  clearInterval: TIMER,
  clearImmediate: TIMER,
  fetch: REQUEST,
  XMLHttpRequest: REQUEST,
  WebSocket: REQUEST,
  EventSource: REQUEST,
  eval: CODE,
};

const GLOBAL_OBJECTS = new Set(["globalThis", "window", "self", "global"]);

/**
 * Uses of live I/O: an error in the author's own source, a warning in a dependency, which may never come to it. A
 * `typeof` alone is allowed: it is how portable code asks.
 */
export function checkGlobals(
  program: t.Program,
  { referenceOf }: Analysis,
  positions: OriginalPositions,
): { errors: Diagnostic[]; warnings: Diagnostic[] } {
  const errors: Diagnostic[] = [];
  const warnings: Diagnostic[] = [];
  const isGlobal = (node: t.Node): node is t.Identifier => {
    const reference = t.isIdentifier(node) ? referenceOf.get(node) : undefined;
    return reference !== undefined && reference.binding === undefined;
  };

  const report = (
    node: t.Node,
    name: string,
    hint: string,
    code: "unavailable-global" | "dynamic-code" | "dynamic-import",
  ): void => {
    const position = positions.find(node.loc?.start.line, node.loc?.start.column);
    const message = code === "dynamic-import" ? name : `${name} does not exist in a workflow`;
    const diagnostic: Diagnostic = {
      code,
      message,
      ...position,
      length: width(node),
      hint,
    };
    (positions.isOwn(position.file) ? errors : warnings).push(diagnostic);
  };

  walk(program, (node, parent) => {
    if (t.isImportExpression(node) || (t.isCallExpression(node) && t.isImport(node.callee))) {
      report(
        node,
        "import() of a path that is not known at build time",
        "write the path as a string literal",
        "dynamic-import",
      );
    } else if (t.isIdentifier(node) && isGlobal(node) && !t.isUnaryExpression(parent, { operator: "typeof" })) {
      const hint = Object.hasOwn(UNAVAILABLE, node.name) ? UNAVAILABLE[node.name] : undefined;
      if (hint !== undefined) report(node, node.name, hint, hint === CODE ? "dynamic-code" : "unavailable-global");
      else if (node.name === "Function" && isCallee(node, parent)) report(node, "Function(text)", CODE, "dynamic-code");
    } else if (t.isMemberExpression(node) && isGlobal(node.object) && GLOBAL_OBJECTS.has(node.object.name)) {
      const name = propertyName(node);
      const hint = name !== undefined && Object.hasOwn(UNAVAILABLE, name) ? UNAVAILABLE[name] : undefined;
      if (name !== undefined && hint !== undefined && !t.isUnaryExpression(parent, { operator: "typeof" })) {
        report(node, name, hint, hint === CODE ? "dynamic-code" : "unavailable-global");
      }
    }
  });
  return { errors, warnings };
}

/** Of the text to mark: the whole name, or the word `import`. */
const width = (node: t.Node): number =>
  t.isIdentifier(node) || t.isMemberExpression(node) ? (node.end ?? 0) - (node.start ?? 0) : "import".length;

const isCallee = (node: t.Node, parent: t.Node | undefined): boolean =>
  (t.isCallExpression(parent) || t.isNewExpression(parent)) && parent.callee === node;

function propertyName({ computed, property }: t.MemberExpression): string | undefined {
  if (!computed && t.isIdentifier(property)) return property.name;
  return t.isStringLiteral(property) ? property.value : undefined;
}
