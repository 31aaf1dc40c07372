// A client of the demo, for docker-compose.yml: starts a trip every few seconds and prints what becomes of each.

import { KafkaLog } from "../../../runner/dist/log/kafka/kafka-log.js";

const EVERY_MS = Number(process.env.EVERY_MS ?? 3_000);
/** How long the three services may take together. */
const TRIP_MS = Number(process.env.TRIP_MS ?? 15_000);

const log = new KafkaLog({
  brokers: (process.env.KWF_BROKERS ?? "localhost:9092").split(","),
  clientId: "trip-client",
});
/** Names of another life of this client are not used again. */
const life = new Date().toISOString().slice(11, 19).replaceAll(":", "");
let trips = 0;
let stopping = false;

async function follow(topic, take) {
  const { partitions } = (await log.describeTopics([topic])).get(topic);
  const places = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const ends = await log.endOffsets(places, "committed");
  places.forEach((where, index) => {
    read(log.reader({ ...where, from: ends[index] }), take).catch(end);
  });
}

async function read(reader, take) {
  while (!stopping) {
    for (const { key, value } of (await reader.read()).records) take(key.toString(), JSON.parse(value.toString()));
  }
}

async function start() {
  trips += 1;
  const trip = `trip-${life}-${trips}`;
  await log.produce([{ topic: "workflow-resume", key: trip, value: `new:${JSON.stringify({ timeoutMS: TRIP_MS })}` }]);
  console.log(`${trip}: starts`);
}

async function end(error) {
  if (stopping) return;
  stopping = true;
  clearInterval(timer);
  if (error !== undefined) {
    console.error(error.message);
    process.exitCode = 1;
  }
  await log.close();
}

await follow("workflow-result", (trip, { car, hotel, flight }) =>
  console.log(`${trip}: booked, ${car.id}, ${hotel.id}, ${flight.id}`),
);
await follow("workflow-error", (trip, error) => console.log(`${trip}: not booked, ${error}`));
const timer = setInterval(() => start().catch(end), EVERY_MS);
process.once("SIGTERM", () => end());
process.once("SIGINT", () => end());
