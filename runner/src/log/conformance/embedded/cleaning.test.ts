// Retention and compaction, on a log that looks for work all the time.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { EmbeddedLog } from "../../embedded/embedded-log.js";
import { openEmbeddedLog } from "../../embedded/open-log.js";
import { OffsetOutOfRange } from "../../errors.js";
import { eventually, readAll, record, valuesOf } from "../log-under-test.js";

let directory: string;
let log: EmbeddedLog;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "kwf-cleaning-"));
  log = await openEmbeddedLog(directory, { cleanEveryMs: 20 });
});
afterEach(async () => {
  await log.close();
  rmSync(directory, { recursive: true, force: true });
});

const where = { topic: "t", partition: 0 };
const topic = (settings: Record<string, string>) => log.createTopics([{ name: "t", partitions: 1, settings }]);
const start = async () => (await log.startOffsets([where]))[0]!;
const put = (key: string, value: string | null) => log.produce([{ topic: "t", partition: 0, key, value }]);
const pairs = async (isolation: "committed" | "uncommitted" = "committed") =>
  (await readAll(log, where, { isolation })).map(({ key, value }) => `${key}=${value}`);
/** Every batch is a segment of its own, and over when the next one comes: what is written last is left alone. */
const EAGER = { "cleanup.policy": "compact", "segment.bytes": "14", "min.cleanable.dirty.ratio": "0" };

describe("retention", () => {
  test("takes what is older than retention.ms, and a reader that stood there hears what it lost", async () => {
    await topic({ "retention.ms": "1" });
    const reader = log.reader({ ...where, from: 0, maxWaitMs: 20 });
    expect((await reader.read()).records).toEqual([]);
    await log.produce(["a", "b"].map((value) => record("t", value)));
    await eventually(async () => (await start()) === 2);
    reader.seek(0);
    await expect(reader.read()).rejects.toBeInstanceOf(OffsetOutOfRange);
    expect(await log.endOffsets([where], "committed")).toEqual([2]);
    expect(await log.produce([record("t", "c")])).toMatchObject([{ offset: 2 }]);
  });

  test("counts from when the log took a record, and leaves what is young", async () => {
    await topic({});
    await log.produce([{ ...record("t", "old times"), timestamp: 5 }]);
    await log.alterTopic("t", { "retention.ms": "100000" });
    await log.createTopics([{ name: "other", partitions: 1, settings: { "retention.ms": "1" } }]);
    await log.produce([record("other", "x")]);
    await eventually(async () => (await log.startOffsets([{ topic: "other", partition: 0 }]))[0] === 1);
    expect(await valuesOf(log, "t")).toEqual(["old times"]);
  });

  test("never passes the first open transaction", async () => {
    await topic({ "retention.ms": "1" });
    await put("k", "before");
    const transaction = (await log.fence("id")).begin();
    transaction.send([record("t", "open")]);
    await transaction.flush();
    await put("k", "after");
    await eventually(async () => (await start()) === 1);
    await log.createTopics([{ name: "other", partitions: 1, settings: { "retention.ms": "1" } }]);
    await log.produce([record("other", "x")]);
    await eventually(async () => (await log.startOffsets([{ topic: "other", partition: 0 }]))[0] === 1);
    expect(await start()).toBe(1);
    await transaction.commit();
    await eventually(async () => (await start()) >= 3);
  });

  test("keeps retention.bytes of the newest records", async () => {
    await topic({ "retention.bytes": "20000", "retention.ms": "-1" });
    for (let n = 0; n < 30; n++) await put("k", `${n} ${"x".repeat(1_990)}`);
    await eventually(async () => (await start()) > 0);
    const left = await valuesOf(log, "t");
    expect(left.at(-1)).toMatch(/^29 /);
    expect(left.length).toBeGreaterThanOrEqual(9);
    expect(left.length).toBeLessThan(30);
  });
});

describe("compaction", () => {
  test("leaves the last value of every key, at its own offset", async () => {
    await topic(EAGER);
    for (let n = 0; n < 50; n++) await put(`k${n % 5}`, `${n}`);
    await put("end", "");
    await eventually(async () => (await readAll(log, where)).length === 6);
    expect(await pairs()).toEqual(["k0=45", "k1=46", "k2=47", "k3=48", "k4=49", "end="]);
    const offsets = [45, 46, 47, 48, 49, 50];
    expect(await start()).toBe(0);
    for (let from = 0; from <= 51; from++) {
      const read = (await readAll(log, where, { from })).map(({ offset }) => offset);
      expect(read).toEqual(offsets.filter((offset) => offset >= from));
    }
  });

  test("works inside batches, and through a crash of nothing: the log opened again is the same", async () => {
    await topic(EAGER);
    await log.produce(Array.from({ length: 100 }, (_, n) => ({ ...where, key: `k${n % 50}`, value: `${n}` })));
    await put("k0", "last");
    await put("other", "x");
    await eventually(async () => (await readAll(log, where)).length === 51);
    const before = await pairs();
    expect(before).toContain("k0=last");
    expect(before).toContain("k49=99");
    await log.close();
    log = await openEmbeddedLog(directory, { cleanEveryMs: 20 });
    expect(await pairs()).toEqual(before);
  });

  test("never lets an aborted record overtake a committed one, and takes aborted ones away", async () => {
    await topic({ ...EAGER, "min.cleanable.dirty.ratio": "1" });
    await put("k", "good");
    const transaction = (await log.fence("id")).begin();
    transaction.send([{ ...where, key: "k", value: "bad" }]);
    await transaction.flush();
    await transaction.abort();
    expect(await pairs("uncommitted")).toEqual(["k=good", "k=bad"]);
    await log.alterTopic("t", { "min.cleanable.dirty.ratio": "0" });
    await put("other", "1");
    await put("other", "2");
    await eventually(async () => (await pairs("uncommitted")).length <= 3);
    expect(await pairs("uncommitted")).not.toContain("k=bad");
    expect(await pairs()).toContain("k=good");
    expect(await pairs()).toContain("other=2");
  });

  test("does not look behind the first open transaction", async () => {
    await topic(EAGER);
    const transaction = (await log.fence("id")).begin();
    transaction.send([{ ...where, key: "k", value: "open" }]);
    await transaction.flush();
    await put("k", "1");
    await put("k", "2");
    await log.createTopics([{ name: "other", partitions: 1, settings: EAGER }]);
    for (const value of ["1", "2", "3"]) await log.produce([{ topic: "other", partition: 0, key: "k", value }]);
    await eventually(async () => (await readAll(log, { topic: "other", partition: 0 })).length < 3);
    expect(await pairs("uncommitted")).toEqual(["k=open", "k=1", "k=2"]);
    await transaction.commit();
    await put("end", "");
    await eventually(async () => (await pairs()).length === 2);
    expect(await pairs()).toEqual(["k=2", "end="]);
  });

  test("a tombstone takes what it overtook, and goes itself when its retention is over", async () => {
    await topic({ ...EAGER, "delete.retention.ms": "1" });
    await put("gone", "1");
    await put("gone", null);
    await put("stays", "1");
    await put("stays", "2");
    await put("end", "");
    await eventually(async () => (await pairs()).length === 2);
    expect(await pairs()).toEqual(["stays=2", "end="]);
  });

  test("a tombstone whose retention is not over stays, also when the log was opened again", async () => {
    await topic({ ...EAGER, "delete.retention.ms": "3600000" });
    await put("gone", "1");
    await put("gone", null);
    for (const value of ["1", "2", "3"]) await put("stays", value);
    await eventually(async () => !(await pairs()).includes("gone=1"));
    await log.close();
    log = await openEmbeddedLog(directory, { cleanEveryMs: 20 });
    for (const value of ["4", "5"]) await put("stays", value);
    await put("end", "");
    await eventually(async () => (await pairs()).length === 3);
    expect(await pairs()).toEqual(["gone=null", "stays=5", "end="]);
  });

  test("takes nothing from a topic that is not compacted", async () => {
    await topic({ "segment.bytes": "14", "min.cleanable.dirty.ratio": "0" });
    await log.createTopics([{ name: "other", partitions: 1, settings: EAGER }]);
    for (const value of ["1", "2", "3"]) {
      await put("k", value);
      await log.produce([{ topic: "other", partition: 0, key: "k", value }]);
    }
    await eventually(async () => (await readAll(log, { topic: "other", partition: 0 })).length < 3);
    expect(await pairs()).toEqual(["k=1", "k=2", "k=3"]);
  });
});
