import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testWorkflow, type WorkflowTest } from "@kwf/testing";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { DevProcess } from "./dev-process.js";
import { readIndependently } from "./independent-reader.js";
import { Stage } from "./stage.js";

// Cases 1 to 15 in ways (b) and (c), and the same on the embedded log: all workflows of packages/testing/fixtures/cases.ts side by side,
// the runner killed after every round of records. What has to come out is what comes out in process, where no state is ever lost.

const FIXTURE = fileURLToPath(new URL("../../packages/testing/fixtures/cases.ts", import.meta.url));

type Reply = readonly [ref: string, value?: unknown] | { readonly refuse: string; readonly error: unknown };
const refuse = (ref: string, error: unknown): Reply => ({ refuse: ref, error });

/** What each is answered, a record a round. A ref that is named twice is answered twice. */
const SCRIPTS: Readonly<Record<string, readonly Reply[]>> = {
  oneAwait: [
    ["a", 5],
    ["a", "late"],
  ],
  nested: [
    ["a", 1],
    ["b", 2],
  ],
  parallel: [
    ["c", 3],
    ["a", 1],
    ["b", 2],
  ],
  errors: [refuse("object", { code: 7 }), refuse("string", "no"), refuse("null", null), ["nothing"]],
  late: [
    ["a", 1],
    ["a", "again"],
    ["b", 2],
  ],
  boom: [["a"]],
  throwsString: [],
  withheld: [["side", "x"]],
  background: [],
  race: [["fast", 1], ["slow", "late"], ["slow-cleanup"]],
  allRejects: [["a"], refuse("c", "full"), ["b", "late"]],
  any: [refuse("a", "no"), ["c", 3]],
  allSettled: [refuse("b", "no"), ["a", 1], ["c", 3]],
  timeoutOverAll: [["a", 1], ["sleep"]],
  shielded: [
    ["other", 1],
    ["kept", 2],
  ],
  scoped: [["when"], ["outside", "o"]],
  swallowed: [
    ["y", "why"],
    ["instead", 1],
  ],
  swallowedTwice: [["first"], ["second"]],
};
const TOPICS = ["log", "ask", "workflow-scheduler", "workflow-result", "workflow-error", "workflow-dead-letter"];

type Round = readonly (readonly [thread: string, value: string])[];
let rounds: Round[];
let expected: Record<string, string[]>;

/** The id of the ref of that name that a thread has asked for last; its timer is no question. */
function refOf(t: WorkflowTest, thread: string, name: string): string {
  if (name === "sleep") return t.pending(thread).find((id) => id.includes(":sleep:")) ?? "none";
  const asked = t.outputs("ask").filter(({ key }) => key === thread);
  const found = asked.map(({ value }) => JSON.parse(value ?? "") as { name: string; ref: string });
  return found.findLast((one) => one.name === name)?.ref ?? "none";
}

beforeAll(async () => {
  const t = await testWorkflow(FIXTURE);
  rounds = [];
  const play = (round: Round) => {
    rounds.push(round);
    for (const [thread, value] of round) t.send(value, { thread });
  };
  play(Object.keys(SCRIPTS).map((thread) => [thread, `new:${JSON.stringify(thread)}`]));
  const longest = Math.max(...Object.values(SCRIPTS).map(({ length }) => length));
  for (let n = 0; n < longest; n++) {
    play(
      Object.entries(SCRIPTS).flatMap(([thread, replies]): Round => {
        const reply = replies[n];
        if (reply === undefined) return [];
        const [name, answer] =
          "refuse" in reply ? [reply.refuse, { error: reply.error }] : [reply[0], { value: reply[1] }];
        return [[thread, JSON.stringify({ ref: refOf(t, thread, name), ...answer })]];
      }),
    );
  }
  // Live threads that are started again, and nobody's record.
  play([
    ["nobody", '{"ref":"a"}'],
    ["oneAwait", 'init:"oneAwait"'],
    ["oneAwait", 'new:"oneAwait"'],
    ["oneAwait", 'init:"nested"'],
  ]);
  expected = Object.fromEntries(
    TOPICS.map((topic) => [topic, t.outputs(topic).map(({ key, value }) => `${key} ${value}`)]),
  );
  expect(t.outputs("workflow-result").length).toBeGreaterThan(12);
});

describe.each(["kept", "deleted"])("killed after every round of records, local state %s", (state) => {
  let stage: Stage | undefined;
  let folder: string | undefined;
  let running: DevProcess | undefined;
  afterEach(async () => {
    await stage?.close();
    if (running?.over === false) await running.kill();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  test("on Kafka", { timeout: 240_000 }, async () => {
    stage = await Stage.open();
    const bundle = await stage.entry(FIXTURE);
    stage.createTopics(bundle);
    for (const round of rounds) {
      const runner = stage.run(bundle, ["--no-scheduler"]);
      const offsets = await stage.send(...round);
      await stage.passed(offsets.at(-1)!);
      await runner.kill();
      if (state === "deleted") stage.loseLocalState();
    }
    expect(readIndependently(stage, TOPICS)).toEqual(expected);
  });

  test("on the embedded log", { timeout: 240_000 }, async () => {
    folder = mkdtempSync(join(tmpdir(), "kwf-cases-"));
    for (const round of rounds) {
      running = new DevProcess(folder, FIXTURE, ["--no-scheduler"]);
      await running.says("HTTP at");
      const records = round.map(([key, value]) => ({ key, value }));
      const before = running.steps;
      expect((await running.post("workflow-resume", records)).status).toBe(200);
      await running.stepped(before + records.length);
      await running.kill();
      if (state === "deleted") rmSync(join(folder, ".kwf/dev/state"), { recursive: true, force: true });
    }
    running = new DevProcess(folder, FIXTURE, ["--no-scheduler"]);
    await running.says("HTTP at");
    const found: Record<string, string[]> = {};
    for (const topic of TOPICS) found[topic] = (await running.all(topic)).map(({ key, value }) => `${key} ${value}`);
    expect(found).toEqual(expected);
  });
});
