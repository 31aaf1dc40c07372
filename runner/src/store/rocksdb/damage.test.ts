// What a disk, or a crash of the machine, can do to the files of a closed store (store.ts, I5): each kind is refused, or shows when it
// is read and is then remembered; none makes a store that looks whole and is not.

import {
  closeSync,
  cpSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Checkpoint, encodeCheckpoint } from "../checkpoint.js";
import { CHECKPOINT_KEY, threadKey } from "../keys.js";
import type { StateStore } from "../store.js";
import { Database } from "./database.js";
import { openRocksdbStore } from "./rocksdb-store.js";
import { seal } from "./sealed-value.js";

vi.setConfig({ testTimeout: 120_000 });

let root: string;
let directory: string;
const BATCHES = 40;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kwf-damage-"));
  directory = join(root, "0");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const checkpoint = (position: number): Checkpoint => ({
  cluster: "c",
  topic: "t",
  partition: 0,
  incarnation: "i",
  position,
  inputs: {},
  currentAt: 0,
});
/** Differs at every place, so that it cannot be compressed away. */
const value = (number: number) =>
  Buffer.from(Array.from({ length: 2000 }, (_, i) => (i * i * (number + 7) + (i >> 3)) & 0xff));

/** Batch n writes key n and the checkpoint n: a whole store has the keys 1 to its checkpoint. All of it is in the write-ahead log. */
async function fill(): Promise<void> {
  const store = await openRocksdbStore(directory);
  for (let n = 1; n <= BATCHES; n++) await store.write([{ key: threadKey(`k${n}`), value: value(n) }], checkpoint(n));
  await store.close();
}

/** Brings all of it into a file of its own: RocksDB does so when it replays its log. */
async function settle(): Promise<void> {
  await (await openRocksdbStore(directory)).close();
}

async function keysOf(store: StateStore): Promise<number[]> {
  const found = await store.getMany(Array.from({ length: BATCHES }, (_, i) => threadKey(`k${i + 1}`)));
  return found.flatMap((bytes, i) => {
    if (bytes === undefined) return [];
    expect(Buffer.compare(bytes, value(i + 1))).toBe(0);
    return [i + 1];
  });
}

const file = (pattern: RegExp, folder = directory) => {
  const names = readdirSync(join(folder, "db")).filter((name) => pattern.test(name));
  const sizes = names.map((name) => ({
    path: join(folder, "db", name),
    size: statSync(join(folder, "db", name)).size,
  }));
  return sizes.sort((a, b) => b.size - a.size)[0]!;
};
const flip = (path: string, at: number, length = 1) => {
  const bytes = readFileSync(path);
  for (let i = at; i < Math.min(at + length, bytes.length); i++) bytes[i]! ^= 0xff;
  writeFileSync(path, bytes);
};
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

describe("the write-ahead log", () => {
  test("damaged in its midst is refused: RocksDB would skip the batches there and keep the later checkpoint", async () => {
    await fill();
    const log = file(/\.log$/);
    flip(log.path, log.size / 2);
    await expect(openRocksdbStore(directory)).rejects.toMatchObject({
      code: "store-damaged",
      message: expect.stringMatching(/write-ahead log: \d+\.log, byte \d+/),
    });
    const store = await openRocksdbStore(directory, { unreadable: "rebuild" });
    expect(store.rebuilt?.code).toBe("store-damaged");
    expect(await keysOf(store)).toEqual([]);
    await store.close();
  });

  test("cut anywhere gives what was written before that, with its checkpoint", async () => {
    await fill();
    const { size } = file(/\.log$/);
    const seen = new Set<number>();
    for (let at = 0; at < size; at += 2741) {
      const copy = join(root, `cut-${at}`);
      cpSync(directory, copy, { recursive: true });
      truncateSync(file(/\.log$/, copy).path, at);
      const store = await openRocksdbStore(copy);
      const position = (await store.checkpoint())?.position ?? 0;
      expect(await keysOf(store)).toEqual(upTo(position));
      seen.add(position);
      await store.close();
    }
    expect(seen.size).toBeGreaterThan(20);
  });

  test("whose end was never written, as after a crash of the machine, gives what was written before that", async () => {
    await fill();
    const { path, size } = file(/\.log$/);
    const log = openSync(path, "r+");
    writeSync(log, Buffer.alloc(30_000), 0, 30_000, size - 30_000);
    closeSync(log);
    const store = await openRocksdbStore(directory);
    const { position } = (await store.checkpoint())!;
    expect(position).toBeLessThan(BATCHES);
    expect(position).toBeGreaterThan(20);
    expect(await keysOf(store)).toEqual(upTo(position));
    await store.close();
  });

  test("damaged anywhere is refused, or gives a beginning of what was written: never a hole", async () => {
    await fill();
    const { size } = file(/\.log$/);
    let refused = 0;
    for (let at = 1; at < size; at += 3163) {
      const copy = join(root, `flip-${at}`);
      cpSync(directory, copy, { recursive: true });
      flip(file(/\.log$/, copy).path, at, (at % 3) + 1);
      try {
        const store = await openRocksdbStore(copy);
        const position = (await store.checkpoint())?.position ?? 0;
        expect(await keysOf(store)).toEqual(upTo(position));
        await store.close();
      } catch (error) {
        expect(error).toMatchObject({ code: "store-damaged" });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(10);
  });
});

describe("a data file", () => {
  beforeEach(async () => {
    await fill();
    await settle();
  });

  test.each([
    ["gone", (path: string) => rmSync(path)],
    ["cut", (path: string) => truncateSync(path, 5000)],
  ] as const)("that is %s fails every read that needs it, and is remembered", async (_, spoil) => {
    spoil(file(/\.sst$/).path);
    const store = await openRocksdbStore(directory);
    await expect(store.checkpoint()).rejects.toMatchObject({ code: "store-damaged" });
    await expect(store.getMany([threadKey("k1")])).rejects.toMatchObject({ code: "store-damaged" });
    await expect(store.range()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "store-damaged" });
    await store.close();
    await expect(openRocksdbStore(directory)).rejects.toMatchObject({ code: "store-damaged" });
    const rebuilt = await openRocksdbStore(directory, { unreadable: "rebuild" });
    expect(rebuilt.rebuilt?.code).toBe("store-damaged");
    expect(await rebuilt.checkpoint()).toBeUndefined();
    await rebuilt.close();
  });

  test("with wrong bytes anywhere never gives a wrong value, one by one or in a range", async () => {
    const { size } = file(/\.sst$/);
    let caught = 0;
    for (let at = 100; at < size; at += 4999) {
      const copy = join(root, `flip-${at}`);
      cpSync(directory, copy, { recursive: true });
      flip(file(/\.sst$/, copy).path, at);
      const store = await openRocksdbStore(copy);
      for (const n of upTo(BATCHES)) {
        const found = await store.getMany([threadKey(`k${n}`)]).catch((error) => error.code);
        if (found === "store-damaged") caught++;
        else expect(Buffer.compare(found[0], value(n))).toBe(0);
      }
      const walk = async () => {
        let count = 0;
        for await (const entry of store.range()) {
          expect(Buffer.compare(entry.value, value(Number(Buffer.from(entry.key).toString().slice(2))))).toBe(0);
          count++;
        }
        return count;
      };
      expect([BATCHES, "store-damaged"]).toContain(await walk().catch((error) => error.code ?? error));
      await store.close();
    }
    expect(caught).toBeGreaterThan(5);
  });
});

describe("what tells RocksDB and the store what is there", () => {
  test.each([
    ["CURRENT gone", () => rmSync(file(/^CURRENT$/).path)],
    ["the manifest gone", () => rmSync(file(/^MANIFEST/).path)],
    ["the manifest damaged", () => flip(file(/^MANIFEST/).path, 20, 4)],
    ["the manifest empty", () => truncateSync(file(/^MANIFEST/).path, 0)],
    ["all of db gone", () => rmSync(join(directory, "db"), { recursive: true })],
    ["the store's own file cut", () => writeFileSync(join(directory, "kwf-store.json"), '{"format":')],
    ["the store's own file empty", () => writeFileSync(join(directory, "kwf-store.json"), "")],
    ["the store's own file another's", () => writeFileSync(join(directory, "kwf-store.json"), "[]")],
  ] as const)("%s: refused, and never taken for a new store", async (_, spoil) => {
    await fill();
    await settle();
    spoil();
    await expect(openRocksdbStore(directory)).rejects.toMatchObject({ code: "store-damaged" });
    const store = await openRocksdbStore(directory, { unreadable: "rebuild" });
    expect(store.rebuilt?.code).toBe("store-damaged");
    await store.write([{ key: threadKey("k1"), value: value(1) }]);
    await store.close();
    await settle();
  });

  test("CURRENT gone, with batches in the log: a rebuilt store has none of them", async () => {
    await fill();
    rmSync(file(/^CURRENT$/).path);
    const store = await openRocksdbStore(directory, { unreadable: "rebuild" });
    expect(await store.checkpoint()).toBeUndefined();
    expect(await keysOf(store)).toEqual([]);
    await store.close();
  });

  test("a checkpoint that is none is refused where it is read", async () => {
    await fill();
    const database = await Database.open(join(directory, "db"), {
      createIfMissing: false,
      cacheSize: 0,
      writeBufferSize: 1 << 20,
    });
    const key = Buffer.from(CHECKPOINT_KEY);
    await database.batch([{ type: "put", key, value: seal(key, encodeCheckpoint(checkpoint(-1))) }], false);
    await database.close(async () => true);
    const store = await openRocksdbStore(directory);
    await expect(store.checkpoint()).rejects.toMatchObject({ code: "store-damaged" });
    await store.close();
    await expect(openRocksdbStore(directory)).rejects.toMatchObject({ code: "store-damaged" });
  });

  test("a store whose making was interrupted is made again, without a word", async () => {
    await fill();
    writeFileSync(join(directory, "kwf-store.json"), JSON.stringify({ format: "rocksdb-1", state: "unfinished" }));
    const store = await openRocksdbStore(directory);
    expect(store.rebuilt).toBeUndefined();
    expect(await keysOf(store)).toEqual([]);
    await store.close();
    rmSync(directory, { recursive: true });
    await fill();
    rmSync(join(directory, "db"), { recursive: true });
    writeFileSync(join(directory, "kwf-store.json"), "");
    await settle();
  });

  test("a RocksDB of somebody else is foreign", async () => {
    const database = await Database.open(directory, { createIfMissing: true, cacheSize: 0, writeBufferSize: 1 << 20 });
    await database.close(async () => true);
    const before = readdirSync(directory);
    await expect(openRocksdbStore(directory, { unreadable: "rebuild" })).rejects.toMatchObject({
      code: "store-foreign",
    });
    expect(readdirSync(directory)).toEqual(before);
  });
});
