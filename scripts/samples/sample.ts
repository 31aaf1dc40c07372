// Owns the code samples of a page of docs: every block of TypeScript, as the file that it is or that it stands in.
// Neighbour: samples.test.ts checks, builds and runs them.
//
// A block is a file. What a reader need not see stands in a comment before it, `<!-- sample NAME …`, where NAME is the file's name
// (sample-1.ts and so on without) and the lines of the comment are the rest of the file, with a line `…` in the place of the block:
//
//     <!-- sample
//     import { sleep } from "@kwf/patterns";
//     export default async function main() {
//       …
//     }
//     -->
//
// A comment with lines but without `…` is a file by itself, beside the others of the page. `<!-- sample of PATH -->` says that the block is
// quoted from a file of the repository, and a block in the README of a demo is quoted from the demo's src without saying so. In a quote `…` or
// `// …`, with words behind it, is for lines left out.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { all, root } from "../packaging/packages.js";

export interface Sample {
  /** From the root of the repository, and the line of the block or comment. */
  readonly place: string;
  readonly text: string;
}

/** A file of the page. */
export interface SampleFile extends Sample {
  readonly name: string;
}

/** What stands, but for indentation, in one of these files, which are named from the root of the repository. */
export interface Quote extends Sample {
  readonly sources: readonly string[];
}

export interface PageSamples {
  readonly page: string;
  readonly files: readonly SampleFile[];
  readonly quotes: readonly Quote[];
}

const PLACE_OF_BLOCK = /^[ \t]*…[ \t]*$/m;

/** The pages that users read: README.md of the root, docs, and those of packages and demos. */
export function pages(): string[] {
  const docs = readdirSync(join(root, "docs")).map((name) => join("docs", name));
  const readmes = all.map(({ folder }) => join(folder, "README.md")).filter((page) => existsSync(join(root, page)));
  return ["README.md", ...docs.filter((page) => page.endsWith(".md")), ...readmes, "runner/template/README.md"];
}

/** @throws Error that names the line, where the marks of a page are not as described above */
export function samplesOf(page: string): PageSamples {
  const files: SampleFile[] = [];
  const quotes: Quote[] = [];
  let mark: { head: string; frame: string; line: number } | undefined;
  for (const part of partsOf(readFileSync(join(root, page), "utf8"))) {
    const place = `${page}:${part.line}`;
    if (part.kind === "text") {
      if (mark !== undefined) throw new Error(`${page}:${mark.line}: the mark stands before text, not before a block`);
      continue;
    }
    if (part.kind === "mark") {
      if (mark !== undefined) throw new Error(`${page}:${mark.line}: two marks for one block`);
      if (part.frame.trim() === "" || PLACE_OF_BLOCK.test(part.frame)) mark = part;
      else if (part.head === "") throw new Error(`${place}: a file that no block shows needs a name`);
      else files.push({ name: part.head, place, text: part.frame });
      continue;
    }
    const { head = "", frame = "" } = mark ?? {};
    if (mark === undefined && part.language !== "ts") continue;
    mark = undefined;
    const source = /^of (\S+)$/.exec(head)?.[1];
    if (source !== undefined) quotes.push({ place, text: part.text, sources: [source] });
    else if (head === "" && frame === "" && page.startsWith("demos/")) {
      const src = join(dirname(page), "src");
      quotes.push({ place, text: part.text, sources: readdirSync(join(root, src)).map((name) => join(src, name)) });
    } else {
      const text = frame === "" ? part.text : frame.replace(PLACE_OF_BLOCK, () => part.text);
      files.push({ name: head === "" ? `sample-${files.length + 1}.ts` : head, place, text });
    }
  }
  return { page, files, quotes };
}

type Part =
  | { kind: "mark"; line: number; head: string; frame: string }
  | { kind: "block"; line: number; language: string; text: string }
  | { kind: "text"; line: number };

function* partsOf(text: string): Generator<Part> {
  const pattern = /^<!-- sample\b(?<head>[^\n]*?)(?:\n(?<frame>.*?))?-->$|^```(?<language>\S*)\n(?<text>.*?)^```$/gms;
  let from = 0;
  const lineAt = (index: number): number => text.slice(0, index).split("\n").length;
  for (const match of text.matchAll(pattern)) {
    if (text.slice(from, match.index).trim() !== "") yield { kind: "text", line: lineAt(from) };
    from = match.index + match[0].length;
    const { head, frame = "", language, text: block = "" } = match.groups!;
    const line = lineAt(match.index);
    if (head === undefined) yield { kind: "block", line, language: language ?? "", text: block };
    else yield { kind: "mark", line, head: head.trim(), frame };
  }
  if (text.slice(from).trim() !== "") yield { kind: "text", line: lineAt(from) };
}
