import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Database } from "../../store/rocksdb/database.js";
import { DiskSpace } from "../../store/rocksdb/disk-space.js";
import { LogClosed, LogUnavailable } from "../errors.js";
import { Journal, type Round } from "./journal.js";

let directory: string;
let database: Database;
let journal: Journal;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "kwf-journal-"));
  const sizes = { cacheSize: 1 << 20, writeBufferSize: 1 << 20 };
  database = await Database.open(join(directory, "db"), { createIfMissing: true, ...sizes });
  journal = new Journal(directory, database, new DiskSpace(directory, 0));
});
afterEach(async () => {
  await journal.close();
  await database.close(async () => true);
  rmSync(directory, { recursive: true, force: true });
});

const put = (key: string, seen?: (round: Round) => void) =>
  journal.write({
    bytes: 10,
    make: (round) => {
      seen?.(round);
      round.put(Buffer.from(key), Buffer.from("x"));
      return key;
    },
  });
const keys = async () => {
  const found: string[] = [];
  for await (const [key] of database.range(Buffer.from("a"), undefined, -1)) found.push(`${key}`);
  return found;
};

test("what is asked for while a round is on its way makes up the next one, in the order of the asking", async () => {
  const rounds: Round[] = [];
  const made: string[] = [];
  const ask = (key: string) =>
    put(key, (round) => {
      if (!rounds.includes(round)) rounds.push(round);
      made.push(key);
    });
  const first = [ask("a"), ask("b")];
  await undefined;
  await undefined;
  const second = Array.from({ length: 20 }, (_, n) => ask(`c${n}`));
  expect(await Promise.all([...first, ...second])).toHaveLength(22);
  expect(rounds).toHaveLength(2);
  expect(made).toEqual(["a", "b", ...Array.from({ length: 20 }, (_, n) => `c${n}`)]);
});

test("a change that throws concerns nobody else (I2)", async () => {
  const refuse = () => {
    throw new TypeError("refused");
  };
  const [a, b, c] = await Promise.allSettled([put("a"), put("b", refuse), put("c")]);
  expect([a.status, b.status, c.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(b).toMatchObject({ reason: { message: "refused" } });
  expect(await keys()).toEqual(["a", "c"]);
});

test("it is on the disk before anything of it can be seen (I3)", async () => {
  let there: string[] | undefined;
  const reading = new Promise<void>((resolve) => {
    void put("a", (round) =>
      round.afterwards(() => {
        void keys().then((found) => {
          there = found;
          resolve();
        });
      }),
    );
  });
  await reading;
  expect(there).toEqual(["a"]);
});

test("without room nothing is made, and later there may be some (I4)", async () => {
  await journal.close();
  journal = new Journal(directory, database, new DiskSpace(directory, Number.MAX_SAFE_INTEGER));
  let made = false;
  const refused = put("a", () => {
    made = true;
  });
  await expect(refused).rejects.toBeInstanceOf(LogUnavailable);
  await expect(refused).rejects.toThrow(/nothing can be written: .*MiB are left on the disk/);
  expect(made).toBe(false);
  await expect(put("b")).rejects.toBeInstanceOf(LogUnavailable);
  expect(await keys()).toEqual([]);
});

test("what was asked for before the close is written, what comes after is refused", async () => {
  const before = put("a");
  const closing = journal.close();
  await expect(put("b")).rejects.toBeInstanceOf(LogClosed);
  await closing;
  expect(await before).toBe("a");
  expect(await keys()).toEqual(["a"]);
});
