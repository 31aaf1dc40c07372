// The way to a value, in the words of the program: `main > locals.orders > [2] > closure retry > variable client`.

import { getOwnPropertyDescriptor, getPrototypeOf } from "../pristine.js";
import { isProxy } from "../proxy.js";
import { functionId } from "../stamp.js";
import type { Label } from "./kind.js";
import { byPrototype, factories } from "./registry.js";

/** One value on the way, and how its holder leads to it. */
export interface PathStep {
  readonly value: unknown;
  readonly label: Label;
  readonly from: PathStep | undefined;
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

export interface Path {
  readonly text: string;
  /** Ids of the program's functions on the way, the waiting one first: where to look in the bundle's metadata. */
  readonly functions: readonly number[];
}

/** Of a longer way the middle is left out. */
const MOST_WORDS = 24;

/** From the innermost frame on the way, or from the root if there is none. */
export function pathTo(step: PathStep): Path {
  const words: string[] = [];
  const functions: number[] = [];
  let at = step;
  for (; at.from !== undefined && (at === step || tagOf(at.value) !== "F"); at = at.from) {
    const word = wordFor(at.from.value, at.label, at.value);
    if (word !== "") words.push(word);
    const id = tagOf(at.value) === "fn" ? functionId(at.value as object) : undefined;
    if (typeof id === "number") functions.push(id);
  }
  if (tagOf(at.value) === "F") {
    words.push(frameName(at.value as object));
    const { id } = byPrototype.get(getPrototypeOf(at.value as object) as object) as { id?: number };
    if (id !== undefined) functions.push(id);
  }
  words.reverse();
  functions.reverse();
  if (words.length > MOST_WORDS) words.splice(MOST_WORDS / 2, words.length - MOST_WORDS, "...");
  return { text: words.length === 0 ? "the state" : words.join(" > "), functions: functions.slice(0, MOST_WORDS) };
}

function wordFor(holder: unknown, label: Label, value: unknown): string {
  switch (tagOf(holder)) {
    // A scope is the compiler's: what it holds is named by itself.
    case "F":
      return tagOf(value) === "S" ? "" : `locals.${String(label)}`;
    case "S":
      return tagOf(value) === "S" ? "" : `variable ${String(label)}`;
    case "fn":
      return typeof label === "number" && tagOf(value) === "S"
        ? `closure ${nameOf(holder as object)}`
        : property(label);
    case "internal":
      return "";
    default:
      return property(label);
  }
}

function property(label: Label): string {
  if (typeof label === "number") return `[${label}]`;
  if (typeof label === "symbol") return `[${String(label)}]`;
  if (label[0] === "[" || label[0] === "#") return label[0] === "#" ? `.${label}` : label;
  return IDENTIFIER.test(label) ? `.${label}` : `[${JSON.stringify(label)}]`;
}

function tagOf(value: unknown): "F" | "S" | "fn" | "internal" | "other" {
  if (typeof value === "function") return isProxy(value) ? "other" : "fn";
  if (typeof value !== "object" || value === null || isProxy(value)) return "other";
  const prototype = getPrototypeOf(value);
  const kind = prototype === null ? undefined : byPrototype.get(prototype);
  if (kind === undefined) return "other";
  if (kind.tag === "F" || kind.tag === "S") return kind.tag;
  // What changed of a root leads on by the names of its properties.
  return kind.tag === "~" ? "other" : "internal";
}

function nameOf(fn: object): string {
  const name = getOwnPropertyDescriptor(fn, "name")?.value;
  return typeof name === "string" && name !== "" ? name : `function ${String(functionId(fn) ?? "")}`.trim();
}

function frameName(frame: object): string {
  const id = byPrototype.get(getPrototypeOf(frame) as object)?.id;
  try {
    const fn = factories.get(id as number)?.();
    if (typeof fn === "function") return nameOf(fn);
  } catch {
    // A method's factory is its class's.
  }
  return `function ${id}`;
}
