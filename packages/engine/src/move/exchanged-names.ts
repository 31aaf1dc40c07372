// Variables that are set now to what others were set to, and the other way round: whether their author has changed the order or the names
// nobody can tell.

import { Refused } from "./refused.js";

export interface Declared {
  readonly name: string;
  /** Hash of what it is first set to. */
  readonly origin: string | undefined;
}

/** Throws Refused. `isSaid`: a map says what became of it. */
export function checkExchanged(
  owner: string,
  before: readonly Declared[],
  after: readonly Declared[],
  isSaid: (name: string) => boolean,
): void {
  const [was, is] = [originsOf(before), originsOf(after)];
  const nameNow = new Map([...is].map(([name, origin]) => [origin, name]));
  for (const first of was.keys()) {
    const names: string[] = [];
    let name: string | undefined = first;
    do {
      names.push(name);
      name = nameNow.get(was.get(name) ?? "");
    } while (name !== undefined && !names.includes(name));
    if (name !== first || names.length < 2 || names.every(isSaid)) continue;
    throw new Refused(
      `${owner}: ${names.join(" and ")} are set to what the other was set to: a map says what they are called now ("locals")`,
    );
  }
}

/** Of those whose name and origin no other has. */
function originsOf(all: readonly Declared[]): Map<string, string> {
  const count = (key: keyof Declared, value: string | undefined): number =>
    all.filter((one) => one[key] === value).length;
  const found = new Map<string, string>();
  for (const { name, origin } of all)
    if (origin !== undefined && count("name", name) === 1 && count("origin", origin) === 1) found.set(name, origin);
  return found;
}
