import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EmbeddedLog } from "../log/embedded/embedded-log.js";
import type { FaultPoint } from "../log/embedded/faults.js";
import { openEmbeddedLog } from "../log/embedded/open-log.js";
import { LogUnreachable } from "../log/errors.js";
import { Names } from "../names.js";
import { makeLogger } from "../runner/logging.js";
import { Runner } from "../runner/runner.js";
import { createMissing, inspectTopics, neededTopics } from "../topics/topics.js";

// Case 16 in one process, on the embedded log: the whole of `kwf scheduler`, with a log that loses requests and answers.

const names = new Names("", "kwf");
const HOUR = "3600000";

let folder: string;
let log: EmbeddedLog;
let runner: Runner | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kwf-scheduler-"));
  log = await openEmbeddedLog(join(folder, "log"));
  const needed = neededTopics(names, {}, ["scheduler"]);
  await createMissing(log, await inspectTopics(log, needed), names, { partitions: 1 });
});
afterEach(async () => {
  log.faults = undefined;
  await runner?.stop();
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<void> {
  runner = new Runner({
    log,
    cluster: await log.clusterId(),
    names,
    stateDirectory: join(folder, "state"),
    threads: undefined,
    scheduler: { maxRecords: 20 },
    sessionTimeoutMs: 6_000,
    acceptLoss: false,
    restorePatienceMs: 60_000,
    admin: { host: "127.0.0.1", port: 0, token: undefined, advertise: undefined },
    logger: makeLogger("silent"),
  });
  await runner.start();
}

const set = (...requests: readonly (readonly [key: string, value: string | null])[]) =>
  log.produce(requests.map(([key, value]) => ({ topic: names.scheduler, key, value })));

async function fired(): Promise<string[]> {
  const [end = 0] = await log.endOffsets([{ topic: names.resume, partition: 0 }], "committed");
  const reader = log.reader({ topic: names.resume, partition: 0, from: 0, maxWaitMs: 20 });
  const found: string[] = [];
  while (reader.position < end)
    for (const { key, value } of (await reader.read()).records) found.push(`${key} ${value}`);
  await reader.close();
  return found;
}

async function until(count: number): Promise<string[]> {
  for (;;) {
    const found = await fired();
    if (found.length >= count) return found;
    await sleep(10);
  }
}

test("timers fire, are replaced and taken back, and outlive the scheduler", async () => {
  await start();
  await set(["a|1", "100"], ["b|1", HOUR], ["c|1", HOUR], ["b|1", "1"], ["c|1", null], ["d|x|y", "1"]);
  expect((await until(3)).toSorted()).toEqual(["a 1", "b 1", "d x|y"]);
  await set(["e|1", "300"], ["f|1", HOUR]);
  await runner?.stop();
  rmSync(join(folder, "state"), { recursive: true });
  await set(["f|1", "0"], ["g|1", "1"]);
  await start();
  expect((await until(5)).slice(3).toSorted()).toEqual(["e 1", "g 1"]);
});

test.each(["before-send", "after-send", "before-commit", "after-commit"] as FaultPoint[])(
  "what is lost %s is neither missing nor there twice",
  async (where) => {
    let count = 0;
    log.faults = (point, { transactionalId }) => {
      if (transactionalId === names.transactionalId(0, "scheduler") && point === where && ++count % 3 === 0) {
        throw new LogUnreachable(`lost ${point}`);
      }
    };
    await start();
    const timers = Array.from({ length: 200 }, (_, n) => [`t${n}|p`, String(1 + n)] as const);
    for (let n = 0; n < timers.length; n += 20) await set(...timers.slice(n, n + 20));
    await until(timers.length);
    await set(["last|p", "1"]);
    const found = await until(timers.length + 1);
    expect(found.toSorted()).toEqual([...timers.map(([key]) => key.replace("|", " ")), "last p"].toSorted());
    expect(count).toBeGreaterThanOrEqual(3);
  },
);
