// Owns the statements of random programs. Each kind takes what it needs of the tree's children, and the rest is its body.
import { called, initialiser, type Parts } from "./expressions.js";
import type { FunctionContext, Holds, Jumps, Scope } from "./scope.js";
import { kid, pick, type Tree } from "./tree.js";

type Kind = (parts: Parts, tree: Tree, scope: Scope) => string;

const e = (parts: Parts, tree: Tree, scope: Scope, index = 0): string => parts.expression(kid(tree, index), scope);

/** The children from `from` on, as a block. */
function block(
  parts: Parts,
  tree: Tree,
  scope: Scope,
  from: number,
  jumps: Partial<Jumps> = {},
  before: (inner: Scope) => string = () => "",
): string {
  const inner = scope.block(jumps);
  return `{ ${before(inner)}\n${parts.body(tree.kids.slice(from), inner)}\n}`;
}

const LOOP = { inLoop: true } as const;

const declaration: Kind = (parts, tree, scope) => {
  const keyword = pick(["let", "const", "var", "let"], tree.x >> 1);
  if (tree.x % 4 === 3) {
    const names: string[] = [];
    const value = initialiser(parts, tree, scope);
    const pattern = parts.pattern(tree, scope, () => {
      names.push(parts.name("v"));
      return names.at(-1) as string;
    });
    for (const name of names) scope.declare(name, "value", keyword === "const");
    return `${keyword} ${pattern} = ${value};`;
  }
  const value = e(parts, tree, scope);
  // An outer name, hidden from here on; its initialiser still means the outer one only in an enclosing block.
  return `${keyword} ${scope.declare(parts.name("v"), "value", keyword === "const")} = ${value};`;
};

const functionOf =
  (context: Omit<FunctionContext, "isPlain">, holds: Holds): Kind =>
  (parts, tree, scope) => {
    const name = parts.name("f");
    const text = tree.x % 2 === 0 ? parts.method(name, tree, scope, { ...context, isPlain: true }) : undefined;
    const closure =
      text ?? parts.closure(tree, scope, { ...context, isPlain: context.isGenerator || tree.x % 4 === 1 });
    scope.declare(name, holds, true);
    const use = `log(${tree.x % 100}, ${called(name, holds, e(parts, tree, scope), tree.x >> 2, scope)});`;
    if (text === undefined) return `const ${name} = ${closure};\n${use}`;
    const hoisted = text.replace(
      /^(async )?(\*)?/,
      (_, asynchronous = "", star = "") => `${asynchronous}function${star} `,
    );
    return tree.x % 3 === 0 ? `${use}\n${hoisted}` : `${hoisted}\n${use}`;
  };

const loops: readonly Kind[] = [
  (parts, tree, scope) => {
    const head = scope.block(LOOP);
    const name = head.declare(parts.name("i"));
    return `for (let ${name} = 0, end = 3; ${name} < end; ${name}++) ${block(parts, tree, head, 0, LOOP, (inner) => `fuel(); ${inner.declare(parts.name("s"), "function", true) && ""}const ${inner.variables[0]?.name} = () => ${name}++;`)}`;
  },
  (parts, tree, scope) => {
    const head = scope.block(LOOP);
    const values = pick(
      [
        `source([1, ${e(parts, tree, scope)}, 3], ${tree.x % 50})`,
        `[${e(parts, tree, scope)}, 2]`,
        `held.map`,
        `held.set`,
        `new Set([1, ${e(parts, tree, scope)}])`,
        `"ab"`,
        `new Map([[1, ${e(parts, tree, scope)}]])`,
      ],
      tree.x >> 2,
    );
    const keyword = pick(["const", "let"], tree.x >> 4);
    const name = () => head.declare(parts.name("x"), "value", keyword === "const");
    const target = tree.x % 4 === 1 ? parts.pattern({ ...tree, x: 1 }, head, name) : name();
    return `for (${keyword} ${target} of ${target.startsWith("{") ? `[{ p: 1, q: { p: [2] } }, ${e(parts, tree, scope)}]` : values}) ${block(parts, tree, head, 1, LOOP, () => "fuel();")}`;
  },
  (parts, tree, scope) => {
    if (!scope.canAwait) return `t(0, ${e(parts, tree, scope)});`;
    const head = scope.block(LOOP);
    const name = head.declare(parts.name("x"), "value", true);
    const made = scope.visible(({ holds }) => holds === "asyncGenerator");
    const values = pick(
      [
        `asyncSource([${e(parts, tree, scope)}, 2], ${tree.x % 50})`,
        made.length > 0 ? `${pick(made, tree.x >> 4).name}(1)` : "[3]",
        `[keep(tick(2)), ${e(parts, tree, scope)}, 1]`,
        `source([keep(tick(1)), 2], 7)`,
      ],
      tree.x >> 2,
    );
    return `for await (const ${name} of ${values}) ${block(parts, tree, head, 1, LOOP, () => "fuel();")}`;
  },
  (parts, tree, scope) => {
    const head = scope.block(LOOP);
    return `for (const ${head.declare(parts.name("k"), "value", true)} in { p: 1, q: ${e(parts, tree, scope)}, __proto__: { r: 1 } }) ${block(parts, tree, head, 1, LOOP, () => "fuel();")}`;
  },
  (parts, tree, scope) => {
    const name = scope.declare(parts.name("w"));
    return `let ${name} = 0; while (${name}++ < 2 && ${e(parts, tree, scope)} !== 3) ${block(parts, tree, scope, 1, LOOP, () => "fuel();")}`;
  },
  (parts, tree, scope) => {
    const name = scope.declare(parts.name("d"));
    return `let ${name} = 0; do ${block(parts, tree, scope, 1, LOOP, () => "fuel();")} while (${name}++ < 1 && ${e(parts, tree, scope)});`;
  },
];

const labelled: Kind = (parts, tree, scope) => {
  const name = parts.name("l");
  const isLoop = tree.x % 3 > 0;
  const inner = scope.block({ labels: [...scope.jumps.labels, { name, isLoop }] });
  if (!isLoop) return `${name}: ${block(parts, tree, inner, 0)}`;
  const [, loop] = loops;
  return `${name}: ${(loop as Kind)(parts, { ...tree, x: tree.x >> 2 }, inner)}`;
};

const jump: Kind = (parts, tree, scope) => {
  const { labels, inLoop, inSwitch } = scope.jumps;
  const ways: string[] = [];
  if (inLoop || inSwitch) ways.push("break;");
  if (inLoop) ways.push("continue;");
  for (const { name, isLoop } of labels)
    ways.push(`break ${name};`, isLoop && inLoop ? `continue ${name};` : `break ${name};`);
  if (scope.fn.isClosed !== true) ways.push(`return ${e(parts, tree, scope)};`);
  ways.push(`throw ${e(parts, tree, scope)};`);
  return `if (rarely()) { ${pick(ways, tree.x)} }`;
};

const attempt: Kind = (parts, tree, scope) => {
  const half = Math.ceil(tree.kids.length / 2);
  const first = { ...tree, kids: tree.kids.slice(0, half) };
  const second = { ...tree, kids: tree.kids.slice(half) };
  const caught = (inner: Scope): string => `log("caught", ${inner.variables[0]?.name ?? 0});`;
  const handler = (): string => {
    const around = scope.block();
    if (tree.x % 5 === 0) return `catch ${block(parts, second, around, 0)}`;
    const name = around.declare(parts.name("e"));
    return `catch (${name}) ${block(parts, second, around, 0, {}, () => caught(around))}`;
  };
  const tried = `try ${block(parts, first, scope, 0)}`;
  switch (tree.x % 3) {
    case 0:
      return `${tried} ${handler()}`;
    case 1:
      return `${tried} finally ${block(parts, second, scope, 0)}`;
  }
  return `${tried} ${handler()} finally ${block(parts, { ...second, kids: second.kids.slice(0, 1) }, scope, 0, {}, () => 'log("finally");')}`;
};

const choice: Kind = (parts, tree, scope) => {
  const inner = scope.block({ inSwitch: true });
  const cases = tree.kids
    .slice(1)
    .map(
      (one, i) =>
        `case ${i === 1 ? e(parts, one, scope) : i}: ${parts.body([one], inner)} ${tree.x % 2 === 0 ? "break;" : ""}`,
    );
  cases.splice(tree.x % (cases.length + 1), 0, 'default: log("default");');
  return `switch (${e(parts, tree, scope)}) {\n${cases.join("\n")}\n}`;
};

const resource: Kind = (parts, tree, scope) => {
  const isAsync = scope.canAwait && tree.x % 2 === 0;
  const inner = scope.block();
  const name = inner.declare(parts.name("r"), "value", true);
  const dispose = isAsync
    ? `async [Symbol.asyncDispose]() { await ask("disposing"); log("disposed"); }`
    : `[Symbol.dispose]() { log("disposed"); }`;
  return `{ ${isAsync ? "await using" : "using"} ${name} = { p: ${e(parts, tree, scope)}, ${dispose} };\n${parts.body(tree.kids.slice(1), inner)}\n}`;
};

/** Simplest first. */
const kinds: readonly Kind[] = [
  (parts, tree, scope) => `log(${tree.x % 100}, ${e(parts, tree, scope)});`,
  declaration,
  (parts, tree, scope) => `log(${tree.x % 100}, ${e(parts, tree, scope)});`,
  (parts, tree, scope) =>
    `if (${e(parts, tree, scope)}) ${block(parts, tree, scope, 1)}${tree.x % 2 === 0 ? ` else { ${parts.body(tree.kids.slice(0, 1), scope.block())} }` : ""}`,
  attempt,
  (parts, tree, scope) => pick(loops, tree.x)(parts, { ...tree, x: Math.floor(tree.x / loops.length) }, scope),
  declaration,
  functionOf({ isAsync: false, isGenerator: false }, "function"),
  functionOf({ isAsync: true, isGenerator: false }, "async"),
  functionOf({ isAsync: false, isGenerator: true }, "generator"),
  functionOf({ isAsync: true, isGenerator: true }, "asyncGenerator"),
  (parts, tree, scope) => {
    const name = parts.name("C");
    const text = parts.classText(tree, scope, name);
    scope.declare(name, "class", true);
    return `${text}\nlog(${called(name, "class", e(parts, tree, scope), tree.x >> 1, scope)});`;
  },
  jump,
  (parts, tree, scope) => pick(loops, tree.x)(parts, { ...tree, x: Math.floor(tree.x / loops.length) }, scope),
  attempt,
  choice,
  labelled,
  (parts, tree, scope) => block(parts, tree, scope, 0),
  resource,
  jump,
];

export function writeStatement(parts: Parts, tree: Tree, scope: Scope): string {
  return pick(kinds, tree.c)(parts, tree, scope);
}
