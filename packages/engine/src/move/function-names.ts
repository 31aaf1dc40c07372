// What a function of the old bundle, or whatever else has functions inside, is called in the new one.
// Neighbour: siblings.ts tells those apart that have one name.

import type { FunctionStructure } from "../structure.js";
import type { BundleCode } from "./code.js";
import type { Found } from "./comparison.js";
import { mapped, type NameMap } from "./name-map.js";
import { groupOf, matchSiblings, type Siblings, siblingsOf, splitPath } from "./siblings.js";

export class FunctionNames {
  readonly #matched = new Map<string, ReadonlyMap<string, string>>();
  readonly #found = new Map<string, Found<string>>();
  #taken: ReadonlySet<string> | undefined;

  constructor(
    readonly from: BundleCode,
    readonly to: BundleCode,
    readonly map: NameMap,
  ) {}

  /** By the map, of the function or of one around it; else by name, and by text where several have it. */
  of(place: Pick<FunctionStructure, "module" | "path">): Found<string> {
    const name = this.from.nameOf(place);
    const found = this.#found.get(name) ?? this.#find(place, name);
    this.#found.set(name, found);
    return found;
  }

  /** Names that functions of the old bundle have now. */
  get taken(): ReadonlySet<string> {
    this.#taken ??= new Set(
      this.from.structure.functions.flatMap((one) => {
        const found = this.of(one);
        return "to" in found ? [found.to] : [];
      }),
    );
    return this.#taken;
  }

  #find({ module, path }: Pick<FunctionStructure, "module" | "path">, name: string): Found<string> {
    const file = this.from.moduleName(module);
    const said = mapped(this.map.functions, name);
    if (said !== undefined) return { to: said };
    if (path === "") {
      const to = this.modules(file).find((known) => this.to.moduleIndex(known) !== undefined);
      return to === undefined ? { why: `there is no ${file} any more` } : { to: `${to}:` };
    }
    const [outer, own] = splitPath(path);
    const around = outer === "" ? undefined : this.of({ module, path: outer.slice(0, -1) });
    if (around !== undefined && "why" in around) return around;
    const places = around === undefined ? this.modules(file).map((known) => `${known}:`) : [`${around.to}/`];
    const mine = siblingsOf(this.from).get(groupOf(`${file}:${outer}`, own)) ?? [];
    for (const place of places) {
      const theirs = siblingsOf(this.to).get(groupOf(place, own)) ?? [];
      if (theirs.length === 0) continue;
      const to = this.#match(mine, theirs, `${file}:${outer} ${place} ${own}`).get(name);
      if (to !== undefined) return { to };
      const words = `one of ${mine.length} of that name, and there ${theirs.length === 1 ? "is one" : `are ${theirs.length}`} now`;
      return { why: `${name} is ${words}: "functions" of a map says which of them it is` };
    }
    return { why: `there is no ${name} any more` };
  }

  /** What a module may be called now: what the map says, its own path, or where it lies as seen from the entry file. */
  modules(path: string): string[] {
    const said = mapped(this.map.modules, path);
    if (said !== undefined) return [said];
    const [before, after] = [this.from.entry, this.to.entry];
    if (path === before.path) return [...new Set([path, after.path])];
    const beside = path.startsWith(before.folder) && !path.includes("node_modules/");
    return beside ? [...new Set([path, after.folder + path.slice(before.folder.length)])] : [path];
  }

  #match(mine: Siblings, theirs: Siblings, key: string): ReadonlyMap<string, string> {
    let found = this.#matched.get(key);
    if (found === undefined) {
      const { functions = {} } = this.map;
      const taken = new Set(Object.values(functions));
      found = matchSiblings(
        mine.filter(({ name }) => !Object.hasOwn(functions, name)),
        theirs.filter(({ name }) => !taken.has(name)),
      );
      this.#matched.set(key, found);
    }
    return found;
  }
}
