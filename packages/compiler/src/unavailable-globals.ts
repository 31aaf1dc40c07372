// Finds what cannot be durable: live I/O, timers, code made at run time, modules that only the running program knows. absent-globals.ts has the names.
//
// I1  An error in the author's own source, a warning in a dependency, which may never come to it.
// I2  A constant that stands for a global, `const g = globalThis`, is that global.
// I3  `typeof` alone is no use: it is how portable code asks. Inside the `if`, `?:`, `&&` or `||` whose condition asks for a global, uses of
//     that global are warnings.

import * as t from "@babel/types";
import { CODE, differenceOf, insteadOf, insteadOfMember } from "./absent-globals.js";
import type { Diagnostic, DiagnosticCode } from "./diagnostic.js";
import type { OriginalPositions } from "./original-position.js";
import type { Analysis } from "./scope/model.js";
import { walk } from "./walk.js";

const GLOBAL_OBJECTS = new Set(["globalThis", "window", "self", "global"]);
/** esbuild's stand-in for `require` where it cannot tell what is required. */
const REQUIRE = /^__require\d*$/;

interface Use {
  readonly node: t.Node;
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint: string;
  /** The global that `typeof` may have asked for. */
  readonly global?: string;
  readonly harmless?: true;
}

/** A stretch of the program that runs only where a global is there. */
interface Guard {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

export function checkGlobals(
  program: t.Program,
  { referenceOf }: Analysis,
  positions: OriginalPositions,
): { errors: Diagnostic[]; warnings: Diagnostic[] } {
  const uses: Use[] = [];
  const guards: Guard[] = [];
  const isGlobal = (node: t.Node): node is t.Identifier => {
    const reference = t.isIdentifier(node) ? referenceOf.get(node) : undefined;
    return reference !== undefined && reference.binding === undefined;
  };
  const use = (node: t.Node, name: string, hint: string, global = name): void => {
    const code = hint === CODE ? "dynamic-code" : "unavailable-global";
    uses.push({ node, code, message: `${name} does not exist in a workflow`, hint, global });
  };

  walk(program, (node, parent) => {
    if (t.isUnaryExpression(parent, { operator: "typeof" })) {
      if (askedOf(node) !== undefined) return;
    }
    const condition = t.isIfStatement(node) || t.isConditionalExpression(node) ? node.test : undefined;
    if (condition !== undefined) guard(node, condition);
    else if (t.isLogicalExpression(node)) guard(node, node.left);
    if (t.isImportDeclaration(node)) uses.push(fetched(node.source, node.source.value));
    else if (t.isImportExpression(node)) uses.push(imported(node, node.source));
    else if (t.isCallExpression(node)) visitCall(node);
    else if (t.isIdentifier(node) && isGlobal(node)) visitGlobal(node, parent);
    else if (t.isIdentifier(node) && isCallee(node, parent) && pathOf(node) === "Function") visitFunction(node);
    else if (isMember(node)) visitMember(node, parent);
    else if (t.isVariableDeclarator(node) && t.isObjectPattern(node.id)) visitPattern(node.id, node.init);
    else if (t.isAssignmentExpression(node) && t.isObjectPattern(node.left)) visitPattern(node.left, node.right);
  });
  return judge();

  function askedOf(node: t.Node): string | undefined {
    return isGlobal(node) || isMember(node) ? pathOf(node) : undefined;
  }

  /** `fetch`, `crypto.subtle`: the global that an expression names, without the global object's own name; "globalThis" of that. */
  function pathOf(node: t.Node | null | undefined): string | undefined {
    if (t.isIdentifier(node)) {
      if (isGlobal(node)) return GLOBAL_OBJECTS.has(node.name) ? "globalThis" : node.name;
      const binding = referenceOf.get(node)?.binding;
      // I2
      if (binding === undefined || binding.initializer === undefined || binding.node === node) return undefined;
      if (binding.references.some(({ assigns, node: at }) => assigns && at !== binding.node)) return undefined;
      return t.isIdentifier(binding.initializer) || t.isMemberExpression(binding.initializer)
        ? pathOf(binding.initializer)
        : undefined;
    }
    if (!isMember(node)) return undefined;
    const object = pathOf(node.object);
    const property = propertyName(node);
    if (object === undefined || property === undefined) return undefined;
    if (object !== "globalThis") return `${object}.${property}`;
    return GLOBAL_OBJECTS.has(property) ? "globalThis" : property;
  }

  function judgePath(node: t.Node, path: string | undefined): void {
    const hint = path === undefined ? undefined : path.includes(".") ? insteadOfMember(path) : insteadOf(path);
    if (hint !== undefined) use(node, path as string, hint);
  }

  function guard({ start, end }: t.Node, condition: t.Node): void {
    walk(condition, (node) => {
      const name = t.isUnaryExpression(node, { operator: "typeof" }) ? askedOf(node.argument) : undefined;
      if (name !== undefined) guards.push({ name, start: start ?? 0, end: end ?? 0 });
    });
  }

  function isGuarded({ start }: t.Node, global: string | undefined): boolean {
    const at = start ?? 0;
    return global !== undefined && guards.some((one) => one.name === global && one.start <= at && at < one.end);
  }

  function visitCall(node: t.CallExpression): void {
    const [argument] = node.arguments;
    if (t.isImport(node.callee)) uses.push(imported(node, argument));
    else if (t.isIdentifier(node.callee) && REQUIRE.test(node.callee.name) && !t.isStringLiteral(argument))
      uses.push({
        node,
        code: "dynamic-import",
        message: "require() of a path that is not known at build time",
        hint: "write the path as a string literal",
      });
  }

  function visitGlobal(node: t.Identifier, parent: t.Node | undefined): void {
    const { name } = node;
    const hint = insteadOf(name);
    const different = differenceOf(name);
    // Of `window.fetch` it is said what to do instead of fetch.
    const isObject = isMember(parent) && parent.object === node && GLOBAL_OBJECTS.has(name);
    if (isObject && insteadOf(propertyName(parent) ?? "") !== undefined) return;
    // Of `process.exit` there is more to say than of `process`.
    if (isMember(parent) && parent.object === node && insteadOfMember(`${name}.${propertyName(parent)}`)) return;
    if (hint !== undefined) use(node, name, hint);
    else if (name === "Function" && isCallee(node, parent)) visitFunction(node);
    else if (different !== undefined && t.isNewExpression(parent) && parent.callee === node) {
      const [message, instead] = different;
      uses.push({ node, code: "unavailable-global", message, hint: instead, global: name, harmless: true });
    }
  }

  function visitMember(node: Member, parent: t.Node | undefined): void {
    const path = pathOf(node);
    if (path === "Function" && isCallee(node, parent)) visitFunction(node);
    else judgePath(node, path);
  }

  function visitFunction(node: t.Node): void {
    use(node, "Function(text)", CODE, "Function");
  }

  /** `const { setTimeout } = globalThis`. */
  function visitPattern({ properties }: t.ObjectPattern, from: t.Node | null | undefined): void {
    const object = pathOf(from);
    if (object === undefined) return;
    for (const property of properties) {
      if (!t.isObjectProperty(property)) continue;
      const { computed, key } = property;
      const name = !computed && t.isIdentifier(key) ? key.name : t.isStringLiteral(key) ? key.value : undefined;
      if (name !== undefined) judgePath(key, object === "globalThis" ? name : `${object}.${name}`);
    }
  }

  function judge(): { errors: Diagnostic[]; warnings: Diagnostic[] } {
    const errors: Diagnostic[] = [];
    const warnings: Diagnostic[] = [];
    for (const { node, code, message, hint, global, harmless } of uses) {
      const position = positions.find(node.loc?.start.line, node.loc?.start.column);
      const refused = positions.isOwn(position.file) && !isGuarded(node, global) && harmless !== true;
      (refused ? errors : warnings).push({ code, message, ...position, length: width(node), hint });
    }
    return { errors, warnings };
  }
}

function imported(node: t.Node, source: t.Node | null | undefined): Use {
  if (t.isStringLiteral(source)) return fetched(node, source.value);
  const message = "import() of a path that is not known at build time";
  return { node, code: "dynamic-import", message, hint: "write the path as a string literal" };
}

const fetched = (node: t.Node, url: string): Use => ({
  node,
  code: "unresolved-import",
  message: `${JSON.stringify(url)} cannot be bundled: a workflow fetches nothing`,
  hint: "install the package, and import it by its name",
});

/** Of the text to mark: the whole name, or the word `import`. */
const width = (node: t.Node): number =>
  t.isIdentifier(node) || isMember(node) || t.isStringLiteral(node)
    ? (node.end ?? 0) - (node.start ?? 0)
    : t.isCallExpression(node) && !t.isImport(node.callee)
      ? "require".length
      : "import".length;

const isCallee = (node: t.Node, parent: t.Node | undefined): boolean =>
  (t.isCallExpression(parent) || t.isNewExpression(parent)) && parent.callee === node;

type Member = t.MemberExpression | t.OptionalMemberExpression;
const isMember = (node: t.Node | null | undefined): node is Member =>
  t.isMemberExpression(node) || t.isOptionalMemberExpression(node);

function propertyName({ computed, property }: Member): string | undefined {
  if (!computed && t.isIdentifier(property)) return property.name;
  if (t.isTemplateLiteral(property) && property.expressions.length === 0) return property.quasis[0]?.value.cooked ?? "";
  return t.isStringLiteral(property) ? property.value : undefined;
}
