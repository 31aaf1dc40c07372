import type { ContinuationGraph, GraphNode } from "./continuation-graph.js";
import type { BundleMetadata } from "./metadata.js";

const LONGEST = 80;

/** A saved value in a few characters, for a reader: exact for primitives, outlines for the rest. */
export function showValue(graph: ContinuationGraph, metadata: BundleMetadata, value: unknown, depth = 2): string {
  if (value === undefined) return "undefined";
  if (typeof value === "string") return shorten(JSON.stringify(value));
  if (typeof value !== "object" || value === null) return String(value);
  const node = graph.node(value);
  if (node === undefined) return "undefined";
  if (Array.isArray(node)) {
    if (depth === 0) return `[… ${node.length}]`;
    return shorten(`[${node.map((item) => showValue(graph, metadata, item, depth - 1)).join(", ")}]`);
  }
  const show = (item: unknown): string => showValue(graph, metadata, item, depth - 1);
  switch (node.$) {
    case undefined:
    case "O":
      return fields(node, depth, show);
    case "u":
      return "undefined";
    case "f":
      return `function ${metadata.functions.find(({ id }) => id === node.i)?.name ?? ""}`.trimEnd();
    case "t":
      return "not initialised";
    case "NaN":
    case "-0":
      return node.$;
    case "Inf":
    case "-Inf":
      return node.$.replace("Inf", "Infinity");
    case "Int":
      return `${String(node.int)}n`;
    case "Symbol":
      return `Symbol(${String(node.key ?? node.name ?? "")})`;
    case "#":
      return String(node.p);
    case "c":
      return `class ${metadata.functions.find(({ id }) => id === node.i)?.name ?? ""}`.trimEnd();
    case "W":
      return `ref ${JSON.stringify(node.v?.[0])}`;
    case "P":
      return "Promise";
    case "AG":
    case "G":
      return "generator";
    case "F":
      return `frame of ${metadata.functions.find(({ id }) => id === node.i)?.name ?? node.i}`;
    case "Date":
      return node.v === null ? "Invalid Date" : new Date(Number(node.v)).toISOString();
    case "Map":
      return `Map(${Array.isArray(node.k) ? node.k.length : 0})`;
    case "Set":
      return `Set(${Array.isArray(node.l) ? node.l.length : 0})`;
    case "RegExp":
      return `/${String(node.src)}/${String(node.flags)}`;
    default:
      return typeof node.v === "string" || typeof node.v === "number" ? `${node.$} ${String(node.v)}` : node.$;
  }
}

function fields({ f }: GraphNode, depth: number, show: (item: unknown) => string): string {
  const entries = Array.isArray(f) ? (f as [unknown, unknown][]) : [];
  if (entries.length === 0) return "{}";
  if (depth === 0) return "{…}";
  return shorten(
    `{ ${entries.map(([key, item]) => `${typeof key === "string" ? key : "[symbol]"}: ${show(item)}`).join(", ")} }`,
  );
}

const shorten = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`);
