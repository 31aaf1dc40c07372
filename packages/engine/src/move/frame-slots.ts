// The slots of a frame, from those of the old function to those of the new one: variables by name, wherever either keeps them.
//
// I1  A variable that is new has the value that it would have had, or the move is refused: undefined where it is declared without one, a
//     literal or a function where nothing can have assigned it yet, the mark of the dead zone where the await stands before it.
// I2  A frame that loses a variable and gets another may have had it renamed: that is for the operator to say.

import type { AwaitStructure, FunctionStructure, ScopeStructure, VariableStructure } from "../structure.js";
import { around, depth, isLoop, keptFor, sees } from "./code.js";
import type { Comparison } from "./comparison.js";
import { type Document, fieldOf, type Json, trimmed } from "./document.js";
import { checkExchanged } from "./exchanged-names.js";
import { mapped } from "./name-map.js";
import { Refused } from "./refused.js";

/** A variable that the frame sees, wherever it is kept. */
interface Holding {
  readonly name: string;
  readonly depth: number;
  readonly json: unknown;
  readonly origin: string | undefined;
  /** Its declaration has been evaluated. */
  readonly isSet: boolean;
}

const DEAD_ZONE = { $: "t" };

export interface Places {
  readonly old: FunctionStructure;
  readonly here: AwaitStructure;
  readonly to: FunctionStructure;
  readonly there: AwaitStructure;
  readonly values: readonly unknown[];
}

export class FrameSlots {
  readonly added: string[] = [];
  readonly dropped: string[] = [];
  readonly #name: string;
  readonly #holdings: Holding[] = [];
  readonly #used = new Set<Holding>();
  /** New variables that nothing gave a value. */
  readonly #open: string[] = [];
  /** Scope objects of the old frame, and those made for the new one, by the new scope's id. */
  readonly #scopes = new Map<number, unknown>();
  readonly #places: Places;
  /** New variables that got what the program says, if they are not old ones under another name. */
  readonly #mayBeRenamed: string[] = [];

  constructor(
    readonly comparison: Comparison,
    readonly document: Document,
    readonly lacking: Map<Json, VariableStructure[]>,
    places: Places,
  ) {
    this.#places = places;
    this.#name = comparison.from.nameOf(places.old);
    this.#read();
  }

  slots(): unknown[] {
    const { to, there } = this.#places;
    const temps = this.#temps();
    const slots = to.frame!.slots;
    for (const slot of slots) if (typeof slot === "number") this.#ownScope(slot);
    let own = 0;
    const made = slots.map((slot) => {
      if (slot === "~") return this.#ownOfCompiler(own++);
      if (typeof slot === "number") return this.#scopes.get(slot) ?? null;
      if (typeof slot === "string") return temps.get(slot) ?? this.#kept(slot);
      return sees(to, there[3], slot[1]) && !this.#isCaptured(slot) ? this.#valueOf(slot) : null;
    });
    this.#fillScopes();
    this.#finish();
    return made;
  }

  #read(): void {
    const { old, here, values } = this.#places;
    const { from } = this.comparison;
    const captured = new Set<string>();
    old.frame!.slots.forEach((slot, index) => {
      if (typeof slot !== "number") return;
      const node = this.document.nodeAt(values[index]);
      const scope = from.scopes.get(slot)!;
      if (values[index] == null) return;
      const target = this.comparison.scope(slot);
      if ("to" in target) {
        this.#scopes.set(target.to.id, values[index]);
        this.#checkSight(scope, target.to);
      }
      // The scope of a module's class is the bundle's.
      if (node === undefined) return;
      if (!isOwn(from.nameOf(scope), this.#name)) return;
      scope.variables.forEach((variable, n) => {
        if (!sees(old, here[3], variable[1])) return;
        captured.add(`${variable[1]} ${variable[0]}`);
        this.#hold(variable, node.values[n]);
      });
    });
    old.frame!.slots.forEach((slot, index) => {
      if (typeof slot !== "object" || !sees(old, here[3], slot[1]) || captured.has(`${slot[1]} ${slot[0]}`)) return;
      this.#hold(slot, values[index]);
    });
  }

  /** The captured variables of a block that the await stands in, and no others of these names. */
  #checkSight(scope: ScopeStructure, target: ScopeStructure): void {
    const { old, here, to, there } = this.#places;
    if (!isOwn(this.comparison.from.nameOf(scope), this.#name)) return;
    const sawIt = scope.variables.some(([, block]) => sees(old, here[3], block));
    if (!sawIt || there[4] < 0 || target.variables.some(([, block]) => sees(to, there[3], block))) return;
    const names = scope.variables.map(([name]) => name).join(", ");
    throw new Refused(
      `${names} of ${this.#name}: it is not clear which captured variables these are at \`${there[2]}\``,
    );
  }

  #hold([name, block, at, , , , origin]: VariableStructure, json: unknown): void {
    const { old, here } = this.#places;
    this.#holdings.push({ name, depth: depth(old, block), json: json ?? null, isSet: at <= here[4], origin });
  }

  #isCaptured([name, block]: VariableStructure): boolean {
    const { to, there } = this.#places;
    if (there[4] < 0) return false;
    const owner = this.comparison.to.nameOf(to);
    return this.comparison.to
      .scopesOf(owner)
      .some(({ variables }) => variables.some(([n, b]) => n === name && b === block));
  }

  /** What the machine keeps of `this` and `arguments`. */
  #kept(slot: string): unknown {
    const { old, values } = this.#places;
    if (slot !== "this" && slot !== "arguments") return null;
    const index = old.frame!.slots.indexOf(slot);
    if (index < 0) throw new Refused(`${this.#name} uses \`${slot}\` now, which its frame has not kept`);
    return values[index] ?? null;
  }

  /** Variables of the compiler's own, which outlive a statement only in patterns and classes: the n-th is the n-th then. */
  #ownOfCompiler(n: number): unknown {
    const { old, here, to, values } = this.#places;
    if (here[5]?.some(([slot]) => slot === "~") !== true) return null;
    const mine = old.frame!.slots.flatMap((slot, index) => (slot === "~" ? [values[index]] : []));
    if (mine.length === to.frame!.slots.filter((slot) => slot === "~").length) return mine[n] ?? null;
    throw new Refused(`${this.#name} was changed so that it is not clear where \`${here[2]}\` goes on`);
  }

  #temps(): Map<string, unknown> {
    const { old, here, to, there, values } = this.#places;
    const [before, after] = [keptFor(old, here), keptFor(to, there)];
    const roles = (all: typeof before): string => all.map(([, role]) => role.replace(/\d+/, "")).join();
    if (roles(before) !== roles(after) || (before.some(([, role]) => role === "") && here[6] !== there[6])) {
      throw new Refused(
        `${this.#name}: the statement around \`${here[2]}\` was changed, and parts of it have been evaluated already`,
      );
    }
    const found = new Map<string, unknown>();
    before.forEach(([slot, role], index) => {
      const [target, theirs] = after[index]!;
      const json = values[old.frame!.slots.indexOf(slot)] ?? null;
      found.set(
        target,
        typeof json === "number" && role.startsWith("next ") ? this.#way(role, theirs, json, old, to) : json,
      );
    });
    return found;
  }

  /** Where a `finally` goes on. */
  #way(role: string, theirs: string, label: number, old: FunctionStructure, to: FunctionStructure): number {
    const ways = ({ frame }: FunctionStructure, of: string) => frame!.ways?.[Number(of.slice("next ".length))] ?? [];
    const meaning = ways(old, role).find(([known]) => known === label)?.[1];
    const target = ways(to, theirs).find(([, known]) => known === meaning)?.[0];
    if (meaning !== undefined && target !== undefined) return target;
    // The finally block never comes to its end: nobody asks where it goes on.
    if (label === 0) return 0;
    throw new Refused(
      `${this.#name}: its finally block is on its way to ${meaning ?? "a place"} that is not there any more`,
    );
  }

  #ownScope(id: number): void {
    const { to, there } = this.#places;
    const scope = this.comparison.to.scopes.get(id)!;
    const owner = this.comparison.to.nameOf(scope);
    if (this.#scopes.has(id)) return;
    // Of a class inside: it is made when the class is.
    if (owner.startsWith(`${this.comparison.to.nameOf(to)}/`)) return;
    if (!isOwn(owner, this.comparison.to.nameOf(to))) {
      const names = scope.variables.map(([name]) => name).join(", ");
      throw new Refused(`${this.#name} uses ${names} of ${owner} now, which it has not captured`);
    }
    const [, block] = scope.variables[0]!;
    if (there[4] < 0 || !sees(to, there[3], block)) return;
    // There before its variables: a function among them may be made of it.
    const json: Json = { $: `S${id}` };
    this.#scopes.set(id, this.document.share(json));
    const values = trimmed(scope.variables.map((variable) => this.#valueOf(variable)));
    if (values.length > 0) json.$ = [`S${id}`, ...values];
  }

  /** Variables of scopes that were there and had not captured them. */
  #fillScopes(): void {
    const { to, there } = this.#places;
    for (const [id, value] of this.#scopes) {
      const scope = this.comparison.to.scopes.get(id)!;
      const json = this.document.resolve(value);
      const lacks = json === undefined ? undefined : this.lacking.get(json);
      if (json === undefined || !isOwn(this.comparison.to.nameOf(scope), this.comparison.to.nameOf(to))) continue;
      for (const variable of scope.variables) if (sees(to, there[3], variable[1])) this.#use(variable);
      if (lacks === undefined) continue;
      const values = Array.isArray(json.$) ? json.$.slice(1) : [];
      for (const variable of lacks) values[scope.variables.indexOf(variable)] = this.#valueOf(variable);
      json.$ = [`S${id}`, ...trimmed(values)];
      this.lacking.delete(json);
    }
  }

  #rivals(variable: VariableStructure): Holding[] {
    const renamed = this.comparison.map.locals?.[this.#name];
    return this.#holdings
      .filter(({ name }) => (mapped(renamed, name) === undefined ? name : mapped(renamed, name)) === variable[0])
      .sort((a, b) => a.depth - b.depth);
  }

  /** The old variable of that name. */
  #use(variable: VariableStructure): Holding | undefined {
    const { to, there } = this.#places;
    const rivals = this.#rivals(variable);
    if (rivals.length === 0) return undefined;
    const twins = this.#visible()
      .filter(([name]) => name === variable[0])
      .sort((a, b) => depth(to, a[1]) - depth(to, b[1]));
    const found = rivals[twins.findIndex(([, block]) => block === variable[1])];
    if (twins.length !== rivals.length || found === undefined) {
      throw new Refused(
        `${this.#name}: there ${twins.length === 1 ? "is one variable" : `are ${twins.length} variables`} ${variable[0]} at \`${there[2]}\`, and there ${rivals.length === 1 ? "was one" : `were ${rivals.length}`}`,
      );
    }
    this.#used.add(found);
    return found;
  }

  /** Variables of the new function that are seen at the await, each once. */
  #visible(): VariableStructure[] {
    const { to, there } = this.#places;
    const own = this.comparison.to.scopesOf(this.comparison.to.nameOf(to)).flatMap(({ variables }) => variables);
    const all = [...own, ...to.frame!.slots.filter((slot) => typeof slot === "object")];
    const seen = new Map<string, VariableStructure>();
    for (const one of all) if (sees(to, there[3], one[1])) seen.set(`${one[1]} ${one[0]}`, one);
    return [...seen.values()];
  }

  #valueOf(variable: VariableStructure): unknown {
    const { there } = this.#places;
    const [name, , at, marker, init] = variable;
    const found = this.#use(variable);
    const given = this.comparison.map.values?.[this.#name];
    if (given !== undefined && Object.hasOwn(given, name)) {
      this.added.push(`${name} = ${JSON.stringify(given[name])}`);
      return fieldOf(given[name]);
    }
    const comesLater = at > there[4];
    if (found !== undefined && (found.isSet || comesLater)) return found.json;
    // The await stands before it, or in it.
    if (comesLater) return marker === 1 ? DEAD_ZONE : null;
    if (init === null || this.#mayBeAssigned(variable)) {
      this.#open.push(name);
      return null;
    }
    if (init === undefined || (Array.isArray(init) && init.length === 0)) {
      this.added.push(`${name} = undefined`);
      this.#mayBeRenamed.push(name);
      return null;
    }
    if (Array.isArray(init)) {
      this.added.push(`${name} = ${JSON.stringify(init[0])}`);
      this.#mayBeRenamed.push(name);
      return fieldOf(init[0]);
    }
    this.added.push(`function ${name}`);
    return this.#makeFunction(init.f);
  }

  #mayBeAssigned([, block, , , , assigned]: VariableStructure): boolean {
    if (assigned == null) return false;
    const { to, there } = this.#places;
    if (assigned < there[4]) return true;
    // A round of a loop before this one may have.
    const loops = (of: number): number => around(to, of).filter(isLoop).length;
    return loops(there[3]) > loops(block);
  }

  #makeFunction(id: number): unknown {
    const target = this.comparison.to.functions.get(id)!;
    const scopes = (target.captures ?? []).map((scope) => {
      if (!this.#scopes.has(scope)) this.#ownScope(scope);
      const json = this.#scopes.get(scope);
      if (json === undefined)
        throw new Refused(
          `${this.#name}: ${this.comparison.to.nameOf(target)} is new, and what it captures is not there`,
        );
      return json;
    });
    return { $: `f${id}`, ...(scopes.length === 0 ? {} : { s: scopes }) };
  }

  #finish(): void {
    const renamed = this.comparison.map.locals?.[this.#name] ?? {};
    const set = this.#visible().flatMap(([name, , at, , , , origin]) =>
      at <= this.#places.there[4] ? [{ name, origin }] : [],
    );
    checkExchanged(
      this.#name,
      this.#holdings.filter(({ isSet }) => isSet),
      set,
      (name) => Object.hasOwn(renamed, name),
    );
    for (const holding of this.#holdings) {
      const counts = !SPECIAL.has(holding.name) && holding.isSet;
      if (counts && !this.#used.has(holding) && mapped(renamed, holding.name) !== null) this.dropped.push(holding.name);
    }
    const names = this.#open.length > 0 || this.dropped.length === 0 ? this.#open : this.#mayBeRenamed;
    if (names.length === 0) return;
    const one = names.length === 1;
    const lost =
      this.dropped.length === 0
        ? ""
        : `, and ${this.dropped.join(", ")} ${this.dropped.length === 1 ? "is" : "are"} gone`;
    throw new Refused(
      `${this.#name}: ${names.join(", ")} ${one ? "is" : "are"} new at \`${this.#places.there[2]}\`${lost}: a map says what ${one ? "it was called" : "they were called"} ("locals") or what ${one ? "it is" : "they are"} ("values")`,
    );
  }
}

/** What the compiler captures for arrow functions and `super`. */
const SPECIAL = new Set(["this", "arguments", "new.target", "%home"]);

const isOwn = (scope: string, owner: string): boolean => scope === owner;
