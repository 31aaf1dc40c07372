// Owns the search for a random program on which runs disagree, and what is left of it when it has been made small.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { type Disagreement, disagreementOf, HELPERS } from "./check.js";
import { type Tree, trees } from "./tree.js";
import { programText } from "./writer.js";

export interface CampaignOptions {
  readonly seed: number;
  readonly count: number;
  /** Statements at the top of a program, at most. */
  readonly statements?: number;
  /** Ends the search, not the shrinking of what was found. */
  readonly milliseconds?: number;
  readonly cancels: boolean;
  /** Where programs under test are written. */
  readonly folder: string;
  readonly progress?: (programs: number, isShrinking: boolean) => void;
}

export interface Found {
  readonly trees: readonly Tree[];
  readonly disagreement: Disagreement;
}

/** undefined: all programs agreed. */
export async function campaign(options: CampaignOptions): Promise<Found | undefined> {
  const { seed, count, statements = 12, milliseconds, cancels, folder, progress } = options;
  let found: Found | undefined;
  let programs = 0;
  const agrees = fc.asyncProperty(trees(statements), async (list) => {
    progress?.(++programs, found !== undefined);
    const disagreement = await disagreementOf(list, folder, cancels);
    if (disagreement === undefined) return true;
    found = { trees: list, disagreement };
    return false;
  });
  const until = milliseconds === undefined ? {} : { interruptAfterTimeLimit: milliseconds };
  await fc.check(agrees, { seed, numRuns: count, ...until });
  return found;
}

/** A fixture of what was found: `input.ts` in a folder of its own below `folder`. */
export function writeFixture({ trees }: Found, folder: string, cancels: boolean): string {
  const file = join(folder, "input.ts");
  mkdirSync(folder, { recursive: true });
  const helpers = relative(dirname(file), HELPERS).replace(/\.ts$/, ".js").replaceAll("\\", "/");
  writeFileSync(file, programText(trees, { cancels, helpers }));
  return file;
}
