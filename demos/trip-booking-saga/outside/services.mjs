// The outside world of the demo, for docker-compose.yml: a car, a hotel and a flight service. Each takes a while over a request and
// answers it by writing the value of the ref, or an error, to workflow-resume.
//
// Of all trips, those whose number ends in 3 find the hotel full, and those whose number ends in 7 hear nothing of the flight service.
//
// What was answered is committed to a consumer group afterwards: an answer may be written twice, which a thread does not notice.

import { setTimeout as sleep } from "node:timers/promises";
import { KafkaLog } from "../../../runner/dist/log/kafka/kafka-log.js";

const GROUP = "trip-services";
const TOPICS = ["car", "hotel", "flight"].flatMap((part) => [`saga-reserve-${part}`, `saga-cancel-${part}`]);
const ANSWER_MS = Number(process.env.ANSWER_MS ?? 1_000);

const log = new KafkaLog({ brokers: (process.env.KWF_BROKERS ?? "localhost:9092").split(","), clientId: GROUP });
let generation;
let stopping = false;
const open = new Map();

function reserve(part, trip, ref) {
  if (part === "hotel" && trip.endsWith("3")) return { ref, error: "the hotel is full" };
  if (part === "flight" && trip.endsWith("7")) return undefined;
  return { ref, value: { id: `${part}-of-${trip}` } };
}

async function serve({ topic, partition }, reader) {
  const [, verb, part] = topic.split("-");
  while (open.get(`${topic}-${partition}`) === reader) {
    const { records, nextOffset } = await reader.read();
    if (records.length === 0) continue;
    const answers = [];
    for (const { key, value } of records) {
      const trip = key.toString();
      const { ref } = JSON.parse(value.toString());
      if (verb === "cancel") {
        console.log(`${trip}: ${part} cancelled`);
        continue;
      }
      const answer = reserve(part, trip, ref);
      if (answer === undefined) console.log(`${trip}: ${part} service does not answer`);
      else {
        console.log(`${trip}: ${answer.error ?? `${part} booked`}`);
        answers.push({ topic: "workflow-resume", key: trip, value: JSON.stringify(answer) });
      }
    }
    if (answers.length > 0) {
      await sleep(ANSWER_MS * (0.5 + Math.random()));
      await log.produce(answers);
    }
    // In another generation the partition may be another's: that one answers once more.
    await member.commitOffsets(generation, [{ topic, partition, offset: nextOffset }]).catch(() => {});
  }
}

async function begin(where) {
  const name = `${where.topic}-${where.partition}`;
  const [first] = await log.startOffsets([where]);
  const from = Math.max(first, (await log.groupOffsets(GROUP, [where])).get(name) ?? 0);
  const reader = log.reader({ ...where, from });
  open.set(name, reader);
  serve(where, reader).catch((error) => {
    if (open.get(name) === reader && !stopping) end(error);
  });
}

async function close({ topic, partition }) {
  const reader = open.get(`${topic}-${partition}`);
  open.delete(`${topic}-${partition}`);
  await reader?.close();
}

async function end(error) {
  stopping = true;
  if (error !== undefined) {
    console.error(error.message);
    process.exitCode = 1;
  }
  await member.leave();
  await log.close();
}

const member = log.join({
  group: GROUP,
  topics: TOPICS,
  listener: {
    rebalancing: async () => {},
    assigned: async (assignment) => {
      generation = assignment.generation;
      await Promise.all(assignment.lost.map(close));
      await Promise.all(assignment.gained.map(begin));
    },
    failed: end,
  },
});
process.once("SIGTERM", () => end());
process.once("SIGINT", () => end());
