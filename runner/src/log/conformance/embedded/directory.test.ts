// The directory of a log: what outlives a process, who may open it, and what is said of one that cannot be opened.

import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { Database } from "../../../store/rocksdb/database.js";
import { buildProgram, Child } from "../../../store/rocksdb/fixtures/child.js";
import { openRocksdbStore } from "../../../store/rocksdb/rocksdb-store.js";
import { topicKey } from "../../embedded/keys.js";
import { openEmbeddedLog } from "../../embedded/open-log.js";
import type { Log } from "../../log.js";
import { eventually, readAll, record, valuesOf } from "../log-under-test.js";

vi.setConfig({ testTimeout: 120_000 });

let built: ReturnType<typeof buildProgram>;
let root: string;
let directory: string;
beforeAll(() => {
  built = buildProgram(join(import.meta.dirname, "fixtures", "log-process.ts"));
});
afterAll(() => rmSync(built.folder, { recursive: true, force: true }));
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "kwf-directory-"));
  directory = join(root, "log");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function generationOf(log: Log, group: string, topic: string) {
  let generation: number | undefined;
  const member = log.join({
    group,
    topics: [topic],
    listener: {
      rebalancing: async () => {},
      assigned: async (assignment) => {
        generation = assignment.generation;
      },
      failed: () => {},
    },
  });
  await eventually(() => generation);
  return { member, generation: generation! };
}

describe("a log that is opened again", () => {
  test("is the same log: id, topics, settings, records, ends, offsets of groups, epochs", async () => {
    const before = await openEmbeddedLog(directory);
    const settings = { "cleanup.policy": "compact", "delete.retention.ms": "77" };
    await before.createTopics([{ name: "t", partitions: 3, settings }]);
    await before.produce(["a", "b", "c"].map((value) => record("t", value, 1)));
    const producer = await before.fence("id");
    const open = producer.begin();
    open.send([record("t", "aborted", 1)]);
    await open.flush();
    await open.abort();
    const { member, generation } = await generationOf(before, "g", "t");
    await member.commitOffsets(generation, [{ topic: "t", partition: 1, offset: 2 }]);
    const seen = async (log: Log) => ({
      id: await log.clusterId(),
      names: await log.topicNames(),
      described: await log.describeTopics(["t"]),
      committed: await valuesOf(log, "t", { partition: 1 }),
      all: await valuesOf(log, "t", { partition: 1, isolation: "uncommitted" }),
      ends: await log.endOffsets([{ topic: "t", partition: 1 }], "committed"),
      offsets: await log.groupOffsets("g", [{ topic: "t", partition: 1 }]),
      groups: await log.groupNames(),
    });
    const was = await seen(before);
    expect(was).toMatchObject({
      committed: ["a", "b", "c"],
      all: ["a", "b", "c", "aborted"],
      ends: [5],
      groups: ["g"],
    });
    await before.close();

    const after = await openEmbeddedLog(directory);
    expect(await seen(after)).toEqual(was);
    expect(await after.describeGroup("g")).toEqual({ state: "Empty", members: [] });
    expect((await after.fence("id")).epoch.epoch).toBeGreaterThan(producer.epoch.epoch);
    await after.close();
  });

  test("has undone what was left open, and no number is given twice", async () => {
    const before = await openEmbeddedLog(directory);
    await before.createTopics([{ name: "t", partitions: 1 }]);
    const open = (await before.fence("id")).begin();
    open.send([record("t", "open")]);
    await open.flush();
    await before.produce([record("t", "plain")]);
    await before.close();
    const after = await openEmbeddedLog(directory);
    expect(await after.endOffsets([{ topic: "t", partition: 0 }], "committed")).toEqual([3]);
    expect(await valuesOf(after, "t")).toEqual(["plain"]);
    expect(await after.produce([record("t", "next")])).toMatchObject([{ offset: 3 }]);
    await after.close();
  });

  test("finishes what it had begun to delete, and a topic of the same name begins empty", async () => {
    const before = await openEmbeddedLog(directory);
    await before.createTopics([{ name: "t", partitions: 2 }]);
    await before.produce(Array.from({ length: 3_000 }, (_, n) => record("t", `${n}`, n % 2)));
    const reader = before.reader({ topic: "t", partition: 0, from: 100, maxWaitMs: 50 });
    await reader.read();
    const closing = before.deleteTopic("t").then(() => before.close());
    await closing;
    const after = await openEmbeddedLog(directory);
    expect(await after.topicNames()).toEqual([]);
    await after.createTopics([{ name: "t", partitions: 2 }]);
    expect(await readAll(after, { topic: "t", partition: 0 })).toEqual([]);
    await expect(after.reader({ topic: "t", partition: 0, from: 100 }).read()).rejects.toThrow(/made anew/);
    await after.close();
  });
});

describe("a directory", () => {
  test("is shared by all openers of one process, under any name, until the last one closes", async () => {
    const one = await openEmbeddedLog(directory);
    symlinkSync(directory, join(root, "link"));
    const two = await openEmbeddedLog(join(root, "link"));
    await one.createTopics([{ name: "t", partitions: 1 }]);
    await one.close();
    await two.produce([record("t", "x")]);
    const three = two.another();
    const closing = two.close().then(() => three.close());
    const four = await openEmbeddedLog(`${directory}/.`);
    await closing;
    expect(await valuesOf(four, "t")).toEqual(["x"]);
    await four.close();
  });

  test("that another process has open says which, and is free when that one is gone", async () => {
    const child = new Child(built.program, "hold", directory);
    expect(await child.line()).toBe("open");
    await expect(openEmbeddedLog(directory)).rejects.toMatchObject({
      code: "log-locked",
      holder: { pid: child.pid },
      message: expect.stringMatching(`the log in ${directory} is in use by process ${child.pid} on .* since 20`),
    });
    await child.kill();
    await (await openEmbeddedLog(directory)).close();
  });

  test("with something else in it is refused and left as it is", async () => {
    mkdirSync(directory);
    writeFileSync(join(directory, "thesis.tex"), "years of work");
    await expect(openEmbeddedLog(directory)).rejects.toMatchObject({
      code: "log-foreign",
      message: expect.stringContaining("thesis.tex"),
    });
    expect(readdirSync(directory)).toEqual(["thesis.tex"]);
  });

  test("that holds a store is no log, and a log no store", async () => {
    await (await openRocksdbStore(directory)).close();
    await expect(openEmbeddedLog(directory)).rejects.toMatchObject({
      code: "log-format",
      message: expect.stringMatching(/has format rocksdb-1, and this release of kwf reads logs of format kwf-log-1/),
    });
    const other = join(root, "other");
    await (await openEmbeddedLog(other)).close();
    await expect(openRocksdbStore(other)).rejects.toMatchObject({ code: "store-format" });
  });

  test("of a newer release says so", async () => {
    await (await openEmbeddedLog(directory)).close();
    const marker = join(directory, "kwf-store.json");
    writeFileSync(marker, readFileSync(marker, "utf8").replace("kwf-log-1", "kwf-log-9"));
    await expect(openEmbeddedLog(directory)).rejects.toMatchObject({
      code: "log-format",
      message: expect.stringContaining("kwf-log-9"),
    });
  });

  test("that is a file says so", async () => {
    writeFileSync(directory, "");
    await expect(openEmbeddedLog(directory)).rejects.toMatchObject({
      code: "log-unavailable",
      message: expect.stringContaining(directory),
    });
  });

  test("whose rows were damaged is not opened", async () => {
    await inDatabase(async (database) => {
      await database.batch([{ type: "put", key: topicKey("t"), value: Buffer.from("not what was written") }], true);
    });
    await expect(openEmbeddedLog(directory)).rejects.toMatchObject({
      code: "log-damaged",
      message: expect.stringMatching(/damaged \(checksum of the row/),
    });
  });

  test("with a damaged batch says where, and reads what stands before and behind it", async () => {
    await inDatabase(async (database) => {
      for await (const [key, value] of database.range(Buffer.of(0x10), Buffer.of(0x11), -1)) {
        if (!value.includes("b-value")) continue;
        value[value.length - 3]! ^= 1;
        await database.batch([{ type: "put", key, value }], true);
      }
    });
    const log = await openEmbeddedLog(directory);
    await expect(valuesOf(log, "t")).rejects.toMatchObject({ code: "record-unreadable" });
    expect(await valuesOf(log, "t", { from: 2 })).toEqual(["c-value"]);
    await log.close();
  });

  test("whose last writes were cut off anywhere, as by a crash of the machine, holds whole transactions up to there", async () => {
    const log = await openEmbeddedLog(directory);
    await log.createTopics(["a", "b"].map((name) => ({ name, partitions: 1 })));
    const producer = await log.fence("id");
    for (let n = 1; n <= 20; n++) {
      const transaction = producer.begin();
      transaction.send([record("a", `${n}`)]);
      if (n % 2 === 0) await transaction.flush();
      transaction.send([record("b", `${n}`)]);
      await transaction.commit();
    }
    await log.close();
    const [name] = readdirSync(join(directory, "db")).filter((file) => /^\d+\.log$/.test(file));
    const whole = readFileSync(join(directory, "db", name!));
    let most = 0;
    for (let cut = 0; cut < whole.length; cut += 397) {
      const copy = join(root, `cut-${cut}`);
      cpSync(directory, copy, { recursive: true });
      truncateSync(join(copy, "db", name!), whole.length - cut);
      const left = await openEmbeddedLog(copy);
      if ((await left.topicNames()).length === 2) {
        const [a, b] = [await valuesOf(left, "a"), await valuesOf(left, "b")];
        expect(a).toEqual(b);
        expect(a).toEqual(Array.from({ length: a.length }, (_, n) => `${n + 1}`));
        most = Math.max(most, a.length);
        expect(cut > 0 || a.length === 20).toBe(true);
      }
      await left.close();
    }
    expect(most).toBe(20);
  });

  test("with a byte changed anywhere in what was written loses at most what was written last, or is not opened", async () => {
    await fill();
    const [name] = readdirSync(join(directory, "db")).filter((file) => /^\d+\.log$/.test(file));
    const whole = readFileSync(join(directory, "db", name!));
    let refused = 0;
    for (let at = 3; at < whole.length; at += 61) {
      const copy = join(root, `changed-${at}`);
      cpSync(directory, copy, { recursive: true });
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1;
      writeFileSync(join(copy, "db", name!), bytes);
      try {
        const log = await openEmbeddedLog(copy);
        expect((await valuesOf(log, "t")).slice(0, 2), `byte ${at}`).toEqual(["a-value", "b-value"]);
        await log.close();
      } catch (error) {
        expect(error).toMatchObject({
          code: "log-damaged",
          message: expect.stringMatching(/batches are missing from its write-ahead log/),
        });
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(5);
  });

  async function fill(): Promise<void> {
    const log = await openEmbeddedLog(directory);
    await log.createTopics([{ name: "t", partitions: 1 }]);
    for (const value of ["a-value", "b-value", "c-value"]) await log.produce([record("t", value)]);
    await log.close();
  }

  async function inDatabase(change: (database: Database) => Promise<void>): Promise<void> {
    await fill();
    const database = await Database.open(join(directory, "db"), {
      createIfMissing: false,
      cacheSize: 1 << 20,
      writeBufferSize: 1 << 20,
    });
    await change(database);
    await database.close(async () => true);
  }
});
