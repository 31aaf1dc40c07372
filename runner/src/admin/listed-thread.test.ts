import { expect, test } from "vitest";
import { ListedThread } from "./listed-thread.js";
import type { ThreadSummary } from "./thread-filter.js";

const misleading: ThreadSummary = {
  thread: 'x","since":1,"activeAt":2,"',
  state: "paused",
  since: 4_711,
  run: "0:1",
  reason: { code: "error", message: '{"since":3,"activeAt":4}' },
  pending: ["since", "activeAt", '"activeAt":5'],
};

test("the times of a thread are found, whatever its texts say", () => {
  expect(ListedThread.of(misleading)).toMatchObject({ since: 4_711, activeAt: undefined, summary: misleading });
  expect(ListedThread.of({ ...misleading, activeAt: 4_712 })).toMatchObject({ since: 4_711, activeAt: 4_712 });
});

test("a thread is read the same whichever way it is read", () => {
  const usual = {
    thread: "é|1",
    state: "running",
    since: 1,
    run: "0:1",
    bundle: "b",
    pending: ["1:a:1"],
    activeAt: 2,
  } as const;
  const { activeAt: _, ...neverRan } = usual;
  const others: ThreadSummary[] = [
    { ...usual, thread: 'x","since":9,"' },
    { ...usual, pending: [] },
    { ...usual, pending: ["1:a:1", "1:b:1"] },
    { ...usual, pending: ['1:"]:1'] },
    { ...usual, state: "paused" },
    { ...usual, held: 3 },
    { thread: "t", state: "completed", since: 3, run: "0:2" },
    neverRan,
    misleading,
  ];
  for (const one of [usual, ...others]) {
    const { summary } = ListedThread.of(one);
    expect(summary).toEqual(one);
    expect(JSON.stringify(summary)).toBe(JSON.stringify(one));
  }
});
