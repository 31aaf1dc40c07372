import { playScenario, testWorkflow } from "@kwf/testing";
import { expect, test } from "vitest";
import { scenarios } from "./scenarios.js";

const entry = new URL("../src/index.ts", import.meta.url);

for (const scenario of scenarios) {
  test(scenario.name, async () => {
    playScenario(await testWorkflow(entry), scenario);
  });
}

test("three branches and a timer wait in at most 2 KB", async () => {
  const t = await testWorkflow(entry);
  t.start();
  expect(t.state()?.length).toBeLessThanOrEqual(2048);
});
