// A store that lives as long as its MemoryDisk: for tests and for runs that keep nothing. The same words as on a disk,
// locks and formats included, so that what runs on one runs on the other.

import { hostname } from "node:os";
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "../checkpoint.js";
import { CHECKPOINT_KEY, checkKey, endOf, Space } from "../keys.js";
import type { Change, Entry, OpenOptions, Range, StateStore, TextEntry } from "../store.js";
import {
  type Holder,
  StoreClosed,
  StoreDamaged,
  type StoreError,
  StoreForeign,
  StoreFormatUnknown,
  StoreLocked,
} from "../store-error.js";

const FORMAT = "memory-1";

/** What a directory is on a disk. Public so that a test can spoil it. */
export interface MemoryDirectory {
  /** Undefined: something that is no store. */
  format: string | undefined;
  /** Why it cannot be read. */
  damage: string | undefined;
  /** By the key's bytes as latin1, whose order is the order of the bytes. */
  entries: Map<string, Uint8Array>;
  holder: Holder | undefined;
}

export class MemoryDisk {
  readonly directories = new Map<string, MemoryDirectory>();

  readonly open = async (directory: string, options: OpenOptions = {}): Promise<StateStore> => {
    let found = this.directories.get(directory);
    if (found?.holder !== undefined) throw new StoreLocked(directory, found.holder);
    if (found !== undefined && found.format === undefined) throw new StoreForeign(directory, "something else");
    const unreadable = found && problemOf(directory, found);
    if (unreadable !== undefined && options.unreadable !== "rebuild") throw unreadable;
    if (found === undefined || unreadable !== undefined) {
      found = { format: FORMAT, damage: undefined, entries: new Map(), holder: undefined };
      this.directories.set(directory, found);
    }
    found.holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    return new MemoryStore(this, directory, found, unreadable);
  };
}

function problemOf(directory: string, { format, damage }: MemoryDirectory): StoreError | undefined {
  if (format !== FORMAT) return new StoreFormatUnknown(directory, String(format), FORMAT);
  return damage === undefined ? undefined : new StoreDamaged(directory, damage);
}

class MemoryStore implements StateStore {
  #open = true;
  readonly #disk: MemoryDisk;
  readonly #here: MemoryDirectory;

  constructor(
    disk: MemoryDisk,
    readonly directory: string,
    here: MemoryDirectory,
    readonly rebuilt: StoreError | undefined,
  ) {
    this.#disk = disk;
    this.#here = here;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    this.#mustBeOpen();
    return keys.map((key) => {
      checkKey(key);
      return this.#here.entries.get(text(key))?.slice();
    });
  }

  async write(changes: Iterable<Change>, checkpoint?: Checkpoint): Promise<void> {
    this.#mustBeOpen();
    const all = [...changes];
    for (const { key } of all) checkKey(key);
    if (checkpoint !== undefined) all.push({ key: CHECKPOINT_KEY, value: encodeCheckpoint(checkpoint) });
    for (const { key, value } of all) {
      if (value === null) this.#here.entries.delete(text(key));
      else this.#here.entries.set(text(key), Uint8Array.from(value));
    }
  }

  async *range(range?: Range): AsyncGenerator<Entry> {
    this.#mustBeOpen();
    for (const entry of this.#entries(range)) {
      this.#mustBeOpen();
      yield entry;
    }
    this.#mustBeOpen();
  }

  async *texts(range?: Range): AsyncGenerator<TextEntry[]> {
    this.#mustBeOpen();
    yield this.#entries(range).map(({ key, value }) => ({ key: Buffer.from(key).toString(), value }));
    this.#mustBeOpen();
  }

  #entries({ prefix, from, limit = Number.POSITIVE_INFINITY }: Range = {}): Entry[] {
    const first = text(Uint8Array.of(Space.own + 1));
    const start = [first, prefix && text(prefix), from && text(from)].reduce<string>(
      (a, b) => (b && b > a ? b : a),
      first,
    );
    const end = prefix && endOf(prefix);
    const stop = end && text(end);
    const entries = [...this.#here.entries]
      .filter(([key]) => key >= start && (stop === undefined || key < stop))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit);
    return entries.map(([key, value]) => ({ key: Buffer.from(key, "latin1"), value: value.slice() }));
  }

  async checkpoint(): Promise<Checkpoint | undefined> {
    this.#mustBeOpen();
    const bytes = this.#here.entries.get(text(CHECKPOINT_KEY));
    return bytes && decodeCheckpoint(bytes);
  }

  async close(): Promise<void> {
    if (this.#open) this.#here.holder = undefined;
    this.#open = false;
  }

  async destroy(): Promise<void> {
    this.#mustBeOpen();
    await this.close();
    this.#disk.directories.delete(this.directory);
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new StoreClosed(this.directory);
  }
}

function text(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString("latin1");
}
