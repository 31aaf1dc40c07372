// Scope objects: the captured bindings of one block, one slot a binding. User code never holds one.
import { registerScope } from "./codec/registry.js";
import { createObject, defineProperty } from "./pristine.js";

/** What a slot holds while its binding is in the temporal dead zone. */
export const T: object = Object.freeze(createObject(null) as object);

const NAMES = Symbol("names");
const MAKE = Symbol("make");

interface Scope {
  readonly [NAMES]: readonly string[];
  readonly [MAKE]: new () => object;
  [slot: string]: unknown;
}

/** `_k.S`: registers a scope class of the program; `fixed`: nothing sets a slot once the function is over that made a scope. */
export function S(id: number, scopeClass: new () => object, names: readonly string[], fixed?: 1): void {
  const prototype = registerScope(id, scopeClass, names, fixed === 1);
  defineProperty(prototype, NAMES, { value: names });
  defineProperty(prototype, MAKE, { value: scopeClass });
}

/** A fresh copy for the next iteration of a loop. */
export function copy(scope: object): object {
  const from = scope as Scope;
  const to = new from[MAKE]() as Scope;
  const names = from[NAMES];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    to[name] = from[name];
  }
  return to;
}

export function tdz<V>(value: V, name: string): V {
  if (value === (T as unknown)) throw deadZone(name);
  return value;
}

/** An assignment to a `let` binding whose slot holds `current`. */
export function set<V>(value: V, current: unknown, name: string): V {
  if (current === T) throw deadZone(name);
  return value;
}

/** An assignment to a `const` binding. */
export function cns(_value: unknown, current: unknown, name: string): never {
  if (current === T) throw deadZone(name);
  throw new TypeError("Assignment to constant variable.");
}

/** V8's words; no variable can be called `this`. */
function deadZone(name: string): ReferenceError {
  if (name === "this") return new ReferenceError(NO_THIS);
  return new ReferenceError(`Cannot access '${name}' before initialization`);
}

const NO_THIS =
  "Must call super constructor in derived class before accessing 'this' or returning from derived constructor";
