import * as t from "@babel/types";

const HELPERS: Readonly<Record<string, string>> = { esm: "esm", commonJS: "cjs" };

/**
 * Modules that are reached by `import()` or by `require` in a function are functions of the bundled program, made by helpers of the
 * bundler. The runtime's take their place: a thread remembers which modules it has evaluated (packages/workflow/src/lazy-module.ts).
 */
export function lateModules(program: t.Program, kit: string, isBundlers: (node: t.Node) => boolean): void {
  for (const statement of program.body) {
    if (!t.isVariableDeclaration(statement) || !isBundlers(statement)) continue;
    for (const declarator of statement.declarations) {
      const [, helper = ""] =
        /^__(esm|commonJS)\d*$/.exec(t.isIdentifier(declarator.id) ? declarator.id.name : "") ?? [];
      const name = HELPERS[helper];
      if (name !== undefined) declarator.init = t.memberExpression(t.identifier(kit), t.identifier(name));
    }
  }
}
