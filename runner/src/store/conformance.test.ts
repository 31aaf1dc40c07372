// What every store must do, whatever stands behind it (store.ts, I1 to I6). What only a disk can show is in rocksdb/*.test.ts.

import { isUtf8 } from "node:buffer";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Checkpoint } from "./checkpoint.js";
import { after, reservedKey, spaceOf, threadKey } from "./keys.js";
import { MemoryDisk } from "./memory/memory-store.js";
import { openRocksdbStore } from "./rocksdb/rocksdb-store.js";
import type { Change, Entry, OpenOptions, OpenStore, Range, StateStore, TextEntry } from "./store.js";
import { StoreDamaged, StoreFormatUnknown } from "./store-error.js";

/** A place for stores, and the ways in which a closed store there can go bad. */
interface Place {
  readonly directory: string;
  readonly open: OpenStore;
  foreign(): void;
  damage(): void;
  newer(): void;
  exists(): boolean;
  remove(): void;
}

function memory(): Place {
  const disk = new MemoryDisk();
  const directory = "state/0";
  const entries = new Map<string, Uint8Array>();
  return {
    directory,
    open: disk.open,
    foreign: () =>
      disk.directories.set(directory, { format: undefined, damage: undefined, entries, holder: undefined }),
    damage: () => {
      disk.directories.get(directory)!.damage = "a test";
    },
    newer: () => {
      disk.directories.get(directory)!.format = "memory-2";
    },
    exists: () => disk.directories.has(directory),
    remove: () => {},
  };
}

function rocksdb(): Place {
  const root = mkdtempSync(join(tmpdir(), "kwf-store-"));
  const directory = join(root, "state", "0");
  return {
    directory,
    open: openRocksdbStore,
    foreign: () => {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, "thesis.tex"), "the only copy");
    },
    damage: () => writeFileSync(join(directory, "db", "CURRENT"), "MANIFEST-gone"),
    newer: () => {
      const file = join(directory, "kwf-store.json");
      writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), format: "rocksdb-2" }));
    },
    exists: () => readdirSync(root).includes("state") && readdirSync(join(root, "state")).includes("0"),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

const checkpoint = (position: number): Checkpoint => ({
  cluster: "c",
  topic: "kwf-run-changelog",
  partition: 0,
  incarnation: "i",
  position,
  inputs: { "workflow-resume": position * 2 },
  currentAt: 1_900_000_000_000,
});
const put = (id: string, value: string): Change => ({ key: threadKey(id), value: Buffer.from(value) });
const del = (id: string): Change => ({ key: threadKey(id), value: null });
const code = (name: string) => expect.objectContaining({ code: name });
const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();

describe.each([
  ["memory", memory],
  ["rocksdb", rocksdb],
] as const)("%s", (_, makePlace) => {
  let place: Place;
  let store: StateStore;
  const opened: StateStore[] = [];
  const open = async (options?: OpenOptions) => {
    store = await place.open(place.directory, options);
    opened.push(store);
    return store;
  };
  const reopen = async (options?: OpenOptions) => {
    await store.close();
    return open(options);
  };
  const get = async (...ids: string[]) => (await store.getMany(ids.map((id) => threadKey(id)))).map(text);
  const list = async (range?: Range) => {
    const entries: Entry[] = [];
    for await (const entry of store.range(range)) entries.push(entry);
    if (entries.every(({ key }) => isUtf8(key))) {
      const texts: TextEntry[] = [];
      for await (const portion of store.texts(range)) texts.push(...portion);
      expect(texts).toEqual(entries.map(({ key, value }) => ({ key: text(key), value })));
    }
    return entries;
  };
  const listed = async (range?: Range) => (await list(range)).map(({ key }) => text(key.subarray(1)));

  beforeEach(() => {
    place = makePlace();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
    place.remove();
  });

  describe("reading and writing", () => {
    test("getMany answers in the order of the keys, with undefined for what is not there", async () => {
      await open();
      await store.write([put("a", "1"), put("b", "2")]);
      expect(await get("b", "nobody", "a", "b")).toEqual(["2", undefined, "1", "2"]);
      expect(await store.getMany([])).toEqual([]);
    });

    test("keys and values are bytes of any kind and length, and a plain Uint8Array will do", async () => {
      await open();
      const every = Uint8Array.from({ length: 256 }, (_, i) => i);
      const key = threadKey(every);
      const within = Uint8Array.from([9, ...every, 9]).subarray(1, 257);
      const large = new Uint8Array(3_000_000).fill(7);
      await store.write([
        { key, value: within },
        { key: threadKey("empty"), value: new Uint8Array() },
        { key: threadKey("large"), value: large },
      ]);
      const [one, empty, three] = await store.getMany([key, threadKey("empty"), threadKey("large")]);
      expect(Buffer.from(one!)).toEqual(Buffer.from(every));
      expect(empty).toHaveLength(0);
      expect(Buffer.compare(three!, large)).toBe(0);
    });

    test("a batch deletes and overwrites; of two changes of one key the later one counts", async () => {
      await open();
      await store.write([put("a", "1"), put("b", "1"), put("c", "1")]);
      await store.write([del("a"), put("b", "2"), put("c", "2"), del("c"), del("d"), put("d", "3"), del("never")]);
      expect(await get("a", "b", "c", "d")).toEqual([undefined, "2", undefined, "3"]);
    });

    test("batches take effect in the order of the calls, awaited or not", async () => {
      await open();
      const writes = Array.from({ length: 200 }, (_, i) => store.write([put("a", String(i))], checkpoint(i)));
      await Promise.all(writes);
      expect(await get("a")).toEqual(["199"]);
      expect((await store.checkpoint())?.position).toBe(199);
    });

    test("bytes may be reused once write was called, and what was read may be changed", async () => {
      await open();
      const key = threadKey("a");
      const value = Buffer.from("before");
      const writing = [store.write([put("b", "first")]), store.write([{ key, value }])];
      key.fill(0x7a);
      value.fill(0x7a);
      await Promise.all(writing);
      expect(await get("a")).toEqual(["before"]);
      (await store.getMany([threadKey("a")]))[0]!.fill(0);
      expect(await get("a")).toEqual(["before"]);
    });

    test("what was written is there after close and open", async () => {
      await open();
      await store.write([put("a", "1"), put("b", "2")]);
      await store.write([del("b")]);
      await reopen();
      expect(store.rebuilt).toBeUndefined();
      expect(await get("a", "b")).toEqual(["1", undefined]);
    });

    test("a refused key refuses the whole batch", async () => {
      await open();
      for (const key of [new Uint8Array(), Uint8Array.of(0, 0x63)]) {
        await expect(store.write([put("a", "1"), { key, value: Buffer.from("x") }])).rejects.toThrow(code("store-key"));
        await expect(store.getMany([key])).rejects.toThrow(code("store-key"));
      }
      expect(await get("a")).toEqual([undefined]);
      await store.write([put("a", "2")]);
      expect(await get("a")).toEqual(["2"]);
    });
  });

  describe("checkpoint", () => {
    test("is undefined in a new store, and then the one of the last batch that had one", async () => {
      await open();
      expect(await store.checkpoint()).toBeUndefined();
      await store.write([put("a", "1")], checkpoint(10));
      await store.write([], checkpoint(11));
      await store.write([put("a", "2")]);
      expect(await store.checkpoint()).toEqual(checkpoint(11));
      await reopen();
      expect(await store.checkpoint()).toEqual(checkpoint(11));
    });

    test("is no entry of any range", async () => {
      await open();
      await store.write([put("a", "1")], checkpoint(10));
      expect(await list()).toHaveLength(1);
      expect(await list({ from: Uint8Array.of(0) })).toHaveLength(1);
      expect(await list({ prefix: Uint8Array.of(0) })).toHaveLength(0);
    });
  });

  describe("range", () => {
    test("goes in the order of the bytes, not of the text", async () => {
      await open();
      const ids = ["b", "a", "\u{1f600}", "\uffee", "B", "a\u0000", "ab", "ä", "10", "9"];
      await store.write(ids.map((id) => put(id, `of ${id}`)));
      const expected = [...ids].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      expect(await listed()).toEqual(expected);
      expect((await list()).map(({ value }) => text(value))).toEqual(expected.map((id) => `of ${id}`));
    });

    test("with a prefix gives what begins with it, and no more", async () => {
      await open();
      await store.write([
        put("a", ""),
        put("ab", ""),
        put("ab1", ""),
        put("ac", ""),
        { key: reservedKey("ab"), value: Buffer.of() },
      ]);
      expect(await listed({ prefix: threadKey("ab") })).toEqual(["ab", "ab1"]);
      expect(await listed({ prefix: spaceOf("thread") })).toEqual(["a", "ab", "ab1", "ac"]);
      expect(await listed({ prefix: spaceOf("index") })).toEqual([]);
      await store.write([{ key: Uint8Array.of(0xff, 0xff, 1), value: Buffer.of() }]);
      expect(await list({ prefix: Uint8Array.of(0xff, 0xff) })).toHaveLength(1);
    });

    test("in pages, each from behind the last key of the one before, gives every entry once", async () => {
      await open();
      const ids = Array.from({ length: 2500 }, (_, i) => `thread-${String(i).padStart(4, "0")}`);
      await store.write(ids.map((id) => put(id, id.repeat(10))));
      const found: (string | undefined)[] = [];
      let from = spaceOf("thread");
      for (;;) {
        const page = await list({ prefix: spaceOf("thread"), from, limit: 999 });
        found.push(...page.map(({ key }) => text(key.subarray(1))));
        if (page.length < 999) break;
        from = after(page.at(-1)!.key);
      }
      expect(found).toEqual(ids);
      expect(await list({ limit: 0 })).toEqual([]);
      expect(await list({ prefix: threadKey("thread-1"), from: threadKey("a"), limit: 3 })).toHaveLength(3);
    });

    test("shows the store as it was when it began", async () => {
      await open();
      await store.write([put("a", "1"), put("b", "1"), put("c", "1")]);
      const found: string[] = [];
      for await (const { key, value } of store.range()) {
        found.push(`${text(key.subarray(1))}${text(value)}`);
        if (found.length === 1) await store.write([put("a0", "2"), put("b", "2"), del("c"), put("d", "2")]);
      }
      expect(found).toEqual(["a1", "b1", "c1"]);
      expect(await listed()).toEqual(["a", "a0", "b", "d"]);
    });

    test("may be left early", async () => {
      await open();
      await store.write([put("a", "1"), put("b", "1")]);
      for await (const _ of store.range()) break;
      await store.range()[Symbol.asyncIterator]().return?.();
      await reopen();
      expect(await listed()).toEqual(["a", "b"]);
    });

    test("that is running when the store is closed fails, and does not look finished", async () => {
      await open();
      await store.write(Array.from({ length: 3000 }, (_, i) => put(`k${i}`, "x".repeat(100))));
      const walk = async () => {
        for await (const _ of store.range()) await store.close();
      };
      await expect(walk()).rejects.toThrow(code("store-closed"));
    });

    test("of texts that is running when the store is closed fails, and does not look finished", async () => {
      await open();
      await store.write(Array.from({ length: 3000 }, (_, i) => put(`k${i}`, "x".repeat(100))));
      const walk = async () => {
        for await (const _ of store.texts()) await store.close();
      };
      await expect(walk()).rejects.toThrow(code("store-closed"));
    });
  });

  describe("closing", () => {
    test("waits for batches that were given before it", async () => {
      await open();
      const writes = Array.from({ length: 20 }, (_, i) => store.write([put(`k${i}`, "x".repeat(1000))]));
      await store.close();
      await Promise.all(writes);
      await open();
      expect(await listed()).toHaveLength(20);
    });

    test("may be repeated, and everything else fails afterwards", async () => {
      await open();
      await Promise.all([store.close(), store.close()]);
      await store.close();
      await expect(store.getMany([threadKey("a")])).rejects.toThrow(code("store-closed"));
      await expect(store.write([put("a", "1")])).rejects.toThrow(code("store-closed"));
      await expect(store.checkpoint()).rejects.toThrow(code("store-closed"));
      await expect(store.destroy()).rejects.toThrow(code("store-closed"));
      await expect(list()).rejects.toThrow(code("store-closed"));
    });

    test("destroy leaves nothing behind, and the next store there is empty", async () => {
      await open();
      await store.write([put("a", "1")], checkpoint(1));
      await store.destroy();
      expect(place.exists()).toBe(false);
      await open();
      expect(await get("a")).toEqual([undefined]);
      expect(await store.checkpoint()).toBeUndefined();
    });
  });

  describe("one opener at a time", () => {
    test("a second one is refused with the directory and the holder, and disturbs nothing", async () => {
      await open();
      await store.write([put("a", "1")]);
      for (const unreadable of ["fail", "rebuild"] as const) {
        await expect(place.open(place.directory, { unreadable })).rejects.toMatchObject({
          code: "store-locked",
          message: expect.stringContaining(`${place.directory} is in use by process ${process.pid}`),
          holder: { pid: process.pid },
        });
      }
      await store.write([put("b", "2")]);
      expect(await get("a", "b")).toEqual(["1", "2"]);
      await reopen();
      expect(await get("a", "b")).toEqual(["1", "2"]);
    });

    test("of several at once exactly one succeeds", async () => {
      const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => open()));
      const failures = attempts.flatMap((attempt) => (attempt.status === "rejected" ? [attempt.reason.code] : []));
      expect(failures).toEqual(Array(4).fill("store-locked"));
    });
  });

  describe("a directory that cannot be used", () => {
    test("something foreign is refused and left alone, also with rebuild", async () => {
      place.foreign();
      for (const unreadable of ["fail", "rebuild"] as const) {
        await expect(open({ unreadable })).rejects.toMatchObject({
          code: "store-foreign",
          message: expect.stringContaining(place.directory),
        });
      }
      expect(place.exists()).toBe(true);
    });

    describe.each([
      ["damaged", "store-damaged", StoreDamaged, () => place.damage()],
      ["of a newer format", "store-format", StoreFormatUnknown, () => place.newer()],
    ] as const)("a store that is %s", (_, expected, type, spoil) => {
      beforeEach(async () => {
        await open();
        await store.write([put("a", "1")], checkpoint(5));
        await store.close();
        spoil();
      });

      test("is refused with its directory, again and again", async () => {
        for (let i = 0; i < 2; i++) {
          await expect(open()).rejects.toMatchObject({
            code: expected,
            message: expect.stringContaining(place.directory),
          });
        }
      });

      test("with rebuild starts empty, says why, and is an ordinary store from then on", async () => {
        await open({ unreadable: "rebuild" });
        expect(store.rebuilt).toBeInstanceOf(type);
        expect(await store.checkpoint()).toBeUndefined();
        expect(await list()).toEqual([]);
        await store.write([put("b", "2")], checkpoint(1));
        await reopen({ unreadable: "rebuild" });
        expect(store.rebuilt).toBeUndefined();
        expect(await get("a", "b")).toEqual([undefined, "2"]);
      });
    });
  });
});
