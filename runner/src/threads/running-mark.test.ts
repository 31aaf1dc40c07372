import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RunningMark } from "./running-mark.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kwf-mark-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => new RunningMark(join(folder, "deep", "0.running"));

test("what is set and not cleared is found by the next one; a shorter mark hides a longer one", () => {
  const first = open();
  expect(first.found).toBeUndefined();
  first.set({ offset: 123_456_789, count: 500, deaths: 0, waited: false });
  first.set({ offset: 7, count: 1, deaths: 1, waited: false });
  const second = open();
  expect(second.found).toEqual({ offset: 7, count: 1, deaths: 1, waited: false });
  second.set({ offset: 8, count: 1, deaths: 0, waited: false });
  second.clear();
  expect(open().found).toBeUndefined();
});

test("a file that says something else says nothing", () => {
  open().close();
  writeFileSync(join(folder, "deep", "0.running"), '{"offset":"7"}');
  expect(open().found).toBeUndefined();
});
