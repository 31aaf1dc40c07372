import { encodeState, type ThreadState } from "@kwf/engine";
import { beforeEach, expect, test } from "vitest";
import { MemoryDisk } from "../store/memory/memory-store.js";
import type { StateStore } from "../store/store.js";
import { changesOf } from "./changelog.js";
import { entryOf, partOf, propertyOf, threadEntries } from "./thread-index.js";

const state: ThreadState = {
  run: "0:4",
  since: 5,
  at: 9,
  pending: ["4:a:1"],
  continuation: '{"v":2,"b":"ab12","s":"running"}',
};

let store: StateStore;

beforeEach(async () => {
  store = await new MemoryDisk().open("d");
});

const write = async (thread: string, value: ThreadState | null) =>
  store.write(changesOf(Buffer.from(thread), value === null ? null : encodeState(value)));

async function listed(range = {}): Promise<string[]> {
  const found: string[] = [];
  for await (const portion of threadEntries(store, range)) found.push(...portion.map(({ thread }) => thread));
  return found;
}

test("an entry says of a thread what can be asked of many", () => {
  expect(entryOf(encodeState(state))).toEqual({
    state: "running",
    since: 5,
    run: "0:4",
    bundle: "ab12",
    pending: ["4:a:1"],
    activeAt: 9,
  });
  expect(entryOf(encodeState({ run: "0:1", since: 1, continuation: "" }))).toEqual({
    state: "running",
    since: 1,
    run: "0:1",
  });
});

test("a paused thread says why, in not too many words", () => {
  const error = { code: "KWF_X", message: "m".repeat(10_000) };
  const entry = entryOf(
    encodeState({ ...state, paused: { operator: {}, failure: { code: "error", offset: "7", error } } }),
  );
  expect(entry).toMatchObject({
    state: "paused",
    reason: { code: "error", error: "KWF_X", offset: "7", operator: true },
  });
  expect(entry?.reason?.message?.length).toBeLessThan(1_000);
});

test("bytes that nobody can read are listed as a thread to look at; a mark of one that has ended is not", () => {
  expect(entryOf(Buffer.from("?"))).toMatchObject({ state: "paused", reason: { error: "KWF_STATE_FORMAT" } });
  expect(entryOf(encodeState({ run: "0:1", since: 1, ended: { until: 3 }, continuation: "" }))).toBeUndefined();
});

test("the list follows the states, and can be gone through in pieces, by the bytes of the ids", async () => {
  for (const thread of ["b", "a", "ab", "é", "a\0b", "c"]) await write(thread, state);
  await write("c", null);
  expect(await listed()).toEqual(["a", "a\0b", "ab", "b", "é"]);
  expect(await listed({ after: "a" })).toEqual(["a\0b", "ab", "b", "é"]);
  expect(await listed({ after: "ab" })).toEqual(["b", "é"]);
  expect(await listed({ prefix: "a" })).toEqual(["a", "a\0b", "ab"]);
  expect(await listed({ prefix: "a", after: "a" })).toEqual(["a\0b", "ab"]);
  expect(await listed({ after: "é" })).toEqual([]);
});

test("what is asked of an entry is what is in it, whatever stands in its place", async () => {
  const failure = {
    code: "error",
    offset: "7",
    error: { code: "KWF_X", message: 'a "quoted" wörd, "pending":["x"],"bundle":"x"' },
  } as const;
  const states: Record<string, ThreadState> = {
    'odd "id"\n': { ...state, pending: ['1:sch"nell:1', "a]", 'b\\"],"pending":["c'] },
    none: { run: "0:1", since: 3, continuation: "" },
    paused: { ...state, since: 8, paused: { failure } },
  };
  for (const [thread, one] of Object.entries(states)) await write(thread, one);
  for await (const portion of threadEntries(store)) {
    for (const stored of portion) {
      const entry = entryOf(encodeState(states[stored.thread]!))!;
      expect(JSON.parse(stored.text)).toEqual({ thread: stored.thread, ...entry });
      expect(stored.state).toBe(entry.state);
      expect(stored.since).toBe(entry.since);
      expect(stored.activeAt).toBe(entry.activeAt ?? entry.since);
      expect(stored.pending).toEqual(entry.pending ?? []);
      expect(["ab12", "ab", "x"].map((bundle) => stored.holds(propertyOf("bundle", bundle)))).toEqual([
        entry.bundle === "ab12",
        false,
        false,
      ]);
      for (const id of entry.pending ?? []) expect(stored.holds(partOf(id))).toBe(true);
      expect(stored.holds(partOf("nothing of that name"))).toBe(false);
    }
  }
  expect(await listed()).toHaveLength(3);
});
