// Owns what lies in the directory of a store beside RocksDB's own files:
//
//   kwf-store.json   what this is: {"format", "state", "reason"?}; written first, removed last
//   holder.json      who has it open; only worth reading while the lock is held
//   db/              RocksDB, its LOCK included
//
// States: `unfinished` (being made or removed: what is in db/ counts for nothing), `ready`, `damaged` (a read met damage; RocksDB opens
// such a database as if nothing were wrong, so it is remembered here).
//
// I1 Only RocksDB's own files in db/ and the two files above are ever removed, and db/ only under RocksDB's lock.
// I2 kwf-store.json is there whole or not at all. Once it is there, only who holds the lock changes it.

import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, realpath, rename, rm, rmdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Holder, StoreDamaged, StoreForeign, StoreFormatUnknown } from "../store-error.js";
import { Database } from "./database.js";

const MARKER = "kwf-store.json";
const HOLDER = "holder.json";

interface Marker {
  readonly format: string;
  readonly state: "unfinished" | "ready" | "damaged";
  readonly reason?: string;
}

export class StoreDirectory {
  #database: string;

  constructor(
    readonly path: string,
    /** What is written there, and in which way. */
    readonly format: string,
  ) {
    this.#database = join(path, "db");
  }

  /** RocksDB's folder; one name for it once `inspect` was called, or a second opener in this process would go unnoticed. */
  get database(): string {
    return this.#database;
  }

  /** What to do with it: make a store there, or open the one that is there. Throws StoreForeign, StoreFormatUnknown, StoreDamaged. */
  async inspect(): Promise<"make" | "open"> {
    await mkdir(this.path, { recursive: true });
    this.#database = join(await realpath(this.path), "db");
    // Listed before the marker is looked for: another process may be making the store at this moment, marker first.
    const others = (await readdir(this.path)).filter((name) => !name.startsWith(MARKER)).sort();
    const text = await read(join(this.path, MARKER));
    if (text === undefined) {
      if (others.length > 0)
        throw new StoreForeign(this.path, others.slice(0, 3).join(", ") + (others.length > 3 ? ", ..." : ""));
      await write(join(this.path, MARKER), "wx", this.#textOf("unfinished")).catch(unless("EEXIST"));
      return "make";
    }
    // Only just begun, here or by another process: it is written before db/ is made.
    if (text === "" && !existsSync(this.database)) return "make";
    const marker = parse<Marker>(text);
    if (typeof marker?.format !== "string") throw new StoreDamaged(this.path, `${MARKER} cannot be read`);
    if (marker.format !== this.format) throw new StoreFormatUnknown(this.path, marker.format, this.format);
    if (marker.state === "damaged") throw new StoreDamaged(this.path, marker.reason ?? "found when it was open before");
    return marker.state === "ready" ? "open" : "make";
  }

  /**
   * Leaves nothing in db/ that RocksDB would read. Throws RocksDB's error and changes nothing if somebody has it open. Ended half way it
   * leaves a database that cannot be opened or cannot be read, or an older state of it with the checkpoint of then: the caller comes back
   * here, or goes on from there.
   */
  async empty(): Promise<void> {
    // With nothing but a lock in it another process may be about to make it: RocksDB would take the folder away from under that one.
    const names = (await readdir(this.database).catch(unless("ENOENT"))) ?? [];
    if (names.some((name) => name !== "LOCK")) await Database.destroy(this.database);
  }

  mark(state: Marker["state"], reason?: string): Promise<void> {
    return this.#write(MARKER, this.#textOf(state, reason));
  }

  hold(): Promise<void> {
    const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    return this.#write(HOLDER, JSON.stringify(holder));
  }

  async holder(): Promise<Holder | undefined> {
    return parse<Holder>((await read(join(this.path, HOLDER)).catch(() => undefined)) ?? "");
  }

  /** While the lock is still held: afterwards the file may be another's. */
  letGo(): Promise<void> {
    return rm(join(this.path, HOLDER), { force: true });
  }

  async remove(): Promise<void> {
    await this.empty();
    await rm(join(this.path, MARKER), { force: true });
    await rmdir(this.path).catch(() => undefined);
  }

  #textOf(state: Marker["state"], reason?: string): string {
    return JSON.stringify({ format: this.format, state, ...(reason !== undefined && { reason }) } satisfies Marker);
  }

  async #write(name: string, text: string): Promise<void> {
    const beside = join(this.path, `${name}.tmp`);
    await write(beside, "w", text);
    await rename(beside, join(this.path, name));
  }
}

async function write(path: string, flags: "w" | "wx", text: string): Promise<void> {
  const file = await open(path, flags);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function read(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(unless("ENOENT"));
}

function unless(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
    return undefined;
  };
}

function parse<T>(text: string): T | undefined {
  try {
    return (JSON.parse(text) as T | null) ?? undefined;
  } catch {
    return undefined;
  }
}
