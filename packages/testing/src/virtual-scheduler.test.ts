import { describe, expect, test } from "vitest";
import { VirtualScheduler } from "./virtual-scheduler.js";

const firings = (scheduler: VirtualScheduler, until: number): string[] => {
  const fired: string[] = [];
  for (let next = scheduler.take(until); next !== undefined; next = scheduler.take(until))
    fired.push(`${next.thread} ${next.payload} ${next.at}`);
  return fired;
};

describe("VirtualScheduler", () => {
  test("fires a delay once, at its time", () => {
    const scheduler = new VirtualScheduler();
    scheduler.receive('t1|{"ref":"a"}', "100", 1000);
    expect(firings(scheduler, 1099)).toEqual([]);
    expect(firings(scheduler, 1100)).toEqual(['t1 {"ref":"a"} 1100']);
    expect(firings(scheduler, 9999)).toEqual([]);
  });

  test("takes a time instead of a delay", () => {
    const scheduler = new VirtualScheduler();
    scheduler.receive("t1|p", "@5000", 1000);
    expect(scheduler.pending).toEqual([{ key: "t1|p", at: 5000 }]);
  });

  test.each(["0", "00", "0.0", "", null])("%j cancels", (value) => {
    const scheduler = new VirtualScheduler();
    scheduler.receive("t1|p", "10", 0);
    scheduler.receive("t1|p", value, 0);
    expect(firings(scheduler, 100)).toEqual([]);
  });

  test("a key that is set again replaces its timer", () => {
    const scheduler = new VirtualScheduler();
    scheduler.receive("t1|p", "10", 0);
    scheduler.receive("t1|p", "50", 0);
    expect(firings(scheduler, 100)).toEqual(["t1 p 50"]);
  });

  test("a payload keeps its |", () => {
    const scheduler = new VirtualScheduler();
    scheduler.receive("t1|a|b|", "1", 0);
    expect(firings(scheduler, 1)).toEqual(["t1 a|b| 1"]);
  });

  test("timers that are due at once fire in the order in which they were set", () => {
    const scheduler = new VirtualScheduler();
    for (const name of ["b", "a", "c"]) scheduler.receive(`${name}|p`, name === "c" ? "5" : "10", 0);
    expect(firings(scheduler, 10)).toEqual(["c p 5", "b p 10", "a p 10"]);
  });

  test.each([
    ["nobar", "1"],
    ["|p", "1"],
    ["t|p", "soon"],
    ["t|p", "-1"],
  ])("refuses key %s with value %s", (key, value) => {
    expect(() => new VirtualScheduler().receive(key, value, 0)).toThrow(RangeError);
  });
});
