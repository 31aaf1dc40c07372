// Real processes, really killed (store.ts, I1 and I4).

import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { threadKey } from "../keys.js";
import { buildProgram, Child } from "./fixtures/child.js";
import { openRocksdbStore } from "./rocksdb-store.js";

// As long as it takes: starting processes is slow on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let built: ReturnType<typeof buildProgram>;
let root: string;
let directory: string;
beforeAll(() => {
  built = buildProgram();
});
afterAll(() => rmSync(built.folder, { recursive: true, force: true }));
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kwf-crash-"));
  directory = join(root, "0");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("a process", () => {
  test("that is killed never leaves half a batch, nor a batch without its checkpoint, and loses none that was acknowledged", async () => {
    const keys = Array.from({ length: 200 }, (_, i) => threadKey(`k${i}`));
    for (let round = 0; round < 8; round++) {
      const child = new Child(built.program, "write", directory);
      let acknowledged = 0;
      for (let i = 0; i <= round; i++) acknowledged = Number(await child.line());
      // Not at an acknowledgement, but somewhere between two.
      await new Promise((resolve) => setTimeout(resolve, round % 4));
      expect(await child.kill()).toBe("SIGKILL");
      for (let line = await child.line(); line !== undefined; line = await child.line()) acknowledged = Number(line);

      const store = await openRocksdbStore(directory);
      const position = (await store.checkpoint())?.position;
      const values = (await store.getMany(keys)).map((value) => Buffer.from(value!).toString("latin1").split(";")[0]);
      await store.close();
      expect(position).toBeGreaterThanOrEqual(acknowledged);
      expect(new Set(values)).toEqual(new Set([String(position)]));
    }
  });

  test("holds a store while it lives, by its name, and not a moment longer", async () => {
    const child = new Child(built.program, "hold", directory);
    expect(await child.line()).toBe("open");
    for (const unreadable of ["fail", "rebuild"] as const) {
      await expect(openRocksdbStore(directory, { unreadable })).rejects.toMatchObject({
        code: "store-locked",
        holder: { pid: child.pid },
        message: expect.stringMatching(`${directory} is in use by process ${child.pid} on .* since 20`),
      });
    }
    await child.kill();
    const store = await openRocksdbStore(directory);
    await store.close();
  });

  test("of the same process is noticed under any name of the directory", async () => {
    const store = await openRocksdbStore(directory);
    symlinkSync(directory, join(root, "link"));
    for (const name of [join(root, "link"), relative(process.cwd(), directory), `${directory}/.`]) {
      await expect(openRocksdbStore(name)).rejects.toMatchObject({ code: "store-locked" });
    }
    await store.close();
  });
});
