import type { ContinuationGraph, GraphNode } from "./continuation-graph.js";
import type { MetadataIndex } from "./metadata-index.js";
import { outlineOf, type Part } from "./value-outline.js";

const LONGEST = 100;
const DEEPEST = 2;

/** A saved value in a few characters, for a reader: exact for primitives, outlines for the rest. */
export function showValue(graph: ContinuationGraph, names: MetadataIndex, value: unknown): string {
  const around: GraphNode[] = [];

  const show = (saved: unknown, room: number): string => {
    const node = graph.node(saved);
    if (node !== undefined && around.includes(node)) return "[circular]";
    const outline = outlineOf(graph, names, saved);
    if (outline.type === "leaf") return shorten(outline.text, room);
    const { name, type, parts } = outline;
    const shown = parts.filter(({ aside }) => aside !== true);
    const [open, close] = type === "list" ? ["[", "]"] : ["{ ", " }"];
    if (shown.length === 0)
      return name === "" || type === "list" ? `${name}${name && " "}${type === "list" ? "[]" : "{}"}` : name;
    const head = name === "" ? "" : `${name} `;
    if (around.length >= DEEPEST) return type === "list" ? `${head}[… ${shown.length}]` : `${head}{…}`;
    if (node !== undefined) around.push(node);
    let text = `${head}${open}`;
    for (const [index, part] of shown.entries()) {
      // What does not fit is not looked at: it may be long.
      if (text.length > room) break;
      text += `${index === 0 ? "" : ", "}${showPart(part, room)}`;
    }
    if (node !== undefined) around.pop();
    return shorten(text + close, room);
  };

  const showPart = ({ key, value: part, note }: Part, room: number): string => {
    const text = note ?? show(part, room);
    if (key === undefined) return text;
    return typeof key === "string" ? `${key}: ${text}` : `${show(key.entry, room)} => ${text}`;
  };

  return show(value, LONGEST);
}

const shorten = (text: string, room: number): string =>
  text.length <= room ? text : `${text.slice(0, room - 1).toWellFormed()}…`;
