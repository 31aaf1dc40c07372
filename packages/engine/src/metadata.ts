import type { ProgramStructure } from "./structure.js";

/** What a bundle says about its own code, for those who look at states without running it. */
export interface BundleMetadata {
  version: 1;
  name: string;
  /** Paths of the original files, relative to the project's root. */
  modules: string[];
  functions: FunctionInfo[];
  /** Scope id and the original names of its variables. */
  scopes: [id: number, names: string[]][];
  /** Absent in bundles of releases that said nothing of it: their threads cannot be carried to another bundle. */
  structure?: ProgramStructure;
  /** All topics that it may write to, beside those that every bundle may; absent where that is not known. */
  outputTopics?: readonly string[];
}

/** A function that can be suspended, or created again by a restore. */
export interface FunctionInfo {
  id: number;
  /** As the author wrote it; "" where it has none. */
  name: string;
  /** Index into `modules`; -1 for code that no file holds. */
  module: number;
  line: number;
  column: number;
  /** In frame order: slot and original name of the variable; "" for the compiler's own. */
  slots?: [slot: string, name: string][];
  /** Every place where the function can be suspended. Lines from 1, columns from 1. */
  awaits?: [label: number, line: number, column: number, text: string][];
}
