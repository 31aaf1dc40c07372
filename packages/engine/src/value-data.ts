import type { ContinuationGraph, GraphNode } from "./continuation-graph.js";
import type { MetadataIndex } from "./metadata-index.js";
import { outlineOf, type Part } from "./value-outline.js";

const DEEPEST = 200;

/**
 * Saved values as JSON, all of them: what JSON has is itself, anything else an object with `$`, which says what it is.
 *
 *     {"$":"12n"}  {"$":"Map(1)","entries":[["a",1]]}  {"$":"Money","fields":{"#cents":100}}  {"$":"Set(1)","items":[1]}
 *
 * An object that was written already is `{"$":"same","as":"frames[0].order"}`: the way to it, so that a reader knows cycles and what is shared.
 */
export class ValueData {
  readonly #written = new Map<GraphNode, string>();

  constructor(
    readonly graph: ContinuationGraph,
    readonly names: MetadataIndex,
  ) {}

  of(value: unknown, path: string, depth = 0): unknown {
    const outline = outlineOf(this.graph, this.names, value);
    if (outline.type === "leaf") return outline.data === undefined ? { $: outline.text } : outline.data;
    const node = this.graph.node(value);
    const known = node && this.#written.get(node);
    if (known !== undefined) return { $: "same", as: known };
    if (depth > DEEPEST) return { $: "deeper", at: path };
    if (node !== undefined) this.#written.set(node, path);

    const { type, name, parts } = outline;
    if (type === "list") {
      const items = parts.map((part, index) => this.#part(part, `${path}[${index}]`, depth));
      const plain = name === "" && parts.every(({ key, note }) => key === undefined && note === undefined);
      return plain ? items : { $: name === "" ? "Array" : name, items };
    }
    if (parts.some(({ key }) => typeof key === "object")) {
      const entries = parts.map((part, index) => [
        typeof part.key === "object" ? this.of(part.key.entry, `${path}.key(${index})`, depth + 1) : part.key,
        this.#part(part, `${path}.value(${index})`, depth),
      ]);
      return { $: name, entries };
    }
    const fields = Object.fromEntries(
      parts.map((part) => {
        const key = typeof part.key === "string" ? part.key : "";
        return [
          key,
          this.#part(part, /^[\w$#]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`, depth),
        ];
      }),
    );
    if (name === "" && !Object.hasOwn(fields, "$")) return fields;
    return parts.length === 0 ? { $: name || "Object" } : { $: name || "Object", fields };
  }

  #part({ value, note }: Part, path: string, depth: number): unknown {
    return note === undefined ? this.of(value, path, depth + 1) : { $: note };
  }
}
