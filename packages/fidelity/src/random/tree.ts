// What a random program is made of: a tree of numbers. writer.ts turns any tree into a valid program, the smaller the numbers
// the simpler, so that fast-check can shrink trees without knowing of programs.
import fc from "fast-check";

export interface Tree {
  /** Which kind of statement or expression. */
  readonly c: number;
  /** Its variants. */
  readonly x: number;
  readonly kids: readonly Tree[];
}

export const NOTHING: Tree = { c: 0, x: 0, kids: [] };

/** A child; in the place of a missing one a leaf that the tree's own numbers say. */
export const kid = ({ x, kids }: Tree, index: number): Tree =>
  kids[index] ?? { c: (x >> (index + 3)) % 5, x: (x * 7 + index) % 1000, kids: [] };

export const pick = <T>(items: readonly T[], x: number): T => items[x % items.length] as T;

const MOST_KIDS = [0, 2, 4, 5, 6];

const treesOf = (depth: number): fc.Arbitrary<Tree> =>
  fc.record({
    c: fc.nat(999),
    x: fc.nat(9999),
    kids:
      depth === 0 ? fc.constant([]) : fc.array(treesOf(depth - 1), { maxLength: MOST_KIDS[depth] ?? 0, size: "max" }),
  });

const tree = treesOf(4);

/** The statements of a program. */
export const trees = (statements: number): fc.Arbitrary<Tree[]> =>
  fc.array(tree, { minLength: 1, maxLength: statements, size: "max" });
