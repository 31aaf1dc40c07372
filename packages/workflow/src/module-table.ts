// The program's module-level variables, as accessor tables: how the image reads them and a restore sets them.
import { call, getOwnPropertyDescriptor, ownKeys } from "./pristine.js";
import { T } from "./scope.js";
import { functionParts } from "./stamp.js";

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

/**
 * Whether a step may be the first to evaluate the module, by `import()` or by `require` in a function: the bundler made
 * it a function that has not run yet. Then what the module makes belongs to the thread, whosesoever source it is: it is
 * part of the thread's text and gone from the realm after the step, as if each thread had a module of its own.
 */
export function isUnevaluated({ variables }: ModuleTable): boolean {
  for (let i = 0; i < variables.length; i++) {
    const { path, value } = variables[i] as ModuleVariable;
    if (typeof value !== "function" || !/:(init|require)_/.test(path)) continue;
    const [scope] = (functionParts(value) ?? []) as [Record<string, unknown>?];
    if (scope === undefined) continue;
    // esbuild's __esm(fn, res) forgets `fn`, its __commonJS(cb, mod) keeps the module.
    if ("fn" in scope ? Boolean(scope.fn) : "cb" in scope && scope.mod === undefined) return true;
  }
  return false;
}

/** `_k.M(index, isOwnSource, { get x() { return x; }, set x(v) { x = v; } })`: one call a source module. */
export function M(index: number, isOwn: boolean | 0 | 1, accessors: object): void {
  const variables: ModuleVariable[] = [];
  for (const name of ownKeys(accessors) as string[]) {
    const { get, set } = getOwnPropertyDescriptor(accessors, name) as {
      get: () => unknown;
      set?: (v: unknown) => void;
    };
    variables.push(new ModuleVariable(`${index}:${name}`, get, set));
  }
  tables.push({ index, isOwn: Boolean(isOwn), variables });
}
