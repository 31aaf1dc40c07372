// What the author calls things, and where they stand: only the bundle's metadata knows, so the engine is asked. Without one
// (tests of the codec) the compiled names stand.

/** Primitives in, primitives out; undefined: not known. */
export interface SourceNames {
  /** `src/saga.ts:41`: a function of the program; with a label, the await at which it stands. */
  place?(functionId: number, label?: number): string | undefined;
  name?(functionId: number): string | undefined;
  /** A variable by the slot of a frame (`F12`) or the place of its slot in a scope (`S5`); "": the compiler's own. */
  variable?(holder: string, slot: string | number): string | undefined;
  /** The path of a source module. */
  module?(index: number): string | undefined;
}

let names: SourceNames = {};

export const sourceNames = (): SourceNames => names;

export function setSourceNames(given: SourceNames): void {
  names = given;
}
