// Owns functions and classes of random programs: kinds, parameters, bodies, members.
import type { Parts } from "./expressions.js";
import type { FunctionContext, Holds, Scope } from "./scope.js";
import { kid, pick, type Tree } from "./tree.js";

const closed = (context: FunctionContext): FunctionContext => ({ ...context, isClosed: true });

/** Parameters, declared in `inner`. Their initialisers may see those before them, and can wait for nothing. */
function parameters(parts: Parts, tree: Tree, inner: Scope): string {
  const initial = inner.inner(closed(inner.fn));
  const declared: [string, Holds][] = [];
  const name = (holds: Holds = "value") => {
    const made = parts.name("a");
    declared.push([made, holds]);
    return made;
  };
  const text = [
    () => name(),
    () => "",
    () => `${name()}, ${name()} = ${parts.expression(kid(tree, 0), initial)}`,
    () => `${name()}, ...${name()}`,
    () => `${parts.pattern(tree, initial, name)} = ${tree.x % 2 === 0 ? "[1, [2]]" : "{ q: { p: [3] } }"}`,
    () => `_ = 0, ${name("function")} = () => ${parts.expression(kid(tree, 0), initial)}`,
  ];
  const written = pick(text, tree.x)();
  for (const [one, holds] of declared) inner.declare(one, holds);
  return written;
}

function block(parts: Parts, tree: Tree, inner: Scope): string {
  const result = parts.expression(kid(tree, 0), inner);
  return `{ fuel();\n${parts.body(tree.kids.slice(1), inner)}\nreturn ${result};\n}`;
}

const prefix = ({ isAsync, isGenerator }: FunctionContext): string =>
  `${isAsync ? "async " : ""}${isGenerator ? "*" : ""}`;

export function writeClosure(parts: Parts, tree: Tree, scope: Scope, context: FunctionContext): string {
  const { member: _, ...own } = context;
  const { member } = scope.fn;
  const inner = scope.inner(context.isPlain || member === undefined ? own : { ...own, member });
  const taken = parameters(parts, tree, inner);
  const asynchronous = context.isAsync ? "async " : "";
  if (!context.isPlain && !context.isGenerator) {
    if (tree.kids.length < 2)
      return `${asynchronous}(${taken}) => ${parts.expression(kid(tree, 0), inner).replace(/^\{/, "({")}`;
    return `${asynchronous}(${taken}) => ${block(parts, tree, inner)}`;
  }
  const name = tree.x % 3 === 0 ? parts.name("g") : "";
  return `${asynchronous}function${context.isGenerator ? "*" : ""} ${name}(${taken}) ${block(parts, tree, inner)}`;
}

export function writeMethod(parts: Parts, name: string, tree: Tree, scope: Scope, context: FunctionContext): string {
  const inner = scope.inner(context);
  return `${prefix(context)}${name}(${parameters(parts, tree, inner)}) ${block(parts, tree, inner)}`;
}

export function writeClass(parts: Parts, tree: Tree, scope: Scope, name: string): string {
  const bases = scope.visible(({ holds }) => holds === "class");
  const base = tree.x % 2 === 1 && bases.length > 0 ? pick(bases, tree.x >> 1).name : undefined;
  const field = `f${tree.x % 4}`;
  const at = (isStatic: boolean, more: Partial<FunctionContext> = {}): FunctionContext => ({
    isAsync: false,
    isGenerator: false,
    isPlain: true,
    member: { field, hasSuper: base !== undefined, isStatic },
    ...more,
  });
  const initial = (index: number, isStatic: boolean) =>
    parts.expression(kid(tree, index), scope.inner({ ...at(isStatic), isPlain: false, isClosed: true }));
  const method = (name: string, index: number, context: FunctionContext) =>
    writeMethod(parts, name, kid(tree, index), scope, context);
  const members = [
    `#${field} = ${initial(0, false)};`,
    `p = ${initial(1, false)};`,
    `static shared = ${initial(2, true)};`,
    `constructor(x) { fuel(); ${base === undefined ? "" : "super(x); "}this.x = x; }`,
    method("go", 0, at(false)),
    method("wait", 1, at(false, { isAsync: true })),
    method("[Symbol.iterator]", 2, at(false, { isGenerator: true })),
    method("#hidden", 3, at(false)),
    `get secret() { return this.#${field}; }`,
    `set secret(v) { this.#${field} = v; }`,
    `static has(o) { return #${field} in o; }`,
    `static { log("static", ${initial(3, true)}); }`,
  ];
  return `class ${name}${base === undefined ? "" : ` extends ${base}`} {\n${members.join("\n")}\n}`;
}
