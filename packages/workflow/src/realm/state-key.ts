// The realm's own classes keep their state in ordinary properties, so that the codec can write them like any other
// object. The keys are symbols: Object.keys, JSON and for-in do not see them. A symbol must be the same one after a
// restore, so each is a root of the realm under its name.

const keys: Record<string, symbol> = {};

/** The key for one piece of state; `name` is unique in the realm. */
export function stateKey(name: string): symbol {
  if (name in keys) throw new TypeError(`state key ${name} exists`);
  const key = Symbol(name);
  keys[name] = key;
  return key;
}

export const stateKeys = (): Readonly<Record<string, symbol>> => keys;

/** Members of an interface that Web IDL makes enumerable, which class syntax does not. */
export function enumerable(prototype: object, names: readonly string[]): void {
  for (const name of names) Object.defineProperty(prototype, name, { enumerable: true });
}
