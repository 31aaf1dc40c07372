/**
 * Decides, from the scope analysis, what moves: which scopes get a scope object, which functions and classes go to the
 * table, and what the variables that stay local are called.
 */
import * as t from "@babel/types";
import type { Analysis, Binding, ClassUnit, FunctionUnit, Reference, Scope, Unit } from "./scope/model.js";

export interface Naming {
  /** Names of generated variables: `prefix + letter + number`. */
  readonly prefix: string;
  readonly kit: string;
  readonly firstId: number;
  readonly firstTemporary: number;
  /** The bundler renamed variables: names of functions in place must be set explicitly. */
  readonly renames: boolean;
}

export function plan(analysis: Analysis, naming: Naming): void {
  freeScopes(analysis);
  let scopeId = naming.firstId;
  for (const scope of analysis.scopes) {
    const slots = scope.captured;
    if (slots.length === 0) continue;
    const id = scopeId++;
    scope.object = { id, variable: `${naming.prefix}s${id}`, constructorName: `${naming.prefix}S${id}`, slots };
  }
  for (const unit of analysis.classes) unit.needsFactory = needsFactory(unit, analysis);
  let functionId = naming.firstId;
  const units: Unit[] = [...analysis.functions, ...analysis.classes].sort(
    (a, b) => (a.node.start ?? 0) - (b.node.start ?? 0),
  );
  for (const unit of units)
    if ("needsFactory" in unit ? unit.needsFactory : isTable(unit) || unit.suspendable) unit.id = functionId++;
  const references = groupByFunction(analysis.referenceOf.values());
  const scopes = groupByFunction(analysis.scopes);
  for (const fn of analysis.functions) if (fn.suspendable) nameLocals(references.get(fn) ?? [], scopes.get(fn) ?? []);
}

/** A function that is created through the table, and so can be created again by a restore. */
export function isTable(fn: FunctionUnit): boolean {
  if (fn.kind !== "function" && fn.kind !== "arrow" && !(fn.kind === "method" && t.isObjectMethod(fn.node)))
    return false;
  if (fn.native) return false;
  return fn.suspendable || fn.parentFunction?.kind !== "program" || fn.free.size > 0;
}

function freeScopes(analysis: Analysis): void {
  for (const reference of analysis.referenceOf.values()) {
    const binding = reference.binding;
    if (!binding?.captured) continue;
    const owner = binding.scope.fn;
    for (let unit: Unit | undefined = reference.fn; unit && unit !== owner; unit = unit.parent)
      unit.free.add(binding.scope);
  }
  // A class initialises its private names even when nothing refers to them.
  for (const unit of analysis.classes)
    if (unit.scope.captured.some((b) => b.kind === "private")) unit.free.add(unit.scope);
}

/** Functions and scopes by the function they belong to. */
function groupByFunction<T extends { readonly fn: FunctionUnit }>(items: Iterable<T>): Map<FunctionUnit, T[]> {
  const groups = new Map<FunctionUnit, T[]>();
  for (const item of items) {
    const group = groups.get(item.fn);
    if (group) group.push(item);
    else groups.set(item.fn, [item]);
  }
  return groups;
}

function needsFactory(unit: ClassUnit, analysis: Analysis): boolean {
  if (unit.parent.kind !== "program" || unit.free.size > 0 || unit.scope.captured.length > 0) return true;
  return unit.node.body.body.some((m) => {
    if (t.isClassPrivateProperty(m) || t.isClassPrivateMethod(m)) return true;
    const fn = analysis.functionOf.get(m);
    return fn !== undefined && (fn.suspendable || fn.scope.captured.length > 0);
  });
}

/** Gives every uncaptured variable of a suspendable function a name that is unique in it: it becomes a frame slot. */
function nameLocals(references: readonly Reference[], scopes: readonly Scope[]): void {
  const used = new Set<string>(["arguments"]);
  for (const reference of references)
    if (!reference.binding || reference.binding.scope.kind === "program") used.add(reference.name);
  for (const scope of scopes) {
    for (const binding of scope.bindings.values()) {
      if (binding.captured && binding.kind !== "param" && binding.kind !== "self") continue;
      if (binding.kind === "special" || binding.kind === "private") continue;
      binding.local = unique(binding, used);
      used.add(binding.local);
    }
  }
}

function unique(binding: Binding, used: ReadonlySet<string>): string {
  if (!used.has(binding.name)) return binding.name;
  for (let n = 1; ; n++) if (!used.has(`${binding.name}_${n}`)) return `${binding.name}_${n}`;
}
