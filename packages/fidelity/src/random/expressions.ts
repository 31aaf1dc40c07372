// Owns the expressions of random programs. Each is a kind of its own in the table below; functions.ts has those with bodies.
//
// I1. Any tree gives a valid expression; a tree without children a small one.
// I2. No expression gives a function: as a text or a key it would be the engine's. A promise that an expression drops is kept (`keep`), and no text of the engine is seen: Node and a bundle must agree.
import type { FunctionContext, Holds, Scope } from "./scope.js";
import { kid, pick, type Tree } from "./tree.js";

/** What the parts of the writer lend each other. */
export interface Parts {
  readonly cancels: boolean;
  name(prefix: string): string;
  expression(tree: Tree | undefined, scope: Scope): string;
  body(trees: readonly Tree[], scope: Scope): string;
  /** A function expression. */
  closure(tree: Tree, scope: Scope, context: FunctionContext): string;
  /** Name, parameters and body. */
  method(name: string, tree: Tree, scope: Scope, context: FunctionContext): string;
  classText(tree: Tree, scope: Scope, name: string): string;
  pattern(tree: Tree, scope: Scope, target: (holds: Holds) => string): string;
}

type Kind = (parts: Parts, tree: Tree, scope: Scope) => string;

const OPERATORS = ["+", "-", "*", "<", "===", "&", "**", "!=", ">>>"];

function variable(tree: Tree, scope: Scope, holds?: Holds, writable = false): string | undefined {
  const found = scope.visible(
    (v) => (holds === undefined || v.holds === holds) && !(writable && (v.isConstant || v.holds !== "value")),
  );
  return found.length === 0 ? undefined : pick(found, tree.x).name;
}

const e = (parts: Parts, tree: Tree, scope: Scope, index = 0): string => parts.expression(kid(tree, index), scope);
const target = (tree: Tree, scope: Scope): string => variable(tree, scope, "value", true) ?? "bag.v";
const place = (tree: Tree): string => pick(["p", "q", "m?.(1)", "length", "[0]"], tree.x);
const kept = (scope: Scope, promise: string): string =>
  scope.canAwait ? `(await keep(${promise}))` : `keep(${promise})`;

const suspended: Kind = (parts, tree, scope) => {
  const operand = e(parts, tree, scope);
  if (scope.canYield && (tree.x % 3 > 0 || !scope.canAwait)) return `(yield ${operand})`;
  return scope.canAwait ? `(await ask(${operand}))` : `t(${tree.x % 100}, ${operand})`;
};

const FUNCTIONS: ReadonlySet<Holds> = new Set<Holds>(["function", "async", "generator", "asyncGenerator"]);

/** A call of what a function of such a kind makes. */
export const called = (name: string, holds: Holds, args: string, x: number, scope: Scope): string => {
  const waits = scope.canAwait && scope.canYield;
  const delegates = scope.canYield && !scope.fn.isAsync;
  switch (holds) {
    case "async":
      return kept(scope, `${name}(${args})`);
    case "generator":
      return pick(
        [
          `[...${name}(${args})]`,
          `${name}(${args}).next().value`,
          delegates ? `(yield* ${name}(${args}))` : `Array.from(${name}(${args}), (x) => show(x))`,
        ],
        x,
      );
    case "asyncGenerator":
      return pick(
        [
          kept(scope, `${name}(${args}).next()`),
          waits ? `(yield* ${name}(${args}))` : kept(scope, `${name}(${args}).return(1)`),
        ],
        x,
      );
    case "class":
      return pick(
        [`new ${name}(${args}).go(1)`, kept(scope, `new ${name}(${args}).wait(2)`), `[...new ${name}(${args})]`],
        x,
      );
  }
  return pick(
    [`${name}(${args})`, `${name}?.(${args})`, `${name}.call(bag, ${args || 0})`, `${name}.bind(bag, ${args || 0})()`],
    x,
  );
};

const call: Kind = (parts, tree, scope) => {
  const args = tree.kids
    .slice(0, 2)
    .map((one) => parts.expression(one, scope))
    .join(", ");
  const spread = tree.x % 5 === 0 && args !== "" ? `...[${args}]` : args;
  const all = scope.visible(({ holds }) => FUNCTIONS.has(holds));
  const { name: fn, holds } = pick(all, tree.x) ?? { name: "", holds: "value" };
  return fn === "" ? `t(${tree.x % 100}, ${args || 0})` : called(fn, holds, spread, tree.x >> 3, scope);
};

const instance: Kind = (parts, tree, scope) => {
  const name = variable(tree, scope, "class");
  if (name === undefined) return `({ p: ${e(parts, tree, scope)} })`;
  const made = `new ${name}(${e(parts, tree, scope)})`;
  return pick(
    [
      `${made}.p`,
      `${made}.go(${e(parts, tree, scope, 1)})`,
      `${made}.secret`,
      `(${made}.secret = ${e(parts, tree, scope, 1)})`,
      kept(scope, `${made}.wait(${e(parts, tree, scope, 1)})`),
      `[...${made}]`,
      `${name}.shared`,
      `(${made} instanceof ${name})`,
      `${name}.has(${made})`,
      `(bag.held = ${made}).p`,
      `bag.held?.secret`,
      `bag.held?.go?.(1)`,
    ],
    tree.x >> 2,
  );
};

const combinator: Kind = (parts, tree, scope) => {
  if (!scope.canAwait) return e(parts, tree, scope);
  const context = { isAsync: true, isGenerator: false, isPlain: false } as const;
  const branches = [0, 1, 2]
    .slice(0, 1 + (tree.x % 3))
    .map((i) => `keep((${parts.closure(kid(tree, i), scope, context)})())`);
  // Node cancels nobody: what does must not be compared with it.
  if (parts.cancels) {
    const method = pick(["all", "race", "any", "allSettled", "scope"], tree.x >> 2);
    if (method === "scope") {
      return `(await keep(inScope(${tree.x % 9}, ${parts.closure(kid(tree, 0), scope, context)})))`;
    }
    return `(await keep(Promise.${method}([${branches.join(", ")}])))`;
  }
  const calm = branches.map((branch) => `${branch}.catch((error) => ["caught", show(error)])`);
  switch ((tree.x >> 2) % 4) {
    case 0:
      return `(await Promise.allSettled([${branches.join(", ")}])).map(({ status, value, reason }) => [status, show(value ?? reason)])`;
    case 1:
      return `(await keep(Promise.race([tick(${tree.x & 3}), tick(${(tree.x >> 4) & 3}), ${(tree.x >> 6) & 3}].slice(${tree.x & 1}))))`;
    case 2:
      return `(await keep(Promise.any([keep(tick(${tree.x & 3}).then(raise)), keep(Promise.reject(${e(parts, tree, scope)})), tick(3)])))`;
  }
  return `(await Promise.all([${calm.join(", ")}]))`;
};

const chain: Kind = (parts, tree, scope) => {
  const value = e(parts, tree, scope);
  const then = parts.closure(kid(tree, 1), scope, { isAsync: tree.x % 2 === 0, isGenerator: false, isPlain: false });
  const link = pick(
    [
      `.then(${then})`,
      `.then(raise).catch(${then})`,
      `.finally(${then})`,
      `.then(${then}, ${then}).finally(() => t(1, 2))`,
    ],
    tree.x >> 2,
  );
  return kept(scope, `Promise.resolve(${value})${link}`);
};

const member: Kind = (parts, tree, scope) => {
  const info = scope.fn.member;
  if (info === undefined) return `bag[${e(parts, tree, scope)}]`;
  const self = info.isStatic
    ? [`this.shared`, `(this.shared = ${e(parts, tree, scope)})`]
    : [
        `this.p`,
        `(this.p = ${e(parts, tree, scope)})`,
        `this.#${info.field}`,
        `(this.#${info.field} = ${e(parts, tree, scope)})`,
        `(this.#${info.field}++)`,
        `(#${info.field} in this)`,
        `this.secret`,
        `this.#hidden(${e(parts, tree, scope)})`,
      ];
  return pick(
    info.hasSuper ? [...self, info.isStatic ? "super.shared" : "super.go?.(1)", `super["p"]`] : self,
    tree.x >> 1,
  );
};

const object: Kind = (parts, tree, scope) => {
  const a = e(parts, tree, scope);
  const b = e(parts, tree, scope, 1);
  const plain = { isAsync: false, isGenerator: false, isPlain: true } as const;
  const method = parts.method("m", kid(tree, 2), scope, { ...plain, isAsync: tree.x % 2 === 0 });
  return pick(
    [
      `({ p: ${a}, q: ${b} })`,
      `({ p: ${a}, ...[${b}], [\`k\${${b}}\`]: 1 })`,
      `({ get p() { return ${plainOnly(parts, tree, scope)}; }, set p(v) { log("set", v); }, q: ${b} })`,
      `({ ${method}, p: ${a} })`,
      `({ __proto__: { p: ${a} }, q: ${b} })`,
      `Object.freeze({ p: ${a} })`,
    ],
    tree.x >> 1,
  );
};

/** An expression in a function that cannot wait. */
const plainOnly = (parts: Parts, tree: Tree, scope: Scope): string =>
  parts.expression(kid(tree, 0), scope.inner({ isAsync: false, isGenerator: false, isPlain: false, isClosed: true }));

/** What a pattern of the same tree takes apart. */
export const initialiser = (parts: Parts, tree: Tree, scope: Scope): string =>
  tree.x % 2 === 0 ? `[${e(parts, tree, scope)}, [1]]` : `{ p: ${e(parts, tree, scope)}, q: { p: [2] } }`;

/** Simplest first: shrinking makes numbers small. */
const kinds: readonly Kind[] = [
  (_, tree) => String(tree.x % 5),
  (_, tree, scope) => variable(tree, scope, "value") ?? "bag",
  suspended,
  (parts, tree, scope) => `t(${tree.x % 100}, ${e(parts, tree, scope)})`,
  suspended,
  (parts, tree, scope) => `(${e(parts, tree, scope)} ${pick(OPERATORS, tree.x)} ${e(parts, tree, scope, 1)})`,
  (parts, tree, scope) => `(${target(tree, scope)} = ${e(parts, tree, scope)})`,
  call,
  (parts, tree, scope) =>
    `(${target(tree, scope)} ${pick(["+=", "-=", "??=", "||=", "&&=", "<<="], tree.x >> 2)} ${e(parts, tree, scope)})`,
  (parts, tree, scope) =>
    `[${tree.kids
      .slice(0, 3)
      .map((one, i) => (tree.x % 7 === i ? `...list(${parts.expression(one, scope)})` : parts.expression(one, scope)))
      .join(tree.x % 11 === 0 ? ", , " : ", ")}]`,
  object,
  call,
  instance,
  // `m` may be async, and its parameters may refuse what they get.
  (parts, tree, scope) => `keep((${e(parts, tree, scope)})?.${place(tree)})`,
  (parts, tree, scope) =>
    `(bag[${e(parts, tree, scope)}] ${pick(["=", "+=", "??="], tree.x)} ${e(parts, tree, scope, 1)})`,
  (parts, tree, scope) => {
    const context = { isAsync: scope.canAwait, isGenerator: false, isPlain: tree.x % 2 === 0 };
    const closure = `(${parts.closure(tree, scope, context)})(${e(parts, tree, scope)})`;
    return context.isAsync ? `(await keep(${closure}))` : closure;
  },
  (parts, tree, scope) => `(${e(parts, tree, scope)} ? ${e(parts, tree, scope, 1)} : ${e(parts, tree, scope, 2)})`,
  (parts, tree, scope) => `(${e(parts, tree, scope)} ${pick(["&&", "||", "??"], tree.x)} ${e(parts, tree, scope, 1)})`,
  (parts, tree, scope) => `\`\${show(${e(parts, tree, scope)})}-\${show(${e(parts, tree, scope, 1)})}\``,
  (parts, tree, scope) =>
    `((${parts.pattern(tree, scope, () => target(tree, scope))} = ${initialiser(parts, tree, scope)}), 0)`,
  combinator,
  instance,
  member,
  chain,
  (_, tree, scope) =>
    pick(
      [
        `(${target(tree, scope)}++)`,
        `(--${target(tree, scope)})`,
        `(typeof ${variable(tree, scope) ?? "bag"})`,
        `(-${target(tree, scope)})`,
      ],
      tree.x >> 1,
    ),
  (parts, tree, scope) => `tag\`a\${${e(parts, tree, scope)}}\\n\${${e(parts, tree, scope, 1)}}\``,
  (parts, tree, scope) => `(${e(parts, tree, scope)}, ${e(parts, tree, scope, 1)})`,
  (parts, tree, scope) =>
    pick(
      [
        `("p" in Object(${e(parts, tree, scope)}))`,
        `(delete bag[${e(parts, tree, scope)}])`,
        `(bag instanceof Object)`,
      ],
      tree.x,
    ),
  (parts, tree, scope) =>
    `(rarely() && raise(${tree.x % 3 === 0 ? `new RangeError("own" + ${tree.x % 10})` : e(parts, tree, scope)}))`,
  (parts, tree, scope) =>
    `(held.${pick(["map", "set"], tree.x)}.${tree.x % 2 === 0 ? `set(${tree.x % 4}, ${e(parts, tree, scope)})` : `add(${e(parts, tree, scope)})`}, held.${pick(["map", "set"], tree.x)}.size)`,
  (parts, tree, scope) =>
    `(held.at ??= ${pick([`held.map.entries()`, `held.set.values()`, `[1, , 3].entries()`, `"a\\u{1F600}b"[Symbol.iterator]()`, `"a1b22".matchAll(/\\d+/g)`, `source([1, ${e(parts, tree, scope)}], 9)`], tree.x)}).next()`,
  (_, tree, scope) =>
    scope.fn.isPlain && scope.fn.isClosed !== true
      ? pick(["arguments.length", "list(arguments[0])", "(new.target === undefined)"], tree.x)
      : "(() => 1)()",
];

export function writeExpression(parts: Parts, tree: Tree, scope: Scope): string {
  return pick(kinds, tree.c)(parts, tree, scope);
}
