// Owns the way into the native part: the `rocksdb` package (RocksDB 6.17.3 behind abstract-leveldown 7), with promises and types.
// Errors come out as the package made them; problem.ts gives them their meaning.
//
// What the package does, and its users must know:
//   - it opens RocksDB with `paranoid_checks` off: a damaged piece of the write-ahead log is skipped and what lies behind it is
//     replayed, files that are missing or cut show only when they are read, and after a failed write the next one is taken
//     (answers: write-ahead-log.ts, `damaged` in store-directory.ts, I3 of store.ts);
//   - it never checks what an iterator reads against its checksum (answer: sealed-value.ts);
//   - empty keys are dropped from a `getMany`, whose answers then stand in the wrong places; a Uint8Array that is no Buffer is taken
//     for text;
//   - an iterator fetches up to 1,000 entries at a time and gives them out one by one, each in a turn of the event loop of its own, which
//     takes longer than the fetching (answer: `portions`); to make a Buffer takes it several times as long as to make a string (`texts`);
//   - calls run on the thread pool and can overtake each other; one on a closed database can end the process;
//   - `close` never returns, and blocks a thread of the pool, while a buffer waits for space on the disk, and for as long after that as
//     RocksDB still takes the disk for full (disk-space.ts). Then nothing else that closes the database may happen either: it is kept
//     from the garbage collector. A process that ends by itself meanwhile hangs; one that calls `process.exit` may crash on its way out,
//     since RocksDB's threads outlive what they use.

import { setTimeout as sleep } from "node:timers/promises";
import { loadNativePart } from "./native-part.js";
import { isDiskFull } from "./problem.js";

type Callback<T = void> = (error: Error | null | undefined, result: T) => void;

type Pair<K> = [key: K, value: Buffer];

interface NativeIterator<K extends Buffer | string> {
  /** What was fetched ahead, backwards: value before key, the next ones last. None after `end`. */
  readonly cache?: (K | Buffer)[] | null;
  next(callback: (error: Error | null | undefined, key?: K, value?: Buffer) => void): void;
  end(callback: Callback): void;
}

interface NativeDatabase {
  open(options: object, callback: Callback): void;
  close(callback: Callback): void;
  getMany(keys: readonly Buffer[], options: object, callback: Callback<(Buffer | undefined)[]>): void;
  batch(operations: readonly Operation[], options: { sync: boolean }, callback: Callback): void;
  iterator<K extends Buffer | string>(options: object): NativeIterator<K>;
  getProperty(name: string): string;
}

interface Native {
  (location: string): NativeDatabase;
  destroy(location: string, callback: Callback): void;
}

export type Operation =
  | { readonly type: "put"; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: "del"; readonly key: Buffer };

export interface DatabaseOptions {
  readonly createIfMissing: boolean;
  /** Bytes of uncompressed blocks kept in memory. */
  readonly cacheSize: number;
  /** Bytes collected in memory before they become a file; up to twice as much is held. */
  readonly writeBufferSize: number;
}

const open = new Set<NativeDatabase>();

/** A minute, with room. */
const MOST_TRIES = 1_200;

/** In no key space of those who use a database. */
const NO_KEY = Buffer.of(0xff);

export class Database {
  readonly #native: NativeDatabase;
  /** Those to be ended before the database is closed: the native part would end them itself and never answer their own end. */
  readonly #iterators = new Set<NativeIterator<Buffer | string>>();

  private constructor(native: NativeDatabase) {
    this.#native = native;
  }

  static async open(location: string, options: DatabaseOptions): Promise<Database> {
    const native = load()(location);
    await promise<void>((done) => native.open(options, done));
    open.add(native);
    return new Database(native);
  }

  /** Removes what RocksDB has written there, unless somebody has it open. */
  static destroy(location: string): Promise<void> {
    return promise<void>((done) => load().destroy(location, done));
  }

  getMany(keys: readonly Buffer[]): Promise<(Buffer | undefined)[]> {
    return promise((done) => this.#native.getMany(keys, {}, done));
  }

  /** With `sync` it is on the disk when the promise resolves; without, only a crash of the machine can still take it. */
  batch(operations: readonly Operation[], sync: boolean): Promise<void> {
    return promise<void>((done) => this.#native.batch(operations, { sync }, done));
  }

  /** Fetches so many bytes at a time: 16 KiB, if absent. */
  async *range(
    gte: Buffer,
    lt: Buffer | undefined,
    limit: number,
    highWaterMark?: number,
  ): AsyncGenerator<Pair<Buffer>> {
    for await (const portion of this.portions(gte, lt, limit, highWaterMark)) yield* portion;
  }

  /** The same, as much at a time as was fetched. */
  portions(gte: Buffer, lt: Buffer | undefined, limit: number, highWaterMark?: number): AsyncGenerator<Pair<Buffer>[]> {
    return this.#portions<Buffer>({
      gte,
      ...(lt && { lt }),
      limit,
      ...(highWaterMark !== undefined && { highWaterMark }),
    });
  }

  /** The same of keys that are UTF-8. */
  texts(gte: Buffer, lt: Buffer | undefined, limit: number, highWaterMark: number): AsyncGenerator<Pair<string>[]> {
    return this.#portions<string>({ gte, ...(lt && { lt }), limit, highWaterMark, keyAsBuffer: false });
  }

  async *#portions<K extends Buffer | string>(options: object): AsyncGenerator<Pair<K>[]> {
    const iterator = this.#native.iterator<K>(options);
    this.#iterators.add(iterator);
    try {
      while (this.#iterators.has(iterator)) {
        const entry = await promise<Pair<K> | undefined>((done) =>
          iterator.next((error, key, value) => done(error, key && value && [key, value])),
        );
        if (entry === undefined) return;
        const portion = [entry];
        for (let key = iterator.cache?.pop(); key !== undefined; key = iterator.cache?.pop())
          portion.push([key as K, iterator.cache!.pop() as Buffer]);
        yield portion;
      }
    } finally {
      await this.#end(iterator);
    }
  }

  /**
   * Ranges that are not at their end yet end early. Waits until no buffer waits for space: as long as `hasRoom` says that there is none,
   * and then for RocksDB to try again, which it does once a second, and as often as something else of it meets a full disk meanwhile.
   */
  async close(hasRoom: () => Promise<boolean>): Promise<void> {
    await Promise.all([...this.#iterators].map((iterator) => this.#end(iterator)));
    for (let tries = 0; tries < MOST_TRIES && (this.#waiting() || (await this.#recovering())); ) {
      await sleep(50);
      if (await hasRoom()) tries++;
      else tries = 0;
    }
    await promise<void>((done) => this.#native.close(done));
    open.delete(this.#native);
  }

  /** Full buffers that are not files yet. */
  #waiting(): boolean {
    return this.#native.getProperty("rocksdb.num-immutable-mem-table") !== "0";
  }

  /** It has met a full disk and has not found out yet that there is room: until then it refuses writes, and only they tell. */
  async #recovering(): Promise<boolean> {
    if (this.#native.getProperty("rocksdb.background-errors") === "0") return false;
    try {
      await this.batch([{ type: "del", key: NO_KEY }], false);
      return false;
    } catch (error) {
      return isDiskFull(error);
    }
  }

  async #end(iterator: NativeIterator<Buffer | string>): Promise<void> {
    if (this.#iterators.delete(iterator)) await promise<void>((done) => iterator.end(done));
  }
}

let native: Native | undefined;

/** Not before it is needed: most commands open no store. */
function load(): Native {
  native ??= loadNativePart() as Native;
  return native;
}

function promise<T>(call: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => call((error, result) => (error ? reject(error) : resolve(result))));
}
