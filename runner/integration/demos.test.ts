import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Scenario } from "@kwf/testing";
import { describe, expect, test } from "vitest";
import { createTestCluster } from "../src/testing/cluster.js";
import { readIndependently } from "./independent-reader.js";
import { EmbeddedScenarioLog, KafkaScenarioLog, type KillableLog } from "./scenario-logs.js";
import { playRounds, ScenarioPlayer } from "./scenario-player.js";

// Cases 17 to 21 and 23 in ways (b) and (c), and the same on the embedded log: the scenarios of every demo, which its own tests play in
// process. All scenarios of a demo are played side by side, a record of each a round, and the runner is killed after every second
// round: after the first, the third, … on Kafka, after the second, the fourth, … on the embedded log. Local state is kept and deleted in turn.

const DEMOS = fileURLToPath(new URL("../../demos/", import.meta.url));

const playable = new Map<string, Scenario[]>();
const leftOut: string[] = [];
for (const demo of readdirSync(DEMOS)) {
  const file = join(DEMOS, demo, "test/scenarios.ts");
  if (!existsSync(file)) continue;
  const { scenarios } = (await import(file)) as { scenarios: Scenario[] };
  const here = scenarios.filter(({ clock }) => clock !== true);
  if (here.length > 0) playable.set(demo, here);
  leftOut.push(...scenarios.filter((one) => !here.includes(one)).map(({ name }) => `${demo}: ${name}`));
}

test("only what needs a clock of its own is left out", () => {
  expect(leftOut).toEqual([
    "cron-report: one report after the other, however long each takes: times do not drift",
    "cron-report: overlap: the times that pass while a report is made are missed, and the next is made in time",
    "cron-report: overlap: a time that comes just when a report is done is not missed",
    "cron-report: absence: the latest report that is due is made at once, those before it are missed",
    "cron-report: overlap and absence are counted together",
    "cron-report: a report that fails, and one that takes too long, do not end the schedule",
    "cron-report: stopped while it waits: the timer is taken back",
    "cron-report: stopped while a report is made: it is finished first",
    "cron-report: cancelled while a report is made",
    "cron-report: every hour, if the input does not say otherwise",
    "order-state-machine: an event that the state does not know is refused, and its clock goes on",
    "order-state-machine: what is on its way cannot be cancelled",
    "order-state-machine: paused: the clock stands still, events wait, and both go on after it",
    "order-state-machine: paused: what is left of the time is left after it",
  ]);
});

const entryOf = (demo: string) => join(DEMOS, demo, "src/index.ts");

/** Plays them, killing the runner after every second round; each record of the topics is there once, in order per topic and key, and nobody else's. */
async function play(scenarios: readonly Scenario[], log: KillableLog, first: 0 | 1) {
  const players = scenarios.map((scenario, index) => new ScenarioPlayer(scenario, index));
  await playRounds(players, log, async (round) => {
    if (round % 2 === first) await log.kill(round % 4 === first ? "kept" : "deleted");
  });
  const topics = await log.all();
  const strangers = [...topics.values()].flat().filter((record) => !players.some((player) => player.owns(record)));
  expect(strangers).toEqual([]);
  const found = players.map((player) => player.found(topics));
  expect(found).toEqual(players.map(({ expected }) => expected));
  return topics;
}

describe("killed between records, on Kafka", () => {
  const seen: Record<string, string[]> = {};

  test.concurrent.each([...playable])("%s", { timeout: 300_000 }, async (demo, scenarios) => {
    const log = await KafkaScenarioLog.open(entryOf(demo));
    try {
      for (const [topic, records] of await play(scenarios, log, 0)) {
        seen[`${log.prefix}${topic}`] = records.map(({ key, value }) => `${key} ${value}`);
      }
    } finally {
      await log.close();
    }
  });

  test("Apache's own client reads the same", { timeout: 60_000 }, async () => {
    const cluster = await createTestCluster();
    const all = { brokers: cluster.brokers.join(","), prefix: "", cluster };
    expect(Object.keys(seen).filter((topic) => topic.endsWith("workflow-resume")).length).toBe(playable.size);
    expect(readIndependently(all, Object.keys(seen))).toEqual(seen);
  });
});

describe("killed between records, on the embedded log", () => {
  test.concurrent.each([...playable])("%s", { timeout: 300_000 }, async (demo, scenarios) => {
    const log = new EmbeddedScenarioLog(entryOf(demo));
    try {
      await play(scenarios, log, 1);
    } finally {
      await log.close();
    }
  });
});
