import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEmbeddedLog } from "../log/embedded/open-log.js";
import type { Log } from "../log/log.js";
import { Names } from "../names.js";
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
