import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Scenario, testWorkflow, type WorkflowTest } from "@kwf/testing";
import { expect, test } from "vitest";
import { type LoggedRecord, playRounds, type ScenarioLog, ScenarioPlayer, type Writing } from "./scenario-player.js";

// Case 5 for every demo: before each record of a scenario come records that are late, repeated, for refs that nobody waits for, or garbled.
// None of them puts anything out but dead letters, and the scenario comes out as it does without them.

const DEMOS = fileURLToPath(new URL("../../demos/", import.meta.url));
const RESUME = "workflow-resume";

/** Starts of a live thread, and what nobody understands. */
const garbage = [
  '{"ref":"9999:x:1","value":1}',
  '{"ref":"nobody"}',
  '{"ref":5}',
  '{"value":1}',
  "ctl:{}",
  "{",
  "",
  "null",
];
const starts = ["init:{}", "new:{}", "new:{"];

/** A workflow in process as a log whose records the player sees without the noise. */
class NoisyLog implements ScenarioLog {
  readonly topics = new Map<string, LoggedRecord[]>();
  /** What the noise put out. */
  readonly echoes: string[] = [];
  readonly #test: WorkflowTest;
  readonly #answers: Writing[] = [];
  #offset = 0;
  #turn = 0;

  constructor(workflow: WorkflowTest) {
    this.#test = workflow;
  }

  async records(topic: string): Promise<LoggedRecord[]> {
    return this.topics.get(topic) ?? [];
  }

  async run(writings: readonly Writing[]): Promise<number[]> {
    return writings.map((writing) => {
      for (const value of this.#noise(writing[0])) this.#annoy([writing[0], value]);
      if (writing[1].startsWith("{")) this.#answers.push(writing);
      return this.#write(writing);
    });
  }

  #noise(thread: string): string[] {
    const pending = this.#test.pending(thread);
    const settled = this.#answers.flatMap(([to, value]) => {
      const ref = /^\{"ref":"(\d+:[^"]*)"/.exec(value)?.[1];
      return to !== thread || ref === undefined || pending.includes(ref)
        ? []
        : [value, `{"ref":"${ref}","error":"late"}`];
    });
    const all = this.#test.status(thread) === "running" ? [...garbage, ...starts] : garbage;
    // In turns, so that each comes before every kind of record.
    const some = [0, 1].map(() => all[this.#turn++ % all.length]!);
    return [...some, ...settled.slice(-4)];
  }

  #annoy([thread, value]: Writing): void {
    const put = this.#test.send(value, { thread }).filter(({ topic }) => topic !== "workflow-dead-letter");
    for (const { topic, key } of put) this.echoes.push(`${thread} ${value}: ${topic} ${key}`);
    this.#offset++;
  }

  #write([thread, value]: Writing): number {
    const own = this.#offset;
    this.#keep(RESUME, { offset: this.#offset++, key: thread, value });
    for (const { topic, key, value: put } of this.#test.send(value, { thread }))
      this.#keep(topic, { offset: topic === RESUME ? this.#offset++ : 0, key, value: put });
    this.#test.restart();
    return own;
  }

  #keep(topic: string, record: LoggedRecord): void {
    this.topics.set(topic, [...(this.topics.get(topic) ?? []), record]);
  }
}

for (const demo of readdirSync(DEMOS)) {
  const file = join(DEMOS, demo, "test/scenarios.ts");
  if (!existsSync(file)) continue;
  const { scenarios } = (await import(file)) as { scenarios: Scenario[] };

  test(`${demo}: what is late, repeated or garbled changes nothing`, { timeout: 120_000 }, async () => {
    const workflow = (await testWorkflow(join(DEMOS, demo, "src/index.ts"))) as WorkflowTest;
    const log = new NoisyLog(workflow);
    const players = scenarios.map((scenario, index) => new ScenarioPlayer(scenario, index));
    await playRounds(players, log, workflow);
    expect(log.echoes).toEqual([]);
    expect(players.map((player) => player.found(log.topics))).toEqual(players.map(({ expected }) => expected));
  });
}
