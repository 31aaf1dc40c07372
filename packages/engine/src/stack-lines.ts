import type { PendingRef, StackEntry } from "./continuation.js";

export interface StackLinesOptions {
  /** How names and what is less important look on a terminal. */
  bold?: (text: string) => string;
  dim?: (text: string) => string;
  /** Makes text of the program's own harmless for a terminal, before it is painted. */
  clean?: (text: string) => string;
  /** Characters of a line; undefined: as long as it gets. */
  width?: number | undefined;
}

/** So many stacks that differ in their values only are printed, then the rest is counted. */
const MOST_ALIKE = 3;
const MOST_NAMED = 8;
/** Of a deep recursion so many calls at either end. */
const ENDS = 20;

/**
 * What a thread waits for, as text: each ref, and below it who waits for it, from the inside to the outside. Variables of a call are printed
 * where it is met first; of many refs that are awaited at the same places only the first are, so that a thousand can be read.
 */
export function stackLines(pending: readonly PendingRef[], options: StackLinesOptions = {}): string[] {
  const plain = (text: string): string => text;
  const { dim = plain, bold = plain, clean = plain, width } = options;
  const known = new Set<number>();
  const groups = groupBy(pending);
  const lines: string[] = [];
  for (const refs of groups.values()) {
    // One that is left over is printed: to say so takes as much room.
    const shown = refs.length <= MOST_ALIKE + 1 ? refs : refs.slice(0, MOST_ALIKE);
    for (const { id, stacks, more } of shown) {
      lines.push(`waits for ${bold(clean(id))}${stacks.length === 0 ? ", which nobody awaits" : ""}`);
      stacks.forEach((stack, index) => {
        if (index > 0) lines.push("  and");
        lines.push(
          ...entriesOf(stack).flatMap((entry) => (typeof entry === "string" ? [dim(entry)] : entryLines(entry))),
        );
      });
      if (more === true) lines.push("  and more");
    }
    const left = refs.slice(shown.length);
    if (left.length > 0)
      lines.push(cut(`and for ${left.length.toLocaleString("en-US")} more at the same places: ${idsOf(left)}`));
  }
  return lines;

  function entryLines(entry: StackEntry): string[] {
    if (entry.type === "combinator") return [`  in ${entry.name}, element ${entry.index}`];
    const at = entry.line === undefined ? "" : `:${entry.line}:${entry.column}`;
    const place = entry.file === undefined ? "" : dim(clean(` (${entry.file}${at})`));
    const name = clean(entry.function === "" ? "<anonymous>" : (entry.function ?? ""));
    if (entry.type === "reaction") return [`  in ${entry.name}${name === "" ? "" : ` ${name}${place}`}`];
    const head = `  at ${bold(name)}${place}`;
    if (known.has(entry.frame)) return [`${head}${entry.locals.length === 0 ? "" : dim(", as above")}`];
    known.add(entry.frame);
    return [head, ...(entry.source === undefined ? [] : [cut(`       ${entry.source}`)]), ...localLines(entry.locals)];
  }

  function localLines(locals: readonly { name: string; value: string }[]): string[] {
    const unset = locals.filter(({ value }) => value === "undefined").map(({ name }) => name);
    return [
      ...locals
        .filter(({ value }) => value !== "undefined")
        .map(({ name, value }) => dim(cut(`       ${name} = ${value}`))),
      ...(unset.length === 0 ? [] : [dim(cut(`       undefined: ${unset.join(", ")}`))]),
    ];
  }

  function cut(text: string): string {
    const line = clean(text);
    return width === undefined || line.length <= width ? line : `${line.slice(0, width - 1).toWellFormed()}…`;
  }
}

/** A line in place of what is left out. */
function entriesOf(stack: readonly StackEntry[]): (StackEntry | string)[] {
  const left = stack.length - 2 * ENDS;
  if (left <= 1) return [...stack];
  return [...stack.slice(0, ENDS), `  … ${left.toLocaleString("en-US")} more calls …`, ...stack.slice(-ENDS)];
}

function groupBy(pending: readonly PendingRef[]): Map<string, PendingRef[]> {
  const groups = new Map<string, PendingRef[]>();
  for (const ref of pending) {
    const places = placesOf(ref);
    const group = groups.get(places);
    if (group === undefined) groups.set(places, [ref]);
    else group.push(ref);
  }
  return groups;
}

const placesOf = ({ stacks }: PendingRef): string =>
  stacks
    .map((stack) =>
      stack
        .map((entry) =>
          entry.type === "combinator"
            ? entry.name
            : `${entry.type} ${entry.function}@${entry.file}:${entry.line}:${entry.column}`,
        )
        .join("<"),
    )
    .join("|");

function idsOf(refs: readonly PendingRef[]): string {
  const ids = refs.map(({ id }) => id);
  if (ids.length <= MOST_NAMED) return ids.join(", ");
  return `${ids.slice(0, MOST_NAMED - 1).join(", ")}, … ${ids.at(-1)}`;
}
