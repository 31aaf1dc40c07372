import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readIndependently } from "./independent-reader.js";
import { lines, Stage } from "./stage.js";

// Cases 25, 26 and 30: several runners, several bundles.

let stage: Stage;
afterEach(() => stage?.close());

const COUNT = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["counted"] };
export default async function main(rounds: number): Promise<string> {
  for (let n = 1; n <= rounds; n++) {
    const next = W.refId("next");
    W.output("VERSION " + n, "counted");
    await next;
  }
  return "VERSION done";
}
`;
const version = (name: string) => COUNT.replaceAll("VERSION", name);
const NEXT = '{"ref":"next","value":null}';

test("runners join, leave, freeze and die: every thread goes on, once and in order", { timeout: 240_000 }, async () => {
  stage = await Stage.open({ partitions: 4 });
  const bundle = await stage.workflow(version("v1"));
  stage.createTopics(bundle);
  const threads = Array.from({ length: 16 }, (_, n) => `thread-${n}`);
  const rounds = 6;
  const everyone = async (value: string) => {
    await stage.send(...threads.map((thread) => [thread, value] as const));
  };
  const counted = (n: number) => stage.until("counted", (found) => found.length >= n * threads.length);
  const place = (name: string) => ({ stateDirectory: join(stage.folder, name) });

  const one = stage.run(bundle, [], place("one"));
  await one.ready(4);
  await everyone(`new:${rounds}`);
  await counted(1);
  const two = stage.run(bundle, [], place("two"));
  await everyone(NEXT);
  await two.ready(2);
  await counted(2);

  one.signal("SIGSTOP");
  await everyone(NEXT);
  await counted(3);
  one.signal("SIGCONT");
  await everyone(NEXT);
  await counted(4);
  const three = stage.run(bundle, [], place("two"));
  await one.kill();
  await everyone(NEXT);
  await counted(5);
  expect(await two.stop()).toBe(0);
  await everyone(NEXT);
  await counted(6);
  await everyone(NEXT);
  await stage.until("workflow-result", (found) => found.length >= threads.length);
  expect(await three.stop()).toBe(0);

  const found = readIndependently(stage, ["counted", "workflow-result", "workflow-error", "workflow-dead-letter"]);
  for (const thread of threads) {
    const own = found.counted!.filter((line) => line.startsWith(`${thread} `));
    expect(own).toEqual(Array.from({ length: rounds }, (_, n) => `${thread} v1 ${n + 1}`));
  }
  expect(found["workflow-result"]!.toSorted()).toEqual(threads.map((thread) => `${thread} "v1 done"`).toSorted());
  expect(found["workflow-error"]).toEqual([]);
  expect(found["workflow-dead-letter"]).toEqual([]);
});

test("threads finish on the bundle they began with, also on a runner that has another", {
  timeout: 120_000,
}, async () => {
  stage = await Stage.open();
  const old = await stage.workflow(version("old"), "old");
  const fresh = await stage.workflow(version("new"), "new");
  stage.createTopics(old);
  const first = stage.run(old);
  const [, started] = await stage.send(["a", "new:2"], ["a", NEXT]);
  await stage.passed(started!);
  await first.kill();
  stage.loseLocalState();
  stage.run(fresh);
  const offsets = await stage.send(["b", "new:1"], ["a", NEXT], ["b", NEXT]);
  await stage.passed(offsets.at(-1)!);
  expect(lines(await stage.outputs("counted"))).toEqual(["a old 1", "a old 2", "b new 1"]);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['a "old done"', 'b "new done"']);
});
