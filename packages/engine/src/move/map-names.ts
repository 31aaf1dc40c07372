// Names in a map that are nobody's: a slip of the pen would otherwise be a rule that never applies.

import { awaitNamed, type BundleCode } from "./code.js";
import type { FunctionNames } from "./function-names.js";
import type { NameMap } from "./name-map.js";

/** What is wrong with each. */
export function unknownNames(from: BundleCode, to: BundleCode, map: NameMap, names: FunctionNames): string[] {
  const { modules = {}, functions = {}, locals = {}, values = {}, awaits = {}, variables = {} } = map;
  const found: string[] = [];
  const owners = [functions, locals, values, awaits].flatMap((part) => Object.keys(part));
  const files = [...Object.keys(modules), ...Object.keys(variables)];
  for (const name of new Set(owners)) if (!from.has(name)) found.push(missing(name));
  for (const path of new Set(files)) if (from.moduleIndex(path) === undefined) found.push(missing(path));
  for (const name of Object.values(functions)) if (!to.has(name)) found.push(leads(name));
  for (const path of Object.values(modules)) if (to.moduleIndex(path) === undefined) found.push(leads(path));

  if (found.length > 0) return found;

  const check = (owner: string, what: string, known: ReadonlySet<string> | undefined, wanted: string | null): void => {
    if (known !== undefined && wanted !== null && !known.has(what === "names" ? awaitNamed(wanted).bare : wanted))
      found.push(
        `${owner}: the map ${what} ${wanted}, which ${what === "renames" ? "it does not have" : "is not there"}`,
      );
  };
  const target = (owner: string): string | undefined => {
    const [file = "", path = ""] = splitName(owner);
    const module = from.moduleIndex(file);
    const there = module === undefined ? undefined : names.of({ module, path });
    return there !== undefined && "to" in there ? there.to : undefined;
  };
  const variablesThere = (owner: string): Set<string> | undefined => {
    const there = target(owner);
    return there === undefined ? undefined : variableNames(to, there);
  };
  for (const [owner, part] of Object.entries(locals)) {
    const [before, after] = [variableNames(from, owner), variablesThere(owner)];
    for (const [old, fresh] of Object.entries(part)) {
      check(owner, "renames", before, old);
      check(owner, "leads to", after, fresh);
    }
  }
  for (const [owner, part] of Object.entries(values))
    for (const name of Object.keys(part)) check(owner, "sets", variablesThere(owner), name);
  for (const [owner, part] of Object.entries(awaits)) {
    const there = target(owner);
    for (const [old, fresh] of Object.entries(part)) {
      check(owner, "names", awaitTexts(from, owner), old);
      check(owner, "names", there === undefined ? undefined : awaitTexts(to, there), fresh);
    }
  }
  for (const [file, part] of Object.entries(variables)) {
    const after = names.modules(file).flatMap((path) => to.moduleIndex(path) ?? [])[0];
    for (const [old, fresh] of Object.entries(part)) {
      check(file, "renames", moduleNames(from, from.moduleIndex(file)), old);
      check(file, "leads to", moduleNames(to, after), fresh);
    }
  }
  return found;
}

const missing = (name: string): string => `the map has ${name}, which the old bundle does not have`;
const leads = (name: string): string => `the map leads to ${name}, which the new bundle does not have`;

/** Locals, captured variables, fields. */
function variableNames(code: BundleCode, owner: string): Set<string> {
  const slots = code.named(owner)?.frame?.slots ?? [];
  const kept = slots.flatMap((slot) => (typeof slot === "object" ? [slot[0]] : []));
  const captured = code.scopesOf(owner).flatMap(({ variables }) => variables.map(([name]) => name));
  return new Set([...kept, ...captured, ...(code.fieldsOf(owner)?.keys() ?? [])]);
}

const awaitTexts = (code: BundleCode, owner: string): Set<string> =>
  new Set((code.named(owner)?.frame?.awaits ?? []).map(([, , text]) => text.replace(/\s+/g, "")));

/** Of own source; of a dependency not all are known. */
function moduleNames(code: BundleCode, index: number | undefined): Set<string> | undefined {
  const module = index === undefined ? undefined : code.structure.modules[index];
  return module?.own === 1 ? new Set(module.variables.map(([, original]) => original)) : undefined;
}

function splitName(name: string): [file: string, path: string] {
  const at = name.lastIndexOf(":");
  return [name.slice(0, at), name.slice(at + 1)];
}
