// The texts are RocksDB's own, as its package passed them on.

import { expect, test } from "vitest";
import { StoreLocked } from "../store-error.js";
import { isLocked, problemOf } from "./problem.js";

test.each([
  [
    "Corruption: block checksum mismatch: stored = 1772691420, computed = 3790643572  in d/000008.sst offset 1810 size 252",
    "store-damaged",
  ],
  ["Corruption: file is too short (14698 bytes) to be an sstabled/000008.sst", "store-damaged"],
  [
    "IO error: No such file or directoryWhile open a file for random read: d/000008.ldb: No such file or directory",
    "store-damaged",
  ],
  ["Invalid argument: d/CURRENT: does not exist (create_if_missing is false)", "store-damaged"],
  ["Not implemented: Unsupported compression method", "store-damaged"],
  [
    "IO error: No space left on deviceWhile appending to file: d/000009.log: No space left on device",
    "store-disk-full",
  ],
  ["IO error: While appending to file: d/000009.log: Disk quota exceeded", "store-disk-full"],
  ["IO error: While appending to file: d/000009.log: File too large", "store-io"],
  ["IO error: While open a file for appending: d/000009.log: Permission denied", "store-io"],
  ["IO error: While open a file for random read: d/000008.sst: Too many open files", "store-io"],
  ["something new", "store-io"],
])("%s", (text, code) => {
  const cause = new Error(text);
  expect(problemOf("d", cause)).toMatchObject({ code, cause, directory: "d" });
  expect(isLocked(cause)).toBe(false);
});

test("a lock is told from other I/O errors", () => {
  for (const text of [
    "IO error: While lock file: d/LOCK: Resource temporarily unavailable",
    "IO error: lock hold by current process, acquire time 1795259376 acquiring thread 140294713079488: d/LOCK: No locks available",
  ]) {
    expect(isLocked(new Error(text))).toBe(true);
  }
});

test("errors of the file system beside RocksDB, and those that have their meaning already", () => {
  expect(
    problemOf("d", Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" })),
  ).toMatchObject({ code: "store-disk-full" });
  expect(
    problemOf("d", Object.assign(new Error("EACCES: permission denied, mkdir"), { code: "EACCES" })),
  ).toMatchObject({ code: "store-io" });
  const locked = new StoreLocked("d", undefined);
  expect(problemOf("d", locked)).toBe(locked);
  expect(locked.message).toContain("in use by another process");
});
