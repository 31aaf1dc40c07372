import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigResourceTypes, Kafka, logLevel } from "kafkajs";
import { afterEach, expect, test } from "vitest";
import { kwf } from "./runner-process.js";
import { lines, Stage } from "./stage.js";

// Cases 5, 9, 28, 29 and parts of 31 on a real broker: what fails stops one thread at most.

let stage: Stage;
afterEach(() => stage?.close());

const POISON = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["asked", "rare"] };
const heap: number[][] = [];
function poison(kind: string): void {
  if ((W.config as { fixed?: boolean } | undefined)?.fixed) return;
  if (kind === "loop") for (;;) {}
  if (kind === "memory") for (;;) heap.push(new Array(1_000_000).fill(heap.length + 0.5));
  if (kind === "large") W.output("x".repeat(1_500_000), "asked");
  if (kind === "undeclared") W.output("x", "not-" + kind);
}
export default async function main(kind: string): Promise<string[]> {
  const said: string[] = [];
  for (const word of ["one", "two"]) {
    const answer = W.refId<string>(word);
    W.output(word, kind === "rare" ? "rare" : "asked");
    poison(kind);
    said.push(await answer);
  }
  return said;
}
`;

function list(state: string): { thread: string; reason?: { code: string; error?: string } }[] {
  const { stdout } = kwf(["ls", "--json", "--state", state, "--brokers", stage.brokers, "--prefix", stage.prefix]);
  return stdout.split("\n").flatMap((line) => (line === "" ? [] : JSON.parse(line)));
}

const answers = (thread: string): [string, string][] => [
  [thread, '{"ref":"one","value":"1"}'],
  [thread, '{"ref":"two","value":"2"}'],
];

test("poison pauses its thread, holds what follows, and a retry after a fix loses nothing", {
  timeout: 180_000,
}, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(POISON);
  stage.createTopics(bundle);
  const kinds = ["loop", "large", "undeclared"];
  const all = ["good-1", ...kinds, "good-2"];
  await stage.send(...all.map((thread) => [thread, `new:"${thread}"`] as const));
  const offsets = await stage.send(...all.flatMap(answers));
  const runner = stage.run(bundle, ["--step-timeout", "1000"]);
  await stage.passed(offsets.at(-1)!);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['good-1 ["1","2"]', 'good-2 ["1","2"]']);
  expect(Object.fromEntries(list("paused").map(({ thread, reason }) => [thread, reason?.error]))).toEqual({
    loop: "KWF_STEP_TIMEOUT",
    large: "KWF_RECORD_TOO_LARGE",
    undeclared: "KWF_UNDECLARED_TOPIC",
  });
  expect(lines(await stage.outputs("asked")).filter((line) => !line.startsWith("good"))).toEqual([]);
  expect(await runner.stop()).toBe(0);

  const config = join(stage.folder, "config.json");
  writeFileSync(config, '{"fixed":true}');
  stage.run(bundle, ["--config", config]);
  await stage.send(...kinds.map((thread) => [thread, 'ctl:{"op":"retry"}'] as const));
  const results = lines(await stage.until("workflow-result", (found) => found.length === all.length));
  expect(results.slice(2)).toEqual(kinds.map((thread) => `${thread} ["1","2"]`));
  const asked = lines(await stage.outputs("asked"));
  for (const thread of all)
    expect(asked.filter((line) => line.startsWith(`${thread} `))).toEqual([`${thread} one`, `${thread} two`]);
  expect(list("paused")).toEqual([]);
});

const COUNTER = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["said"] };
export default async function main(): Promise<string> {
  for (let said = ""; ; ) {
    const word = await W.refId<string>("word");
    if (word === "end") return said;
    said += word;
    W.output(said, "said");
  }
}
`;

test("what waits runs in order, each record once, wherever the runner is killed meanwhile", {
  timeout: 240_000,
}, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(COUNTER);
  stage.createTopics(bundle);
  const word = (text: string) => ["t", `{"ref":"word","value":"${text}"}`] as const;
  await stage.send(["t", "new:"], ["t", 'ctl:{"op":"pause"}'], ...[..."abcdefghij"].map(word));
  const [paused] = (await stage.send(["other", "new:"])).slice(-1);
  // Held in several transactions, the runner killed in each of them and started with or without its local state.
  const points = ["stepped", "sent", "committed", "applied"] as const;
  const killed = async (times: number, point: string, lose: boolean) => {
    await stage.run(bundle, ["--max-batch", "2"], { environment: { KWF_FAULT: `${point}:${times}` } }).ended;
    if (lose) stage.loseLocalState();
  };
  for (const [index, point] of points.entries()) await killed(2, point, index % 2 === 0);
  let runner = stage.run(bundle, ["--max-batch", "2"]);
  await stage.passed(paused!);
  expect(list("paused")).toMatchObject([{ thread: "t", reason: { code: "operator" } }]);
  await runner.kill();
  await stage.send(["t", 'ctl:{"op":"unpause"}'], word("k"), word("l"), word("end"));
  for (const [index, point] of points.entries()) await killed(2, point, index % 2 === 1);
  runner = stage.run(bundle, ["--max-batch", "2"]);
  await stage.until("workflow-result", (found) => found.length > 0);
  const whole = "abcdefghijkl";
  expect(lines(await stage.outputs("said"))).toEqual([...whole].map((_, n) => `t ${whole.slice(0, n + 1)}`));
  expect(lines(await stage.outputs("workflow-result"))).toEqual([`t "${whole}"`]);
  expect(await stage.outputs("workflow-dead-letter")).toEqual([]);
  // Nothing of it is left in the changelog.
  const last = new Map<string, Buffer | null>();
  for (const { key, value } of await stage.records(`${stage.prefix}kwf-run-changelog`)) last.set(`${key}`, value);
  expect([...last].flatMap(([key, value]) => (value === null ? [] : [key])).sort()).toEqual(["other", "|position"]);
});

test("what is too large to be kept waits all the same, where it was written", { timeout: 120_000 }, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(COUNTER);
  stage.createTopics(bundle);
  const admin = new Kafka({ brokers: [...stage.cluster.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  // All that it is to have: kafkajs takes the rest away.
  const configEntries = [
    { name: "cleanup.policy", value: "compact" },
    { name: "max.message.bytes", value: "20000" },
  ];
  const name = stage.names.changelog();
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name, configEntries }],
  });
  const word = (text: string) => ["t", `{"ref":"word","value":"${text}"}`] as const;
  const long = (letter: string) => `{"ref":"other","value":"${letter.repeat(30_000)}"}`;
  await stage.send(["t", "new:"], ["t", 'ctl:{"op":"pause"}'], word("a"));
  const [lost] = (await stage.send(["t", long("x")])).slice(-1);
  const [kept] = (await stage.send(["t", long("y")], word("b"), word("end"))).slice(-1);
  stage.run(bundle);
  await stage.passed(kept!);
  expect(await stage.outputs("workflow-dead-letter")).toEqual([]);
  // Retention overtakes one of them.
  await admin.fetchTopicOffsets(stage.names.resume);
  await admin.deleteTopicRecords({
    topic: stage.names.resume,
    partitions: [{ partition: 0, offset: String(lost! + 1) }],
  });
  await admin.disconnect();
  await stage.send(["t", 'ctl:{"op":"unpause"}']);
  expect(lines(await stage.until("workflow-result", (found) => found.length > 0))).toEqual(['t "ab"']);
  const letters = await stage.outputs("workflow-dead-letter");
  expect(letters.map(({ headers }) => [headers["kwf-reason"], headers["kwf-offset"]])).toEqual([
    ["held-record-gone", String(lost)],
  ]);
});

test("a step that eats all memory does not take the process, and pauses its thread", { timeout: 180_000 }, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(POISON);
  stage.createTopics(bundle);
  await stage.send(["memory", 'new:"memory"'], ["good", 'new:"good"'], ...answers("memory"));
  const offsets = await stage.send(...answers("good"));
  // No limit of time: it is the memory that ends the step, however slow the machine.
  const runner = stage.run(bundle, ["--step-timeout", "0", "--step-memory", "64"]);
  await stage.passed(offsets.at(-1)!);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['good ["1","2"]']);
  expect(list("paused")).toMatchObject([{ thread: "memory", reason: { error: "KWF_STEP_DIED" } }]);
  expect(runner.over).toBe(false);
});

test("a record during which the process ended twice is not run a third time", { timeout: 180_000 }, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(POISON);
  stage.createTopics(bundle);
  const environment = { KWF_FAULT: "stepping:1" };
  await stage.send(["before", 'new:"good"']);
  // Once, with others in the batch: nobody is blamed, and from here on it is one record at a time.
  await stage.send(["killer", 'new:"good"']);
  await stage.run(bundle, [], { environment }).ended;
  const second = stage.run(bundle, [], { environment: { KWF_FAULT: "stepping:2" } });
  await second.ended;
  await stage.passed(0);
  await stage.run(bundle, [], { environment }).ended;
  const offsets = await stage.send(...answers("killer"), ...answers("before"));
  stage.run(bundle);
  await stage.passed(offsets.at(-1)!);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['before ["1","2"]']);
  expect(list("paused")).toMatchObject([{ thread: "killer", reason: { error: "KWF_STEP_DIED" } }]);
});

test("a topic that is gone pauses only who writes there, and they go on when it is back", {
  timeout: 180_000,
}, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(POISON);
  stage.createTopics(bundle);
  stage.run(bundle);
  await stage.passed((await stage.send(...[["first", 'new:"good"'] as const]))[0]!);
  const admin = new Kafka({ brokers: [...stage.cluster.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.deleteTopics({ topics: [`${stage.prefix}rare`] });
  const offsets = await stage.send(
    ["rare", 'new:"rare"'],
    ["good", 'new:"good"'],
    ...answers("rare"),
    ...answers("good"),
  );
  await stage.passed(offsets.at(-1)!);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['good ["1","2"]']);
  expect(list("paused")).toMatchObject([{ thread: "rare", reason: { error: "KWF_TOPIC_MISSING" } }]);
  await admin.createTopics({ topics: [{ topic: `${stage.prefix}rare`, numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  await stage.until("workflow-result", (found) => found.length === 2);
  expect(lines(await stage.outputs("rare"))).toEqual(["rare one", "rare two"]);
});

test("what cannot be understood is a dead letter, byte for byte", { timeout: 120_000 }, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(POISON);
  stage.createTopics(bundle);
  const topic = `${stage.prefix}workflow-resume`;
  const odd = Buffer.from([0xff, 0xfe, 0x00]);
  const sent: (readonly [Buffer | string | null, Buffer | string | null])[] = [
    ["t", null],
    ["t", "nonsense"],
    ["nobody", '{"ref":"one","value":"1"}'],
    ["a|b", "new:1"],
    [null, "new:1"],
    [odd, "new:1"],
    ["t", odd],
    ["t", 'ctl:{"op":"dance"}'],
    ["t", 'ctl:{"op":"cancel"}'],
  ];
  let last = 0;
  for (const [key, value] of sent) {
    last = (await stage.log.produce([{ topic, partition: 0, key, value, headers: [["mine", "1"]] }]))[0]!.offset;
  }
  stage.run(bundle);
  await stage.passed(last);
  const letters = await stage.records(`${stage.prefix}workflow-dead-letter`);
  expect(letters.map(({ key, value }) => [key, value])).toEqual(
    sent.map((pair) => pair.map((one) => (typeof one === "string" ? Buffer.from(one) : one))),
  );
  const header = (name: string) =>
    letters.map(({ headers }) => headers.find(([found]) => found === name)?.[1]?.toString());
  expect(header("mine")).toEqual(sent.map(() => "1"));
  expect(header("kwf-offset")).toEqual(sent.map((_, index) => String(index)));
  expect(header("kwf-reason")).toEqual([
    "no-value",
    "not-understood",
    "unknown-thread",
    "bad-key",
    "bad-key",
    "bad-key",
    "bad-value",
    "bad-command",
    "unknown-thread",
  ]);
});

test("an operator pauses, lets go on, cancels and kills", { timeout: 120_000 }, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(POISON);
  stage.createTopics(bundle);
  stage.run(bundle);
  const paused = await stage.send(
    ["t", 'new:"t"'],
    ["u", 'new:"u"'],
    ["v", 'new:"v"'],
    ["t", 'ctl:{"op":"pause","reason":"lunch"}'],
    ...answers("t"),
    ["u", 'ctl:{"op":"cancel"}'],
    ["v", 'ctl:{"op":"kill","reason":"enough"}'],
    ["v", '{"ref":"one","value":"1"}'],
  );
  await stage.passed(paused.at(-1)!);
  expect(list("paused")).toMatchObject([{ thread: "t", reason: { code: "operator" } }]);
  expect(await stage.outputs("workflow-result")).toEqual([]);
  expect(lines(await stage.outputs("workflow-dead-letter"))).toEqual(['v {"ref":"one","value":"1"}']);
  await stage.send(["t", 'ctl:{"op":"unpause"}']);
  const results = await stage.until("workflow-result", (found) => found.length > 0);
  expect(lines(results)).toEqual(['t ["1","2"]']);
  expect(
    list("cancelled")
      .map(({ thread }) => thread)
      .sort(),
  ).toEqual(["u", "v"]);
});
