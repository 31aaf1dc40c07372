/**
 * The text of a piece of the program, as its author would know it again: original names, no comments, no layout, inner functions left out.
 * Equal texts mean that nothing was changed; positions, formatting and the bundler's names never count.
 */
import { createHash } from "node:crypto";
import * as t from "@babel/types";

/** Original name of an identifier that the bundler may have renamed. */
type OriginalName = (identifier: t.Identifier) => string;

/** Text between what stands as it is: its neighbours decide what white space means. */
type Between = (text: string, before?: string, after?: string) => string;

/** A line of the author's, and the column in it, for a place of the program. */
export type WrittenAt = (line: number, column: number) => { line: string; column: number } | undefined;

interface Edit {
  readonly start: number;
  readonly end: number;
  /** Undefined: a comment. */
  readonly text: string | undefined;
}

export interface TextOptions {
  /** Functions inside stand for themselves, without their body; or for any function. */
  readonly elide?: boolean | "whole";
}

interface InnerOptions extends TextOptions {
  readonly shown?: boolean;
}

/** What the bundler may have named: it appends digits, and makes `_Widget` of a class that refers to itself. */
const MAYBE_RENAMED = /\d$|^_|_default$/;
const LITERALS = new Set(["StringLiteral", "TemplateElement", "RegExpLiteral", "DirectiveLiteral"]);

export class SourceTexts {
  constructor(
    private readonly code: string,
    private readonly comments: readonly { start?: number | null; end?: number | null }[],
    private readonly originalName: OriginalName,
    private readonly writtenAt: WrittenAt = () => undefined,
  ) {}

  /** In one line, for a reader. */
  shown(node: t.Node, options: TextOptions = {}): string {
    return this.#text(node, { ...options, shown: true }, oneLine).trim();
  }

  /** For comparison: without white space that means nothing. */
  bare(node: t.Node, options: TextOptions = {}): string {
    return this.#text(node, options, squeeze);
  }

  /** `for await (const x of y)` of a loop. */
  head({ start, left, right, body }: t.ForOfStatement): string {
    const place = { start: start!, end: body.start! };
    return this.#between(place, [left, right], { elide: true, shown: true }, oneLine).trim();
  }

  #text(node: t.Node, options: InnerOptions, between: Between): string {
    if (node.start == null || node.end == null) return "";
    return this.#between({ start: node.start, end: node.end }, [node], options, between);
  }

  /** The text from `start` to `end`; `nodes` are what of it is looked into. */
  #between(
    { start: first, end: last }: { start: number; end: number },
    nodes: readonly t.Node[],
    options: InnerOptions,
    between: Between,
  ): string {
    const edits: Edit[] = [];
    for (const node of nodes) this.#collect(node, node, options, edits);
    this.#collectComments(first, last, edits);
    edits.sort((a, b) => a.start - b.start);
    let out = "";
    let loose = "";
    let at = first;
    for (const { start, end, text } of edits) {
      if (start < at) continue;
      loose += this.code.slice(at, start);
      at = end;
      if (text === undefined) loose += " ";
      else {
        out += between(loose, out.at(-1), text[0]) + text;
        loose = "";
      }
    }
    return out + between(loose + this.code.slice(at, last), out.at(-1), undefined);
  }

  #collect(node: t.Node, root: t.Node, options: InnerOptions, edits: Edit[], isPropertyName = false): void {
    const { elide = false, shown = false } = options;
    if (node.type === "Identifier") {
      // The names of properties are nobody's to change.
      if (isPropertyName) return;
      if ((!shown && !MAYBE_RENAMED.test(node.name)) || node.start == null) return;
      const name = this.originalName(node);
      const text = shown ? this.#written(node, name) : name;
      if (text !== node.name) edits.push({ start: node.start, end: node.start + node.name.length, text });
      return;
    }
    if (LITERALS.has(node.type)) {
      edits.push({ start: node.start!, end: node.end!, text: this.code.slice(node.start!, node.end!) });
      return;
    }
    // The bundler writes out what the author has left out, where it changes the name: { x: x2 }.
    if (node.type === "ObjectProperty" && !node.computed && !node.shorthand && node.key.type === "Identifier") {
      const target = node.value.type === "AssignmentPattern" ? node.value.left : node.value;
      if (target.type === "Identifier" && this.originalName(target) === node.key.name)
        edits.push({ start: node.key.start!, end: target.start!, text: undefined });
    }
    const elided = elide && node !== root && t.isFunction(node) ? node.body : undefined;
    if (elided !== undefined) {
      edits.push({ start: (elide === "whole" ? node : elided).start!, end: elided.end!, text: "{…}" });
      if (elide === "whole") return;
    }
    for (const key of t.VISITOR_KEYS[node.type] ?? []) {
      if (elided !== undefined && key === "body") continue;
      const child = (node as unknown as Record<string, t.Node | (t.Node | null)[] | null | undefined>)[key];
      if (Array.isArray(child)) {
        for (const one of child) if (one) this.#collect(one, root, options, edits);
      } else if (child) {
        const named =
          (key === "property" || key === "key") && (node as { computed?: boolean | null }).computed !== true;
        this.#collect(child, root, options, edits, named);
      }
    }
  }

  /** `W.ref`, where the bundler has made `ref` of a member of a module. */
  #written({ loc }: t.Identifier, name: string): string {
    const place = loc ? this.writtenAt(loc.start.line, loc.start.column) : undefined;
    if (place === undefined) return name;
    // The map may name either end of it.
    const [before, after] = [place.line.slice(0, place.column), place.line.slice(place.column)];
    if (after.startsWith(name)) return (OBJECT.exec(before)?.[0] ?? "") + name;
    const chain = MEMBERS.exec(after)?.[0];
    return chain?.endsWith(`.${name}`) === true ? chain : name;
  }

  #collectComments(start: number, end: number, edits: Edit[]): void {
    const { comments } = this;
    let low = 0;
    let high = comments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((comments[middle]!.start ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    for (; low < comments.length && (comments[low]!.start ?? end) < end; low++) {
      edits.push({ start: comments[low]!.start!, end: comments[low]!.end!, text: undefined });
    }
  }
}

const oneLine: Between = (text) => text.replace(/\s+/g, " ");

const OBJECT = /(?<![\p{ID_Continue}$.])(?:[\p{ID_Start}$_][\p{ID_Continue}$]*\.)+$/u;
const MEMBERS = /^[\p{ID_Start}$_][\p{ID_Continue}$]*(?:\.[\p{ID_Start}$_][\p{ID_Continue}$]*)+/u;
const WORD = /[\p{ID_Continue}$\u200c\u200d]/u;

/** A space is left only where two words, or two signs, would run together. */
function squeeze(text: string, first = "(", last = "("): string {
  return text.replace(/\s+/g, (space, at: number) => {
    const before = text[at - 1] ?? first;
    const after = text[at + space.length] ?? last;
    const words = WORD.test(before) && WORD.test(after);
    const signs = /[+-]/.test(before) && /[+-]/.test(after);
    return words || signs ? " " : "";
  });
}

export const hashOf = (text: string): string => createHash("sha256").update(text).digest("base64url").slice(0, 12);
