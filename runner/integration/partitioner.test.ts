import { afterEach, expect, test } from "vitest";
import { partitionOf } from "../src/log/partitioner.js";
import { readIndependently } from "./independent-reader.js";
import { Stage } from "./stage.js";

// Clients choose partitions as they like (librdkafka's default is not Kafka's): a record finds its thread from wherever it was written.

let stage: Stage;
afterEach(() => stage?.close());

const PARTITIONS = 3;

test("records on other partitions than their key's are handed on, once, wherever the runner is killed", {
  timeout: 240_000,
}, async () => {
  stage = await Stage.open({ partitions: PARTITIONS });
  const bundle = await stage.demo("minimal");
  stage.createTopics(bundle);
  const wrong = (thread: string, by: number) => (partitionOf(thread, PARTITIONS) + by) % PARTITIONS;
  const send = async (thread: string, value: string, by: number) => {
    const where = { topic: stage.names.resume, partition: wrong(thread, by) };
    const [{ offset } = { offset: 0 }] = await stage.log.produce([{ ...where, key: thread, value }]);
    return { ...where, offset };
  };
  const threads = ["a", "b", "c", "d"];
  for (const thread of threads) await send(thread, `new:{"name":"${thread}"}`, 1);
  for (const point of ["sent:1", "committed:1"]) {
    const hit = stage.run(bundle, [], { environment: { KWF_FAULT: point } });
    expect(await hit.ended).toMatchObject({ signal: "SIGKILL" });
  }
  stage.run(bundle);
  const requests = await stage.until("minimal-greeting-request", (found) => found.length === threads.length);
  for (const { key, value } of requests) {
    const { ref } = JSON.parse(value!) as { ref: string };
    await send(key!, JSON.stringify({ ref, value: `hi ${key}` }), 2);
  }
  // What nobody understands is a dead letter of the partition where it lay.
  const odd = await send("a", "nonsense", 1);
  await stage.until("workflow-result", (found) => found.length === threads.length);
  const letters = await stage.until("workflow-dead-letter", (found) => found.length > 0);
  expect(letters.map(({ headers }) => [headers["kwf-partition"], headers["kwf-offset"]])).toEqual([
    [String(odd.partition), String(odd.offset)],
  ]);
  const read = readIndependently(stage, ["workflow-result", "minimal-greeting-request"]);
  expect(read["workflow-result"]!.toSorted()).toEqual(threads.map((thread) => `${thread} {"greeting":"hi ${thread}"}`));
  expect(read["minimal-greeting-request"]).toHaveLength(threads.length);
});
