/**
 * What a bundle says of the structure of its code, so that a continuation of one bundle can be compared with, and carried to, another
 * (engine/src/move). Read from the program before anything is rewritten; what the functions were lowered to is added at the end.
 *
 * I1  Everything is named by module path, nesting and original names: ids, places and other functions do not count.
 * I2  The hash of a function covers its own text, without the bodies of inner functions; those of a class and of a module's variable all of it.
 */
import * as t from "@babel/types";
import type { FrameRecord, FunctionRecord } from "../closures/context.js";
import type { FunctionName } from "../names.js";
import type { Analysis, Binding, ClassUnit, FunctionUnit, Scope, Unit } from "../scope/model.js";
import { walk } from "../walk.js";
import { type BlockStructure, Blocks, type StatementStructure, type VariableStructure } from "./blocks.js";
import { baseOf, type FieldStructure, fieldsOf } from "./class-fields.js";
import { hashOf, type SourceTexts } from "./source-text.js";
import { ANONYMOUS, unitPaths } from "./unit-path.js";

/** The structure of a bundle; read by the engine. */
export interface ProgramStructure {
  functions: FunctionStructure[];
  scopes: ScopeStructure[];
  /** In the order of `modules`. */
  modules: ModuleStructure[];
  /** Of own source. */
  classes?: ClassStructure[];
  /** The one of the entry file. */
  entry?: number;
  /** Sites of tagged templates, in the order of the program, and a hash of their texts. */
  templates?: [id: number, hash: string][];
}

/** Of a function that can be suspended or created again by a restore, or of a class. */
export interface FunctionStructure {
  id: number;
  module: number;
  /** Names of the functions and classes around it and its own, with `/` between them. */
  path: string;
  hash: string;
  /** Of one without a name: hash of the statement around it, whatever functions are in that. */
  place?: string;
  /** Ids of the scopes that it is made of. */
  captures?: number[];
  /** Of a class: its methods, by number. */
  members?: readonly string[];
  frame?: FrameStructure;
}

export interface FrameStructure {
  /** `async`, `generator`, `async generator`. */
  kind: string;
  layout: string;
  /** The first is the function. */
  blocks: BlockStructure[];
  /** In frame order: a variable, a scope by its id, or what the compiler keeps there, by its name. */
  slots: (VariableStructure | number | string)[];
  awaits: AwaitStructure[];
  /** Of own source. */
  statements?: StatementStructure[];
  /** Of every `finally`, in the order of the source: label -> where it goes on. */
  ways?: [label: number, meaning: string][][];
}

export type AwaitStructure = [
  label: number,
  kind: string,
  text: string,
  block: number,
  at: number,
  /** What is kept of what surrounds it: slot and what it is for. */
  temps?: readonly (readonly [slot: string, role: string])[],
  /** Of the statement around it; where parts of that are kept. */
  statement?: string,
  /** Of it and what stands around it; where several have one text. */
  context?: string,
];

/** What instances of a class are made with. */
export interface ClassStructure {
  module: number;
  path: string;
  /** Of its text, and of those that it extends. */
  hash: string;
  fields: FieldStructure[];
  /** The one that it extends. */
  base?: [module: number, path: string];
}

/** Captured variables of one block. */
export interface ScopeStructure {
  id: number;
  module: number;
  /** Of the function or class around it. */
  path: string;
  kind: string;
  variables: VariableStructure[];
}

export interface ModuleStructure {
  own?: 1;
  /** Of all its text. */
  hash?: string;
  /** Of all that it has of CommonJS modules. */
  required?: string;
  /** Name in the bundle, the author's name, hash. Of a dependency only those that have another name in the bundle. */
  variables: [name: string, original: string, hash: string][];
}

export interface StructureInput {
  readonly program: t.Program;
  readonly analysis: Analysis;
  readonly names: ReadonlyMap<t.Node, FunctionName>;
  readonly texts: SourceTexts;
  readonly originalName: (identifier: t.Identifier) => string;
  readonly moduleOf: (node: t.Node) => { index: number; own: boolean };
}

const ANONYMOUS_PATH = new RegExp(`(?:^|/)${ANONYMOUS.replace(/[()]/g, "\\$&")}(?:'\\d+)?$`);

export class StructureReader {
  readonly #in: StructureInput;
  readonly #paths: Map<Unit, string>;
  readonly #functions = new Map<number, FunctionStructure>();
  readonly #blocks = new Map<FunctionUnit, Blocks>();
  readonly #modules: Map<number, ModuleStructure>;
  readonly #scopes: ScopeStructure[];
  readonly #scopeIds = new Map<string, number>();
  readonly #locals: Map<FunctionUnit, Map<string, VariableStructure>>;
  /** The statement around each function. */
  readonly #statements = new Map<t.Node, t.Node>();
  readonly #classes: ClassStructure[];

  constructor(input: StructureInput) {
    this.#in = input;
    const { analysis, names, moduleOf } = input;
    this.#paths = unitPaths(analysis, names, (node) => moduleOf(node).index);
    this.#noteStatements(input.program, input.program);
    for (const unit of [...analysis.functions, ...analysis.classes]) this.#read(unit);
    this.#scopes = analysis.scopes.flatMap((scope) => this.#scope(scope));
    this.#locals = this.#readLocals();
    this.#modules = this.#readModules();
    this.#classes = analysis.classes.flatMap((unit) => this.#class(unit));
  }

  /** `records`: what became of functions and classes; `modules`: how many there are. */
  describe(
    records: readonly FunctionRecord[],
    templates: readonly (readonly [id: number, texts: string])[],
    modules: number,
  ): ProgramStructure {
    for (const { id, frame, members } of records) {
      const known = this.#functions.get(id);
      if (known === undefined) continue;
      if (members !== undefined) known.members = members;
      if (frame !== undefined) known.frame = this.#frame(frame, records.find((one) => one.id === id)!.slots);
    }
    return {
      functions: [...this.#functions.values()].sort((a, b) => a.id - b.id),
      scopes: this.#scopes,
      ...(this.#classes.length === 0 ? {} : { classes: this.#classes }),
      ...(templates.length === 0 ? {} : { templates: templates.map(([id, texts]) => [id, hashOf(texts)]) }),
      modules: Array.from({ length: modules }, (_, index) => this.#modules.get(index) ?? { variables: [] }),
    };
  }

  #read(unit: Unit): void {
    if (unit.id === 0) return;
    const { texts, moduleOf, analysis } = this.#in;
    const known: FunctionStructure = {
      id: unit.id,
      module: moduleOf(unit.node).index,
      path: this.#paths.get(unit) ?? "",
      hash: hashOf(texts.bare(unit.node, { elide: !("needsFactory" in unit) })),
    };
    const around = ANONYMOUS_PATH.test(known.path) ? this.#statements.get(unit.node) : undefined;
    if (around !== undefined) known.place = hashOf(texts.bare(around, { elide: "whole" }));
    const captures = [...unit.free].flatMap((scope) => (scope.object === undefined ? [] : [scope.object.id]));
    if (captures.length > 0) known.captures = captures.sort((a, b) => a - b);
    this.#functions.set(unit.id, known);
    if ("suspendable" in unit && unit.suspendable) this.#blocks.set(unit, new Blocks(analysis, unit, texts));
  }

  #class(unit: ClassUnit): ClassStructure[] {
    const place = (one: ClassUnit): [number, string] => [this.#in.moduleOf(one.node).index, this.#paths.get(one) ?? ""];
    const { analysis, texts, moduleOf } = this.#in;
    if (!moduleOf(unit.node).own) return [];
    const chain: string[] = [];
    const seen = new Set<ClassUnit>();
    for (let one: ClassUnit | undefined = unit; one && !seen.has(one); one = baseOf(analysis, one)) {
      seen.add(one);
      chain.push(texts.bare(one.node));
    }
    const [module, path] = place(unit);
    const base = baseOf(analysis, unit);
    const found: ClassStructure = { module, path, hash: hashOf(chain.join("\n")), fields: fieldsOf(unit) };
    return [base === undefined ? found : { ...found, base: place(base) }];
  }

  #noteStatements(node: t.Node, statement: t.Node): void {
    if (t.isFunction(node)) this.#statements.set(node, statement);
    const own = t.isStatement(node) && !t.isBlockStatement(node) ? node : statement;
    for (const key of t.VISITOR_KEYS[node.type] ?? []) {
      const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key];
      if (Array.isArray(child)) {
        for (const one of child) if (one) this.#noteStatements(one, own);
      } else if (child) this.#noteStatements(child, own);
    }
  }

  #scope(scope: Scope): ScopeStructure[] {
    const { object, fn, kind, node } = scope;
    if (object === undefined) return [];
    const owner: Unit = kind === "class" ? (this.#in.analysis.classOf.get(node as t.Class) ?? fn) : fn;
    const { index } = this.#in.moduleOf(node);
    this.#scopeIds.set(object.variable, object.id);
    const blocks = this.#blocks.get(fn);
    const variables = object.slots.map((binding): VariableStructure => {
      const name = this.#nameOf(binding);
      return blocks?.variable(binding, name) ?? [name, 0, -1, binding.needsMarker ? 1 : 0, null];
    });
    return [{ id: object.id, module: index, path: this.#paths.get(owner) ?? "", kind, variables }];
  }

  #nameOf({ node, name }: Binding): string {
    return t.isIdentifier(node) ? this.#in.originalName(node) : name;
  }

  /** Of every suspendable function: the variables that stay in its frame, by the name that they get. */
  #readLocals(): Map<FunctionUnit, Map<string, VariableStructure>> {
    const found = new Map<FunctionUnit, Map<string, VariableStructure>>();
    for (const scope of this.#in.analysis.scopes) {
      const blocks = this.#blocks.get(scope.fn);
      if (blocks === undefined) continue;
      const locals = found.get(scope.fn) ?? new Map<string, VariableStructure>();
      found.set(scope.fn, locals);
      for (const binding of scope.bindings.values()) {
        const kept = !binding.captured || binding.kind === "param" || binding.kind === "self";
        if (kept) locals.set(binding.local, blocks.variable(binding, this.#nameOf(binding)));
      }
    }
    return found;
  }

  #frame({ unit, layout, locals, awaits, ways }: FrameRecord, slots: FunctionRecord["slots"]): FrameStructure {
    const blocks = this.#blocks.get(unit) as Blocks;
    const named = new Map(locals);
    const variables = this.#locals.get(unit);
    const { async = false, generator = false } = unit.node as t.FunctionExpression;
    const frame: FrameStructure = {
      kind: [...(async ? ["async"] : []), ...(generator ? ["generator"] : [])].join(" "),
      layout,
      blocks: blocks.list,
      slots: slots.map(([slot]) => {
        const local = named.get(slot);
        if (local === undefined) return slot;
        return this.#scopeIds.get(local) ?? variables?.get(local) ?? "~";
      }),
      awaits: this.#awaits(awaits, blocks),
    };
    const { own } = this.#in.moduleOf(unit.node);
    if (own && blocks.statements.length > 0) frame.statements = blocks.statements;
    if (ways.length > 0) frame.ways = ways.map((some) => some.filter(([label]) => label >= 0));
    return frame;
  }

  #awaits(awaits: FrameRecord["awaits"], blocks: Blocks): AwaitStructure[] {
    return awaits.map(({ label, kind, node, temps }): AwaitStructure => {
      const place = blocks.placeOf(node);
      const known: AwaitStructure = [label, kind, place?.text ?? "", place?.block ?? 0, place?.at ?? 0];
      const context = place?.context;
      const kept = place?.inside === true ? [...temps, ["~", ""] as const] : temps;
      if (kept.length > 0 || context !== undefined) known.push(kept);
      if (kept.some(([, role]) => role === "") || context !== undefined) known.push(hashOf(place?.statement ?? ""));
      if (context !== undefined) known.push(context);
      return known;
    });
  }

  #readModules(): Map<number, ModuleStructure> {
    const { program, analysis, moduleOf, originalName, texts } = this.#in;
    const declared = new Map<string, t.Node>();
    for (const statement of program.body) {
      if ((t.isFunctionDeclaration(statement) || t.isClassDeclaration(statement)) && statement.id)
        declared.set(statement.id.name, statement);
      if (!t.isVariableDeclaration(statement)) continue;
      for (const declarator of statement.declarations)
        walk(declarator.id as t.Node, (id) => t.isIdentifier(id) && declared.set(id.name, declarator));
    }
    const modules = new Map<number, ModuleStructure>();
    for (const [name, { node, kind }] of analysis.program.scope.bindings) {
      if (!node || kind === "import") continue;
      const { index, own } = moduleOf(node);
      const entry = modules.get(index) ?? { variables: [] };
      modules.set(index, entry);
      const id = t.isIdentifier(node) ? node : ((node as t.FunctionDeclaration).id ?? undefined);
      const original = id === undefined ? name : originalName(id);
      const declaration = declared.get(name);
      if (own) entry.variables.push([name, original, declaration ? hashOf(texts.bare(declaration)) : ""]);
      else if (original !== name) entry.variables.push([name, original, ""]);
    }
    return modules;
  }
}
