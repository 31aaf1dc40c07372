// What a saved value is, for a reader: a word for it and its parts. Owns the meaning of the tags of values; how much of it is written, and
// how, is for shown-value.ts (a line of text) and value-data.ts (JSON, all of it). No code of the bundle runs.
//
//   leaf     "abc", 12n, a ref, a root of the bundle: nothing to go into
//   list     [ … ]: elements, in order
//   record   { … }: named parts; a Map's are named by values

import type { ContinuationGraph, GraphNode } from "./continuation-graph.js";
import type { MetadataIndex } from "./metadata-index.js";

export type Outline =
  | { readonly type: "leaf"; readonly text: string; readonly data?: string | number | boolean | null }
  | { readonly type: "list" | "record"; readonly name: string; readonly parts: readonly Part[] };

export interface Part {
  /** Of a property its name; of an entry of a Map the saved key. */
  readonly key?: string | { readonly entry: unknown };
  readonly value: unknown;
  /** Stands for a part that has no saved value: a getter, a hole. */
  readonly note?: string;
  /** Too much for a line of text: what is not enumerable, what a function has captured. */
  readonly aside?: true;
}

const ACCESSOR = 8;
const HIDDEN = 2;
const SETTLED = 3;
const REJECTED = 2;

const leaf = (text: string): Outline => ({ type: "leaf", text });
const list = (name: string, parts: readonly Part[]): Outline => ({ type: "list", name, parts });
const record = (name: string, parts: readonly Part[]): Outline => ({ type: "record", name, parts });
const items = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export function outlineOf(graph: ContinuationGraph, names: MetadataIndex, value: unknown): Outline {
  if (value === undefined) return leaf("undefined");
  if (typeof value === "string") return { type: "leaf", text: JSON.stringify(value), data: value };
  if (typeof value === "number" || typeof value === "boolean")
    return { type: "leaf", text: String(value), data: value };
  if (value === null) return { type: "leaf", text: "null", data: null };
  const node = graph.node(value);
  if (node === undefined) return leaf("undefined");
  if (Array.isArray(node))
    return list(
      "",
      node.map((item) => ({ value: item })),
    );
  return new NodeOutline(graph, names, node).outline();
}

class NodeOutline {
  constructor(
    readonly graph: ContinuationGraph,
    readonly names: MetadataIndex,
    readonly node: GraphNode,
  ) {}

  outline(): Outline {
    const { node } = this;
    const tag = node.$ ?? "O";
    const fields = items(node.v);
    switch (tag) {
      case "O":
        return record(this.#className("Object", ""), this.#own());
      case "A":
        return list(this.#className("Array", ""), [...this.#elements(), ...this.#own()]);
      case "Arguments":
        return record("Arguments", this.#own());
      case "u":
        return leaf("undefined");
      case "null":
        return { type: "leaf", text: "null", data: null };
      case "t":
        return leaf("not initialised");
      case "NaN":
      case "-0":
        return leaf(tag);
      case "Inf":
      case "-Inf":
        return leaf(tag.replace("Inf", "Infinity"));
      case "Int":
        return leaf(`${String(node.int)}n`);
      case "Symbol":
        return leaf(node.key === undefined ? `Symbol(${String(node.name ?? "")})` : `Symbol.for(${String(node.key)})`);
      case "#":
        return leaf(rootName(node.p));
      case "N":
        return leaf(String(node.d));
      case "Date":
        return leaf(typeof node.v === "number" ? new Date(node.v).toISOString() : "Invalid Date");
      case "RegExp":
        return leaf(`/${String(node.src)}/${String(node.flags)}`);
      case "Error":
        return this.#error();
      case "Map":
      case "WeakMap":
        return record(this.#sized(tag, node.k), [
          ...items(node.k).map((key, index) => ({ key: { entry: key }, value: items(node.v)[index] })),
          ...this.#own(),
        ]);
      case "Set":
      case "WeakSet": {
        const values = items(tag === "Set" ? node.l : node.k);
        return list(this.#sized(tag, values), [...values.map((item) => ({ value: item })), ...this.#own()]);
      }
      case "WeakRef":
        return record("WeakRef", [{ key: "target", value: node.v }]);
      case "String":
      case "Number":
      case "Boolean":
      case "SymbolObject":
      case "BigIntObject":
        return record(tag.replace("Object", ""), [{ key: "value", value: node.v }, ...this.#own()]);
      case "ArrayBuffer":
        return leaf(`ArrayBuffer(${String(node.l)})`);
      case "Iterator":
        return record("Iterator", [
          { key: "of", value: node.t },
          { key: "taken", value: node.i ?? 0 },
        ]);
      case "Proxy":
        return record("Proxy", [
          { key: "target", value: fields[0] },
          { key: "handler", value: fields[1] },
        ]);
      case "f":
      case "c":
      case "m":
      case "k":
        return this.#function(tag);
      case "p":
        return record(`prototype of ${this.#functionName(node.v)}`.trimEnd(), this.#own());
      case "S":
        return record("captured", this.#variables());
      case "P":
        return record("Promise", this.#outcome(fields[0], fields[1]));
      case "W": {
        const outcome = this.#outcome(fields[1], fields[2]);
        return outcome[0]?.note === "pending" ? leaf(`ref ${JSON.stringify(fields[0])}`) : record("ref", outcome);
      }
      case "G":
      case "AG":
        return leaf(`generator ${this.#frameName(fields[0])}`.trimEnd());
      case "F":
        return leaf(`frame of ${this.names.nameOf(node.i) ?? node.i}`);
      case "CS":
        return leaf("CancellationScope");
      default:
        if (tag.startsWith("Temporal.")) return leaf(`${tag} ${fields.length > 0 ? fields.join(" ") : String(node.v)}`);
        if (/Array$|^DataView$/.test(tag)) return this.#view(tag);
        return record(tag, this.#own());
    }
  }

  /** Properties, then private members. */
  #own(): Part[] {
    const parts: Part[] = items(this.node.f).map((field) => {
      const [key, value, flags = 0, get, set] = items(field) as [unknown, unknown, number?, unknown?, unknown?];
      const part: Part = { key: this.#key(key), value, ...(flags & HIDDEN ? { aside: true } : {}) };
      if ((flags & ACCESSOR) === 0) return part;
      const note = get == null ? "[setter]" : set == null ? "[getter]" : "[getter/setter]";
      return { ...part, value: undefined, note };
    });
    const members = items(this.node.q);
    for (let at = 0; at < members.length; at += 2)
      if (!this.#isMethod(members[at])) parts.push({ key: this.#privateName(members[at]), value: members[at + 1] });
    return parts;
  }

  #elements(): Part[] {
    const values = items(this.node.v).map(
      (item): Part => (this.graph.node(item)?.$ === "hole" ? { value: undefined, note: "empty" } : { value: item }),
    );
    const more = Number(this.node.l ?? 0);
    if (more > 0) values.push({ value: undefined, note: `${more} empty` });
    return values;
  }

  #key(key: unknown): string {
    if (typeof key === "string") return key;
    const node = this.graph.node(key);
    // What the realm keeps inside of an object (the parts of a URL) has a name of the runtime's own.
    if (node?.$ === "#") return /^@\w+\.(\w+)$/.exec(String(node.p))?.[1] ?? `[${rootName(node.p)}]`;
    return node?.$ === "Symbol" ? `[${String(node.key ?? node.name ?? "")}]` : "[symbol]";
  }

  /** Private methods and accessors are of the class; that an object has them holds no value. */
  #isMethod(name: unknown): boolean {
    const node = this.graph.node(name);
    if (node?.$ === "N") return node.m !== undefined || node.g !== undefined || node.s !== undefined;
    return node?.$ === "#" && this.names.isPrivateMethod(String(node.p));
  }

  #privateName(name: unknown): string {
    const node = this.graph.node(name);
    if (node?.$ === "N") return `#${String(node.d).replace(/^#/, "")}`;
    return /#[^<>.[\]"]+(?=>$|"\]$)/.exec(String(node?.p))?.[0] ?? "#";
  }

  /** Of the class that made it: `usual` is not said. */
  #className(usual: string, instead: string): string {
    const { p } = this.node;
    if (p === undefined) return instead;
    if (p === null) return "[no prototype]";
    const prototype = this.graph.node(p);
    if (prototype?.$ === "p") return this.#functionName(prototype.v) || usual;
    const root = prototype?.$ === "#" ? /^(.+)\.prototype$/.exec(rootName(prototype.p))?.[1] : undefined;
    return root ?? usual;
  }

  #sized(tag: string, entries: unknown): string {
    return `${this.#className(tag, tag)}(${items(entries).length})`;
  }

  #error(): Outline {
    const parts = this.#own();
    const text = (key: string) => {
      const value = parts.find((part) => part.key === key)?.value;
      return typeof value === "string" && value !== "" ? value : undefined;
    };
    const name = text("name") ?? this.#className("Error", "Error");
    const message = text("message");
    const rest = parts.filter(({ key }) => key !== "name" && key !== "message");
    return record(
      message === undefined ? name : `${name}: ${message}`,
      rest.map(({ aside: _, ...part }) => (part.key === "stack" ? { ...part, aside: true } : part)),
    );
  }

  #function(tag: "f" | "c" | "m" | "k"): Outline {
    const word = tag === "c" ? "class" : "function";
    const captured: Part[] = items(this.node.s).flatMap((scope) => {
      const node = this.graph.node(scope);
      return node?.$ === "S" ? new NodeOutline(this.graph, this.names, node).#variables() : [];
    });
    const aside = tag === "k" ? [] : captured.map((part): Part => ({ ...part, aside: true }));
    return record(`${word} ${this.#nameOf(this.node)}`.trimEnd(), [...this.#own(), ...aside]);
  }

  #nameOf(node: GraphNode): string {
    if (node.$ === "m") return `in ${this.#functionName(node.c)}`;
    if (node.$ === "k") return node.b === "bind" ? `bound ${this.#functionName(items(node.s)[0])}` : String(node.b);
    return this.names.nameOf(node.i) ?? "";
  }

  #functionName(value: unknown): string {
    const node = this.graph.node(value);
    if (node === undefined) return "";
    return node.$ === "#" ? rootName(node.p) : this.#nameOf(node);
  }

  #frameName(value: unknown): string {
    const node = this.graph.node(value);
    return node?.$ === "F" ? (this.names.nameOf(node.i) ?? "") : "";
  }

  #variables(): Part[] {
    const values = items(this.node.v);
    return this.names.variables(this.node.i).map((key, index) => ({ key, value: values[index] }));
  }

  #outcome(payload: unknown, flags: unknown): Part[] {
    const status = typeof flags === "number" ? flags & SETTLED : 0;
    if (status === 0) return [{ value: undefined, note: "pending" }];
    return [status === REJECTED ? { key: "rejected", value: payload } : { key: "fulfilled", value: payload }];
  }

  #view(tag: string): Outline {
    const buffer = this.graph.node(this.node.b);
    const bytes = Buffer.from(typeof buffer?.b === "string" ? buffer.b : "", "base64");
    const size = /^BigU?int64|64/i.test(tag) ? 8 : Number(/(8|16|32)/.exec(tag)?.[1] ?? 8) / 8;
    const offset = Number(this.node.o ?? 0);
    const length = Number(this.node.l ?? Math.floor((bytes.length - offset) / size));
    const parts: Part[] = [];
    for (let n = 0, at = offset; n < length && at + size <= bytes.length; n++, at += size)
      parts.push(numberIn(bytes, at, tag));
    return list(`${this.#className(tag, tag)}(${length})`, [...parts, ...this.#own()]);
  }
}

/** `3:Money.zero` of a module, `@api.CancelToken` of the runtime, `Map.prototype.get` of the language. */
const rootName = (path: unknown): string => String(path).replace(/^(\d+:|@api\.|@)/, "");

function numberIn(bytes: Buffer, at: number, tag: string): Part {
  switch (tag) {
    case "Int8Array":
      return { value: bytes.readInt8(at) };
    case "Int16Array":
      return { value: bytes.readInt16LE(at) };
    case "Uint16Array":
      return { value: bytes.readUInt16LE(at) };
    case "Int32Array":
      return { value: bytes.readInt32LE(at) };
    case "Uint32Array":
      return { value: bytes.readUInt32LE(at) };
    case "Float16Array":
      return number(halfIn(bytes.readUInt16LE(at)));
    case "Float32Array":
      return number(bytes.readFloatLE(at));
    case "Float64Array":
      return number(bytes.readDoubleLE(at));
    case "BigInt64Array":
      return { value: { $: "Int", int: String(bytes.readBigInt64LE(at)) } };
    case "BigUint64Array":
      return { value: { $: "Int", int: String(bytes.readBigUInt64LE(at)) } };
    default:
      return { value: bytes.readUInt8(at) };
  }
}

/** IEEE 754 binary16. */
function halfIn(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const number = (value: number): Part =>
  Number.isFinite(value) ? { value } : { value: { $: Number.isNaN(value) ? "NaN" : value > 0 ? "Inf" : "-Inf" } };
