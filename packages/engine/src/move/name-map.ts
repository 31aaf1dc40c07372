// What an operator says by hand of names that are not the same in two bundles: a small JSON file, `kwf move --map`. Functions are named
// `<module>:<path>` (`src/index.ts:main/retry`), always as in the old bundle.

import { NameMapError } from "../errors.js";

export interface NameMap {
  /** Old module path -> new one. */
  readonly modules?: Readonly<Record<string, string>>;
  /** Old function -> new one; those inside follow. */
  readonly functions?: Readonly<Record<string, string>>;
  /** Of a function: old variable -> new one; null: what it held is given up. */
  readonly locals?: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
  /** Of a function: values of variables that are new. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Of a function: text of an old await -> text of a new one. `'2` behind a text means the second of that text. */
  readonly awaits?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of a module: old variable -> new one; null: what the thread changed in it is given up. */
  readonly variables?: Readonly<Record<string, Readonly<Record<string, string | null>>>>;
}

const text = (value: unknown): boolean => typeof value === "string";
const textOrNull = (value: unknown): boolean => value === null || text(value);
const anything = (): boolean => true;

/** Of each part: whether names lead to values, or functions to names. */
const PARTS: Readonly<Record<keyof NameMap, { nested: boolean; leaf: (value: unknown) => boolean; words: string }>> = {
  modules: { nested: false, leaf: text, words: "a path" },
  functions: { nested: false, leaf: text, words: "a function, module:path" },
  locals: { nested: true, leaf: textOrNull, words: "a name or null" },
  values: { nested: true, leaf: anything, words: "a value" },
  awaits: { nested: true, leaf: text, words: "the text of an await" },
  variables: { nested: true, leaf: textOrNull, words: "a name or null" },
};

/** Throws NameMapError. */
export function checkNameMap(value: unknown): NameMap {
  const known = Object.keys(PARTS).join(", ");
  if (!isRecord(value)) throw new NameMapError(`expected an object with ${known}; found ${JSON.stringify(value)}`);
  for (const [name, part] of Object.entries(value)) {
    const expected = PARTS[name as keyof NameMap];
    if (expected === undefined) throw new NameMapError(`there is no ${JSON.stringify(name)} in a map: it has ${known}`);
    if (!isRecord(part)) throw new NameMapError(`${name} is ${JSON.stringify(part)}, expected an object`);
    const leaves = expected.nested ? Object.entries(part) : [[name, part] as const];
    for (const [key, leaf] of leaves) {
      if (!isRecord(leaf))
        throw new NameMapError(`${name}[${JSON.stringify(key)}] is ${JSON.stringify(leaf)}, expected an object`);
      for (const [old, fresh] of Object.entries(leaf)) {
        if (expected.leaf(fresh)) continue;
        throw new NameMapError(
          `${name}: ${JSON.stringify(old)} leads to ${JSON.stringify(fresh)}, expected ${expected.words}`,
        );
      }
    }
  }
  return value as NameMap;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Own members only: a variable may be called `constructor`. */
export function mapped<T>(part: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return part !== undefined && Object.hasOwn(part, name) ? part[name] : undefined;
}
