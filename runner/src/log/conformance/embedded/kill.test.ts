// Real processes, really killed while they commit: what was answered is there, what was not is there whole or not at all.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { buildProgram, Child } from "../../../store/rocksdb/fixtures/child.js";
import { openEmbeddedLog } from "../../embedded/open-log.js";
import { valuesOf } from "../log-under-test.js";

// As long as it takes: starting processes is slow on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

let built: ReturnType<typeof buildProgram>;
let directory: string;
beforeEach(() => {
  built = buildProgram(join(import.meta.dirname, "fixtures", "log-process.ts"));
  directory = mkdtempSync(join(tmpdir(), "kwf-kill-"));
});
afterEach(() => {
  for (const folder of [built.folder, directory]) rmSync(folder, { recursive: true, force: true });
});

test("killed at any moment, a log has every answered transaction, at most one more of each task, each whole and in order", async () => {
  const answered = [0, 0, 0];
  const hear = (line: string) => {
    const [task, n] = line.split(" ").map(Number) as [number, number];
    answered[task] = n;
  };
  for (let round = 0; round < 8; round++) {
    const child = new Child(built.program, "write", directory);
    expect(await child.line()).toBe("open");
    for (let lines = 0; lines < 3 + round * 20; lines++) hear((await child.line())!);
    // Not at an answer, but somewhere between two.
    await new Promise((resolve) => setTimeout(resolve, round % 4));
    expect(await child.kill()).toBe("SIGKILL");
    for (let line = await child.line(); line !== undefined; line = await child.line()) hear(line);

    const log = await openEmbeddedLog(directory);
    for (const [partition, last] of answered.entries()) {
      const [a, b] = [await valuesOf(log, "a", { partition }), await valuesOf(log, "b", { partition })];
      expect(a).toEqual(Array.from({ length: a.length }, (_, n) => `${n + 1}`));
      expect(b).toEqual(a);
      expect([last, last + 1]).toContain(a.length);
      const where = [{ topic: "a", partition }];
      expect(await log.endOffsets(where, "committed")).toEqual(await log.endOffsets(where, "uncommitted"));
    }
    await log.close();
  }
});
