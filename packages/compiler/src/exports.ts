/** Takes the exports off a module's text: the bundle's wrapper asks for them by variable. */
import * as t from "@babel/types";
import { syntaxError } from "./compile-error.js";

/** Removes export declarations, keeps what they declare; returns exported name -> variable. */
export function splitExports(program: t.Program): Record<string, string> {
  const exports: Record<string, string> = {};
  const body: t.Statement[] = [];
  for (const s of program.body) {
    if (t.isExportNamedDeclaration(s)) {
      if (s.source) throw syntaxError(s, "KWF_EXPORT", "a bundle cannot re-export from another file");
      if (s.declaration) {
        body.push(s.declaration);
        for (const name of Object.keys(t.getBindingIdentifiers(s.declaration, false, true))) exports[name] = name;
      }
      for (const x of s.specifiers)
        if (t.isExportSpecifier(x))
          exports[t.isIdentifier(x.exported) ? x.exported.name : x.exported.value] = x.local.name;
    } else if (t.isExportDefaultDeclaration(s)) {
      const d = s.declaration;
      if ((t.isFunctionDeclaration(d) || t.isClassDeclaration(d)) && d.id) {
        body.push(d);
        exports.default = d.id.name;
        continue;
      }
      const id = t.identifier("_default");
      const value = t.isFunctionDeclaration(d)
        ? t.functionExpression(null, d.params, d.body, d.generator, d.async)
        : t.isClassDeclaration(d)
          ? t.classExpression(null, d.superClass ?? null, d.body)
          : (d as t.Expression);
      value.loc = d.loc ?? null;
      value.start = d.start ?? null;
      value.end = d.end ?? null;
      const made = t.variableDeclaration("const", [t.variableDeclarator(id, value)]);
      made.start = s.start ?? null;
      made.end = s.end ?? null;
      for (const declarator of made.declarations) declarator.end = s.end ?? null;
      body.push(made);
      exports.default = id.name;
    } else if (t.isExportAllDeclaration(s))
      throw syntaxError(s, "KWF_EXPORT", "a bundle cannot re-export from another file");
    else body.push(s);
  }
  program.body = body;
  return exports;
}
