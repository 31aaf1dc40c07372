// Disks that refuse: full, limited, not there. Each is real, in a process of its own.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { buildProgram, runUnder } from "./fixtures/child.js";
import { openRocksdbStore } from "./rocksdb-store.js";

const NAMESPACES = [
  ["unshare", "--mount"],
  ["unshare", "--user", "--map-root-user", "--mount"],
];
/** How to get a file system of one's own on this machine; a small disk cannot be had otherwise without being asked for a password. */
const ownMounts = NAMESPACES.find(([command, ...args]) => {
  const script = "mount -t tmpfs -o size=1m tmpfs /tmp";
  return spawnSync(command!, [...args, "sh", "-c", script]).status === 0;
});

vi.setConfig({ testTimeout: 180_000 });

let built: ReturnType<typeof buildProgram>;
let root: string;
beforeAll(() => {
  built = buildProgram();
});
afterAll(() => rmSync(built.folder, { recursive: true, force: true }));
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kwf-disk-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a full disk (needs mounts of its own)", () => {
  const onSmallDisk = (command: string, reserve: string) => {
    const mount = `mount -t tmpfs -o size=40m tmpfs '${root}'`;
    return runUnder(ownMounts!, mount, built.program, command, join(root, "0"), "18000000", reserve);
  };

  test.runIf(ownMounts).each([
    ["that fills up", ""],
    ["that RocksDB itself ran into", "0"],
  ])("%s is said as such, costs nothing that was acknowledged, and work goes on with space", (_, reserve) => {
    const seen = onSmallDisk("fill", reserve) as { acknowledged: number };
    expect(seen).toEqual({
      first: "store-disk-full",
      second: "store-disk-full",
      acknowledged: expect.any(Number),
      checkpointAfterwards: seen.acknowledged,
      openedFull: "store-disk-full",
      reopened: seen.acknowledged,
      value: String(seen.acknowledged),
      rebuilt: null,
      again: "ok",
    });
    expect(seen.acknowledged).toBeGreaterThan(100);
  });
});

describe("an I/O error", () => {
  test.runIf(process.platform !== "win32")(
    "stops the store at the batch it met, and what was written before is there",
    () => {
      // No file of this process may grow beyond 512 KiB: the write-ahead log meets EFBIG.
      const seen = runUnder(["env"], "ulimit -f 1024", built.program, "fill", join(root, "0"), "0", "0") as {
        acknowledged: number;
      };
      expect(seen).toMatchObject({
        first: "store-io",
        second: "store-io",
        checkpointAfterwards: seen.acknowledged,
        reopened: seen.acknowledged,
        value: String(seen.acknowledged),
        rebuilt: null,
        again: "ok",
      });
      expect(seen.acknowledged).toBeGreaterThan(5);
    },
  );

  test("of the directory itself names the directory", async () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    for (const directory of [file, join(file, "0")]) {
      for (const unreadable of ["fail", "rebuild"] as const) {
        await expect(openRocksdbStore(directory, { unreadable })).rejects.toMatchObject({
          code: "store-io",
          message: expect.stringContaining(directory),
        });
      }
    }
  });
});
