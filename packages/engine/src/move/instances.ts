// Instances of classes that were changed: a field that is new has what it would have been made with, where that is certain.
//
// I1  As for variables: what has to be computed is refused, and so is a class that loses a field and gets another.

import type { BundleCode } from "./code.js";
import { type Comparison, ROOT } from "./comparison.js";
import { type Document, fieldOf, type Json } from "./document.js";
import { mapped } from "./name-map.js";
import { Refused } from "./refused.js";

export interface InstanceMove {
  readonly class: string;
  /** New fields that got a value, as text. */
  readonly added: readonly string[];
}

type Property = [key: unknown, value: unknown, ...rest: unknown[]];

export class Instances {
  readonly moved = new Map<string, InstanceMove>();
  /** Paths in the new bundle, that were not in the old one. */
  readonly made = new Set<Json>();
  readonly #document: Document;
  readonly #comparison: Comparison;
  /** As the old bundle has them. */
  readonly #roots: ReadonlyMap<Json, string>;

  constructor(document: Document, comparison: Comparison) {
    this.#document = document;
    this.#comparison = comparison;
    this.#roots = new Map(document.roots.map((json) => [json, String(json.p)]));
  }

  /** Changes an object in place. Throws Refused. */
  move(json: Json): void {
    const prototype = json.$ === "#" ? undefined : this.#document.resolve(json.p);
    if (prototype === undefined) return;
    this.#checkForeign(prototype);
    const names = this.#classOf(prototype);
    if (names === undefined) return;
    const { from, to, map } = this.#comparison;
    const [before, after] = [from.fieldsOf(names[0]), to.fieldsOf(names[1])];
    if (before === undefined || after === undefined) return;
    const [renamed, given] = [map.locals?.[names[0]], map.values?.[names[0]]];
    const properties = (json.f ?? []) as Property[];
    for (const property of properties) {
      const name = typeof property[0] === "string" ? mapped(renamed, property[0]) : undefined;
      if (name != null && before.has(property[0] as string)) property[0] = name;
    }
    const known = new Set([...before.keys()].map((name) => mapped(renamed, name) ?? name));
    const gone = [...before].flatMap(([name, { isMethod }]) =>
      isMethod || mapped(renamed, name) !== undefined || after.has(name) ? [] : [name],
    );
    const members = (json.q ?? []) as unknown[];
    const added: string[] = [];
    for (const [name, { owner, init, isMethod }] of after) {
      if (known.has(name) || properties.some(([key]) => key === name)) continue;
      const isGiven = given !== undefined && Object.hasOwn(given, name);
      if (!isGiven && (init === null || (gone.length > 0 && !isMethod))) throw new Refused(why(names[0], name, gone));
      const value = isGiven ? given[name] : init![0];
      const written = fieldOf(value) ?? { $: "u" };
      if (name.startsWith("#")) members.push(this.#privateName(owner, name, names[0]), written);
      else properties.push([name, written]);
      if (!isMethod) added.push(`${name} = ${value === undefined ? "undefined" : JSON.stringify(value)}`);
    }
    if (properties.length > 0) json.f = properties;
    if (members.length > 0) json.q = members;
    if (added.length > 0) this.moved.set(names[0], { class: names[0], added });
  }

  #privateName(owner: string, name: string, cls: string): Json {
    const path = this.#comparison.to.privateName(owner, name);
    if (path === undefined)
      throw new Refused(
        `objects of ${cls} are held, and ${name} is new in it: those that were made before do not have it`,
      );
    const json = { $: "#", p: path };
    this.made.add(json);
    return json;
  }

  /** Where an object of a module lies in the old bundle. */
  pathOf(root: Json): string {
    return this.#roots.get(root) ?? "";
  }

  /** What the classes of a dependency are made with nobody knows. */
  #checkForeign(prototype: Json): void {
    const path = this.#roots.get(prototype);
    const changed = path === undefined ? undefined : this.#comparison.redeclared(path);
    if (changed === undefined || !this.#comparison.isForeign(path!)) return;
    throw new Refused(
      `objects of ${path!.replace(/^\d+:|\.prototype$/g, "")} are held, and ${changed}: "variables" of a map says that it is meant`,
    );
  }

  /** Names of the class in both bundles. */
  #classOf(prototype: Json): [before: string, after: string] | undefined {
    const { from, to } = this.#comparison;
    if (prototype.$ === "p") {
      const node = this.#document.nodeAt(prototype.v);
      const old = node === undefined ? undefined : from.functions.get(node.id);
      const found = old === undefined ? undefined : this.#comparison.function(old.id);
      return old !== undefined && found !== undefined && "to" in found
        ? [from.nameOf(old), to.nameOf(found.to)]
        : undefined;
    }
    const path = this.#roots.get(prototype);
    if (path === undefined || !path.endsWith(".prototype")) return undefined;
    const found = this.#comparison.root(path, false);
    const [before, after] = [nameOf(from, path), "to" in found ? nameOf(to, found.to) : undefined];
    return before === undefined || after === undefined ? undefined : [before, after];
  }
}

/** Of a class of a module, by the path of its prototype. */
function nameOf(code: BundleCode, path: string): string | undefined {
  const [whole, number, variable] = ROOT.exec(path) ?? [];
  if (whole === undefined || path !== `${whole}.prototype`) return undefined;
  const module = code.structure.modules[Number(number)];
  const original = module?.variables.find(([name]) => name === variable)?.[1] ?? variable;
  return `${code.moduleName(Number(number))}:${original}`;
}

function why(name: string, field: string, gone: readonly string[]): string {
  const lost = gone.length === 0 ? "" : `, and ${gone.join(", ")} ${gone.length === 1 ? "is" : "are"} gone`;
  return `objects of ${name} are held, and ${field} is new in it${lost}: a map says what it was called ("locals") or what it is ("values")`;
}
