import type { BundleMetadata, FunctionInfo } from "./metadata.js";
import type { FrameStructure, FunctionStructure, ScopeStructure, VariableStructure } from "./structure.js";

/** A bundle's metadata by number, for whoever looks at many places of a continuation. */
export class MetadataIndex {
  readonly #functions: Map<number, FunctionInfo>;
  readonly #structures: Map<number, FunctionStructure>;
  readonly #scopes: Map<number, string[]>;
  readonly #scopeStructures: Map<number, ScopeStructure>;

  constructor(readonly metadata: BundleMetadata) {
    this.#functions = new Map(metadata.functions.map((info) => [info.id, info]));
    this.#structures = new Map(metadata.structure?.functions.map((one) => [one.id, one]));
    this.#scopes = new Map(metadata.scopes);
    this.#scopeStructures = new Map(metadata.structure?.scopes.map((one) => [one.id, one]));
  }

  /** One that can be suspended, or a class; others have a name only. */
  function(id: unknown): FunctionInfo | undefined {
    return this.#functions.get(Number(id));
  }

  nameOf(id: unknown): string | undefined {
    const known = this.function(id)?.name;
    if (known !== undefined) return known;
    const last = this.#structures.get(Number(id))?.path.split("/").at(-1);
    return last?.replace(/'\d+$/, "").replace(/^\(\)$/, "");
  }

  /** Index into `modules`. */
  moduleOf(id: unknown): number | undefined {
    return this.function(id)?.module ?? this.#structures.get(Number(id))?.module;
  }

  /** By the path of its name: `3:Saga<0>["#undo"]`. */
  isPrivateMethod(path: string): boolean {
    const [, module, variable, name] = /^(\d+):([\p{ID_Continue}$]+)<\d+>\["(#[^"]+)"\]$/u.exec(path) ?? [];
    const { structure } = this.metadata;
    const known = structure?.modules[Number(module)]?.variables.find(([one]) => one === variable);
    const original = known?.[1] ?? variable;
    const found = structure?.functions.find((one) => one.module === Number(module) && one.path === original);
    return found?.members?.some((member) => /^[mgs] /.test(member) && member.slice(2) === name) === true;
  }

  /** Original names of the variables of a scope, in its order. */
  variables(scope: unknown): readonly string[] {
    return this.#scopes.get(Number(scope)) ?? [];
  }

  /** Whether a variable can be seen where a function waits, and has been declared by then. Undefined metadata hides nothing. */
  sightOf(id: unknown, label: unknown): Sight {
    const structure = this.#structures.get(Number(id));
    const frame = structure?.frame;
    const place = frame?.awaits.find(([known]) => known === label);
    if (structure === undefined || frame === undefined || place === undefined) return SEES_ALL;
    const [, , , block, at] = place;
    const around = new Set<number>();
    for (let one = block; one >= 0; one = frame.blocks[one]?.[0] ?? -1) around.add(one);
    const sees = ([, inner, from]: VariableStructure): boolean => around.has(inner) && from <= at;
    return {
      slot: (index) => seesSlot(frame, index, sees),
      captured: (scope, index) => {
        const owner = this.#scopeStructures.get(Number(scope));
        const variable = owner?.variables[index];
        // Those of functions around are as they are.
        const isOwn = owner?.module === structure.module && owner.path === structure.path;
        return !isOwn || variable === undefined || sees(variable);
      },
    };
  }
}

export interface Sight {
  /** Of a slot of the frame. */
  slot(index: number): boolean;
  /** Of a variable in a scope object. */
  captured(scope: unknown, index: number): boolean;
}

const SEES_ALL: Sight = { slot: () => true, captured: () => true };

function seesSlot({ slots }: FrameStructure, index: number, sees: (variable: VariableStructure) => boolean): boolean {
  const slot = slots[index];
  return !Array.isArray(slot) || sees(slot);
}
