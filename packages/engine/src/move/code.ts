// The code of a bundle by names: what a continuation says by number, in words that another bundle understands.

import { BundleFormatError } from "../errors.js";
import type { BundleMetadata } from "../metadata.js";
import type {
  AwaitStructure,
  ClassStructure,
  FieldStructure,
  FunctionStructure,
  LoopHead,
  ProgramStructure,
  ScopeStructure,
} from "../structure.js";

export interface Field {
  /** Name of the class. */
  readonly owner: string;
  readonly init: FieldStructure[1];
  readonly isMethod: boolean;
}

export class BundleCode {
  readonly structure: ProgramStructure;
  readonly functions = new Map<number, FunctionStructure>();
  readonly scopes = new Map<number, ScopeStructure>();
  readonly classes = new Map<string, ClassStructure>();
  readonly #byName = new Map<string, FunctionStructure>();
  readonly #scopesOf = new Map<string, ScopeStructure[]>();
  readonly #modules = new Map<string, number>();

  /** @throws BundleFormatError */
  constructor(readonly metadata: BundleMetadata) {
    if (metadata.structure === undefined) {
      throw new BundleFormatError(
        "a release built this bundle that said nothing of the structure of its code: its threads stay on it, and none can be carried to it",
      );
    }
    this.structure = metadata.structure;
    for (const [index, path] of metadata.modules.entries()) this.#modules.set(path, index);
    for (const one of this.structure.functions) {
      this.functions.set(one.id, one);
      this.#byName.set(this.nameOf(one), one);
    }
    for (const one of this.structure.classes ?? []) this.classes.set(this.nameOf(one), one);
    for (const one of this.structure.scopes) {
      this.scopes.set(one.id, one);
      const owner = this.nameOf(one);
      this.#scopesOf.set(owner, [...(this.#scopesOf.get(owner) ?? []), one]);
    }
  }

  moduleName(index: number): string {
    return this.metadata.modules[index] ?? "";
  }

  /** Where the entry file lies, and what it is called. */
  get entry(): { folder: string; path: string } {
    const path = this.moduleName(this.structure.entry ?? -1);
    return { folder: path.slice(0, path.lastIndexOf("/") + 1), path };
  }

  moduleIndex(path: string): number | undefined {
    return this.#modules.get(path);
  }

  /** `src/index.ts:main/retry` */
  nameOf({ module, path }: Pick<FunctionStructure, "module" | "path">): string {
    return `${this.moduleName(module)}:${path}`;
  }

  named(name: string): FunctionStructure | undefined {
    return this.#byName.get(name);
  }

  /** Whether there is a function of that name, or one inside of one. */
  has(name: string): boolean {
    if (this.#byName.has(name) || this.#scopesOf.has(name) || this.classes.has(name)) return true;
    for (const known of this.#byName.keys()) if (known.startsWith(`${name}/`)) return true;
    return false;
  }

  scopesOf(owner: string): readonly ScopeStructure[] {
    return this.#scopesOf.get(owner) ?? [];
  }

  /** What instances of a class are made with, those of what it extends included; private methods are null. */
  fieldsOf(name: string): Map<string, Field> | undefined {
    const found = this.classes.get(name);
    if (found === undefined) return undefined;
    const { base, fields } = found;
    const inherited = base === undefined ? undefined : this.fieldsOf(this.nameOf({ module: base[0], path: base[1] }));
    const methods = (this.#byName.get(name)?.members ?? []).filter((member) => /^[mgs] #/.test(member));
    return new Map([
      ...(inherited ?? []),
      ...methods.map((member): [string, Field] => [member.slice(2), { owner: name, init: [0], isMethod: true }]),
      ...fields.map(([field, init]): [string, Field] => [field, { owner: name, init, isMethod: false }]),
    ]);
  }

  /** Path of a private name of a class of a module; undefined of other classes. */
  privateName(owner: string, name: string): string | undefined {
    const known = this.#byName.get(owner);
    const scope = this.scopesOf(owner).find(({ variables }) => variables.some(([one]) => one === name));
    const index = known?.captures?.indexOf(scope?.id ?? -1) ?? -1;
    const variable = this.structure.modules[known?.module ?? -1]?.variables.find(([, one]) => one === known?.path);
    if (variable === undefined || index < 0) return undefined;
    return `${known!.module}:${variable[0]}<${index}>[${JSON.stringify(name)}]`;
  }

  /** Where the author finds it. */
  lineOf(id: number, label?: number): number | undefined {
    const info = this.metadata.functions.find((one) => one.id === id);
    const line = label === undefined ? undefined : info?.awaits?.find(([known]) => known === label)?.[1];
    return line || info?.line || undefined;
  }
}

/** Kinds of the loops and parts of try statements around a block, the outermost first. */
export function around({ frame }: FunctionStructure, block: number): string[] {
  const found: string[] = [];
  for (let at = block; at > 0; at = frame!.blocks[at]![0]) {
    const kind = frame!.blocks[at]![1];
    if (kind !== "") found.unshift(kind);
  }
  return found;
}

/** What of that holds state beside variables: loops that go over something, handlers, and what ends a try statement. */
export const stateful = (kinds: readonly string[]): string[] =>
  kinds.flatMap((kind) => {
    if (kind === "catch/finally") return ["catch"];
    return kind.startsWith("try/") || kind === "for" || kind === "while" || kind === "do" ? [] : [kind];
  });

export const isLoop = (kind: string): boolean => !/^(try|catch|finally)/.test(kind);

type Kept = NonNullable<AwaitStructure[5]>;

/** What is kept for a place, less what only its `finally` will need. */
export function keptFor(one: FunctionStructure, place: AwaitStructure): Kept {
  const ends = around(one, place[3]).filter((kind) => kind.includes("finally"));
  let seen = 0;
  let isLive = true;
  return (place[5] ?? []).filter(([, role]) => {
    if (role.startsWith("next ")) isLive = ends[seen++] === "finally";
    return isLive || (role !== "completion" && !role.startsWith("next "));
  });
}

/** Heads of the loops around a block that keep what they go over, the outermost first. */
export function loopsAround({ frame }: FunctionStructure, block: number): LoopHead[] {
  const found: LoopHead[] = [];
  for (let at = block; at > 0; at = frame!.blocks[at]![0]) {
    const [, kind, detail] = frame!.blocks[at]!;
    if (kind !== "" && detail !== undefined) found.unshift(detail as LoopHead);
  }
  return found;
}

/** Whether code of block `inner` sees the variables of `outer`. */
export function sees({ frame }: FunctionStructure, inner: number, outer: number): boolean {
  for (let at = inner; at >= 0; at = frame!.blocks[at]?.[0] ?? -1) if (at === outer) return true;
  return false;
}

export function depth({ frame }: FunctionStructure, block: number): number {
  let found = 0;
  for (let at = block; at > 0; at = frame!.blocks[at]![0]) found++;
  return found;
}

/** What makes two awaits the same to their author: kind and text, white space apart. */
export const keyOfAwait = ([, kind, text]: AwaitStructure): string => `${kind} ${text.replace(/\s+/g, "")}`;

/** An await as a map names it: `'2` behind its text means the second of that text. */
export function awaitNamed(name: string): { text: string; bare: string; rank: number } {
  const [, text = name, nth = "1"] = /^(.*?)(?:'(\d+))?$/s.exec(name) ?? [];
  return { text, bare: text.replace(/\s+/g, ""), rank: Number(nth) - 1 };
}
