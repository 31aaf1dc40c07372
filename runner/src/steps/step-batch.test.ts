import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "@kwf/compiler";
import { type Bundle, decodeState, type InputRecord, loadBundle } from "@kwf/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BatchRecord, runSteps, type StepBatch } from "./step-batch.js";

const SOURCE = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["out"] };
export default async function main(): Promise<string> {
  const said: string[] = [];
  for (;;) {
    W.output(said.join(""), "out");
    const word = await W.refId<string>("next");
    if (word === "end") return said.join("");
    said.push(word);
  }
}
`;
let folder: string;
let bundle: Bundle;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kwf-batch-"));
  const entry = join(folder, "index.ts");
  writeFileSync(entry, SOURCE);
  bundle = loadBundle((await build(entry)).code);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let offset = 0;
const record = (key: string, value: string): InputRecord => ({
  key,
  value,
  offset: String(offset++),
  partition: 0,
  timestamp: 1,
});
const say = (word: string) => `{"ref":"next","value":"${word}"}`;

function run(
  records: (InputRecord | BatchRecord)[],
  states: ReadonlyMap<string, Uint8Array> = new Map(),
  more: Partial<StepBatch> = {},
) {
  const batch: StepBatch = {
    bundle: bundle.hash,
    records: records.map((one) => ("input" in one ? one : { input: one })),
    states,
    held: new Map(),
    options: {},
    maxHeld: 10,
    budgetMs: 60_000,
    budgetBytes: 1e9,
    ...more,
  };
  return runSteps(batch, new Map([[bundle.hash, bundle]]));
}
const outputs = ({ outcomes }: ReturnType<typeof run>) =>
  outcomes.map((one) => one.outputs.flatMap(({ topic, value }) => (topic === "out" ? [value] : [])));

test("a thread's later records see what its earlier ones left; only the last state is kept", () => {
  const answer = run([
    record("a", "new:"),
    record("b", "new:"),
    record("a", say("x")),
    record("a", say("y")),
    record("b", say("end")),
  ]);
  expect(outputs(answer)).toEqual([[""], [""], ["x"], ["xy"], []]);
  expect([...answer.states.keys()]).toEqual(["a", "b"]);
  expect(answer.states.get("b")).toBeNull();
  const next = run([record("a", say("z"))], new Map([["a", answer.states.get("a")!]]));
  expect(outputs(next)).toEqual([["xyz"]]);
});

test("what changes nothing is not among the states", () => {
  const first = run([record("a", "new:")]);
  const states = new Map([["a", first.states.get("a")!]]);
  const answer = run([record("a", '{"ref":"other","value":1}'), record("c", say("x"))], states);
  expect(answer.outcomes.map(({ fate }) => fate)).toEqual(["unmatched", "dead-lettered"]);
  expect(answer.states.size).toBe(0);
});

test("a batch that has used up its time, or its bytes, ends early, but not before its first step", () => {
  for (const spent of [{ budgetMs: -1 }, { budgetBytes: 10 }]) {
    const { outcomes } = run([record("a", "new:"), record("b", "new:")], new Map(), spent);
    expect(outcomes).toHaveLength(1);
  }
});

describe("a verdict", () => {
  const verdict = { code: "KWF_RECORD_TOO_LARGE", message: "big" };

  test("pauses the thread without running the step, and the record waits", () => {
    const first = run([record("a", "new:")]);
    const before = first.states.get("a")!;
    const answer = run([{ input: record("a", say("x")), verdict }, record("a", say("y"))], new Map([["a", before]]));
    expect(answer.outcomes.map(({ fate }) => fate)).toEqual(["held", "held"]);
    const state = decodeState(answer.states.get("a")!);
    expect(state.continuation).toBe(decodeState(before).continuation);
    expect(state.paused).toMatchObject({ failure: { code: "limit", error: verdict } });
    expect(answer.held.get("a")).toBe(2);
    const on = run(
      [
        record("a", 'ctl:{"op":"retry"}'),
        record("a", say("z")),
        { input: record("a", say("x")), waited: true },
        { input: record("a", say("y")), waited: true },
      ],
      answer.states as ReadonlyMap<string, Uint8Array>,
      { held: answer.held },
    );
    expect(outputs(on)).toEqual([[], [], ["x"], ["xy"]]);
    expect(on.outcomes.map(({ fate }) => fate)).toEqual(["obeyed", "held", "delivered", "delivered"]);
    expect(on.held.get("a")).toBe(1);
  });

  test("on a start: the thread is there, paused, and starts with the retry", () => {
    const answer = run([{ input: record("n", "new:"), verdict }]);
    expect(answer.outcomes[0]).toMatchObject({ status: "paused", fate: "held" });
    const on = run(
      [record("n", 'ctl:{"op":"retry"}'), { input: record("n", "new:"), waited: true }],
      answer.states as ReadonlyMap<string, Uint8Array>,
      { held: answer.held },
    );
    expect(outputs(on)).toEqual([[], [""]]);
    expect(on.held.get("n")).toBe(0);
  });

  test("without room for a copy the record is a dead letter; a start leaves no thread", () => {
    const first = run([record("a", "new:")]);
    const large = { ...verdict, withoutCopy: true };
    const answer = run(
      [
        { input: record("a", say("x")), verdict: large },
        { input: record("n", "new:"), verdict: large },
      ],
      new Map([["a", first.states.get("a")!]]),
    );
    expect(answer.outcomes.map(({ fate }) => fate)).toEqual(["dead-lettered", "dead-lettered"]);
    expect(decodeState(answer.states.get("a")!).paused?.failure?.error).toMatchObject({ code: verdict.code });
    expect(answer.held.get("a")).toBe(0);
    const waits = run([record("a", say("y"))], new Map([["a", answer.states.get("a")!]]));
    const on = run([record("a", 'ctl:{"op":"discard"}')], new Map([["a", answer.states.get("a")!]]), {
      held: waits.held,
    });
    expect(on.held.get("a")).toBe(1);
    expect(answer.states.get("n") ?? null).toBeNull();
    for (const { outputs: made } of answer.outcomes) expect(made[0]?.topic).toBe("workflow-dead-letter");
  });

  test("on a command changes nothing: it is never held", () => {
    const first = run([record("a", "new:"), record("a", 'ctl:{"op":"pause"}')]);
    const states = first.states as ReadonlyMap<string, Uint8Array>;
    const answer = run(
      [
        { input: record("a", 'ctl:{"op":"retry"}'), verdict },
        { input: record("a", 'ctl:{"op":"cancel"}'), verdict },
      ],
      states,
    );
    expect(answer.states.size).toBe(0);
    expect(answer.outcomes.map(({ outputs: made }) => made.map(({ topic }) => topic))).toEqual([
      [],
      ["workflow-dead-letter"],
    ]);
  });
});

test("a paused thread keeps so many records and no more", () => {
  const first = run([record("a", "new:"), record("a", 'ctl:{"op":"pause"}')]);
  const many = Array.from({ length: 4 }, (_, n) => record("a", say(String(n))));
  const answer = run(many, first.states as ReadonlyMap<string, Uint8Array>, { maxHeld: 2 });
  expect(answer.outcomes.map(({ fate }) => fate)).toEqual(["held", "held", "dead-lettered", "dead-lettered"]);
  expect(answer.held.get("a")).toBe(2);
  expect(answer.states.size).toBe(0);
});
