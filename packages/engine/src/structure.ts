/**
 * What a bundle says of the structure of its code (packages/compiler/src/structure): what a continuation of one bundle is compared with
 * another by, and carried over by.
 */
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
  kind?: string;
  layout: string;
  /** The block around each, and what it is: a loop, a part of a try statement, or "". The first is the function. */
  blocks: BlockStructure[];
  /** In frame order: a variable, a scope by its id, or what the compiler keeps there, by its name. */
  slots: (VariableStructure | number | string)[];
  awaits: AwaitStructure[];
  /** Of own source: those that do something, and hold no other. */
  statements?: [text: string, at: number, block: number][];
  /** Of every `finally`, in the order of the source: label -> where it goes on. */
  ways?: [label: number, meaning: string][][];
}

/** `detail`: of a loop that keeps what it goes over, and of the arms of a branch. */
export type BlockStructure = [parent: number, kind: string, detail?: LoopHead | Arm];

/** The variables of its head, and a hash of the head. */
export type LoopHead = [names: string[], head: string];

/** The statement that branches, and whether this way leaves the function at its end. */
export type Arm = [statement: number, leaves: 0 | 1];

/**
 * `at`: where its value is there, as an offset in the function; -1 from the beginning. `marker` 1: until then it holds the mark of
 * the dead zone. `init`: JSON of a literal or a function; absent where it is declared without a value, null where its value has to be
 * computed, `[]` for undefined. `assigned`: the first assignment; -1 in another function. `origin`: hash of what it is first set to.
 */
export type VariableStructure = [
  name: string,
  block: number,
  at: number,
  marker: 0 | 1,
  init?: [literal?: unknown] | { f: number } | null,
  assigned?: number | null,
  origin?: string,
];

export type AwaitStructure = [
  label: number,
  kind: string,
  text: string,
  block: number,
  at: number,
  /** What is kept of what surrounds it: slot and what it is for. */
  temps?: (readonly [slot: string, role: string])[],
  /** Hash of the statement around it; where parts of that are kept. */
  statement?: string,
  /** Hash of it and what stands around it; where several have one text. */
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

/** `init`: JSON of a literal; `[]` for undefined; null where its value has to be computed. Private names begin with `#`. */
export type FieldStructure = [name: string, init: [literal?: unknown] | null];

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
