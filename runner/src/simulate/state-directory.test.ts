import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StateDirectory } from "./state-directory.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kwf-state-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const KEYS = [
  "plain",
  "Plain",
  "../../etc/passwd",
  ".",
  "..",
  "",
  "a/b",
  "a\\b",
  "a b",
  "ключ",
  "\u{1f600}",
  "a\u0000b",
  "con",
  "CON",
  "x".repeat(500),
  `${"x".repeat(500)}y`,
  "é".repeat(200),
  "\ud800",
  "\ud801",
  "%41",
  "A",
];

describe("StateDirectory", () => {
  test("keeps every thread id apart, within its own folder", () => {
    const directory = new StateDirectory(folder);
    for (const key of KEYS) directory.set(key, Buffer.from(`state of ${JSON.stringify(key)}`));
    for (const key of KEYS)
      expect(Buffer.from(new StateDirectory(folder).get(key) ?? []).toString()).toBe(`state of ${JSON.stringify(key)}`);
    const names = readdirSync(join(folder, "threads"));
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(KEYS.length);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(200);
  });

  test("a thread that ended leaves no file", () => {
    const directory = new StateDirectory(folder);
    directory.set("t", Buffer.from("x"));
    directory.set("t", null);
    expect(directory.get("t")).toBeNull();
    expect(readdirSync(join(folder, "threads"))).toEqual([]);
  });

  test("keeps bundles and the position", () => {
    const directory = new StateDirectory(folder);
    expect(directory.position).toBe(0);
    directory.position = 7;
    directory.keepBundle("ab12", "text");
    const again = new StateDirectory(folder);
    expect(again.position).toBe(7);
    expect(again.bundle("ab12")).toBe("text");
    expect(again.bundle("cd34")).toBeUndefined();
    expect(again.bundle("../position")).toBeUndefined();
  });
});
