import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { afterEach, expect, test } from "vitest";
import { readIndependently } from "./independent-reader.js";
import { kwf, type RunnerProcess } from "./runner-process.js";
import { lines, Stage } from "./stage.js";

// The bridge from input topics on a real Kafka: killed at every labelled point, on two runners, with topics that grow.

let stage: Stage;
afterEach(() => stage?.close());

const SHOP = `
import * as W from "@kwf/workflow";
export const manifest: W.Manifest = {
  outputTopics: ["shipped"],
  inputTopics: {
    orders: ({ key, value }) => (value === "test" ? null : { thread: key ?? "", start: JSON.parse(value ?? "null") as unknown }),
    payments: ({ key, value, headers }) =>
      headers.refused === "yes"
        ? { thread: key ?? "", ref: "payment", error: value }
        : { thread: key ?? "", ref: "payment", value },
  },
};
export default async function main(order: { item: string }): Promise<string> {
  try {
    const payment = await W.refId<string>("payment");
    W.output(order.item + " for " + payment, "shipped");
    return "shipped";
  } catch (error) {
    return "refused: " + String(error);
  }
}
`;

/** The topics of the manifest with partitions of their own, then the rest. */
async function shop(orders: number, payments: number): Promise<string> {
  const bundle = await stage.workflow(SHOP);
  const { prefix } = stage;
  await stage.log.createTopics([
    { name: `${prefix}orders`, partitions: orders },
    { name: `${prefix}payments`, partitions: payments },
  ]);
  stage.createTopics(bundle);
  return bundle;
}

const order = (item: string) => JSON.stringify({ item });

async function put(topic: string, key: string, value: string, headers: [string, string][] = []): Promise<void> {
  await stage.log.produce([{ topic: `${stage.prefix}${topic}`, key, value, headers }]);
}

test("a workflow is started by one topic and resumed by another", { timeout: 120_000 }, async () => {
  stage = await Stage.open({ partitions: 2 });
  const bundle = await shop(3, 1);
  const runner = stage.run(bundle);
  await put("orders", "o-1", order("book"), [["traceparent", "00-a"]]);
  await put("orders", "o-2", order("pen"));
  await put("orders", "o-3", "test");
  await put("orders", "o-1", order("book again"));
  await put("orders", "o-4", "{");
  await stage.until("workflow-resume", (found) => found.length === 3);
  await put("payments", "o-1", "5 EUR");
  await put("payments", "o-2", "no money", [["refused", "yes"]]);
  await stage.until("workflow-result", (found) => found.length === 2);
  await runner.ready(4, "input");
  expect(lines(await stage.outputs("workflow-result")).toSorted()).toEqual([
    'o-1 "shipped"',
    'o-2 "refused: no money"',
  ]);
  const [shipped] = await stage.outputs("shipped");
  expect(shipped).toMatchObject({ key: "o-1", value: "book for 5 EUR" });
  const resumed = await stage.outputs("workflow-resume");
  expect(resumed.find(({ value }) => value === `init:${order("book")}`)?.headers).toEqual({
    "kwf-source": expect.stringMatching(/^orders\/\d\/\d$/),
    traceparent: "00-a",
  });
  const [letter] = await stage.until("workflow-dead-letter", (found) => found.length === 1);
  expect(letter).toMatchObject({
    key: "o-4",
    value: "{",
    headers: { "kwf-reason": "mapping-failed", "kwf-topic": "orders" },
  });
  const metrics = await runner.metrics();
  expect(metrics).toMatch(/kwf_input_records_total\{topic="orders",fate="started"\} 3/);
  expect(metrics).toMatch(/kwf_input_records_total\{topic="orders",fate="skipped"\} 1/);
  expect(metrics).toMatch(/kwf_lag_records\{role="input",topic="payments",partition="0"\} 0/);
  expect(await runner.stop()).toBe(0);
});

test("killed at every labelled point, each input record is on workflow-resume once", { timeout: 240_000 }, async () => {
  stage = await Stage.open();
  const bundle = await shop(1, 1);
  const points = ["fenced", "read", "routed", "sent", "committed"];
  const expected: string[] = [];
  for (const point of points) {
    for (const n of [1, 2]) {
      await put("orders", `${point}-${n}`, order(`${n}`));
      expected.push(`${point}-${n} init:${order(`${n}`)}`);
    }
    const hit = stage.run(bundle, ["--max-batch", "1"], { environment: { KWF_FAULT: `input-${point}:1` } });
    expect(await hit.ended, hit.text).toMatchObject({ signal: "SIGKILL" });
    const next = stage.run(bundle);
    await stage.until("workflow-resume", (found) => found.length >= expected.length);
    await next.kill();
  }
  expect(readIndependently(stage, ["workflow-resume", "workflow-dead-letter"])).toEqual({
    "workflow-resume": expected,
    "workflow-dead-letter": [],
  });
});

test("two runners share the topics; one is killed, one freezes and wakes: nothing is missing or there twice", {
  timeout: 240_000,
}, async () => {
  stage = await Stage.open({ partitions: 2 });
  const bundle = await shop(4, 2);
  const place = (name: string) => ({ stateDirectory: join(stage.folder, name) });
  const expected: string[] = [];
  const send = async (name: string) => {
    for (let n = 0; n < 25; n++) {
      await put("orders", `${name}-${n}`, order("x"));
      expected.push(`${name}-${n} init:${order("x")}`);
    }
  };
  const arrived = () => stage.until("workflow-resume", (found) => found.length >= expected.length);
  const one = stage.run(bundle, [], place("one"));
  const two = stage.run(bundle, [], place("two"));
  await send("both");
  await Promise.all([one.ready(2, "input"), two.ready(2, "input")]);
  await send("shared");
  one.signal("SIGSTOP");
  await send("frozen");
  await arrived();
  one.signal("SIGCONT");
  await send("awake");
  const killed = two.kill();
  await send("killed");
  await killed;
  await arrived();
  await one.ready(6, "input");
  await send("alone");
  await arrived();
  const { "workflow-resume": found } = readIndependently(stage, ["workflow-resume"]);
  expect(found!.toSorted()).toEqual(expected.toSorted());
  for (const name of ["both", "shared", "frozen", "awake", "killed", "alone"])
    expect(found!.filter((line) => line.startsWith(`${name}-`))).toHaveLength(25);
  expect(await one.stop()).toBe(0);
});

test("partitions that an input topic gets while the runner runs are read as well", { timeout: 120_000 }, async () => {
  stage = await Stage.open();
  const bundle = await shop(1, 1);
  const runner = stage.run(bundle);
  await runner.ready(2, "input");
  const topic = `${stage.prefix}orders`;
  const admin = new Kafka({ brokers: [...stage.cluster.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
  await admin.disconnect();
  await runner.ready(4, "input");
  const keys = Array.from({ length: 12 }, (_, n) => `o-${n}`);
  for (const key of keys) await put("orders", key, order("x"));
  const found = await stage.until("workflow-resume", (all) => all.length >= keys.length);
  expect(found.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
});

test("an input topic that is missing is named, and made when asked for", { timeout: 120_000 }, async () => {
  stage = await Stage.open();
  const bundle = await stage.workflow(SHOP);
  const where = ["--brokers", stage.brokers, "--prefix", stage.prefix];
  const started = (...more: string[]) =>
    kwf(["run", bundle, ...where, "--state-dir", stage.stateDirectory, "--admin-port", "0", ...more]);
  const { status, stderr } = started();
  expect(status).toBe(1);
  expect(stderr).toContain(`${stage.prefix}orders does not exist (an input of the workflow)`);
  expect(stderr).toContain("[missing-topics]");
  const checked = kwf(["topics", "check", bundle, ...where, "--json"]);
  expect(checked.status).toBe(1);
  const topics = JSON.parse(checked.stdout).topics as { name: string; use: string }[];
  expect(topics.find(({ name }) => name === `${stage.prefix}payments`)).toMatchObject({
    use: "an input of the workflow",
    problem: { code: "missing-topics" },
  });
  const runner: RunnerProcess = stage.run(bundle, ["--create-topics", "--partitions", "2"]);
  await runner.ready(4, "input");
  expect((await stage.log.describeTopics([`${stage.prefix}orders`])).get(`${stage.prefix}orders`)?.partitions).toBe(2);
});
