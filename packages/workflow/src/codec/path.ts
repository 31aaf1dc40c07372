// The way to a value, in the words of the program:
//
//     checkout (src/saga.ts:57) -> compensations[2] -> closure cancelHotel (src/saga.ts:41) -> variable client
//
// First the innermost waiting function that leads to it and the await where it stands, then variables with the properties
// behind them, and the functions on the way. Module variables begin without a function: `variable cache (src/rates.ts)`.
// Neighbour: source-names.ts knows names and places.

import { getOwnPropertyDescriptor, getPrototypeOf, indexIn } from "../pristine.js";
import { isProxy } from "../proxy.js";
import { functionId } from "../stamp.js";
import type { Kind, Label } from "./kind.js";
import { ObjectDelta } from "./object-delta.js";
import { byPrototype, factories } from "./registry.js";
import { sourceNames } from "./source-names.js";

/** One value on the way, and how its holder leads to it. */
export interface PathStep {
  readonly value: unknown;
  readonly label: Label;
  readonly from: PathStep | undefined;
}

/** From the innermost frame on the way, or from the root if there is none. `rootPath` is the path of a root of the image. */
export function pathTo(step: PathStep, rootPath: (value: object) => string | undefined): string {
  const steps: PathStep[] = [];
  let first = step;
  for (; first.from !== undefined && (first === step || tagOf(first.value) !== "F"); first = first.from)
    steps.push(first);
  const words: Word[] = [];
  if (tagOf(first.value) === "F") words.push(frameWord(first.value as object));
  for (let i = steps.length - 1; i >= 0; i--) {
    const at = steps[i] as PathStep;
    const word = variableWord(at) ?? changeWord(at, rootPath);
    if (word === undefined) {
      if (words.length === 0) words.push(new Word(""));
      const part = partText(at);
      if (part !== "") (words[words.length - 1] as Word).properties.push(part);
    } else if (word !== NOTHING) words.push(word);
    if (i > 0 && tagOf(at.value) === "fn" && typeof functionId(at.value as object) === "number") {
      words.push(functionWord(at.value as object));
    }
  }
  return withoutMiddle(words, (middle) => new Word(middle))
    .map((word) => word.text)
    .filter((text) => text !== "")
    .join(" -> ");
}

/** How many words, and properties behind one of them, are said at most. */
const MOST = 24;

function withoutMiddle<T>(list: readonly T[], middle: (text: string) => T): readonly T[] {
  return list.length <= MOST ? list : [...list.slice(0, MOST / 2), middle("..."), ...list.slice(-MOST / 2)];
}

/** A variable or a function, the properties behind it, and where it stands. */
class Word {
  readonly properties: string[] = [];
  constructor(
    readonly name: string,
    readonly place?: string,
  ) {}

  get text(): string {
    const text = this.name + withoutMiddle(this.properties, (middle) => middle).join("");
    const said = this.name === "" ? text.replace(/^\./, "") : text;
    return this.place === undefined ? said : `${said} (${this.place})`;
  }
}

/** A step that is the compiler's or the codec's own. */
const NOTHING = new Word("");

/** A local of a frame, a captured variable, a variable of a module; undefined: something else. */
function variableWord({ value, label, from }: PathStep): Word | undefined {
  const { value: holder, label: list, from: parent } = from as PathStep;
  switch (tagOf(holder)) {
    case "F":
    case "S": {
      if (isScope(value)) return NOTHING;
      const { tag, id, slots } = kindOf(holder as object) as Kind;
      const slot = slots === undefined ? String(label) : indexIn(slots, label);
      const own = label === "this" || label === "arguments" ? label : "";
      const name = (sourceNames().variable?.(`${tag}${id}`, slot) ?? String(label)) || own;
      if (name === "") return NOTHING;
      return new Word(tagOf(holder) === "F" || isOwnScope(from as PathStep) ? name : `variable ${name}`);
    }
    case "internal":
      return NOTHING;
  }
  if (list === "v" && parent?.label === "m" && typeof label === "number" && label % 2 === 1) {
    return rootWord((holder as unknown[])[label - 1] as string);
  }
  const ofThread = (list === "refs" || list === "rejections") && tagOf(parent?.value) === "internal";
  return ofThread || isCodecs(from as PathStep) ? NOTHING : undefined;
}

/** What changed of a module's object: the way goes on from the object. */
function changeWord(
  { value, label, from }: PathStep,
  rootPath: (value: object) => string | undefined,
): Word | undefined {
  const { value: delta } = from as PathStep;
  if (!(delta instanceof ObjectDelta)) return undefined;
  if (value === delta.target) return NOTHING;
  const word = rootWord(rootPath(delta.target) ?? "");
  word.properties.push(propertyText(label));
  return word;
}

/** The scope belongs to the frame from which the way begins. */
function isOwnScope(scope: PathStep): boolean {
  let at: PathStep | undefined = scope;
  while (at !== undefined && isScope(at.value)) at = at.from;
  return at !== undefined && tagOf(at.value) === "F";
}

function isCodecs({ label, from }: PathStep): boolean {
  if (from === undefined) return label === "";
  if (from.from === undefined) return label === "m";
  return from.from.from === undefined && from.label === "m" && (label === "v" || label === "o" || label === "w");
}

/** `3:cache.size` is a root of module 3. */
function rootWord(path: string): Word {
  const found = /^(\d+):(.*)$/s.exec(path);
  if (found === null) return new Word(path);
  return new Word(`variable ${found[2]}`, sourceNames().module?.(Number(found[1])));
}

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;

function propertyText(label: Label): string {
  if (typeof label === "number") return `[${label}]`;
  if (typeof label === "symbol") return `[${String(label)}]`;
  if (label === "") return "";
  if (label[0] === "[" || label[0] === "#") return label[0] === "#" ? `.${label}` : label;
  return IDENTIFIER.test(label) ? `.${label}` : `[${JSON.stringify(label)}]`;
}

const BOUND = ["[[BoundTargetFunction]]", "[[BoundThis]]"] as const;

function partText({ value, label, from }: PathStep): string {
  const { value: holder } = from as PathStep;
  if (isScope(value)) return "";
  // Of a promise that waits: who waits for it.
  if (label === "[[PromiseResult]]" && tagOf(value) !== "fn" && tagOf(value) !== "other") return "";
  if (typeof label === "number" && tagOf(holder) === "fn") {
    const id = functionId(holder as object);
    if (id === "bind") return BOUND[label] ?? `[[BoundArguments]][${label - 2}]`;
    if (id !== undefined) return "";
  }
  return propertyText(label);
}

type What = "F" | "S" | "fn" | "internal" | "other";

function tagOf(value: unknown): What {
  if (typeof value === "function") return isProxy(value) ? "other" : "fn";
  if (typeof value !== "object" || value === null || isProxy(value) || value instanceof ObjectDelta) return "other";
  const kind = kindOf(value);
  if (kind === undefined) return "other";
  return kind.tag === "F" || kind.tag === "S" ? kind.tag : "internal";
}

const isScope = (value: unknown): boolean => tagOf(value) === "S";

function kindOf(value: object) {
  const prototype = getPrototypeOf(value);
  return prototype === null ? undefined : byPrototype.get(prototype);
}

function functionWord(fn: object): Word {
  const isClass = getOwnPropertyDescriptor(fn, "prototype")?.writable === false;
  return new Word(`${isClass ? "class" : "closure"} ${nameOf(fn)}`, sourceNames().place?.(functionId(fn) as number));
}

function nameOf(fn: object): string {
  const name = getOwnPropertyDescriptor(fn, "name")?.value;
  return typeof name === "string" && name !== "" ? name : "(anonymous)";
}

function frameWord(frame: object): Word {
  const id = kindOf(frame)?.id as number;
  const { name, place } = sourceNames();
  return new Word(name?.(id) ?? frameName(id), place?.(id, (frame as { _l: number })._l));
}

function frameName(id: number): string {
  try {
    const fn = factories.get(id)?.();
    if (typeof fn === "function") return nameOf(fn);
  } catch {
    // A method's factory is its class's.
  }
  return `function ${id}`;
}
