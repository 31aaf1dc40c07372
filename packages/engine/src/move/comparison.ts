// Two bundles beside each other: what of the old one has which counterpart in the new one, and whether it is structurally the same.
//
// I1  Same means: the continuation's parts need other numbers at most. Everything else is a matter of names (frame-move.ts).
// I2  Nothing is guessed: what has two counterparts, or none, has none, and the reason says so.

import type { AwaitStructure, FunctionStructure, ModuleStructure, ScopeStructure } from "../structure.js";
import { awaitNamed, type BundleCode, keyOfAwait } from "./code.js";
import { FunctionNames } from "./function-names.js";
import { unknownNames } from "./map-names.js";
import { mapped, type NameMap } from "./name-map.js";

export type Found<T> = { readonly to: T } | { readonly why: string };

export class Comparison {
  readonly #functions = new Map<number, Found<FunctionStructure>>();
  readonly #scopes = new Map<number, Found<ScopeStructure>>();
  readonly #same = new Map<number, string | undefined>();
  readonly #names: FunctionNames;

  constructor(
    readonly from: BundleCode,
    readonly to: BundleCode,
    readonly map: NameMap = {},
  ) {
    this.#names = new FunctionNames(from, to, map);
  }

  /** What is wrong with the map. */
  get unknownNames(): string[] {
    return unknownNames(this.from, this.to, this.map, this.#names);
  }

  function(id: number): Found<FunctionStructure> {
    return kept(this.#functions, id, () => this.#findFunction(id));
  }

  scope(id: number): Found<ScopeStructure> {
    return kept(this.#scopes, id, () => this.#findScope(id));
  }

  /** Why a function or class is not structurally the same; undefined: it is. */
  differs(id: number): string | undefined {
    if (!this.#same.has(id)) {
      this.#same.set(id, undefined);
      this.#same.set(id, this.#differs(id));
    }
    return this.#same.get(id);
  }

  /** Why a scope has other variables; undefined: it has the same. */
  scopeDiffers(id: number): string | undefined {
    const found = this.scope(id);
    if ("why" in found) return found.why;
    const names = ({ variables }: ScopeStructure): string => variables.map(([name]) => name).join(", ");
    const [before, after] = [names(this.from.scopes.get(id) as ScopeStructure), names(found.to)];
    if (before === after) return undefined;
    return `inner functions of ${this.from.nameOf(found.to)} share other variables now: ${after}; before, ${before}`;
  }

  /** The path of a root in the new bundle. `strict`: only where its declaration is the same. */
  root(path: string, strict: boolean): Found<string> {
    const found = this.#findRoot(path);
    if ("why" in found || found.changed === undefined) return found;
    if (strict) return { why: found.changed };
    if (found.isSaid || !this.#isByPosition(path)) return found;
    return {
      why: `${found.changed}, and the thread holds a part of it that is known by its position only: "variables" of a map says that it is meant`,
    };
  }

  /** That what a module declares there was changed, and no map says that this is meant. */
  redeclared(path: string): string | undefined {
    const found = this.#findRoot(path);
    return "why" in found || found.isSaid ? undefined : found.changed;
  }

  /** Of a dependency, or reached through one that own source requires. */
  isForeign(path: string): boolean {
    const [, number, name = ""] = ROOT.exec(path) ?? [];
    return this.from.structure.modules[Number(number)]?.own !== 1 || BUNDLERS.test(name);
  }

  #findRoot(path: string): { to: string; changed?: string; isSaid?: boolean } | { why: string } {
    const [whole, number = "", name = ""] = ROOT.exec(path) ?? [];
    const index = Number(number);
    if (whole === undefined || index < 0) return { to: path };
    const module = this.from.moduleName(index);
    const old = this.from.structure.modules[index]!;
    const variable = variableOf(old, name);
    const said = mapped(this.map.variables?.[module], variable.original);
    const wanted = said ?? variable.original;
    const targets = this.#names.modules(module).flatMap((to) => this.to.moduleIndex(to) ?? []);
    for (const target of targets) {
      const fresh = this.to.structure.modules[target]!;
      const there = named(fresh, wanted);
      if (there === undefined) continue;
      const to = `${target}:${there.name}${path.slice(whole.length)}`;
      const same = old.own === 1 ? variable.hash === there.hash : old.hash === fresh.hash;
      const [before, after] = [`${module}:${variable.original}`, `${this.to.moduleName(target)}:${there.original}`];
      const others = BUNDLERS.test(name) && old.required !== fresh.required;
      if (same && !others && this.#sameClass(before, after)) return { to };
      const what = old.own === 1 ? `${module}:${variable.original}` : module;
      const changed = others ? `a module that ${module} requires was changed` : `${what} was changed`;
      return { to, changed, isSaid: said !== undefined };
    }
    return {
      why:
        targets.length === 0
          ? `there is no ${module} any more, and ${wanted} of it is held`
          : `${module} has no ${wanted} any more, which the thread refers to: "variables" of a map says what it is called now`,
    };
  }

  /** An element of an array, an entry of a Map or a Set; what functions and classes have inside is known by names. */
  #isByPosition(path: string): boolean {
    const [whole = "", number, name = ""] = ROOT.exec(path) ?? [];
    const { original } = variableOf(this.from.structure.modules[Number(number)]!, name);
    const file = this.from.moduleName(Number(number));
    let last = original;
    for (const [, member, position] of path.slice(whole.length).matchAll(STEP)) {
      if (position !== undefined && !this.from.has(`${file}:${last}`)) return true;
      last = member ?? "";
    }
    return false;
  }

  /** A module that the thread has evaluated on its way, by the bundler's name. `strict`: only where its text is the same. */
  lazyModule(name: string, strict: boolean): Found<string> {
    const [path = name] = name.split("#");
    const index = this.from.moduleIndex(path);
    if (index === undefined) return { to: name };
    for (const candidate of this.#names.modules(path)) {
      const target = this.to.moduleIndex(candidate);
      if (target === undefined) continue;
      const [old, fresh] = [this.from.structure.modules[index]!, this.to.structure.modules[target]!];
      const same = old.hash === fresh.hash && old.required === fresh.required;
      return strict && !same ? { why: `${path} was changed` } : { to: candidate + name.slice(path.length) };
    }
    return { why: `there is no ${path} any more, which the thread has evaluated` };
  }

  /** The site of a tagged template, by its texts and its rank among those of the same. */
  template(id: number): Found<number> {
    const [before = [], after = []] = [this.from.structure.templates, this.to.structure.templates];
    const hash = before.find(([known]) => known === id)?.[1];
    const [mine, theirs] = [before, after].map((all) => all.filter(([, known]) => known === hash));
    const target = theirs![mine!.findIndex(([known]) => known === id)];
    if (target !== undefined && mine!.length === theirs!.length) return { to: target[0] };
    return { why: "a tagged template that is held was changed, or another one has the same text" };
  }

  /** A module variable that the thread has changed; null: what it holds is given up. `strict`: as `root`. */
  variable(path: string, strict: boolean): Found<string | null> {
    const [whole, number = "", name = ""] = ROOT.exec(path) ?? [];
    if (whole === undefined || Number(number) < 0) return { to: path };
    const module = this.from.moduleName(Number(number));
    const { original } = variableOf(this.from.structure.modules[Number(number)]!, name);
    if (mapped(this.map.variables?.[module], original) === null) return { to: null };
    const found = this.root(path, strict);
    if ("why" in found) return strict ? found : { why: `the thread has changed ${original}: ${found.why}` };
    return found;
  }

  /** Where a frame that waits at `label` of the old function waits in the new one. `isSaid`: by the map. */
  await(id: number, label: number): Found<AwaitStructure> & { readonly isSaid?: boolean } {
    const found = this.function(id);
    if ("why" in found) return found;
    const same = this.differs(id) === undefined && found.to.frame?.awaits.find(([known]) => known === label);
    if (same) return { to: same };
    const old = this.from.functions.get(id) as FunctionStructure;
    const name = this.from.nameOf(old);
    const all = old.frame?.awaits ?? [];
    const one = all.find(([known]) => known === label);
    if (one === undefined || found.to.frame === undefined)
      return { why: `${name} can ${one === undefined ? "not be" : "no longer be"} suspended where it is` };
    const rank = likes(all, keyOfAwait(one)).indexOf(one);
    const fresh = found.to.frame.awaits;
    const here = awaitNamed(one[2]).bare;
    for (const [old, wanted] of Object.entries(this.map.awaits?.[name] ?? {})) {
      const said = awaitNamed(old);
      if (said.bare !== here || said.rank !== rank) continue;
      const { text, rank: nth } = awaitNamed(wanted);
      const target = likes(fresh, keyOfAwait([0, one[1], text, 0, 0]))[nth];
      return target === undefined
        ? { why: `${name}: the map names \`${wanted}\`, which is not there` }
        : { to: target, isSaid: true };
    }
    const before = likes(all, keyOfAwait(one));
    const after = likes(fresh, keyOfAwait(one));
    const target = after[rank];
    if (after.length === 0) return { why: `${name}: \`${one[2]}\` is gone; there is ${listed(fresh)}` };
    if (before.length !== after.length || target === undefined)
      return { why: `${name}: \`${one[2]}\` is there ${times(after.length)}, and was ${times(before.length)}` };
    const known = sameContext(before, rank, after);
    if (known !== undefined) return { to: known };
    return {
      why: `${name}: \`${one[2]}\` is there ${times(after.length)}, and it is not clear which of them this one is now`,
    };
  }

  /** What it extends included; true of what is no class. */
  #sameClass(before: string, after: string): boolean {
    const [old, fresh] = [this.from.classes.get(before)?.hash, this.to.classes.get(after)?.hash];
    return old === undefined || fresh === undefined || old === fresh;
  }

  #findFunction(id: number): Found<FunctionStructure> {
    const old = this.from.functions.get(id);
    if (old === undefined) return { why: `the bundle says nothing of its function ${id}` };
    const found = this.#names.of(old);
    const to = "to" in found ? this.to.named(found.to) : undefined;
    if (to !== undefined) {
      const [was, is] = [old.frame?.kind, to.frame?.kind];
      const isOther = was !== undefined && is !== undefined && was !== is;
      return isOther ? { why: `${this.from.nameOf(old)} was ${was}, and is ${is} now` } : { to };
    }
    if ("why" in found && !found.why.endsWith(" any more")) return found;
    const gone = this.to.structure.functions.filter(
      (one) => (one.frame !== undefined) === (old.frame !== undefined) && !this.#names.taken.has(this.to.nameOf(one)),
    );
    const fresh = gone.map((one) => this.to.nameOf(one)).slice(0, 5);
    const name = "why" in found ? found.why : `there is no ${this.from.nameOf(old)} any more`;
    return { why: `${name}${fresh.length === 0 ? "" : `; new is ${fresh.join(", ")}`}` };
  }

  #findScope(id: number): Found<ScopeStructure> {
    const old = this.from.scopes.get(id);
    if (old === undefined) return { why: `the bundle says nothing of its scope ${id}` };
    const owner = this.from.nameOf(old);
    const mine = this.from.scopesOf(owner).filter((one) => alike(one, old));
    const target = this.#names.of(old);
    if ("why" in target) return target;
    const theirs = this.to.scopesOf(target.to).filter((one) => alike(one, old));
    const names = ({ variables }: ScopeStructure): string => variables.map(([name]) => name).join("\n");
    const [equal, twins] = [theirs, mine].map((all) => all.filter((one) => names(one) === names(old)));
    if (equal!.length > 0 && equal!.length === twins!.length) return { to: equal![twins!.indexOf(old)]! };
    if (mine.length === 1 && theirs.length === 1) return { to: theirs[0]! };
    const renamed = this.map.locals?.[owner];
    const shared = (one: ScopeStructure, other: ScopeStructure): number => {
      const wanted = new Set(one.variables.map(([name]) => mapped(renamed, name) ?? name));
      return other.variables.filter(([name]) => wanted.has(name)).length;
    };
    const rivals = theirs.filter((one) => shared(old, one) > 0);
    const claims = rivals.length === 1 ? mine.filter((one) => shared(one, rivals[0]!) > 0) : [];
    if (claims.length === 1) return { to: rivals[0]! };
    const what = `${old.variables.map(([name]) => name).join(", ")} of ${owner}`;
    return { why: `${what}: it is not clear which captured variables these are now` };
  }

  #differs(id: number): string | undefined {
    const found = this.function(id);
    if ("why" in found) return found.why;
    const old = this.from.functions.get(id) as FunctionStructure;
    const { to } = found;
    const name = this.from.nameOf(old);
    if (old.hash !== to.hash) return `${name} was changed`;
    if (!this.#sameClass(name, this.to.nameOf(to))) return `a class that ${name} extends was changed`;
    if (old.frame?.layout !== to.frame?.layout)
      return `${name} is compiled differently: inner functions capture other variables of it, or another release compiled it`;
    const [captures = [], theirs = []] = [old.captures, to.captures];
    const moved = captures.map((scope) => this.scope(scope));
    const odd = moved.find((scope, index) => "why" in scope || scope.to.id !== theirs[index]);
    if (captures.length === theirs.length && odd === undefined) return undefined;
    return odd !== undefined && "why" in odd ? odd.why : `${name} captures other variables`;
  }
}

/** Module and variable of a path. */
export const ROOT = /^(-?\d+):([\p{ID_Continue}$\u200c\u200d]+)/u;

/** What the bundler makes of a CommonJS module. */
const BUNDLERS = /^(import|require)_/;

/** A member by name, or what has a position only: an element, an entry, a scope. */
const STEP = /\.([^.[<]+)|(\["\d+"\]|<\d+>)/g;

interface Variable {
  readonly name: string;
  readonly original: string;
  readonly hash: string;
}

function variableOf({ variables }: ModuleStructure, name: string): Variable {
  const [, original = name, hash = ""] = variables.find(([known]) => known === name) ?? [];
  return { name, original, hash };
}

/** Of a dependency only what is called otherwise is listed. */
function named({ variables, own }: ModuleStructure, wanted: string): Variable | undefined {
  const found = variables.find(([, original]) => original === wanted);
  if (found === undefined) {
    return own === 1 ? undefined : { name: wanted, original: wanted, hash: "" };
  }
  const [name, original, hash] = found;
  return { name, original, hash };
}

/** A function's parameters and its body are one place, whether its parameters are plain or not. */
const placeOf = ({ kind }: ScopeStructure): string => (kind === "params" || kind === "body" ? "function" : kind);
const alike = (one: ScopeStructure, other: ScopeStructure): boolean => placeOf(one) === placeOf(other);

const likes = (all: readonly AwaitStructure[], key: string): AwaitStructure[] =>
  all.filter((one) => keyOfAwait(one) === key).sort((a, b) => a[4] - b[4]);
/** Of awaits of one text, as many as there were: the one that stands where it stood; or, where no other has moved, the one in its place. */
function sameContext(
  before: readonly AwaitStructure[],
  rank: number,
  after: readonly AwaitStructure[],
): AwaitStructure | undefined {
  const [old, fresh] = [before, after].map((all) => all.map((one) => one[7])) as [string[], string[]];
  const mine = old[rank];
  // A release that did not say it made the old bundle.
  if (mine === undefined) return after[rank];
  const equal = (all: readonly string[]): number => all.filter((one) => one === mine).length;
  if (equal(fresh) > 0) {
    const nth = old.slice(0, rank).filter((one) => one === mine).length;
    return equal(fresh) === equal(old) ? after.filter((one) => one[7] === mine)[nth] : undefined;
  }
  return old.every((one, n) => n === rank || one === fresh[n]) ? after[rank] : undefined;
}

const times = (count: number): string => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);

function listed(all: readonly AwaitStructure[]): string {
  const texts = [...new Set(all.map(([, , text]) => `\`${text}\``))];
  return texts.length === 0 ? "none" : texts.slice(0, 5).join(", ") + (texts.length > 5 ? ", …" : "");
}

function kept<T>(known: Map<number, T>, id: number, find: () => T): T {
  let found = known.get(id);
  if (found === undefined) {
    found = find();
    known.set(id, found);
  }
  return found;
}
