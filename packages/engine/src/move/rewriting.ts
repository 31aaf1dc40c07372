// Everything in a continuation that refers to code, each to its place in the other bundle.
// Neighbours: comparison.ts says which place; frame-move.ts carries frames.
//
// I1  What is given up on the way needs no place: only what the thread still leads to is looked at.

import { MoveRefusedError } from "../errors.js";
import type { VariableStructure } from "../structure.js";
import type { Comparison } from "./comparison.js";
import { type CodeNode, type Document, fieldOf, type Json, trimmed } from "./document.js";
import { type FrameMove, FrameMover } from "./frame-move.js";
import { type InstanceMove, Instances } from "./instances.js";
import { mapped } from "./name-map.js";
import { Refused } from "./refused.js";

/** In place. Throws MoveRefusedError with every reason that was found. */
export function rewrite(
  document: Document,
  comparison: Comparison,
): { frames: FrameMove[]; instances: InstanceMove[] } {
  const work = new Rewriting(document, comparison);
  const { x: shared = [], ...fields } = document.root;
  work.variables();
  work.lazyModules();
  work.visit(Object.values(fields));
  work.fillScopes();
  work.dropUnseen(shared as unknown[]);
  if (work.reasons.size > 0) throw new MoveRefusedError([...work.reasons]);
  return { frames: work.frames, instances: [...work.instances.moved.values()] };
}

/** Goes through what the thread leads to, each part when it has found its place: what is given up on the way needs none. */
class Rewriting {
  readonly reasons = new Set<string>();
  readonly frames: FrameMove[] = [];
  readonly instances: Instances;
  readonly #document: Document;
  readonly #comparison: Comparison;
  readonly #mover: FrameMover;
  readonly #seen = new Set<unknown>();
  readonly #scopes = new Set<CodeNode>();
  /** Variables that a scope has now and had not; filled by the frame that has them. */
  readonly #lacking = new Map<Json, VariableStructure[]>();

  constructor(document: Document, comparison: Comparison) {
    this.#document = document;
    this.#comparison = comparison;
    this.instances = new Instances(document, comparison);
    this.#mover = new FrameMover(comparison, document, this.#lacking);
    for (const json of document.templates) moveTemplate(comparison, json);
  }

  /** Lists can be long: what is still to be seen lies on a stack of our own. */
  visit(first: unknown): void {
    const open = [first];
    while (open.length > 0) {
      const value = open.pop();
      const json = this.#document.resolve(value) ?? value;
      if (typeof json !== "object" || json === null || this.#seen.has(json)) continue;
      this.#seen.add(json);
      const node = this.#document.nodeAt(json);
      if (node !== undefined) this.#attempt(() => this.#move(node));
      else if (this.instances.made.has(json as Json)) continue;
      else if ((json as Json).$ === "#") this.#root(json as Json);
      else {
        this.#iterator(json as Json);
        this.#attempt(() => this.instances.move(json as Json));
      }
      for (const part of Object.values(json)) if (typeof part === "object" && part !== null) open.push(part);
      // A scope that was seen before its frame may have got variables from it.
      for (const slot of node?.tag === "F" ? ((node.json.s ?? []) as unknown[]) : []) {
        const scope = this.#document.nodeAt(slot);
        if (scope?.tag === "S" && Array.isArray(scope.json.$)) open.push(...scope.json.$);
      }
    }
  }

  #move(node: CodeNode): void {
    const { tag, values } = node;
    if (tag === "S") return this.#scope(node);
    if (tag === "m") return moveMethod(this.#document, this.#comparison, node);
    for (const value of values) {
      const scope = this.#document.nodeAt(value);
      if (scope?.tag === "S") this.#scope(scope);
    }
    if (tag !== "F") return moveFunction(this.#document, this.#comparison, node);
    const moved = this.#mover.move(node);
    if (moved !== undefined) this.frames.push(moved);
  }

  #scope(node: CodeNode): void {
    if (this.#scopes.has(node)) return;
    this.#scopes.add(node);
    moveScope(this.#comparison, node, this.#lacking);
  }

  /** One over a list of a module that was changed may leave something out, or take it again. */
  #iterator(json: Json): void {
    const iterated = this.#document.resolve(
      json.$ === "Iterator" ? json.t : Array.isArray(json.$) && json.$[0] === "IR" ? json.$[1] : null,
    );
    const why = iterated?.$ === "#" ? this.#comparison.redeclared(this.instances.pathOf(iterated)) : undefined;
    if (why !== undefined)
      this.reasons.add(`${why}, and the thread is on its way through it: "variables" of a map says that it is meant`);
  }

  #root(json: Json): void {
    const root = this.#comparison.root(String(json.p), false);
    if ("why" in root) this.reasons.add(root.why);
    else json.p = root.to;
  }

  /** Variables that a scope did not capture, and that no frame has. */
  fillScopes(): void {
    for (const [json, variables] of this.#lacking)
      if (this.#seen.has(json)) this.#attempt(() => fillScope(this.#comparison, json, variables));
  }

  /** What nothing leads to any more is nothing the new bundle could read. */
  dropUnseen(shared: unknown[]): void {
    shared.forEach((value, n) => {
      if (typeof value === "object" && value !== null && !this.#seen.has(value)) shared[n] = { f: [] };
    });
  }

  variables(): void {
    const list = this.#document.variables;
    for (let n = 0; n < list.length; n += 2) {
      const found = this.#comparison.variable(String(list[n]), false);
      if ("why" in found) this.reasons.add(found.why);
      else if (found.to !== null) list[n] = found.to;
      else {
        list.splice(n, 2);
        n -= 2;
      }
    }
  }

  lazyModules(): void {
    this.#lazyModules(this.#document.lazyModules, 1);
    this.#lazyModules(this.#document.keptModules, 4);
  }

  #lazyModules(names: unknown[], every: number): void {
    names.forEach((value, n) => {
      if (n % every !== 0) return;
      const name = String(value);
      const found = this.#comparison.lazyModule(name, false);
      if ("why" in found) this.reasons.add(found.why);
      else if (found.to !== name) {
        names[n] = found.to;
        for (const json of this.#document.roots) {
          const path = String(json.p);
          if (path.startsWith(`lazy:${name}`)) json.p = `lazy:${found.to}${path.slice(`lazy:${name}`.length)}`;
        }
      }
    });
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.reasons.add(error.message);
    }
  }
}

function moveScope(
  comparison: Comparison,
  { json, id, values }: CodeNode,
  lacking: Map<Json, VariableStructure[]>,
): void {
  const found = comparison.scope(id);
  if ("why" in found) {
    // Whoever needs it says so; what nobody needs any more is nothing.
    delete json.$;
    json.f = [];
    return;
  }
  const old = comparison.from.scopes.get(id)!;
  const renamed = comparison.map.locals?.[comparison.from.nameOf(old)];
  const before = new Map(old.variables.map(([name], n) => [mapped(renamed, name) ?? name, values[n] ?? null]));
  const lacks = found.to.variables.filter(([name]) => !before.has(name));
  if (lacks.length > 0) lacking.set(json, lacks);
  const after = trimmed(found.to.variables.map(([name]) => before.get(name)));
  json.$ = after.length === 0 ? `S${found.to.id}` : [`S${found.to.id}`, ...after];
}

/** Variables that a scope did not capture, and that no frame has: only what cannot have changed is known. */
function fillScope(comparison: Comparison, json: Json, variables: readonly VariableStructure[]): void {
  const id = Number((Array.isArray(json.$) ? (json.$[0] as string) : (json.$ as string)).slice(1));
  const scope = comparison.to.scopes.get(id)!;
  const owner = comparison.to.nameOf(scope);
  const values = Array.isArray(json.$) ? json.$.slice(1) : [];
  for (const variable of variables) {
    const [name, , , , init, assigned] = variable;
    if (!Array.isArray(init) || assigned != null) {
      throw new Refused(`a function of ${owner} uses ${name} now, which was not captured when it was made`);
    }
    values[scope.variables.indexOf(variable)] = fieldOf(init[0]);
  }
  json.$ = [`S${id}`, ...trimmed(values)];
}

function moveFunction(document: Document, comparison: Comparison, { json, id, tag, values }: CodeNode): void {
  const found = comparison.function(id);
  if ("why" in found) throw new Refused(found.why);
  const old = comparison.from.functions.get(id)!;
  json.$ = `${tag}${found.to.id}`;
  const scopes = new Map<number, unknown>();
  old.captures?.forEach((scope, index) => {
    const target = comparison.scope(scope);
    if ("to" in target) scopes.set(target.to.id, values[index]);
  });
  const captures = (found.to.captures ?? []).map((scope) => {
    const value = scopes.get(scope);
    if (document.resolve(value) !== undefined) return value;
    const names = comparison.to.scopes.get(scope)!.variables.map(([name]) => name);
    throw new Refused(`${comparison.from.nameOf(old)} captures ${names.join(", ")} now, and did not when it was made`);
  });
  if (captures.length > 0) json.s = captures;
  else delete json.s;
}

function moveMethod(document: Document, comparison: Comparison, { json, id }: CodeNode): void {
  const holder = document.nodeAt(json.c);
  const cls = holder === undefined ? classOfRoot(document, comparison, json) : comparison.from.functions.get(holder.id);
  if (cls === undefined) return;
  const found = comparison.function(cls.id);
  if ("why" in found) throw new Refused(found.why);
  const name = cls.members?.[id] ?? "";
  const rank = cls.members?.slice(0, id).filter((member) => member === name).length ?? 0;
  const targets = (found.to.members ?? []).flatMap((member, index) => (member === name ? [index] : []));
  const target = targets[rank];
  if (target === undefined) throw new Refused(`${comparison.from.nameOf(cls)} has no ${name.slice(2)} any more`);
  json.$ = `m${target}`;
}

function classOfRoot(document: Document, comparison: Comparison, json: Json) {
  const path = String(document.resolve(json.c)?.p ?? "");
  const [, module = "", name = ""] = /^(\d+):([\p{ID_Continue}$]+)$/u.exec(path) ?? [];
  const { variables = [] } = comparison.from.structure.modules[Number(module)] ?? {};
  const original = variables.find(([known]) => known === name)?.[1] ?? name;
  return comparison.from.named(`${comparison.from.moduleName(Number(module))}:${original}`);
}

/** One that is not there any more stays what it is, and is no other's. */
function moveTemplate(comparison: Comparison, json: Json): void {
  const site = siteOf(json);
  const found = comparison.template(site);
  (json.$ as unknown[])[1] = "to" in found ? found.to : -1 - Math.abs(site);
}

export const siteOf = (json: Json): number => Number((json.$ as unknown[])[1]);
