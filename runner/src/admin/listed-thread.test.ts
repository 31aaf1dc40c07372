import { expect, test } from "vitest";
import { ListedThread, summariesOf } from "./listed-thread.js";
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

test("many are read at once", () => {
  expect(summariesOf([])).toEqual([]);
  expect(summariesOf([misleading, misleading].map(ListedThread.of))).toEqual([misleading, misleading]);
});
