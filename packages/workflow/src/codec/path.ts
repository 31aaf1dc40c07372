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

/** From the innermost frame on the way, or from the root if there is none. */
export function pathTo(step: PathStep): string {
  const steps: PathStep[] = [];
  for (let at: PathStep | undefined = step; at !== undefined; at = at.from) steps.unshift(at);
  let first = 0;
  for (let i = 0; i < steps.length - 1; i++) if (tagOf((steps[i] as PathStep).value) === "F") first = i;
  const words: string[] = [];
  for (let i = first; i < steps.length; i++) {
    const { value, label } = steps[i] as PathStep;
    if (i === first) {
      if (tagOf(value) === "F") words.push(frameName(value as object));
      continue;
    }
    const word = wordFor((steps[i - 1] as PathStep).value, label, value);
    if (word !== "") words.push(word);
  }
  return words.length === 0 ? "the state" : words.join(" > ");
}

function wordFor(holder: unknown, label: Label, value: unknown): string {
  switch (tagOf(holder)) {
    case "F":
      return `locals.${String(label)}`;
    case "S":
      return `variable ${String(label)}`;
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
