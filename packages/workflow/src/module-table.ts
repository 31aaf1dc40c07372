// The program's module-level variables, as accessor tables: how the image reads them and a restore sets them.
import { lazyModuleOf } from "./lazy-module.js";
import { append, call, getOwnPropertyDescriptor, ownKeys } from "./pristine.js";
import { T } from "./scope.js";

export class ModuleVariable {
  /** `module:name`, unique in the bundle. */
  readonly path: string;
  private readonly getter: () => unknown;
  private readonly setter: ((value: unknown) => void) | undefined;

  constructor(path: string, getter: () => unknown, setter: ((value: unknown) => void) | undefined) {
    this.path = path;
    this.getter = getter;
    this.setter = setter;
  }

  /** The TDZ marker while the variable is not initialised. */
  get value(): unknown {
    try {
      return call(this.getter, undefined);
    } catch {
      return T;
    }
  }

  get isConstant(): boolean {
    return this.setter === undefined;
  }

  set(value: unknown): void {
    if (this.setter !== undefined) call(this.setter as (value: unknown) => void, undefined, value);
  }
}

export interface ModuleTable {
  readonly index: number;
  /** Of the workflow's own source. */
  readonly isOwn: boolean;
  readonly variables: readonly ModuleVariable[];
}

const tables: ModuleTable[] = [];

/** In the order of registration. */
export const moduleTables: readonly ModuleTable[] = tables;

/** Whether a step may be the first to evaluate the module: what it makes belongs to the thread (codec/lazy-modules.ts). */
export function isUnevaluated({ variables }: ModuleTable): boolean {
  for (let i = 0; i < variables.length; i++) {
    const { value } = variables[i] as ModuleVariable;
    if (typeof value === "function" && lazyModuleOf(value)?.evaluated === false) return true;
  }
  return false;
}

/** `_k.M(index, isOwnSource, { get x() { return x; }, set x(v) { x = v; } })`: one call a source module. */
export function M(index: number, isOwn: boolean | 0 | 1, accessors: object): void {
  const variables: ModuleVariable[] = [];
  const names = ownKeys(accessors) as string[];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const { get, set } = getOwnPropertyDescriptor(accessors, name) as {
      get: () => unknown;
      set?: (v: unknown) => void;
    };
    append(variables, new ModuleVariable(`${index}:${name}`, get, set));
  }
  append(tables, { index, isOwn: Boolean(isOwn), variables });
}
