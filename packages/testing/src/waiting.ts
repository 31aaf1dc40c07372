// Owns what a thread waits for as text: the async stack of each pending ref, with source lines, as `kwf show` has it.
import { type Bundle, decodeState, readContinuation, type StackEntry } from "@kwf/engine";

/** One line for what waits, and its stacks below; empty where nothing is left of the thread. */
export function waitingText(state: Uint8Array | null, bundle: Bundle): string {
  if (state === null) return "";
  const { pending } = readContinuation(decodeState(state), bundle.metadata);
  const lines = pending.length === 0 ? ["waits for nothing from outside"] : [];
  for (const { id, stacks } of pending) {
    lines.push(`waits for ${id}${stacks.length === 0 ? ", which nobody awaits" : ""}`);
    stacks.forEach((stack, index) => {
      if (index > 0) lines.push("  and");
      for (const entry of stack) lines.push(...entryLines(entry, bundle));
    });
  }
  return lines.join("\n");
}

function entryLines(entry: StackEntry, { positions }: Bundle): string[] {
  if (entry.type === "combinator") return [`  in ${entry.name}, element ${entry.index}`];
  if (entry.type === "reaction") return [`  in ${entry.name}`];
  const { function: name, file, line, column, locals } = entry;
  const place = file === undefined ? "" : ` (${file}:${line}:${column})`;
  const lines = [`  at ${name === "" ? "<anonymous>" : name}${place}`];
  const source = file === undefined || line === undefined ? undefined : positions.lineText(file, line)?.trim();
  if (source) lines.push(`       ${source}`);
  const known = locals.filter(({ value }) => value !== "undefined").map((local) => `${local.name} = ${local.value}`);
  if (known.length > 0) lines.push(`       ${known.join(", ")}`);
  return lines;
}
