// The one shape behind everything that can be written: a kind knows how to write its objects as JSON and how to make
// them again in two steps, empty first and filled later, because graphs have cycles.
// Neighbours: classify.ts finds an object's kind; codec.ts drives writing and reading through the library.

import { apply } from "../pristine.js";

/** How to reach a value from the one that holds it; its holder's kind says how that reads (path.ts). */
export type Label = string | number | symbol;

/** What objects inherit from is written under these labels. */
export const PROTOTYPE = "[[Prototype]]";
export const HERITAGE = "extends";

/** What `$` says: a kind's tag, maybe with the number of a function or scope (`F12`); or a list of that and of fields. */
export type Tag = string | readonly unknown[];

/** An object of the state text. `$` names its kind; p, f, d, n, q, e are properties.ts's, other keys the kind's own. */
export interface Json {
  $?: Tag;
  [key: string]: unknown;
}

const { slice } = String.prototype;

/** The tag of an object of the text, without its fields. */
export const tagOf = ({ $ }: Json): string => (typeof $ === "object" ? $[0] : $) as string;

/** The number in a tag of one letter and a number. */
export const numberIn = (json: Json): number => +(apply(slice, tagOf(json), [1]) as string);

export interface Output {
  /**
   * The JSON of `value`, to be stored in `holder[index]`: where it is not known yet, something else is returned and
   * the place is filled in at the end.
   */
  put(value: unknown, holder: object, index: string | number, label: Label): unknown;
  /** Whether the value is written already, or is about to be. */
  knows(value: unknown): boolean;
  /** A weak collection is alive: its living entries will be added to its JSON. */
  weak(collection: object): void;
  /** From now on `prototype` is written as the `prototype` of `fn`, should it be reached. */
  prototypeOf(prototype: object, fn: object): void;
  /** What `prototypeOf` was told. */
  ownerOf(prototype: object): object | undefined;
}

export interface Input {
  /** The value, filled as far as the state is read. */
  get(json: unknown): unknown;
  /** The value, possibly still empty: for what an object is made with. */
  make(json: unknown): unknown;
  /** Runs when every object is filled. */
  after(finish: () => void): void;
  /** Runs when the program is as the thread left it, too. */
  last(finish: () => void): void;
}

export interface Kind<T extends object = object> {
  /** The value of `$`. */
  readonly tag: string;
  write(out: Output, object: T): unknown;
  make(input: Input, json: Json): T;
  fill(input: Input, json: Json, object: T): void;
  /** Scopes and frames: which. */
  readonly id?: number;
  /** Scopes: the slots, in the order of the metadata's names. */
  readonly slots?: readonly string[];
  /** Scopes: nothing sets a slot once the function is over that made it. */
  readonly isFixed?: boolean;
  /** Contents that are not properties, as a flat list; what the image walks and module state compares. */
  state?(object: T): unknown[];
  setState?(object: T, values: unknown[]): void;
  /** Where the contents are bytes: what is compared in place of `state`. */
  bytes?(object: T): Uint8Array;
}

/** By tag, for reading. */
export const kinds: Kind[] = [];
const tags = new Set<string>();

export function defineKind<T extends object>(kind: Kind<T>): Kind<T> {
  if (tags.has(kind.tag)) throw new TypeError(`tag ${kind.tag} is taken`);
  tags.add(kind.tag);
  kinds.push(kind as unknown as Kind);
  return kind;
}
