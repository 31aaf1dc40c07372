import { expect, test } from "vitest";
import { First, isNamed, matcher, refName, type ThreadFilter, type ThreadSummary } from "./thread-filter.js";

const thread: ThreadSummary = {
  thread: "order-1",
  state: "running",
  since: 400_000,
  run: "0:1",
  bundle: "ab12",
  pending: ["1:approval:1", "payment-17"],
  activeAt: 900_000,
};
const matches = (filter: ThreadFilter, one: ThreadSummary = thread) => matcher(filter)(one);

test("nothing said: those that live", () => {
  expect(matches({})).toBe(true);
  expect(matches({}, { ...thread, state: "paused" })).toBe(true);
  expect(matches({}, { ...thread, state: "failed" })).toBe(false);
  expect(matches({ state: ["failed"] }, { ...thread, state: "failed" })).toBe(true);
  expect(matches({ state: ["failed"] })).toBe(false);
});

test.each<[ThreadFilter, boolean]>([
  [{ waiting: "approval" }, true],
  [{ waiting: "1:approval:1" }, true],
  [{ waiting: "payment-17" }, true],
  [{ waiting: "payment" }, false],
  [{ waiting: "1" }, false],
  [{ idleSince: 900_000 }, true],
  [{ idleSince: 899_999 }, false],
  [{ since: 400_000 }, true],
  [{ since: 400_001 }, false],
  [{ bundle: "ab12" }, true],
  [{ bundle: "ab" }, false],
  [{ prefix: "order-" }, true],
  [{ prefix: "rder" }, false],
  [{ prefix: "order-", waiting: "approval", state: ["paused"] }, false],
])("%j: %s", (filter, expected) => {
  expect(matches(filter)).toBe(expected);
});

test("who waits for nothing is not waiting; where no step is known of, the state's age counts", () => {
  const { pending, activeAt, ...bare } = thread;
  expect(pending).toBeDefined();
  expect(matches({ waiting: "approval" }, bare)).toBe(false);
  expect(matches({ idleSince: 400_000 }, bare)).toBe(true);
  expect(matches({ idleSince: 399_999 }, bare)).toBe(false);
  expect(activeAt).toBe(900_000);
});

test("the name of a ref is what stands between step and number", () => {
  expect(refName("4711:approval:1")).toBe("approval");
  expect(refName("0.4711:a:b:12")).toBe("a:b");
  expect(refName("payment-17")).toBeUndefined();
  expect(isNamed("4711:approval:1", "4711:approval:1")).toBe(true);
});

test.each(["active", "idle"] as const)("the first of very many by %s, and hardly more kept than these", (order) => {
  const many = Array.from({ length: 5_000 }, (_, n) => ({
    since: (n * 7919) % 5_003,
    activeAt: (n * 104_729) % 4_999,
  }));
  const first = new First<(typeof many)[number]>({ order, most: 10 });
  for (let at = 0; at < many.length; at += 100) first.see(many.slice(at, at + 100));
  expect(first.found).toHaveLength(10);
  const times = (all: readonly (typeof many)[number][]) =>
    all.map(({ since, activeAt }) => (order === "active" ? -Math.max(since, activeAt) : activeAt));
  const inOrder = times(many).sort((a, b) => a - b);
  expect(times(first.found)).toEqual(inOrder.slice(0, 10));
  const whole = new First<(typeof many)[number]>({ order, most: Number.POSITIVE_INFINITY });
  whole.see(many);
  expect(times(whole.found)).toEqual(inOrder);
});

test("fewer than are wanted are all of them", () => {
  const first = new First<{ since: number }>({ order: "idle", most: 10 });
  first.see([{ since: 2 }, { since: 1 }]);
  expect(first.found).toEqual([{ since: 1 }, { since: 2 }]);
});
