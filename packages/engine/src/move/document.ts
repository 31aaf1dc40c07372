// The text of a continuation as it is written, with everything in it that refers to code: frames, scopes, functions, classes, methods,
// roots. Nothing is made of it but other text (docs/state-format.md).

import { StateFormatError } from "../errors.js";

export interface Json {
  $?: string | unknown[];
  [field: string]: unknown;
}

export type CodeTag = "F" | "S" | "f" | "c" | "m";

/** A frame, scope, function, class or method. */
export interface CodeNode {
  readonly json: Json;
  readonly tag: CodeTag;
  /** Of the old bundle. */
  readonly id: number;
  /** Slots of a frame, variables of a scope, scopes of a function or class, as the old bundle had them. */
  readonly values: readonly unknown[];
}

export class Document {
  readonly root: Json;
  readonly nodes: CodeNode[] = [];
  readonly roots: Json[] = [];
  /** Objects of tagged templates. */
  readonly templates: Json[] = [];
  readonly #byJson = new Map<Json, CodeNode>();

  /** @throws StateFormatError */
  constructor(text: string) {
    try {
      this.root = JSON.parse(text) as Json;
    } catch (error) {
      throw new StateFormatError(`the continuation cannot be read: ${(error as Error).message}`);
    }
    this.#collect(this.root);
  }

  /** The frame, scope, … that a place of the text stands for. */
  nodeAt(value: unknown): CodeNode | undefined {
    const json = this.resolve(value);
    return json === undefined ? undefined : this.#byJson.get(json);
  }

  /** The object that a place of the text stands for; undefined for anything else. */
  resolve(value: unknown): Json | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    const json = value as Json;
    if (typeof json.r !== "number" || json.$ !== undefined) return json;
    return this.resolve(this.#shared[json.r]);
  }

  /** Adds an object that may be referred to from several places. */
  share(json: Json): Json {
    this.root.x ??= [];
    return { r: this.#shared.push(json) - 1 };
  }

  /** Path and value of every module variable that the thread has changed, in turn; in place. */
  get variables(): unknown[] {
    return this.#moduleState("v");
  }

  /** Of modules that the thread has evaluated and that are kept by value: name and three values, in turn; in place. */
  get keptModules(): unknown[] {
    return this.#moduleState("l");
  }

  #moduleState(part: string): unknown[] {
    const fields = (this.resolve(this.root.m)?.f ?? []) as [unknown, unknown][];
    const list = fields.find(([name]) => name === part)?.[1];
    const found: unknown = Array.isArray(list) ? list : this.resolve(list);
    return Array.isArray(found) ? found : [];
  }

  /** Names of the modules that the thread has evaluated on its way; in place. */
  get lazyModules(): string[] {
    return Array.isArray(this.root.e) ? (this.root.e as string[]) : [];
  }

  toString(): string {
    return JSON.stringify(this.root);
  }

  get #shared(): unknown[] {
    return (this.root.x ?? []) as unknown[];
  }

  #collect(value: unknown): void {
    if (typeof value !== "object" || value === null) return;
    if (!Array.isArray(value)) this.#take(value as Json);
    for (const part of Object.values(value)) this.#collect(part);
  }

  #take(json: Json): void {
    const name = Array.isArray(json.$) ? json.$[0] : json.$;
    if (typeof name !== "string") return;
    if (name === "#") return void this.roots.push(json);
    if (name === "TO") return void this.templates.push(json);
    const [, tag, number] = /^([FSfcm])(\d+)$/.exec(name) ?? [];
    if (tag === undefined) return;
    const values = (tag === "S" ? (Array.isArray(json.$) ? json.$.slice(1) : []) : (json.s ?? [])) as unknown[];
    const node: CodeNode = { json, tag: tag as CodeTag, id: Number(number), values };
    this.nodes.push(node);
    this.#byJson.set(json, node);
  }
}

/** Slots and scopes without the undefined at their end. `null` among them stands for undefined. */
export function trimmed(values: readonly unknown[]): unknown[] {
  let { length } = values;
  while (length > 0 && (values[length - 1] === null || values[length - 1] === undefined)) length--;
  return Array.from({ length }, (_, index) => values[index] ?? null);
}

/** A plain value as it is written in a slot or scope. */
export function fieldOf(value: unknown): unknown {
  return value === undefined ? null : value === null ? { $: "null" } : jsonOf(value);
}

function jsonOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonOf);
  if (typeof value === "object" && value !== null) {
    return { f: Object.entries(value).map(([key, member]) => [key, jsonOf(member)]) };
  }
  return Object.is(value, -0) ? { $: "-0" } : value;
}
