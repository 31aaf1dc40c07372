// Functions of the program: stamped at birth with the table entry and the scopes they were made of, so that the codec
// can write them and make them again. Also the small operations a compiled literal needs to define its members.
import { type Factory, factories, registerFactory } from "./codec/registry.js";
import {
  apply,
  asyncFunctionPrototype,
  asyncGeneratorFunctionPrototype,
  asyncGeneratorPrototype,
  createObject,
  defineProperty,
  functionPrototype,
  generatorFunctionPrototype,
  generatorPrototype,
  getOwnPropertyDescriptor,
  ownKeys,
  setPrototypeOf,
} from "./pristine.js";
import { stampFunction } from "./stamp.js";

/** `_k.F`: the factories of table entries `firstId`, `firstId + 1`, ... */
export function F(firstId: number, table: readonly Factory[]): void {
  for (let i = 0; i < table.length; i++) factories.set(firstId + i, table[i] as Factory);
}

/** A function without frames of its own. */
export function f<Fn extends object>(id: number, fn: Fn, scopes: readonly unknown[]): Fn {
  return stampFunction(fn, id, scopes);
}

/** An async function; its wrapper is an ordinary function and is given the kind's prototype. */
export function af<Fn extends object>(id: number, fn: Fn, scopes: readonly unknown[]): Fn {
  return stampFunction(asKind(fn, "a"), id, scopes);
}

/** A generator function. */
export function gf<Fn extends object>(id: number, fn: Fn, scopes: readonly unknown[]): Fn {
  return stampFunction(asKind(fn, "g"), id, scopes);
}

/** An async generator function. */
export function agf<Fn extends object>(id: number, fn: Fn, scopes: readonly unknown[]): Fn {
  return stampFunction(asKind(fn, "ag"), id, scopes);
}

/** "" sync, "a" async, "g" generator, "ag" async generator. */
export type FunctionKind = "" | "a" | "g" | "ag";

/** Makes the compiled wrapper look like the function it stands for. */
export function asKind<Fn extends object>(fn: Fn, kind: FunctionKind): Fn {
  if (kind === "a") setPrototypeOf(fn, asyncFunctionPrototype);
  else if (kind === "g") withInstances(fn, generatorFunctionPrototype, generatorPrototype);
  else if (kind === "ag") withInstances(fn, asyncGeneratorFunctionPrototype, asyncGeneratorPrototype);
  return fn;
}

function withInstances(fn: object, prototype: object, instances: object): void {
  setPrototypeOf(fn, prototype);
  const value = createObject(instances) as object;
  defineProperty(fn, "prototype", { value, writable: true, enumerable: false, configurable: false });
}

/** ToPropertyKey. */
export function key(value: unknown): PropertyKey {
  if (typeof value === "string" || typeof value === "symbol") return value;
  // A computed member name is converted exactly once, by the language itself.
  return ownKeys({ [value as string]: 0 })[0] as PropertyKey;
}

/** CreateDataPropertyOrThrow. */
export function def<V>(object: object, name: PropertyKey, value: V): V {
  const done = defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  if (!done) throw new TypeError(refusedDefinition(object, name));
  return value;
}

function refusedDefinition(object: object, name: PropertyKey): string {
  if (getOwnPropertyDescriptor(object, name) !== undefined) return `Cannot redefine property: ${String(name)}`;
  return `Cannot define property ${String(name)}, object is not extensible`;
}

/** Defines one half or both of an accessor; undefined leaves the other half as it is. */
export function acc(object: object, name: PropertyKey, get: unknown, set: unknown, enumerable: boolean): void {
  const descriptor: PropertyDescriptor = { enumerable, configurable: true };
  if (get !== undefined) descriptor.get = get as () => unknown;
  if (set !== undefined) descriptor.set = set as (value: unknown) => void;
  if (!defineProperty(object, name, descriptor)) throw new TypeError(refusedDefinition(object, name));
}

/** SetFunctionName (ECMA-262 10.2.9) from a computed key. A class with a static member `name` keeps it. */
export function fname<Fn extends object>(fn: Fn, name: PropertyKey, prefix?: string): Fn {
  const own = getOwnPropertyDescriptor(fn, "name");
  if (own !== undefined && typeof own.value !== "string") return fn;
  let text: string;
  if (typeof name === "symbol") text = name.description === undefined ? "" : `[${name.description}]`;
  else text = String(name);
  if (prefix !== undefined && prefix !== "") text = `${prefix} ${text}`;
  defineProperty(fn, "name", { value: text, writable: false, enumerable: false, configurable: true });
  return fn;
}

const nativeBind = (functionPrototype as unknown as { bind: (...args: unknown[]) => object }).bind;

function boundOf(...parts: unknown[]): object {
  const args: unknown[] = [];
  for (let i = 1; i < parts.length; i++) args[i - 1] = parts[i];
  return apply(nativeBind, parts[0], args);
}

registerFactory("bind", boundOf as Factory);

/** Replaces `Function.prototype.bind` by one whose results can be saved. Called once, before the program. */
export function installBind(): void {
  const methods = {
    bind(this: unknown, ...args: unknown[]): object {
      const bound = apply(nativeBind, this, args) as object;
      const parts: unknown[] = [this];
      for (let i = 0; i < args.length; i++) parts[i + 1] = args[i];
      return stampFunction(bound, "bind", parts);
    },
  };
  defineProperty(methods.bind, "length", { value: 1, configurable: true });
  defineProperty(functionPrototype, "bind", { value: methods.bind, writable: true, configurable: true });
}
