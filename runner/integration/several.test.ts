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

test("a runner that freezes in the middle of a commit and wakes when its partition has moved writes nothing", {
  timeout: 120_000,
}, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(version("v1"));
  stage.createTopics(bundle);
  for (const [index, point] of ["stepped", "sent"].entries()) {
    const own = { stateDirectory: join(stage.folder, point) };
    const frozen = stage.run(bundle, [], { ...own, environment: { KWF_FAULT: `${point}:1:SIGSTOP` } });
    await frozen.ready();
    const [started] = await stage.send([point, "new:1"]);
    const other = stage.run(bundle, [], { stateDirectory: join(stage.folder, `${point}-other`) });
    await stage.passed(started!);
    frozen.signal("SIGCONT");
    // It has been told, and is back in the group with nothing to say.
    await frozen.line(({ msg }) => msg === "the group went on without this runner", "being told");
    const [answered] = await stage.send([point, NEXT]);
    await stage.passed(answered!);
    expect(await frozen.stop()).toBe(0);
    expect(await other.stop()).toBe(0);
    const found = readIndependently(stage, ["counted", "workflow-result", "workflow-dead-letter"]);
    const so = ["stepped", "sent"].slice(0, index + 1);
    expect(found.counted).toEqual(so.map((thread) => `${thread} v1 1`));
    expect(found["workflow-result"]).toEqual(so.map((thread) => `${thread} "v1 done"`));
    expect(found["workflow-dead-letter"]).toEqual([]);
  }
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

test("a thread whose bundle is nowhere waits for it, and goes on by itself when a runner brings it", {
  timeout: 120_000,
}, async () => {
  stage = await Stage.open();
  const old = await stage.workflow(version("old"), "old");
  const fresh = await stage.workflow(version("new"), "new");
  stage.createTopics(old);
  const first = stage.run(old);
  const { bundle } = await first.line(({ bundle }) => typeof bundle === "string", "its bundle");
  const [started] = await stage.send(["a", "new:1"]);
  await stage.passed(started!);
  await first.kill();
  await stage.log.produce([
    { topic: `${stage.prefix}workflow-bundles`, key: String(bundle), value: null, partition: 0 },
  ]);

  const second = stage.run(fresh);
  const offsets = await stage.send(["a", NEXT], ["b", "new:1"], ["b", NEXT]);
  await stage.passed(offsets.at(-1)!);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['b "new done"']);
  const { msg } = await second.line(({ code }) => code === "KWF_FOREIGN_BUNDLE", "a paused thread");
  expect(msg).toContain(String(bundle));

  const third = stage.run(old, [], { stateDirectory: join(stage.folder, "third") });
  await stage.until("workflow-result", (found) => found.length === 2);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['b "new done"', 'a "old done"']);
  expect(lines(await stage.outputs("counted"))).toEqual(["a old 1", "b new 1"]);
  expect(await third.stop()).toBe(0);
});

const FAMILY = `
import * as W from "@kwf/workflow";
export default async function main(role: string): Promise<string> {
  const next = W.refId("next");
  if (role === "parent") {
    W.ensureThread("child", "child-of-" + W.threadId);
    W.ensureThread("second child", "child-of-" + W.threadId);
  }
  await next;
  return role;
}
`;

test("W.ensureThread starts a thread once, wherever it lives", { timeout: 120_000 }, async () => {
  stage = await Stage.open({ partitions: 3 });
  const bundle = await stage.workflow(FAMILY);
  stage.createTopics(bundle);
  const runner = stage.run(bundle);
  const parents = ["p", "q", "r", "s"];
  await stage.send(...parents.map((parent) => [parent, 'new:"parent"'] as const));
  const children = parents.map((parent) => `child-of-${parent}`);
  const started = (found: readonly { key: string | null }[]) =>
    children.every((child) => found.filter(({ key }) => key === child).length === 2);
  await stage.until("workflow-resume", started);
  const all = [...parents, ...children];
  await stage.send(...all.map((thread) => [thread, NEXT] as const));
  await stage.until("workflow-result", (found) => found.length >= all.length);
  expect(await runner.stop()).toBe(0);
  const found = readIndependently(stage, ["workflow-result", "workflow-dead-letter", "workflow-error"]);
  expect(found["workflow-result"]!.toSorted()).toEqual(
    [...parents.map((one) => `${one} "parent"`), ...children.map((one) => `${one} "child"`)].toSorted(),
  );
  expect(found["workflow-dead-letter"]).toEqual([]);
  expect(found["workflow-error"]).toEqual([]);
});
