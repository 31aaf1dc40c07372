/**
 * Closure conversion: after it, everything that a function keeps from its surroundings is an argument of its factory,
 * and no function is nested in another one.
 */
import * as t from "@babel/types";
import type { Binding, Scope } from "../scope/model.js";
import { assign, type Conversion, slot, statement } from "./context.js";
import { block } from "./statements.js";

/** A source module of the bundle. */
export interface SourcePlace {
  readonly index: number;
  /** Own source, or a package whose module state belongs to the thread as well. */
  readonly own: boolean;
  /** Of the bundler or the runtime, which sets its variables itself. */
  readonly isRuntime?: boolean;
}

/** Source module of a variable of the program's top scope. */
export type ModuleOf = (node: t.Node) => SourcePlace;

export function convertProgram(c: Conversion, program: t.Program, moduleOf: ModuleOf): void {
  const unit = c.analysis.program;
  const { result, temporaries } = c.inside(unit, () => block(c, program.body, unit.scope));
  const variables: t.Statement[] = temporaries.length
    ? [
        t.variableDeclaration(
          "var",
          temporaries.map((x) => t.variableDeclarator(t.identifier(x))),
        ),
      ]
    : [];
  program.body = [
    ...scopeConstructors(c),
    ...c.table,
    ...registerFactories(c),
    ...variables,
    ...c.hoisted,
    ...result,
    ...accessors(c, moduleOf),
  ];
}

/** `function S5() { this.x = void 0; } kit.S(5, S5, ["x"])` */
function scopeConstructors(c: Conversion): t.Statement[] {
  const out: t.Statement[] = [];
  for (const scope of c.analysis.scopes) {
    const object = scope.object;
    if (!object) continue;
    const init = (b: Binding): t.Statement => {
      const target = slot("this", b.name);
      target.object = t.thisExpression();
      const marked = b.needsMarker || (b.scope.kind === "class" && b.kind === "const");
      return statement(assign(target, marked ? c.marker : t.unaryExpression("void", t.numericLiteral(0))));
    };
    const name = t.identifier(object.constructorName);
    out.push(t.functionDeclaration(name, [], t.blockStatement(object.slots.map(init))));
    const names = object.slots.map((b) => t.stringLiteral(t.isIdentifier(b.node) ? c.originalName(b.node) : b.name));
    const slots = object.slots.map((b) => t.stringLiteral(b.name));
    const fixed = isFixed(scope, object.slots) ? [t.numericLiteral(1)] : [];
    out.push(statement(c.kit("S", t.numericLiteral(object.id), t.cloneNode(name), t.arrayExpression(slots), ...fixed)));
    c.scopeRecords.push([object.id, names.map((n) => n.value)]);
  }
  return out;
}

/** Nothing sets a slot once the function is over that the scope belongs to. */
const isFixed = (scope: Scope, slots: readonly Binding[]): boolean =>
  !scope.fn.effective.suspendable && slots.every((b) => !b.assignedElsewhere);

function registerFactories(c: Conversion): t.Statement[] {
  if (c.factories.size === 0) return [];
  const ids = [...c.factories.keys()];
  const first = Math.min(...ids);
  const last = Math.max(...ids);
  const list: (t.Expression | null)[] = [];
  for (let id = first; id <= last; id++) {
    const name = c.factories.get(id);
    list.push(name ? t.identifier(name) : null);
  }
  return [statement(c.kit("F", t.numericLiteral(first), t.arrayExpression(list)))];
}

/** Lets the runtime read the variables of the program's top scope, and set those that may change. */
function accessors(c: Conversion, moduleOf: ModuleOf): t.Statement[] {
  const modules = new Map<number, { own: boolean; members: t.ObjectMethod[] }>();
  for (const b of c.analysis.program.scope.bindings.values()) {
    if (!b.node || b.kind === "import") continue;
    const { index, own, isRuntime = false } = moduleOf(b.node);
    let entry = modules.get(index);
    if (!entry) {
      entry = { own, members: [] };
      modules.set(index, entry);
    }
    const key = () => (b.name === "__proto__" ? t.stringLiteral(b.name) : t.identifier(b.name));
    entry.members.push(t.objectMethod("get", key(), [], t.blockStatement([t.returnStatement(t.identifier(b.name))])));
    // The bundler makes variables of a dependency's constants.
    if (b.kind === "const" || isRuntime || !(own || b.assignedElsewhere)) continue;
    const value = t.identifier(b.name === "v" ? "w" : "v");
    entry.members.push(
      t.objectMethod(
        "set",
        key(),
        [value],
        t.blockStatement([statement(assign(t.identifier(b.name), t.cloneNode(value)))]),
      ),
    );
  }
  return [...modules].map(([index, { own, members }]) =>
    statement(c.kit("M", t.numericLiteral(index), t.booleanLiteral(own), t.objectExpression(members))),
  );
}
