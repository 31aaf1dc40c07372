// Owns the layout of `--state DIR`:
//
//   threads/<name>    the state of one thread, as the engine's bytes
//   held/<name>       JSON of the records that wait for a paused thread
//   bundles/<hash>.js every bundle that a thread there runs on
//   position          offset of the next record, so that step ids stay unique from call to call
//
// I1  A file is there whole or not at all: written beside its place, then renamed.
// I2  Any thread id has a file name of its own: safe characters stand for themselves, all others as %XX of their UTF-8; what would
//     be too long is cut and told apart by a hash of the whole.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HeldRecord } from "@kwf/engine";

const LONGEST = 180;

export class StateDirectory {
  readonly #threads: string;
  readonly #held: string;
  readonly #bundles: string;

  constructor(readonly path: string) {
    this.#threads = join(path, "threads");
    this.#held = join(path, "held");
    this.#bundles = join(path, "bundles");
  }

  get(thread: string): Uint8Array | null {
    return read(join(this.#threads, fileName(thread)));
  }

  set(thread: string, state: Uint8Array | null): void {
    const file = join(this.#threads, fileName(thread));
    if (state === null) rmSync(file, { force: true });
    else write(this.#threads, file, state);
  }

  held(thread: string): readonly HeldRecord[] | undefined {
    const bytes = read(join(this.#held, fileName(thread)));
    return bytes === null ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as HeldRecord[]);
  }

  setHeld(thread: string, held: readonly HeldRecord[]): void {
    const file = join(this.#held, fileName(thread));
    if (held.length === 0) rmSync(file, { force: true });
    else write(this.#held, file, JSON.stringify(held));
  }

  bundle(hash: string): string | undefined {
    const bytes = /^[0-9a-f]+$/.test(hash) ? read(join(this.#bundles, `${hash}.js`)) : null;
    return bytes === null ? undefined : Buffer.from(bytes).toString();
  }

  keepBundle(hash: string, source: string): void {
    const file = join(this.#bundles, `${hash}.js`);
    if (!existsSync(file)) write(this.#bundles, file, source);
  }

  get position(): number {
    const bytes = read(join(this.path, "position"));
    return bytes === null ? 0 : Number(Buffer.from(bytes).toString());
  }

  set position(next: number) {
    write(this.path, join(this.path, "position"), `${next}\n`);
  }
}

function fileName(thread: string): string {
  // encodeURIComponent refuses lone surrogates, which a key may hold; some file systems do not tell A from a.
  const name = encodeURIComponent(thread.toWellFormed()).replace(/%[0-9A-F]{2}|[A-Z!'()*.~]/g, (text) =>
    text.length > 1 ? text.toLowerCase() : `%${text.charCodeAt(0).toString(16)}`,
  );
  if (name === "") return "=";
  if (name.length <= LONGEST && thread.isWellFormed()) return name;
  const hash = createHash("sha256").update(JSON.stringify(thread)).digest("hex").slice(0, 32);
  return `${name.slice(0, LONGEST - 40).replace(/%[0-9a-f]?$/, "")}=${hash}`;
}

function read(file: string): Uint8Array | null {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

function write(folder: string, file: string, data: Uint8Array | string): void {
  mkdirSync(folder, { recursive: true });
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, data);
  renameSync(beside, file);
}
