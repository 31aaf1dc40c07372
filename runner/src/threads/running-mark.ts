// Owns the file in which a task says what it is about to run, so that whoever comes after an unclean end of the process knows which
// record may have caused it. It is there only while steps run, not while they are committed.

import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";

export interface Mark {
  /** Of the first record. */
  readonly offset: number;
  readonly count: number;
  /** How often the process ended while the record at `offset` was the only one that ran. */
  readonly deaths: number;
  /** They are records that have waited, from below the position. */
  readonly waited: boolean;
}

export class RunningMark {
  /** What the process before left; undefined after a clean end. */
  readonly found: Mark | undefined;
  readonly #file: number;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.found = read(path);
    this.#file = openSync(path, "w");
  }

  set(mark: Mark): void {
    // A shorter text over a longer one: blanks at the end are no harm to JSON.
    writeSync(this.#file, JSON.stringify(mark).padEnd(80), 0);
  }

  clear(): void {
    ftruncateSync(this.#file, 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function read(path: string): Mark | undefined {
  try {
    const { offset, count, deaths, waited } = JSON.parse(readFileSync(path, "utf8")) as Mark;
    const sound = [offset, count, deaths].every(Number.isSafeInteger) && typeof waited === "boolean";
    return sound ? { offset, count, deaths, waited } : undefined;
  } catch {
    return undefined;
  }
}
