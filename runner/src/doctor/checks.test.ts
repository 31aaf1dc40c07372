import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openEmbeddedLog } from "../log/embedded/open-log.js";
import type { Log } from "../log/log.js";
import { Names } from "../names.js";
import { createMissing, inspectTopics, neededTopics } from "../topics/topics.js";
import { examine, type Finding } from "./checks.js";

const names = new Names("", "kwf");
let folder: string;
let log: Log;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kwf-doctor-"));
  log = await openEmbeddedLog(join(folder, "log"));
});
afterEach(async () => {
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

async function create(): Promise<void> {
  await createMissing(log, await inspectTopics(log, neededTopics(names, {})), names, { partitions: 2 });
}

async function problems(topics = {}): Promise<Finding[]> {
  const found: Finding[] = [];
  const patient = { log, names, stateDirectory: join(folder, "not", "yet"), token: undefined, topics };
  for await (const finding of examine(patient)) if (finding.level === "problem") found.push(finding);
  return found;
}

test("with every topic as it has to be nothing is wrong, though nobody runs", async () => {
  await create();
  expect(await problems()).toEqual([]);
});

test("a topic that is missing, and one that is not as it has to be, come with what to do", async () => {
  await log.createTopics([
    { name: names.status, partitions: 2, settings: { "cleanup.policy": "delete" } },
    { name: names.resume, partitions: 2 },
    { name: names.changelog(), partitions: 3, settings: { "cleanup.policy": "compact" } },
  ]);
  const found = await problems({ outputTopics: ["mails"] });
  const about = (word: string) => found.find(({ message }) => message.startsWith(word));
  expect(about("workflow-status has cleanup.policy=delete")?.advice).toContain("cleanup.policy");
  expect(about("kwf-run-changelog has 3 partitions")?.message).toContain("[wrong-partition-count]");
  expect(about("mails does not exist")?.advice).toContain("kwf topics create");
});

test("a changelog that is empty, though records have been run, has lost its threads", async () => {
  await create();
  const producer = await log.fence("test");
  const transaction = producer.begin();
  transaction.send([{ topic: names.resume, partition: 1, key: "t", value: "new:" }]);
  transaction.commitOffsets(names.consumerGroup(), [{ topic: names.resume, partition: 1, offset: 1 }]);
  await transaction.commit();
  await producer.close();
  expect(await problems()).toEqual([
    {
      level: "problem",
      check: "changelog kwf-run-changelog",
      message: "partition 1 is empty, and records have been run",
      advice: expect.stringContaining("--accept-loss"),
    },
  ]);
});
