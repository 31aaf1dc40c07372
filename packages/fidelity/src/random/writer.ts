// Owns the text of a random program: any list of trees is one that ends, and says what it does (fixtures/random.ts).
// Neighbours: tree.ts has the trees, statements.ts, expressions.ts and functions.ts what is written for them.
import { type Parts, writeExpression } from "./expressions.js";
import { writeClass, writeClosure, writeMethod } from "./functions.js";
import { Scope } from "./scope.js";
import { writeStatement } from "./statements.js";
import { NOTHING, type Tree } from "./tree.js";

export interface ProgramOptions {
  /** Branches of combinators may be cancelled: a bundle is compared with itself, not with Node. */
  readonly cancels?: boolean;
  /** Where the helpers are imported from. */
  readonly helpers: string;
}

const HELPERS = "ask, asyncSource, fuel, inScope, keep, list, log, raise, rarely, settled, show, source, t, tag, tick";

/** `depth` ends expressions: trees of theirs are as deep as those of statements, and a program would have no end. */
const DEEPEST = 5;

/** How many statements go together: what they throw ends no more than these. */
const STATEMENTS = 4;

export function programText(trees: readonly Tree[], { cancels = false, helpers }: ProgramOptions): string {
  let names = 0;
  let depth = 0;
  const parts: Parts = {
    cancels,
    name: (prefix) => `${prefix}${++names}`,
    expression(tree, scope) {
      if (tree === undefined || depth >= DEEPEST) return writeExpression(parts, NOTHING, scope);
      depth++;
      const text = writeExpression(parts, tree, scope);
      depth--;
      return text;
    },
    body: (list, scope) => list.map((tree) => writeStatement(parts, tree, scope)).join("\n"),
    closure: (tree, scope, context) => writeClosure(parts, tree, scope, context),
    method: (name, tree, scope, context) => writeMethod(parts, name, tree, scope, context),
    classText: (tree, scope, name) => writeClass(parts, tree, scope, name),
    pattern(tree, scope, target) {
      const initial = parts.expression(tree.kids[2], scope);
      return tree.x % 2 === 0
        ? `[${target("value")} = ${initial}, [${target("value")}]]`
        : `{ p: ${target("value")} = ${initial}, q: { p: [${target("value")}], ...${target("value")} } }`;
    },
  };
  const scope = new Scope({ isAsync: true, isGenerator: false, isPlain: false });
  scope.declare("v", "value");
  const chunks: string[] = [];
  for (let i = 0; i < trees.length; i += STATEMENTS) {
    const caught = `catch (error) { log("end", error); }`;
    chunks.push(`  try {\n${parts.body(trees.slice(i, i + STATEMENTS), scope.block())}\n  } ${caught}`);
  }
  return `import { ${HELPERS} } from ${JSON.stringify(helpers)};

export { manifest } from ${JSON.stringify(helpers)};

export default async function main(): Promise<any> {
  const bag: any = { p: 1, q: { p: [1, 2] } };
  const held: any = { map: new Map([[1, "a"]]), set: new Set(["b"]), at: undefined };
  let v: any = 1;
  try {
${chunks.join("\n")}
  } finally { // It may have returned: in Node nothing waits then for what it has set going.
  await settled();
  log("settled", v, bag, held);
  }
}
`;
}
