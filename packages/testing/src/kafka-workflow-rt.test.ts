// Workflows in the style of awto/kafka-workflow, unchanged: its runtime by either of its names, by `import` and by `require`. The state
// goes through bytes at every step, and the process dies between any two.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, test } from "vitest";
import { type Act, playScenario, type Scenario, testWorkflow, timer } from "./index.js";

const fixture = (file: string): URL => new URL(`../fixtures/kafka-workflow-rt/${file}`, import.meta.url);
const json = JSON.stringify;

/** The delivery: a quote is asked for and answered by another thread, then both bookings wait. */
const opened = (timeoutMS: number): Act => ({
  start: { timeoutMS },
  out: [
    ["workflow-resume", `init:${json({ service: true, parent: "test", ref: "0:quote:1" })}`, "test:quote"],
    ["workflow-resume", { ref: "0:quote:1", value: { capacity: 40 } }],
    ["workflow-result", { capacity: 40 }, "test:quote"],
    ["book-pickup", "2:book-pickup:1"],
    ["book-courier", "2:book-courier:2"],
    ["await-stop", { ref: "stop" }],
    timer("2:scheduler:3", timeoutMS),
  ],
});

const PLAYS: readonly [file: string, scenario: Scenario][] = [
  [
    "plain.cjs",
    {
      name: "a module that is a function",
      acts: [
        { start: "Ada", out: [["greeting-request", { name: "Ada", ref: "0:greeting:1" }]] },
        { resume: "0:greeting:1", value: { text: "Hello" }, out: [["workflow-result", { text: "Hello" }]] },
      ],
    },
  ],
  [
    "delivery.ts",
    {
      name: "a service thread answers, both branches are booked",
      acts: [
        opened(1000),
        { resume: "2:book-courier:2", out: [] },
        {
          resume: "2:book-pickup:1",
          out: [
            timer("2:scheduler:3"),
            ["workflow-result", { capacity: 40, booked: ["2:book-pickup:1", "2:book-courier:2"], step: "4" }],
          ],
        },
      ],
    },
  ],
  [
    "delivery.ts",
    {
      name: "a timeout cancels what waits and undoes what was booked",
      ends: "failed",
      acts: [
        opened(50),
        { resume: "2:book-pickup:1", out: [] },
        {
          advance: 50,
          out: [
            ["cancel-courier", "2:book-courier:2"],
            ["cancel-pickup", "2:book-pickup:1"],
            ["workflow-error", '"too late"'],
          ],
        },
      ],
    },
  ],
  [
    "delivery.ts",
    {
      name: "a stop by its stable id",
      ends: "failed",
      acts: [
        opened(1000),
        {
          resume: "stop",
          value: { why: "rain" },
          out: [
            ["cancel-pickup", "2:book-pickup:1"],
            ["cancel-courier", "2:book-courier:2"],
            timer("2:scheduler:3"),
            ["workflow-error", '"Error: stopped: rain"'],
          ],
        },
      ],
    },
  ],
  [
    "basket.ts",
    {
      name: "a loop of suspend and timeout, reminded and paid",
      acts: [
        { start: undefined, out: [timer("0:suspend:1", 500)] },
        {
          resume: "main",
          value: { type: "add", item: { product: "tea", quantity: 1 } },
          out: [timer("0:suspend:1"), timer("1:suspend:1", 500)],
        },
        {
          advance: 500,
          out: [["basket-reminder", { items: [{ product: "tea", quantity: 1 }] }], timer("2:suspend:1", 500)],
        },
        {
          resume: "main",
          value: { type: "add", item: { product: "tea", quantity: 2 } },
          out: [timer("2:suspend:1"), timer("3:suspend:1", 500)],
        },
        {
          resume: "main",
          value: { type: "checkout" },
          out: [
            timer("3:suspend:1"),
            ["workflow-result", { status: "paid", items: [{ product: "tea", quantity: 3 }] }],
          ],
        },
      ],
    },
  ],
  [
    "basket.ts",
    {
      name: "abandoned; the serializer's module is empty",
      acts: [
        { start: { patienceMS: 10 }, out: [timer("0:suspend:1", 10)] },
        { advance: 10, out: [["basket-reminder", { items: [] }], timer("1:suspend:1", 10)] },
        { advance: 10, out: [["workflow-result", { status: "abandoned", exported: [] }]] },
      ],
    },
  ],
  [
    "approval.cjs",
    {
      name: "CommonJS with a class, a scope, and all that settles",
      acts: [
        { start: { sum: 500 }, out: [["ask", { ref: "decision" }, "boss"]] },
        { resume: "decision", value: "yes", out: [["ask", { ref: "1:suspend:1" }, "board"]] },
        {
          resume: "1:suspend:1",
          value: "no",
          out: [
            ["ask", "2:a:1"],
            ["ask", "b"],
          ],
        },
        { resume: "b", error: "broken", out: [] },
        {
          resume: "2:a:1",
          value: 1,
          out: [
            [
              "workflow-result",
              {
                history: ["yes", "no", "unwatched"],
                settled: [
                  ["fulfilled", 1],
                  ["rejected", "broken"],
                ],
                large: true,
                isRef: true,
                samePromise: true,
                topic: "workflow-result",
              },
            ],
          ],
        },
      ],
    },
  ],
  [
    "rarely.ts",
    {
      name: "combinators that cancel nobody, cancel, classes, and what is absent",
      acts: [
        { start: undefined, out: [] },
        { resume: "0:b:2", value: 1, out: [["log", 1]] },
        { resume: "x", value: 1, out: [["log", [1, 2]]] },
        {
          resume: "y",
          error: "no",
          out: [
            ["log", '"no"'],
            ["log", ["d", "cancelled"]],
            ["workflow-resume", 'init:"again"'],
          ],
        },
        { resume: "made", out: [] },
        { resume: "0:a:1", out: [] },
        { resume: "2:c:1", out: [] },
        {
          resume: "kept",
          value: "all the time",
          out: [
            [
              "workflow-result",
              {
                kept: "all the time",
                made: ["made", "test|me", true, false],
                config:
                  'config.resultTopic cannot be "results": kwf writes to workflow-result, and --prefix goes before every topic',
                host: "installWorkflowHost of @effectful/kafka-workflow-rt does not exist in kwf: kwf hosts the workflow; build the module that exports it",
              },
            ],
          ],
        },
      ],
    },
  ],
];

const plays = PLAYS.map(([file, scenario]) => [file, scenario.name, scenario] as const);

test.each(plays)("%s: %s", async (file, _name, scenario) => {
  playScenario(await testWorkflow(fixture(file)), scenario);
});

describe("unchanged but for the import, which is @kwf/workflow", () => {
  const home = mkdtempSync(join(tmpdir(), "kwf-import-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  // The others need what @kwf/workflow does not have: `suspend`, topics in the config.
  test.each(plays.filter(([file]) => file === "delivery.ts"))("%s: %s", async (file, _name, scenario) => {
    cpSync(fixture("."), home, { recursive: true });
    for (const name of readdirSync(home)) {
      const text = readFileSync(join(home, name), "utf8");
      writeFileSync(join(home, name), text.replaceAll("@effectful/kafka-workflow-rt", "@kwf/workflow"));
    }
    playScenario(await testWorkflow(join(home, file)), scenario);
  });
});
