import { expect, test } from "vitest";
import type { Log, TopicDescription } from "../log/log.js";
import { Names } from "../names.js";
import { createMissing, inspectTopics, mustBeRight, neededTopics } from "./topics.js";

const names = new Names("p-", "g");
const needed = neededTopics(names, { outputTopics: ["out", "workflow-scheduler"], inputTopics: ["in", "out"] });

/** A log that has these topics: name, partitions, cleanup policy. */
function logWith(...topics: [string, number, string][]) {
  const created: unknown[] = [];
  const known = new Map(
    topics.map(([name, partitions, policy]): [string, TopicDescription] => [
      `p-${name}`,
      {
        name: `p-${name}`,
        id: name,
        partitions,
        replicas: 1,
        cleanup: { compact: policy.includes("compact"), delete: policy.includes("delete") },
        maxMessageBytes: 1,
        tombstoneRetentionMs: 1,
        settings: new Map([["cleanup.policy", policy]]),
      },
    ]),
  );
  const log = { describeTopics: async () => known, createTopics: async (all: unknown[]) => void created.push(...all) };
  return { log: log as unknown as Log, created };
}

test("every topic has the prefix, and one that is both ours and the manifest's is there once", () => {
  expect(needed.map(({ name }) => name)).toEqual([
    "p-workflow-resume",
    "p-workflow-scheduler",
    "p-workflow-dead-letter",
    "p-g-run-changelog",
    "p-workflow-status",
    "p-workflow-result",
    "p-workflow-error",
    "p-workflow-bundles",
    "p-g-scheduler-changelog",
    "p-in",
    "p-out",
  ]);
  const does = new Map(needed.map((topic) => [topic.name, topic.does]));
  expect([does.get("p-in"), does.get("p-out"), does.get("p-workflow-scheduler")]).toEqual([
    ["read"],
    ["read", "write"],
    ["read", "write"],
  ]);
});

test("a scheduler alone needs its own topics, and those it writes to", () => {
  expect(neededTopics(names, {}, ["scheduler"]).map(({ name }) => name)).toEqual([
    "p-workflow-resume",
    "p-workflow-scheduler",
    "p-workflow-dead-letter",
    "p-g-scheduler-changelog",
  ]);
});

test("what is made fits what is there: as many partitions as the input, one for bundles", async () => {
  const { log, created } = logWith(["workflow-resume", 5, "delete"], ["workflow-scheduler", 3, "delete"]);
  await createMissing(log, await inspectTopics(log, needed), names, { partitions: 8 });
  const made = new Map(
    (created as { name: string; partitions: number; settings: object }[]).map((one) => [one.name, one]),
  );
  expect(made.has("p-workflow-resume")).toBe(false);
  expect(made.get("p-g-run-changelog")).toMatchObject({ partitions: 5, settings: { "cleanup.policy": "compact" } });
  expect(made.get("p-g-scheduler-changelog")).toMatchObject({ partitions: 3 });
  expect(made.get("p-workflow-bundles")).toMatchObject({ partitions: 1, settings: { "cleanup.policy": "compact" } });
  expect(made.get("p-out")).toMatchObject({ partitions: 5, settings: { "cleanup.policy": "delete" } });
});

test.each([
  ["missing-topics", /p-workflow-result does not exist[\s\S]*p-out does not exist/, []],
  [
    "wrong-partition-count",
    /p-g-run-changelog has 3 partitions, and it has to have 2/,
    [["g-run-changelog", 3, "compact"]],
  ],
  [
    "wrong-cleanup-policy",
    /p-g-run-changelog has cleanup.policy=compact,delete/,
    [["g-run-changelog", 2, "compact,delete"]],
  ],
  ["wrong-cleanup-policy", /p-workflow-resume has cleanup.policy=compact/, [["workflow-resume", 2, "compact"]]],
] as [string, RegExp, [string, number, string][]][])("%s", async (code, message, wrong) => {
  const right = needed.map(({ name, cleanup, partitions }): [string, number, string] => [
    name.slice(2),
    typeof partitions === "number" ? partitions : 2,
    cleanup ?? "delete",
  ]);
  const { log } = code === "missing-topics" ? logWith(["workflow-resume", 2, "delete"]) : logWith(...right, ...wrong);
  const findings = await inspectTopics(log, needed);
  expect(() => mustBeRight(findings)).toThrow(
    expect.objectContaining({ code, message: expect.stringMatching(message) }),
  );
  mustBeRight(await inspectTopics(logWith(...right).log, needed));
});
