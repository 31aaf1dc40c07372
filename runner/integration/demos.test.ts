import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Scenario } from "@kwf/testing";
import { describe, expect, test } from "vitest";
import { createTestCluster, TestClock } from "../src/testing/cluster.js";
import { readIndependently } from "./independent-reader.js";
import { EmbeddedScenarioLog, KafkaScenarioLog, type KillableLog } from "./scenario-logs.js";
import { playRounds, ScenarioPlayer } from "./scenario-player.js";

// Cases 17 to 21 and 23 in ways (b) and (c), and the same on the embedded log: the scenarios of every demo, which its own tests play in
// process. All scenarios of a demo are played side by side, a record of each a round, and the runner is killed after every second
// round: after the first, the third, … on Kafka, after the second, the fourth, … on the embedded log. Local state is kept and deleted in turn.

const DEMOS = fileURLToPath(new URL("../../demos/", import.meta.url));

const demos: [string, Scenario[]][] = [];
for (const demo of readdirSync(DEMOS)) {
  const file = join(DEMOS, demo, "test/scenarios.ts");
  if (existsSync(file)) demos.push([demo, ((await import(file)) as { scenarios: Scenario[] }).scenarios]);
}

const entryOf = (demo: string) => join(DEMOS, demo, "src/index.ts");

/** Plays them, killing the runner after every second round; each record of the topics is there once, in order per topic and key, and nobody else's. */
async function play<L extends KillableLog>(
  scenarios: readonly Scenario[],
  open: (environment: Readonly<Record<string, string>>) => L | Promise<L>,
  first: 0 | 1,
) {
  const players = scenarios.map((scenario, index) => new ScenarioPlayer(scenario, index));
  const clock = players.some(({ timed }) => timed) ? new TestClock() : undefined;
  const log = await open(clock?.environment ?? {});
  try {
    await playRounds(players, log, clock, async (round) => {
      if (round % 2 === first) await log.kill(round % 4 === first ? "kept" : "deleted");
    });
    const topics = await log.all();
    const strangers = [...topics.values()].flat().filter((record) => !players.some((player) => player.owns(record)));
    expect(strangers).toEqual([]);
    const found = players.map((player) => player.found(topics));
    expect(found).toEqual(players.map(({ expected }) => expected));
    return { log, topics };
  } finally {
    await log.close();
    clock?.close();
  }
}

describe("killed between records, on Kafka", () => {
  const seen: Record<string, string[]> = {};

  test.concurrent.each(demos)("%s", { timeout: 600_000 }, async (demo, scenarios) => {
    const { log, topics } = await play(
      scenarios,
      (environment) => KafkaScenarioLog.open(entryOf(demo), environment),
      0,
    );
    for (const [topic, records] of topics)
      seen[`${log.prefix}${topic}`] = records.map(({ key, value }) => `${key} ${value}`);
  });

  test("Apache's own client reads the same", { timeout: 60_000 }, async () => {
    const cluster = await createTestCluster();
    const all = { brokers: cluster.brokers.join(","), prefix: "", cluster };
    expect(Object.keys(seen).filter((topic) => topic.endsWith("workflow-resume")).length).toBe(demos.length);
    expect(readIndependently(all, Object.keys(seen))).toEqual(seen);
  });
});

describe("killed between records, on the embedded log", () => {
  test.concurrent.each(demos)("%s", { timeout: 600_000 }, async (demo, scenarios) => {
    await play(scenarios, (environment) => new EmbeddedScenarioLog(entryOf(demo), environment), 1);
  });
});
