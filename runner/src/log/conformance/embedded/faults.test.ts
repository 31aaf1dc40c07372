// Faults on demand, and what only a log in one's own process can promise.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { buildProgram, runUnder } from "../../../store/rocksdb/fixtures/child.js";
import type { EmbeddedLog } from "../../embedded/embedded-log.js";
import { LogUnreachable, ProducerFenced } from "../../errors.js";
import { Bench, eventually, record, valuesOf } from "../log-under-test.js";
import { type EmbeddedUnderTest, embeddedUnderTest } from "./embedded-under-test.js";

vi.setConfig({ testTimeout: 180_000 });

const bench = new Bench(embeddedUnderTest);
let under: EmbeddedUnderTest;
beforeAll(() => {
  under = bench.under as EmbeddedUnderTest;
});
const open = () => bench.open() as EmbeddedLog;

describe("faults on demand", () => {
  test("an owner that stalls before its commit, and is fenced meanwhile, wakes and commits nothing", async () => {
    const [old, young] = [open(), open()];
    const topic = await bench.topic(old);
    const id = under.unique("id");
    let wake = () => {};
    const stalled = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let asleep = false;
    old.faults = async (point, place) => {
      if (point !== "before-commit") return;
      expect(place).toEqual({ transactionalId: id });
      asleep = true;
      await stalled;
    };
    const transaction = (await old.fence(id)).begin();
    transaction.send([record(topic, "old")]);
    const committing = transaction.commit();
    committing.catch(() => {});
    await eventually(() => asleep);
    const next = (await young.fence(id)).begin();
    next.send([record(topic, "young")]);
    await next.commit();
    wake();
    await expect(committing).rejects.toBeInstanceOf(ProducerFenced);
    expect(await valuesOf(young, topic)).toEqual(["young"]);
  });

  test("a commit that failed before it was heard stays open until its timeout", async () => {
    const log = open();
    const topic = await bench.topic(log);
    under.lose(log, "commit", "request");
    const transaction = (await log.fence(under.unique("id"), { transactionTimeoutMs: 300 })).begin();
    transaction.send([record(topic, "lost")]);
    await expect(transaction.commit()).rejects.toBeInstanceOf(LogUnreachable);
    const where = { topic, partition: 0 };
    expect(await log.openTransaction(where)).toMatchObject({ firstOffset: 0 });
    await eventually(async () => (await log.endOffsets([where], "committed"))[0] === 2);
    expect(await valuesOf(log, topic)).toEqual([]);
  });

  test("a fence and a produce can be lost on either way", async () => {
    const log = open();
    const topic = await bench.topic(log);
    const id = under.unique("id");
    const before = await log.fence(id);
    const lost = (at: string) => {
      log.faults = (point) => {
        if (point === at) throw new LogUnreachable("lost");
      };
    };
    lost("before-fence");
    await expect(log.fence(id)).rejects.toBeInstanceOf(LogUnreachable);
    const first = before.begin();
    first.send([record(topic, "1")]);
    await first.commit();
    lost("after-fence");
    await expect(log.fence(id)).rejects.toBeInstanceOf(LogUnreachable);
    const second = before.begin();
    second.send([record(topic, "2")]);
    await expect(second.commit()).rejects.toBeInstanceOf(ProducerFenced);
    lost("before-produce");
    await expect(log.produce([record(topic, "3")])).rejects.toBeInstanceOf(LogUnreachable);
    lost("after-produce");
    await expect(log.produce([record(topic, "4")])).rejects.toBeInstanceOf(LogUnreachable);
    expect(await valuesOf(log, topic)).toEqual(["1", "4"]);
  });

  test("a client that is cut off for less than its session keeps its partitions, and hears what it missed", async () => {
    const [log, other] = [open(), open()];
    const topic = await bench.topic(log, { partitions: 2 });
    const group = under.unique("group");
    const heard: unknown[] = [];
    const listener = (into: unknown[]) => ({
      rebalancing: async (event: object) => void into.push(event),
      assigned: async (event: object) => void into.push(event),
      failed: (error: Error) => void into.push(error),
    });
    const member = log.join({ group, topics: [topic], sessionTimeoutMs: 60_000, listener: listener(heard) });
    await eventually(() => heard.length === 1);
    const { generation } = heard[0] as { generation: number };
    log.disconnect();
    expect(await member.confirm(generation)).toBe(false);
    await expect(member.commitOffsets(generation, [])).rejects.toBeInstanceOf(LogUnreachable);
    const others: unknown[] = [];
    other.join({ group, topics: [topic], listener: listener(others) });
    await eventually(async () => (await other.describeGroup(group)).state === "PreparingRebalance");
    expect(others).toEqual([]);
    log.reconnect();
    await eventually(() => heard.length === 3 && others.length === 1);
    expect(heard[1]).toEqual({ lost: false });
    expect(heard[2]).toMatchObject({ generation: generation + 1, gained: [] });
  });

  test("a member that does not come back within the rebalance timeout is out, and has nothing when it comes", async () => {
    const [log, other] = [open(), open()];
    const topic = await bench.topic(log);
    const group = under.unique("group");
    let finish = () => {};
    const heard: { generation?: number; lost?: unknown; gained?: unknown[] }[] = [];
    log.join({
      group,
      topics: [topic],
      rebalanceTimeoutMs: 200,
      listener: {
        rebalancing: () =>
          new Promise((resolve) => {
            finish = resolve;
          }),
        assigned: async (assignment) => void heard.push({ ...assignment, gained: [...assignment.gained] }),
        failed: () => {},
      },
    });
    await eventually(() => heard.length === 1);
    let owned: number | undefined;
    const second = other.join({
      group,
      topics: [topic],
      rebalanceTimeoutMs: 200,
      listener: {
        rebalancing: async () => {},
        assigned: async ({ partitions }) => {
          owned = partitions.length;
        },
        failed: () => {},
      },
    });
    await eventually(() => owned === 1);
    await second.leave();
    finish();
    await eventually(() => heard.length === 2);
    expect(heard[1]!.gained).toEqual([{ topic, partition: 0 }]);
    expect(heard[1]!.lost).toEqual([{ topic, partition: 0 }]);
  });
});

test("a reader that waits is told of a write at once, of a commit, and of an abort", async () => {
  const log = open();
  const topic = await bench.topic(log);
  // Whoever waited for the time to be up would not live to see it.
  const reader = log.reader({ topic, partition: 0, from: 0, maxWaitMs: 3_600_000 });
  const plain = reader.read();
  await log.produce([record(topic, "plain")]);
  expect((await plain).records.map(({ value }) => `${value}`)).toEqual(["plain"]);
  const producer = await log.fence(under.unique("id"));
  const first = producer.begin();
  first.send([record(topic, "committed")]);
  await first.flush();
  const committed = reader.read();
  await first.commit();
  expect((await committed).records.map(({ value }) => `${value}`)).toEqual(["committed"]);
  const second = producer.begin();
  second.send([record(topic, "aborted")]);
  await second.flush();
  const aborted = reader.read();
  await second.abort();
  expect(await aborted).toMatchObject({ records: [], nextOffset: 5, endOffset: 5, stableOffset: 5 });
});

const NAMESPACES = [
  ["unshare", "--mount"],
  ["unshare", "--user", "--map-root-user", "--mount"],
];
/** As in the store's own test of full disks. */
const ownMounts = NAMESPACES.find(([command, ...args]) => {
  const script = "mount -t tmpfs -o size=1m tmpfs /tmp";
  return spawnSync(command!, [...args, "sh", "-c", script]).status === 0;
});

describe("a disk that refuses", () => {
  const fill = (shell: readonly string[], setup: (root: string) => string, ballast: string) => {
    const built = buildProgram(join(import.meta.dirname, "fixtures", "log-process.ts"));
    const root = mkdtempSync(join(tmpdir(), "kwf-disk-"));
    try {
      return runUnder(shell, setup(root), built.program, "fill", join(root, "log"), ballast) as {
        acknowledged: number;
      };
    } finally {
      for (const folder of [built.folder, root]) rmSync(folder, { recursive: true, force: true });
    }
  };

  test.runIf(ownMounts)(
    "because it is full (needs mounts of its own): nothing answered is lost, and space is enough",
    () => {
      const seen = fill(ownMounts!, (root) => `mount -t tmpfs -o size=64m tmpfs '${root}'`, "30000000");
      expect(seen).toEqual({
        first: "log-unavailable",
        ended: true,
        again: "log-unavailable",
        reopened: false,
        withSpace: "ok",
        acknowledged: seen.acknowledged,
        read: seen.acknowledged + 1,
        whole: true,
      });
      expect(seen.acknowledged).toBeGreaterThan(5);
    },
  );

  test.runIf(process.platform !== "win32")(
    "a write: the log has to be opened again, and nothing answered is lost",
    () => {
      // No file of this process may grow beyond 512 KiB: the write-ahead log meets EFBIG.
      const seen = fill(["env"], () => "ulimit -f 1024", "0");
      expect(seen).toEqual({
        first: "log-unreachable",
        ended: true,
        again: "log-unavailable",
        reopened: true,
        withSpace: "ok",
        acknowledged: seen.acknowledged,
        read: seen.acknowledged + 1,
        whole: true,
      });
      expect(seen.acknowledged).toBeGreaterThan(5);
    },
  );
});
