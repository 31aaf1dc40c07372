import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { createTestCluster, type TestCluster } from "../src/testing/cluster.js";
import { lines, Stage } from "./stage.js";

// Case 31 on a broker of its own, which is killed: health turns red, nothing is skipped, work goes on when it is back.

let cluster: TestCluster | undefined;
let stage: Stage | undefined;
afterAll(async () => {
  await stage?.close();
  await cluster?.stop();
});

test("a broker that dies and comes back costs time and nothing else", { timeout: 300_000 }, async () => {
  cluster = await createTestCluster({ shared: false });
  stage = await Stage.open({ cluster });
  const bundle = await stage.demo("minimal");
  stage.createTopics(bundle);
  const runner = stage.run(bundle);
  const [before] = await stage.send(["before", "new:{}"]);
  await stage.passed(before!);

  await cluster.kill(1);
  for (;;) {
    const { status, body } = await runner.health();
    if (status === 503) {
      expect(body.problems.join("\n")).toMatch(/cannot .*/);
      break;
    }
    await sleep(50);
  }
  expect(runner.over).toBe(false);
  await cluster.restart(1);

  const offsets = await stage.send(["after", "new:{}"], ["before", '{"ref":"0:greeting:1","value":"hi"}']);
  await stage.passed(offsets.at(-1)!);
  await stage.until("workflow-result", (found) => found.length === 1);
  expect(lines(await stage.outputs("minimal-greeting-request"))).toEqual([
    'before {"name":"world","ref":"0:greeting:1"}',
    `after {"name":"world","ref":"${offsets[0]}:greeting:1"}`,
  ]);
  for (;;) {
    if ((await runner.health()).status === 200) break;
    await sleep(50);
  }
  expect(await runner.stop()).toBe(0);
});
