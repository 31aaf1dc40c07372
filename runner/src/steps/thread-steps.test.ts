import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "@kwf/compiler";
import { type InputRecord, loadBundle } from "@kwf/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ThreadSteps } from "./thread-steps.js";

const SOURCE = `
import * as W from "@kwf/workflow";
export const manifest: W.Manifest = {
  inputTopics: {
    words: ({ key, value }) => {
      while (value === "spin");
      return { thread: key ?? "", ref: "next", value };
    },
  },
};
let count = 0;
export default async function main(): Promise<void> {
  for (;;) {
    const word = await W.refId<string>("next");
    count++;
    console.log(word, count);
    while (word === "spin");
  }
}
`;
const folder = mkdtempSync(join(tmpdir(), "kwf-thread-steps-"));
const steps = new ThreadSteps({ memoryMb: 256, log: () => {} });
let bundle: string;
beforeAll(async () => {
  const entry = join(folder, "index.ts");
  writeFileSync(entry, SOURCE);
  const { code } = await build(entry);
  bundle = loadBundle(code).hash;
  steps.addBundle(bundle, code);
}, 60_000);
afterAll(async () => {
  await steps.close();
  rmSync(folder, { recursive: true, force: true });
});

const record = (key: string, value: string): { input: InputRecord } => ({
  input: { key, value, offset: "1", partition: 0, timestamp: 1 },
});
const say = (word: string) => `{"ref":"next","value":"${word}"}`;

test("a step that loops for ever is stopped, and is the only one of its batch that is", async () => {
  const batch = {
    bundle,
    options: { timeoutMs: 2_000 },
    maxHeld: 10,
    budgetMs: 100,
    budgetBytes: 1e9,
    states: new Map(),
    held: new Map(),
  };
  const records = [record("a", "new:"), record("a", say("x")), record("a", say("spin")), record("b", "new:")];
  const outcomes = [];
  const states = new Map<string, Uint8Array>();
  // A batch that took long is not gone through to its end: the rest comes again, as it does in the runner.
  while (outcomes.length < records.length) {
    const answer = await steps.run({ ...batch, states, records: records.slice(outcomes.length) });
    for (const [thread, state] of answer.states) states.set(thread, state!);
    outcomes.push(...answer.outcomes);
  }
  expect(outcomes.map(({ fate, status, error }) => [fate, status, error?.code])).toEqual([
    ["started", "running", undefined],
    ["delivered", "running", undefined],
    ["held", "paused", "KWF_STEP_TIMEOUT"],
    ["started", "running", undefined],
  ]);

  // The thread that ran it lives, and nothing of the step is left in it.
  const more = [record("b", say("y")), record("b", say("z"))];
  const { outcomes: next } = await steps.run({ ...batch, states, records: more });
  expect(next.flatMap(({ console }) => console.map(({ text }) => text))).toEqual(["y 1", "z 2"]);
}, 60_000);

test("a mapping that loops for ever is stopped, and is the only one of its batch that is", async () => {
  const { routed } = await steps.route({
    bundle,
    topic: "words",
    records: ["a", "spin", "b"].map((word) => record("t", word).input),
    options: { timeoutMs: 2_000 },
    budgetMs: 60_000,
    budgetBytes: 1e9,
  });
  expect(routed.map(({ fate }) => fate)).toEqual(["resumed", "dead-lettered", "resumed"]);
  expect(routed[1]?.refusal).toMatchObject({ reason: "mapping-failed", message: expect.stringContaining("2000 ms") });
}, 60_000);
