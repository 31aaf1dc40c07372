// The clock of runners in a test: a file, which they read (../clock.ts).

import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class TestClock {
  readonly #folder = mkdtempSync(join(tmpdir(), "kwf-clock-"));
  #now: number;

  /** Epoch milliseconds or a date. */
  constructor(start: number | Date = Date.UTC(2020, 0, 1)) {
    this.#now = Number(start);
    this.now = this.#now;
  }

  get file(): string {
    return join(this.#folder, "clock");
  }

  /** For every process whose time this is to be. */
  get environment(): { readonly KWF_CLOCK: string } {
    return { KWF_CLOCK: this.file };
  }

  /** Epoch milliseconds. */
  get now(): number {
    return this.#now;
  }

  set now(time: number) {
    if (!Number.isSafeInteger(time) || time < 0)
      throw new RangeError(`a time is in whole milliseconds since 1970, got ${time}`);
    const next = `${this.file}.next`;
    writeFileSync(next, String(time));
    // Whoever looks finds the one time or the other.
    renameSync(next, this.file);
    this.#now = time;
  }

  advance(ms: number): void {
    this.now = this.#now + ms;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
