// Kit: what a dependency gets for a module of Node that it imports. Functions and classes are there, so that it loads, and extends and
// keeps them; calling one, and reading anything else, throws what to do instead.
// Neighbour: packages/compiler/src/node-builtins.ts knows what each module has.
import { NotDurableError, named } from "./undurable.js";

/** As the compiler writes it: names of functions, of what is neither function nor object, and what objects have. */
interface Shape {
  readonly functions: readonly string[];
  readonly others: readonly string[];
  readonly objects: Readonly<Record<string, Shape>>;
}

/** `callable`: the module itself is a function. */
export function absentModule(path: string, instead: string, shape: Shape, callable: boolean): object {
  const refusing = (name: string | undefined) =>
    named(name ?? path, function refuse(): never {
      throw new NotDurableError(name === undefined ? `module "${path}"` : `${name} of module "${path}"`, instead);
    });
  const fill = (object: object, { functions, others, objects }: Shape, prefix: string): object => {
    for (const name of functions) define(object, name, { value: refusing(prefix + name), writable: true });
    for (const name of others) define(object, name, { get: refusing(prefix + name) });
    for (const name of Object.keys(objects))
      define(object, name, { value: fill({}, objects[name] as Shape, `${prefix}${name}.`), writable: true });
    return object;
  };
  return fill(callable ? refusing(undefined) : {}, shape, "");
}

const define = (object: object, name: string, descriptor: PropertyDescriptor): void =>
  void Object.defineProperty(object, name, { ...descriptor, enumerable: true, configurable: true });
