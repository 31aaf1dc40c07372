import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { build } from "@kwf/compiler";
import { loadBundle } from "@kwf/engine";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { EmbeddedLog } from "../log/embedded/embedded-log.js";
import type { FaultPoint } from "../log/embedded/faults.js";
import { openEmbeddedLog } from "../log/embedded/open-log.js";
import { LogUnreachable } from "../log/errors.js";
import { type LogRecord, partitionKey } from "../log/log.js";
import { Names } from "../names.js";
import { makeLogger } from "../runner/logging.js";
import { Runner } from "../runner/runner.js";
import type { BundleSource } from "../threads/thread-workload.js";
import { createMissing, inspectTopics, neededTopics } from "../topics/topics.js";

// The bridge in one process, on the embedded log, which loses requests and answers: what it writes to workflow-resume, and what threads make
// of it.

const SOURCE = `
import * as W from "@kwf/workflow";
export const manifest: W.Manifest = {
  outputTopics: ["paid"],
  inputTopics: {
    orders: ({ key, value }) => {
      if (value === "skip") return null;
      while (value === "spin");
      return { thread: key ?? "", start: JSON.parse(value ?? "null") as unknown };
    },
    payments: ({ key, value }) => ({ thread: key ?? "", ref: "payment", value }),
  },
};
export default async function main(order: unknown): Promise<void> {
  W.outputJSON([order, await W.refId<string>("payment")], "paid");
}
`;
/** The same with one topic more. */
const LATER = SOURCE.replace(
  "inputTopics: {",
  'inputTopics: {\n    refunds: ({ key }) => ({ thread: key ?? "", start: "refund" }),',
);

const names = new Names("p-", "kwf");
const sources = mkdtempSync(join(tmpdir(), "kwf-inputs-src-"));
let bundles: BundleSource[];
let folder: string;
let log: EmbeddedLog;
let runners: Runner[];

beforeAll(async () => {
  bundles = await Promise.all(
    [SOURCE, LATER].map(async (text, index) => {
      const entry = join(sources, `${index}.ts`);
      writeFileSync(entry, text);
      const { hash, source, manifest } = loadBundle((await build(entry)).code);
      return { hash, source, inputTopics: manifest.inputTopics ?? [] };
    }),
  );
}, 60_000);
afterAll(() => rmSync(sources, { recursive: true, force: true }));

beforeEach(async () => {
  runners = [];
  folder = mkdtempSync(join(tmpdir(), "kwf-inputs-"));
  log = await openEmbeddedLog(join(folder, "log"));
  await topics("orders", "payments");
  const needed = neededTopics(names, { outputTopics: ["paid"] });
  await createMissing(log, await inspectTopics(log, needed), names, { partitions: 1 });
});
afterEach(async () => {
  log.faults = undefined;
  for (const runner of runners) await runner.stop();
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

const topics = (...all: string[]) =>
  log.createTopics(all.map((name) => ({ name: names.topic(name), partitions: name === "orders" ? 3 : 1 })));

async function start(options: { maxRecords?: number; place?: string; client?: EmbeddedLog } = {}): Promise<Runner> {
  const { maxRecords = 20, place = "one", client = log } = options;
  const runner = new Runner({
    log: client,
    cluster: await log.clusterId(),
    names,
    stateDirectory: join(folder, place),
    threads: {
      bundle: bundles[0]!,
      config: undefined,
      stepOptions: { timeoutMs: 300 },
      stepMemoryMb: 256,
      stepThreads: 1,
      maxHeld: 10,
      keepFinishedMs: 0,
      maxRecords,
    },
    scheduler: undefined,
    sessionTimeoutMs: 6_000,
    acceptLoss: false,
    restorePatienceMs: 60_000,
    admin: { host: "127.0.0.1", port: 0, token: undefined, advertise: undefined },
    logger: makeLogger("silent"),
  });
  runners.push(runner);
  await runner.start();
  return runner;
}

const put = (topic: string, ...records: readonly (readonly [key: string | null, value: string | Buffer | null])[]) =>
  log.produce(records.map(([key, value]) => ({ topic: names.topic(topic), key, value })));

async function all(topic: string, partition = 0): Promise<LogRecord[]> {
  const where = { topic: names.topic(topic), partition };
  const [end = 0] = await log.endOffsets([where], "committed");
  const reader = log.reader({ ...where, from: 0, maxWaitMs: 20 });
  const found: LogRecord[] = [];
  while (reader.position < end) found.push(...(await reader.read()).records);
  await reader.close();
  return found;
}

async function until(topic: string, count: number): Promise<string[]> {
  for (;;) {
    const found = await all(topic);
    if (found.length >= count) return found.map(({ key, value }) => `${key} ${value}`);
    await sleep(10);
  }
}

const header = ({ headers }: LogRecord, name: string) => headers.find(([own]) => own === name)?.[1]?.toString();

async function offset(topic: string, partition: number): Promise<number | undefined> {
  const where = { topic: names.topic(topic), partition };
  return (await log.groupOffsets(names.inputGroup, [where])).get(partitionKey(where));
}

test("records of topics with different partitions start and resume threads, and name where they come from", async () => {
  await start();
  const orders = Array.from({ length: 30 }, (_, n) => [`o${n}`, `{"n":${n}}`] as const);
  const produced = await put("orders", ...orders);
  await until("workflow-resume", 30);
  await put("payments", ...orders.map(([key]) => [key, `for ${key}`] as const));
  const paid = await until("paid", 30);
  expect(paid.toSorted()).toEqual(orders.map(([key, value]) => `${key} [${value},"for ${key}"]`).toSorted());
  const resumed = await all("workflow-resume");
  const sources = resumed.slice(0, 30).map((record) => `${record.key} ${header(record, "kwf-source")}`);
  const expected = produced.map(({ partition, offset }, n) => `o${n} orders/${partition}/${offset}`);
  expect(sources.toSorted()).toEqual(expected.toSorted());
  expect(new Set(produced.map(({ partition }) => partition)).size).toBe(3);
});

test.each(["before-send", "after-send", "before-commit", "after-commit"] as FaultPoint[])(
  "what is lost %s is neither missing nor there twice",
  async (where) => {
    let count = 0;
    log.faults = (point, { transactionalId }) => {
      if (transactionalId?.startsWith(names.inputGroup) && point === where && ++count % 3 === 0)
        throw new LogUnreachable(`lost ${point}`);
    };
    await start();
    const keys = Array.from({ length: 120 }, (_, n) => `o${n}`);
    for (let n = 0; n < keys.length; n += 20)
      await put("orders", ...keys.slice(n, n + 20).map((key) => [key, "1"] as const));
    await until("workflow-resume", keys.length);
    await put("orders", ["last", "1"]);
    const found = await until("workflow-resume", keys.length + 1);
    expect(found.toSorted()).toEqual([...keys, "last"].map((key) => `${key} init:1`).toSorted());
    expect(count).toBeGreaterThanOrEqual(3);
  },
);

test("null skips a record, also when nothing else is in the batch", async () => {
  await start();
  const [{ partition } = { partition: 0 }] = await put("orders", ["k", "skip"], ["k", "skip"]);
  while ((await offset("orders", partition)) !== 2) await sleep(10);
  await put("orders", ["k", "7"]);
  expect(await until("workflow-resume", 1)).toEqual(["k init:7"]);
});

test("what means nothing becomes a dead letter as it came, and holds up nobody", async () => {
  await start();
  const bytes = Buffer.from([0xff, 0xfe]);
  await put("orders", ["k", "not JSON"], ["k", "spin"], ["k", bytes], ["", "1"], ["k", "8"]);
  expect(await until("workflow-resume", 1)).toEqual(["k init:8"]);
  await until("workflow-dead-letter", 4);
  const letters = await all("workflow-dead-letter");
  const told = letters.map((letter) => [letter.value?.toString("latin1"), header(letter, "kwf-reason")]);
  expect(told.toSorted()).toEqual([
    ["1", "mapping-answer"],
    ["not JSON", "mapping-failed"],
    ["spin", "mapping-failed"],
    ["ÿþ", "bad-value"],
  ]);
  expect(letters.map((letter) => header(letter, "kwf-topic"))).toEqual(Array(4).fill("orders"));
}, 60_000);

test("what does not fit is a dead letter; where that does not fit either, it says where the record is", async () => {
  await log.alterTopic(names.resume, { "max.message.bytes": "5000" });
  await log.alterTopic(names.deadLetter, { "max.message.bytes": "8000" });
  await start();
  const [small, large] = ["a".repeat(6_000), "b".repeat(9_000)];
  await put("payments", ["t", "1"], ["t", small], ["t", large], ["t", "2"]);
  expect(await until("workflow-resume", 2)).toEqual([
    't {"ref":"payment","value":"1"}',
    't {"ref":"payment","value":"2"}',
  ]);
  await until("workflow-dead-letter", 2);
  const letters = (await all("workflow-dead-letter")).filter((one) => header(one, "kwf-topic") === "payments");
  expect(letters.map(({ value }) => value?.toString() ?? null)).toEqual([small, null]);
  expect(letters.map((one) => header(one, "kwf-reason"))).toEqual(Array(2).fill("KWF_RECORD_TOO_LARGE"));
  expect(header(letters[1]!, "kwf-size")).toBe("9000");
});

test("a runner that begins again goes on where the group says, and records that are gone stop it with a message", async () => {
  const first = await start();
  await put("payments", ["t", "1"], ["t", "2"]);
  await until("workflow-resume", 2);
  await first.stop();
  await put("payments", ["t", "3"], ["t", "4"]);
  const second = await start();
  expect((await until("workflow-resume", 4)).slice(2)).toEqual([
    't {"ref":"payment","value":"3"}',
    't {"ref":"payment","value":"4"}',
  ]);
  await second.stop();
  await put("payments", ["t", "5"], ["t", "6"]);
  await log.deleteBefore({ topic: names.topic("payments"), partition: 0 }, 5);
  const third = await start();
  while (third.health().healthy) await sleep(10);
  expect(third.health().problems).toEqual([
    expect.stringMatching(/input payments 0: .*records 4 to 4 are lost.*--accept-loss to go on at offset 5/),
  ]);
  expect(await all("workflow-resume")).toHaveLength(4);
});

test("two runners share the partitions; what one leaves the other takes, each record once", async () => {
  const [one, two] = [await start(), await start({ place: "two", client: log.another() })];
  const tasksOf = (runner: Runner) => [...(runner.inputs?.tasks ?? [])].length;
  while (tasksOf(one) + tasksOf(two) !== 4 || tasksOf(two) === 0) await sleep(10);
  const send = async (from: number) => {
    const keys = Array.from({ length: 40 }, (_, n) => `o${from + n}`);
    for (const key of keys) await put("orders", [key, "1"]);
  };
  const sending = send(0);
  await sleep(20);
  await one.stop();
  await sending;
  await send(40);
  const found = await until("workflow-resume", 80);
  expect(new Set(found).size).toBe(80);
  expect(tasksOf(two)).toBe(4);
});

test("another bundle reads other topics from then on", async () => {
  const runner = await start();
  await topics("refunds");
  await put("refunds", ["early", "x"]);
  await runner.use(bundles[1]!);
  expect(await until("workflow-resume", 1)).toEqual(['early init:"refund"']);
  await put("orders", ["k", "3"]);
  await until("workflow-resume", 2);
  await runner.use(bundles[0]!);
  expect([...runner.inputs!.inputs]).toEqual(["p-orders", "p-payments"]);
  expect(runner.health().healthy).toBe(true);
});
