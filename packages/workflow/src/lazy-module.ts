// Modules that the program evaluates when it first reaches them, by `import()` or by `require` in a function: the bundler makes
// each a function, by a helper that the compiler replaces with `esm` and `cjs`.
// Neighbour: codec/lazy-modules.ts decides whose the values of a module are that a step evaluates.
//
// I1. As bundled by esbuild: a module is evaluated once; while it is, others that reach it see what there is so far; an ES module
//     that threw throws the same error again, a CommonJS one is evaluated again.
// I2. Names are the bundler's, the paths of the modules' files: the same in every realm, and in another bundle of the program.
import { ownKeys, SafeMap } from "./pristine.js";

type Body = (...args: never[]) => unknown;

export class LazyModule {
  evaluated = false;
  /** Of an ES module: what its body returned. Of a CommonJS one: its `module`. */
  value: unknown = undefined;
  /** What its body threw, in a list. */
  thrown: [unknown] | undefined = undefined;

  constructor(
    readonly name: string,
    /** Evaluates it, if that has not been done, and gives what it exports. */
    readonly reach: () => unknown,
  ) {}
}

/** What is told of evaluations: once the program has been loaded. */
export interface Evaluations {
  begin(module: LazyModule): void;
  end(module: LazyModule, threw: boolean): void;
}

const modules = new SafeMap<string, LazyModule>();
const byFunction = new WeakMap<object, LazyModule>();
const { get, set } = WeakMap.prototype;
let evaluations: Evaluations | undefined;

/** By name. */
export const lazyModules: ReadonlyMap<string, LazyModule> = modules;

export const watchEvaluations = (watcher: Evaluations): void => {
  evaluations = watcher;
};

/** The module that is evaluated by calling `fn`. */
export const lazyModuleOf = (fn: object): LazyModule | undefined =>
  Reflect.apply(get, byFunction, [fn]) as LazyModule | undefined;

function register(holder: object, reach: (module: LazyModule) => unknown): () => unknown {
  const path = ownKeys(holder)[0] as string;
  let name = path;
  for (let n = 2; modules.has(name); n++) name = `${path}#${n}`;
  const fn = (): unknown => reach(module);
  const module = new LazyModule(name, fn);
  modules.set(name, module);
  Reflect.apply(set, byFunction, [fn, module]);
  return fn;
}

/** Esbuild hands a module over as the only method of an object. */
const bodyOf = (holder: object): Body =>
  (holder as Record<PropertyKey, Body>)[ownKeys(holder)[0] as PropertyKey] as Body;

function evaluate(module: LazyModule, body: () => unknown): void {
  module.evaluated = true;
  evaluations?.begin(module);
  let threw = true;
  try {
    body();
    threw = false;
  } finally {
    evaluations?.end(module, threw);
  }
}

/** Kit: an ES module. */
export function esm(holder: object): () => unknown {
  const body = bodyOf(holder) as () => unknown;
  return register(holder, (module) => {
    if (module.thrown !== undefined) throw module.thrown[0];
    if (module.evaluated) return module.value;
    try {
      evaluate(module, () => {
        module.value = body();
      });
    } catch (error) {
      module.thrown = [error];
      throw error;
    }
    return module.value;
  });
}

/** Kit: a CommonJS module. */
export function cjs(holder: object): () => unknown {
  const body = bodyOf(holder) as (exports: object, module: object) => void;
  return register(holder, (module) => {
    if (!module.evaluated) {
      const made = { exports: {} };
      module.value = made;
      try {
        evaluate(module, () => body(made.exports, made));
      } catch (error) {
        module.evaluated = false;
        module.value = undefined;
        throw error;
      }
    }
    return (module.value as { exports: unknown }).exports;
  });
}
