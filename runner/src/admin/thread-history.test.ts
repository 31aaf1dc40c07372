import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "@kwf/compiler";
import { loadBundle } from "@kwf/engine";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEmbeddedLog } from "../log/embedded/open-log.js";
import type { Log } from "../log/log.js";
import { Names } from "../names.js";
import { Bundles } from "../threads/bundles.js";
import { historyLines } from "../verbs/show-history.js";
import { threadHistory } from "./thread-history.js";

const names = new Names("p-", "kwf");
const TOPICS = [
  names.resume,
  names.status,
  names.result,
  names.error,
  names.deadLetter,
  names.scheduler,
  "p-out",
  "other",
];
let folder: string;
let log: Log;
let clock: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kwf-history-"));
  log = await openEmbeddedLog(folder);
  clock = 1_000;
  await log.createTopics(TOPICS.map((name) => ({ name, partitions: 2 })));
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

async function write(topic: string, key: string, value: string | null, headers: Record<string, string> = {}) {
  const record = { topic, key, value, headers: Object.entries(headers), timestamp: clock++ };
  return (await log.produce([record]))[0]!;
}
const effect = (run: string, step: number, thread = "t") => ({
  "kwf-thread": thread,
  "kwf-run": run,
  "kwf-step": String(step),
});

/** A run: its start, an output, its end. */
async function ran(value: string): Promise<void> {
  const start = await write(names.resume, "t", `new:${value}`);
  const run = `${start.partition}:${start.offset}`;
  await write(names.status, "t", '{"state":"running"}', effect(run, start.offset));
  await write("p-out", "elsewhere", `"out of ${value}"`, effect(run, start.offset));
  await write(names.resume, "other", "new:9");
  const answer = await write(names.resume, "t", '{"ref":"a"}');
  await write(names.status, "t", '{"state":"completed"}', effect(run, answer.offset));
  await write(names.result, "t", value, effect(run, answer.offset));
}

test("the last run, each record before what came of it", async () => {
  await ran("1");
  await write("p-out", "x", "of another", effect("0:7", 7, "other"));
  await write("other", "x", "under another prefix", effect("0:0", 0));
  await ran("2");
  const found = await threadHistory(log, names, "t");
  expect(historyLines(found).map((line) => line.replace(/^1970\S+ {2}\S+ +/, "> "))).toEqual([
    "> new:2",
    '    out elsewhere  "out of 2"',
    "    status  running",
    '> {"ref":"a"}',
    "    result  2",
    "    status  completed",
  ]);
});

test("all runs, and outputs where they are looked for", async () => {
  await ran("1");
  await ran("2");
  const found = await threadHistory(log, names, "t", { all: true, topics: [] });
  expect(found.filter(({ type }) => type === "record").map(({ value }) => value)).toEqual([
    "new:1",
    '{"ref":"a"}',
    "new:2",
    '{"ref":"a"}',
  ]);
  expect(found.some(({ type }) => type === "output")).toBe(false);
});

test("a bundle is named where it is another than before", async () => {
  const start = await write(names.resume, "t", "new:");
  const of = effect(`${start.partition}:${start.offset}`, start.offset);
  for (const bundle of ["a1", "a1", "b2"])
    await write(names.status, "t", `{"state":"running","bundle":"${bundle}"}`, of);
  expect(historyLines(await threadHistory(log, names, "t")).slice(1)).toEqual([
    "    status  running",
    "    status  running",
    "    status  running, on bundle b2",
  ]);
});

test("outputs are looked for where the bundles say that there may be some", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kwf-history-"));
  const published = async (manifest: string): Promise<string> => {
    writeFileSync(join(folder, "index.ts"), `export const manifest = ${manifest}; export default async () => {};`);
    const { code } = await build(join(folder, "index.ts"));
    const { hash } = loadBundle(code);
    await new Bundles(log, names.bundles).publish(hash, code);
    return hash;
  };
  await log.createTopics([names.bundles, "p-more"].map((name) => ({ name, partitions: 1 })));
  const outputs = async (topics?: string[]) =>
    (await threadHistory(log, names, "t", topics === undefined ? {} : { topics })).flatMap(({ type, topic }) =>
      type === "output" ? [topic] : [],
    );
  const hash = await published('{ outputTopics: ["out"] }');
  const start = await write(names.resume, "t", "new:");
  const of = effect(`${start.partition}:${start.offset}`, start.offset);
  await write(names.status, "t", `{"state":"running","bundle":"${hash}"}`, of);
  for (const topic of ["p-out", "p-more"]) await write(topic, "x", "1", of);
  expect(await outputs()).toEqual(["out"]);
  expect(await outputs(["*"])).toEqual(["more", "out"]);
  await published('{ outputTopics: ["more"] }');
  expect(await outputs()).toEqual(["more", "out"]);
  // It was on a bundle that is not there any more.
  await new Bundles(log, names.bundles).remove(hash);
  expect(await outputs()).toEqual(["more", "out"]);
  // One that computes its list.
  await write(names.status, "t", null, of);
  await published('{ outputTopics: ["o", "ut"].map((one) => one) }');
  expect(await outputs()).toEqual(["more", "out"]);
  rmSync(folder, { recursive: true, force: true });
});

test("a start that was refused is part of the run that it met", async () => {
  const start = await write(names.resume, "t", "new:1");
  const run = `${start.partition}:${start.offset}`;
  await write(names.status, "t", '{"state":"running"}', effect(run, start.offset));
  const second = await write(names.resume, "t", "new:2");
  const origin = {
    "kwf-topic": names.resume,
    "kwf-partition": String(second.partition),
    "kwf-offset": String(second.offset),
  };
  await write(names.deadLetter, "t", "new:2", { ...origin, "kwf-reason": "duplicate-start" });
  const found = await threadHistory(log, names, "t");
  expect(found.map(({ type, value, reason }) => [type, value, reason])).toEqual([
    ["record", "new:1", undefined],
    ["status", '{"state":"running"}', undefined],
    ["record", "new:2", undefined],
    ["dead-letter", "new:2", "duplicate-start"],
  ]);
});

test("of a thread that nobody has heard of nothing is there", async () => {
  expect(await threadHistory(log, names, "nobody")).toEqual([]);
});
