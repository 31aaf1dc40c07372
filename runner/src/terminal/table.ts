// Rows for people: columns as wide as what is in them, on a terminal cut to its width, piped never cut. What a cell says is made
// harmless first: a thread id, or an error's message, may hold anything.

export interface TableOptions {
  /** Characters of a line; undefined: as long as it gets. */
  readonly width?: number | undefined;
  /** Columns whose cells stand at the right end, as numbers do. */
  readonly right?: readonly string[];
}

/** The heading, then a line for each row; the last column takes what is left of the width. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string[] {
  const { width, right = [] } = options;
  const all = [headings, ...rows];
  const wide = headings.map((_, column) => all.reduce((most, row) => Math.max(most, length(row[column] ?? "")), 0));
  if (width !== undefined) shrink(wide, width);
  const atRight = headings.map((heading) => right.includes(heading));
  return all.map((row) =>
    headings
      .map((_, column) => fit(row[column] ?? "", wide[column]!, atRight[column]!))
      .join("  ")
      .trimEnd(),
  );
}

/** A line at a time takes longer than everything else. */
const AT_ONCE = 1_000;

/** To stdout, as wide as the terminal, if it is one. */
export function printTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  right?: readonly string[],
): void {
  const width = process.stdout.isTTY ? process.stdout.columns : undefined;
  printLines(table(headings, rows, { width, ...(right === undefined ? {} : { right }) }));
}

export function printLines(lines: readonly string[]): void {
  for (let at = 0; at < lines.length; at += AT_ONCE)
    process.stdout.write(`${lines.slice(at, at + AT_ONCE).join("\n")}\n`);
}

/** Control characters, line ends among them, become what JSON makes of them. */
export function harmless(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    return escaped === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : escaped;
  });
}

/** `1 thread`, `2 threads`, `1,234 threads`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${String(number).replace(/\B(?=(\d{3})+$)/g, ",")} ${number === 1 ? one : many}`;
}

const NARROWEST = 8;

/** Takes from the widest column until the line fits, or every column is narrow. */
function shrink(wide: number[], width: number): void {
  const room = width - 2 * (wide.length - 1);
  for (let over = wide.reduce((sum, one) => sum + one, 0) - room; over > 0; over--) {
    const widest = wide.lastIndexOf(Math.max(...wide));
    if (wide[widest]! <= NARROWEST) return;
    wide[widest]!--;
  }
}

/** Almost every cell: nothing in it to be made harmless, and as many characters as it is long. */
const PLAIN = /^[ -~]*$/;

/** Of what is shown of it. */
const length = (text: string): number => (PLAIN.test(text) ? text.length : [...harmless(text)].length);

function fit(cell: string, room: number, atRight: boolean): string {
  if (PLAIN.test(cell) && cell.length <= room) return atRight ? cell.padStart(room) : cell.padEnd(room);
  const characters = [...harmless(cell)];
  if (characters.length > room) return `${characters.slice(0, room - 1).join("")}…`;
  const text = characters.join("");
  const units = room + text.length - characters.length;
  return atRight ? text.padStart(units) : text.padEnd(units);
}
