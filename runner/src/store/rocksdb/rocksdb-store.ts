// A store on disk. It owns the order of things: write, read, close. Neighbours: open-database.ts how it is opened or made,
// store-directory.ts the files beside RocksDB, database.ts the way into the native part and its traps, write-ahead-log.ts and
// sealed-value.ts the checks RocksDB leaves out, problem.ts what its errors mean. The guarantees, I1 to I6, are those of ../store.ts.
//
// Batches go to RocksDB's log without waiting for the disk: a killed process loses nothing, a crash of the machine may take the last
// ones, each with its checkpoint, and the changelog brings them back. Who has no changelog sets `sync`.

import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from "../checkpoint.js";
import { CHECKPOINT_KEY, checkKey, endOf, Space } from "../keys.js";
import type { Change, Entry, Range, StateStore, TextEntry } from "../store.js";
import { StoreClosed, StoreDamaged, type StoreError, StoreLocked } from "../store-error.js";
import type { Database, Operation } from "./database.js";
import type { DiskSpace } from "./disk-space.js";
import { type DatabaseSettings, openDatabase } from "./open-database.js";
import { isLocked, problemOf } from "./problem.js";
import { seal, unseal } from "./sealed-value.js";
import type { StoreDirectory } from "./store-directory.js";

export interface RocksdbOptions extends DatabaseSettings {
  /** Each batch is on the disk when its promise resolves. Off, if absent. */
  readonly sync?: boolean;
}

const FORMAT = "rocksdb-1";
type Bounds = [gte: Buffer, lt: Buffer | undefined, limit: number, highWaterMark: number];

/** Bytes that a range fetches at a time. */
const READ_AHEAD = 256 * 1024;

/** An OpenStore. Throws StoreLocked, StoreForeign, StoreDamaged, StoreFormatUnknown, StoreDiskFull, StoreIOError, StoreUnavailable. */
export async function openRocksdbStore(directory: string, options: RocksdbOptions = {}): Promise<StateStore> {
  const { here, database, space, buffers, rebuilt } = await openDatabase(directory, FORMAT, options);
  return new RocksdbStore(here, database, space, buffers, rebuilt, options.sync ?? false);
}

class RocksdbStore implements StateStore {
  readonly #here: StoreDirectory;
  readonly #database: Database;
  readonly #space: DiskSpace;
  /** Bytes of all full buffers. */
  readonly #buffers: number;
  readonly #sync: boolean;
  #open = true;
  #closing: Promise<void> | undefined;
  /** The end of the queue of batches; never rejects. */
  #written: Promise<void> = Promise.resolve();
  #failed: StoreError | undefined;
  #damaged: Promise<void> | undefined;

  constructor(
    here: StoreDirectory,
    database: Database,
    space: DiskSpace,
    buffers: number,
    readonly rebuilt: StoreError | undefined,
    sync: boolean,
  ) {
    this.#here = here;
    this.#database = database;
    this.#space = space;
    this.#buffers = buffers;
    this.#sync = sync;
  }

  get directory(): string {
    return this.#here.path;
  }

  async getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    for (const key of keys) checkKey(key);
    return this.#get(keys.map(bufferOf));
  }

  async write(changes: Iterable<Change>, checkpoint?: Checkpoint): Promise<void> {
    this.#mustBeOpen();
    const operations: Operation[] = [];
    for (const { key, value } of changes) {
      checkKey(key);
      operations.push(operationOf(key, value));
    }
    if (checkpoint !== undefined) operations.push(operationOf(CHECKPOINT_KEY, encodeCheckpoint(checkpoint)));
    const written = this.#written.then(() => this.#apply(operations));
    this.#written = written.catch(() => undefined);
    return written;
  }

  async *range(range?: Range): AsyncGenerator<Entry> {
    for await (const portion of this.#through(range, (...bounds) => this.#database.portions(...bounds))) {
      for (const entry of portion) {
        this.#mustBeOpen();
        yield entry;
      }
    }
  }

  texts(range?: Range): AsyncGenerator<TextEntry[]> {
    return this.#through(range, (...bounds) => this.#database.texts(...bounds));
  }

  async *#through<K extends Buffer | string>(
    { prefix, from, limit = -1 }: Range = {},
    read: (...bounds: Bounds) => AsyncIterable<[key: K, value: Buffer][]>,
  ): AsyncGenerator<{ key: K; value: Buffer }[]> {
    this.#mustBeOpen();
    const starts = [Uint8Array.of(Space.own + 1), prefix, from].filter((start) => start !== undefined).map(bufferOf);
    const start = starts.reduce((a, b) => (Buffer.compare(a, b) < 0 ? b : a));
    const end = prefix && endOf(prefix);
    const most = Number.isFinite(limit) ? limit : -1;
    try {
      for await (const portion of read(start, end && bufferOf(end), most, READ_AHEAD)) {
        yield portion.map(([key, sealed]) => ({ key, value: this.#unsealed(key, sealed) }));
        this.#mustBeOpen();
      }
      this.#mustBeOpen();
    } catch (error) {
      throw this.#open ? await this.#noted(error) : new StoreClosed(this.directory);
    }
  }

  async checkpoint(): Promise<Checkpoint | undefined> {
    const [bytes] = await this.#get([bufferOf(CHECKPOINT_KEY)]);
    if (bytes === undefined) return undefined;
    const checkpoint = decodeCheckpoint(bytes);
    if (checkpoint === undefined)
      throw await this.#noted(new StoreDamaged(this.directory, "its checkpoint cannot be read"));
    return checkpoint;
  }

  close(): Promise<void> {
    this.#open = false;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async destroy(): Promise<void> {
    this.#mustBeOpen();
    try {
      await this.#here.mark("unfinished");
      await this.close();
      await this.#here.remove();
    } catch (error) {
      throw isLocked(error)
        ? new StoreLocked(this.directory, await this.#here.holder(), { cause: error })
        : problemOf(this.directory, error);
    }
  }

  async #close(): Promise<void> {
    await this.#written;
    await this.#here.letGo().catch(() => undefined);
    await this.#database.close(async () => (await this.#space.free()) > this.#buffers);
  }

  async #apply(operations: readonly Operation[]): Promise<void> {
    if (this.#failed !== undefined) throw this.#failed;
    try {
      await this.#space.mustHaveRoomFor(sizeOf(operations));
      await this.#database.batch(operations, this.#sync);
    } catch (error) {
      this.#failed = await this.#noted(error);
      throw this.#failed;
    }
  }

  async #get(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    this.#mustBeOpen();
    try {
      const sealed = await this.#database.getMany(keys);
      return sealed.map((value, i) => value && this.#unsealed(keys[i]!, value));
    } catch (error) {
      throw await this.#noted(error);
    }
  }

  #unsealed(key: Buffer | string, sealed: Buffer): Buffer {
    const value = unseal(key, sealed);
    if (value === undefined) {
      const hex = Buffer.from(key as string).toString("hex");
      throw new StoreDamaged(this.directory, `checksum of the value under key ${hex}`);
    }
    return value;
  }

  /** Damage is remembered: the next opener would not meet it before it reads the same place again. */
  async #noted(error: unknown): Promise<StoreError> {
    const problem = problemOf(this.directory, error);
    if (problem instanceof StoreDamaged) {
      this.#damaged ??= this.#here.mark("damaged", problem.reason).catch(() => undefined);
      await this.#damaged;
    }
    return problem;
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new StoreClosed(this.directory);
  }
}

function operationOf(key: Uint8Array, value: Uint8Array | null): Operation {
  return value === null
    ? { type: "del", key: Buffer.from(key) }
    : { type: "put", key: Buffer.from(key), value: seal(key, value) };
}

function sizeOf(operations: readonly Operation[]): number {
  let size = 0;
  for (const operation of operations) {
    size += operation.key.length + (operation.type === "put" ? operation.value.length : 0);
  }
  return size;
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
