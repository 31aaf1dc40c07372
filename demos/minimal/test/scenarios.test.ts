import { playScenario, testWorkflow } from "@kwf/testing";
import { test } from "vitest";
import { scenarios } from "./scenarios.js";

const entry = new URL("../src/index.ts", import.meta.url);

for (const scenario of scenarios) {
  test(scenario.name, async () => {
    playScenario(await testWorkflow(entry), scenario);
  });
}
