import { beforeEach, expect, test } from "vitest";
import { timerKey } from "../store/keys.js";
import { MemoryDisk } from "../store/memory/memory-store.js";
import type { StateStore } from "../store/store.js";
import { changesOf, dueKey, encodeTimer, type Timer } from "./timer.js";
import { TimerIndex } from "./timer-index.js";

let store: StateStore;
let index: TimerIndex;

beforeEach(async () => {
  store = await new MemoryDisk().open("d");
  index = new TimerIndex();
});

const timer = (at: number, offset = at): Timer => ({ key: `t${offset}|p`, at, offset, value: "1", headers: [] });
const put = (timers: readonly Timer[]) =>
  store.write(timers.flatMap((one) => changesOf(Buffer.from(one.key), encodeTimer(one))));
const take = async (one: Timer) => {
  await store.write([
    { key: dueKey(one), value: null },
    { key: timerKey(one.key), value: null },
  ]);
  index.remove(dueKey(one));
};
const all = { timers: 20_000, bytes: 1e9, covers: (_: { at: number }): boolean => true };
const times = async (limits = all) => (await index.due(limits)).timers.map(({ at }) => at);
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

test("many timers come in the order of their times, a page at a time", async () => {
  await put(
    numbers(3_500)
      .reverse()
      .map((n) => timer(n)),
  );
  await index.begin(store);
  const seen: number[] = [];
  while (index.next !== undefined) {
    const { timers } = await index.due({ ...all, timers: 700 });
    for (const one of timers) {
      seen.push(one.at);
      await take(one);
    }
    if (!index.known) await index.fill();
  }
  expect(seen).toEqual(numbers(3_500));
});

test("what is set finds its place in the page or behind it, and nothing is lost between", async () => {
  await put(numbers(1_500).map((n) => timer(n * 10)));
  await index.begin(store);
  // Before, inside, and behind the page; as many as make it too long.
  const more = [
    ...numbers(1_400).map((n) => timer(n * 10 + 5, 20_000 + n)),
    timer(14_991, 30_000),
    timer(90_000, 30_001),
  ];
  await put(more);
  for (const one of more) index.add(dueKey(one));
  const expected = [...numbers(1_500).map((n) => n * 10), ...more.map(({ at }) => at)].sort((a, b) => a - b);
  expect(await times()).toEqual(expected);
});

test("limits: so many, so many bytes but at least one, and up to what is not covered", async () => {
  await put(numbers(20).map((n) => timer(n)));
  await index.begin(store);
  expect(await times({ ...all, timers: 3 })).toEqual([0, 1, 2]);
  expect(await times({ ...all, bytes: 1 })).toEqual([0]);
  expect(await times({ ...all, bytes: 9 })).toEqual([0, 1]);
  const limits = { ...all, covers: ({ at }: { at: number }) => at < 5 };
  expect(await times(limits)).toEqual([0, 1, 2, 3, 4]);
});

test("entries that say nothing any more are given apart, and timers behind them are found", async () => {
  // As a restore leaves them: set, set anew for later, set and taken back.
  const first = timer(1, 1);
  const anew = { ...first, at: 7, offset: 2 };
  const gone = timer(3, 3);
  await put([first, anew, gone, timer(9)]);
  await store.write(changesOf(Buffer.from(gone.key), null));
  await index.begin(store);
  const { timers, leftovers } = await index.due(all);
  expect(timers.map(({ at }) => at)).toEqual([7, 9]);
  expect(leftovers).toEqual([dueKey(first), dueKey(gone)]);
});

test("memory holds a page or two, whatever is in the store and however it came there", async () => {
  await put(numbers(5_000).map((n) => timer(10_000 + n)));
  await index.begin(store);
  expect(index.loaded).toBe(1_000);
  const more = numbers(5_000).map((n) => timer(9_999 - n));
  await put(more);
  for (const one of more) {
    index.add(dueKey(one));
    expect(index.loaded).toBeLessThanOrEqual(2_000);
  }
  const large = numbers(50).map((n) => ({ ...timer(n), key: `t${n}|${"x".repeat(100_000)}` }));
  await put(large);
  for (const one of large) index.add(dueKey(one));
  expect(index.loaded).toBeLessThan(50);
  expect((await times()).length).toBe(10_050);
});

test("an index without timers knows that", async () => {
  await index.begin(store);
  expect(index.known).toBe(true);
  expect(index.next).toBeUndefined();
});
