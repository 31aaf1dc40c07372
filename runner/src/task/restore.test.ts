import { encodeState } from "@kwf/engine";
import { beforeEach, describe, expect, test } from "vitest";
import type { Log, LogRecord } from "../log/log.js";
import { threadKey } from "../store/keys.js";
import { MemoryDisk } from "../store/memory/memory-store.js";
import type { StateStore } from "../store/store.js";
import { changesOf } from "../threads/changelog.js";
import { encodePosition, firstPosition, POSITION_KEY, type Position } from "./position.js";
import { type RestoreEvent, restore } from "./restore.js";

// A changelog partition as a list: what stands in it at which offset. `undefined` is what readers pass over (markers).

type Entry = readonly [key: string, value: Uint8Array | string | null] | undefined;
const RETENTION = 100_000;
const changelog = { topic: "c", partition: 0 };

let entries: Entry[];
let start: number;
let disk: MemoryDisk;
let store: StateStore;
let events: RestoreEvent[];
let read: number[];

beforeEach(async () => {
  entries = [];
  start = 0;
  disk = new MemoryDisk();
  store = await disk.open("d");
  events = [];
});

const state = (text: string) => encodeState({ run: "0:0", since: 0, continuation: text });
const position = firstPosition(1, { in: 0 });
const at = (next: number, of: Position = position): Entry => [
  POSITION_KEY,
  encodePosition({ ...of, next: { in: next } }),
];

const log = {
  startOffsets: async () => [start],
  endOffsets: async () => [entries.length],
  reader: ({ from }: { from: number }) => {
    let place = from;
    read = [];
    return {
      ...changelog,
      get position() {
        return place;
      },
      // Two at a time, so that a transaction may be cut.
      read: async () => {
        const records: LogRecord[] = [];
        for (const end = Math.min(place + 2, entries.length); place < end; place++) {
          const entry = entries[place];
          if (entry === undefined) continue;
          read.push(place);
          const [key, value] = entry;
          const bytes = value === null ? null : Buffer.from(value as string);
          records.push({ offset: place, timestamp: 0, key: Buffer.from(key), value: bytes, headers: [] });
        }
        return { records, nextOffset: place, endOffset: entries.length, stableOffset: entries.length };
      },
      close: async () => {},
    };
  },
} as unknown as Log;

async function run({ cluster = "k", acceptLoss = false } = {}) {
  const restored = await restore({
    log,
    cluster,
    changelog,
    changesOf,
    tombstoneRetentionMs: RETENTION,
    store,
    emptyStore: async () => {
      store = await disk.open("d");
      return store;
    },
    acceptLoss,
    tell: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  store = restored.store;
  return restored;
}

const has = async (...threads: string[]) =>
  (await store.getMany(threads.map(threadKey))).map((bytes) => bytes && Buffer.from(bytes).toString().split("\n")[1]);

test("a partition that never held anything has no position, also behind transactions that were aborted", async () => {
  expect((await run()).position).toBeUndefined();
  entries = [undefined, undefined];
  expect(await run()).toMatchObject({ position: undefined, changelogAt: 2 });
  expect(await store.checkpoint()).toBeUndefined();
});

test("without local state all of it is read: the last of every key, tombstones included", async () => {
  entries = [at(0), ["a", state("1")], ["b", state("2")], at(2), undefined, ["a", state("3")], ["b", null], at(4)];
  const restored = await run();
  expect(restored).toMatchObject({ position: { next: { in: 4 } }, changelogAt: 8 });
  expect(await has("a", "b")).toEqual(["3", undefined]);
  expect(await store.checkpoint()).toMatchObject({ position: 8, inputs: { in: 4 }, incarnation: position.incarnation });
});

describe("with local state", () => {
  beforeEach(async () => {
    entries = [at(0), ["a", state("1")], at(1)];
    await run();
    events = [];
  });

  test("only the tail is read, from the position record before it", async () => {
    entries.push(undefined, ["b", state("2")], at(2));
    expect(await run()).toMatchObject({ position: { next: { in: 2 } }, changelogAt: 6 });
    expect(read[0]).toBe(2);
    expect(await has("a", "b")).toEqual(["1", "2"]);
    expect(events[0]).toMatchObject({ type: "begun", from: 2, to: 6 });
  });

  test("nothing new: the position is known all the same", async () => {
    expect(await run()).toMatchObject({ position: { next: { in: 1 } }, changelogAt: 3 });
  });

  test("nothing but markers and aborted transactions behind it, however often: still only the tail is read", async () => {
    for (let again = 0; again < 3; again++) {
      entries.push(undefined, undefined);
      expect(await run()).toMatchObject({ position: { next: { in: 1 } }, changelogAt: 3 });
      expect(read).toEqual([2]);
    }
    expect(events.filter(({ type }) => type === "begun")).toHaveLength(3);
  });

  test("the record before it was compacted away, a later one is there", async () => {
    entries[2] = undefined;
    entries.push(["b", state("2")], at(2));
    expect((await run()).position).toMatchObject({ next: { in: 2 } });
    expect(await has("a", "b")).toEqual(["1", "2"]);
  });

  test.each([
    [
      "another incarnation of the changelog",
      () => {
        const other = firstPosition(1, {});
        entries = [at(0, other), ["c", state("9")], at(5, other), ["d", state("8")], at(6, other)];
      },
    ],
    [
      "compaction has passed it",
      () => {
        start = 4;
        entries = [undefined, undefined, undefined, undefined, ["c", state("9")], at(7)];
      },
    ],
  ] as [string, () => void][])("is thrown away: %s", async (_, change) => {
    change();
    const restored = await run();
    expect(await has("a", "c")).toEqual([undefined, "9"]);
    expect(restored.changelogAt).toBe(entries.length);
    expect(events.at(-2)).toMatchObject({ type: "begun", from: start, why: expect.stringContaining("everything") });
  });

  test("is thrown away: another cluster", async () => {
    entries = [at(3)];
    await run({ cluster: "other" });
    expect(await has("a")).toEqual([undefined]);
  });

  test("a changelog that has less than was seen of it is an error, and nothing is thrown away", async () => {
    for (const less of [[], [at(0)]]) {
      entries = less;
      await expect(run()).rejects.toMatchObject({ code: "changelog-lost" });
      expect(await has("a")).toEqual(["1"]);
    }
    expect((await run({ acceptLoss: true })).position).toMatchObject({ next: { in: 0 } });
    expect(await has("a")).toEqual([undefined]);
  });

  test("a shorter changelog of another incarnation is no loss", async () => {
    entries = [at(7, firstPosition(1, {}))];
    expect((await run()).position).toMatchObject({ next: { in: 7 } });
  });
});

test("records without a position are no changelog of ours", async () => {
  entries = [["a", state("1")]];
  await expect(run()).rejects.toMatchObject({ code: "changelog-foreign", message: expect.stringContaining("c-0") });
});
