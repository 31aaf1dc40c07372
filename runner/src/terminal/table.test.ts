import { expect, test } from "vitest";
import { count, harmless, table } from "./table.js";

test("columns are as wide as what is in them", () => {
  expect(
    table(
      ["THREAD", "STATE", "HELD"],
      [
        ["order-1000", "running", "2"],
        ["b", "paused", "10"],
      ],
      { right: ["HELD"] },
    ),
  ).toEqual(["THREAD      STATE    HELD", "order-1000  running     2", "b           paused     10"]);
});

test("on a terminal the widest column gives way, and a line never gets longer", () => {
  const lines = table(["ID", "WHY"], [["order-1", "a message that is much too long for this terminal"]], { width: 30 });
  expect(lines).toEqual(["ID       WHY", "order-1  a message that is mu…"]);
});

test("columns stay readable on the narrowest terminal", () => {
  expect(table(["ID", "WHY"], [["order-1000", "because of that"]], { width: 4 })[1]).toBe("order-1…  because…");
});

test("without rows only the heading is left", () => expect(table(["THREAD", "STATE"], [])).toEqual(["THREAD  STATE"]));

test("what could move the cursor or break the line is shown, not done", () => {
  expect(harmless("a\nb\u001b[2Jc\u009b\u202e\u2028")).toBe("a\\nb\\u001b[2Jc\\u009b\\u202e\\u2028");
  expect(harmless("grün 東京 🎉")).toBe("grün 東京 🎉");
});

test("a count has its word", () => {
  expect([0, 1, 1234].map((n) => count(n, "thread"))).toEqual(["0 threads", "1 thread", "1,234 threads"]);
  expect(count(2, "dead letter")).toBe("2 dead letters");
});

test("there may be more rows than a call has arguments", () => {
  expect(
    table(
      ["THREAD"],
      Array.from({ length: 200_000 }, () => ["order"]),
    ),
  ).toHaveLength(200_001);
});

test("a character is one wide, however many bytes or units it has", () => {
  expect(
    table(
      ["ID", "N"],
      [
        ["🎉é", "1"],
        ["a\nb", "22"],
      ],
      { right: ["N"] },
    ),
  ).toEqual(["ID     N", "🎉é     1", "a\\nb  22"]);
});
