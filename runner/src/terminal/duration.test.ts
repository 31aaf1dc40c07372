import { expect, test } from "vitest";
import { UsageError } from "../usage-error.js";
import { formatDuration, formatMoment, parseDuration, parseMoment } from "./duration.js";

test.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["30m", 1_800_000],
  ["1h", 3_600_000],
  ["1.5h", 5_400_000],
  ["1h30m", 5_400_000],
  ["7d", 604_800_000],
  ["2w", 1_209_600_000],
  ["0s", 0],
])("%s is a duration", (text, ms) => expect(parseDuration(text, "--idle")).toBe(ms));

test.each(["", "1", "h", "1y", "-1h", "1h 30m", "1h30", "1e3s", "2026-01-31"])("%j is none", (text) => {
  expect(() => parseDuration(text, "--idle")).toThrow(UsageError);
  expect(() => parseDuration(text, "--idle")).toThrow(`--idle is ${JSON.stringify(text)}, expected a duration`);
});

test("a moment is a time, or so long ago", () => {
  expect(parseMoment("2026-01-31T10:00:00Z", "--since")).toBe(Date.UTC(2026, 0, 31, 10));
  expect(parseMoment("2026-01-31", "--since")).toBe(Date.UTC(2026, 0, 31));
  expect(parseMoment("1h", "--since", 10_000_000)).toBe(6_400_000);
  for (const text of ["", "yesterday", "17", "2026-13-01"]) {
    expect(() => parseMoment(text, "--since")).toThrow(`--since is ${JSON.stringify(text)}, expected a time`);
  }
});

test.each([
  [0, "0s"],
  [999, "0s"],
  [65_000, "1m 5s"],
  [3_600_000, "1h"],
  [3_605_000, "1h"],
  [3_660_000, "1h 1m"],
  [90_000_000, "1d 1h"],
  [-5, "0s"],
])("%d ms is shown as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

test("a moment of any number has a text, which is a moment again", () => {
  expect(formatMoment(Date.UTC(2030, 0, 31, 10))).toBe("2030-01-31T10:00:00.000Z");
  expect(formatMoment(-1)).toBe("1969-12-31T23:59:59.999Z");
  for (const far of [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 8.64e15 + 1])
    expect(parseMoment(formatMoment(far), "--since")).toBe(Date.parse(formatMoment(far)));
});
