// The outside world of the demo, for docker-compose.yml: a car, a hotel and a flight service. Each takes a while over a request and answers
// it; what was booked is cancelled again when it is told so.
//
// Of all trips, those whose number ends in 3 find the hotel full, and those whose number ends in 7 hear nothing of the flight service.

import { setTimeout as sleep } from "node:timers/promises";
import { connect, LATER, Rejection } from "@kwf/client";
import { topic } from "@kwf/patterns";

const ANSWER_MS = Number(process.env.ANSWER_MS ?? 1_000);

const client = connect({ clientId: "trip-services" });

async function reserve(part, trip, signal) {
  if (part === "flight" && trip.endsWith("7")) {
    console.log(`${trip}: ${part} service does not answer`);
    return LATER;
  }
  await sleep(ANSWER_MS * (0.5 + Math.random()), undefined, { signal });
  const full = part === "hotel" && trip.endsWith("3");
  console.log(`${trip}: ${full ? "the hotel is full" : `${part} booked`}`);
  if (full) throw new Rejection("the hotel is full");
  return { id: `${part}-of-${trip}` };
}

for (const part of ["car", "hotel", "flight"]) {
  await client.serve(topic(`saga-reserve-${part}`), (_, { thread, signal }) => reserve(part, thread, signal), {
    concurrency: 1_000,
  });
  // Whom it concerns is in the record's key; nobody waits for an answer.
  const cancelled = (_, { recordKey }) => console.log(`${recordKey}: ${part} cancelled`);
  await client.serve(topic(`saga-cancel-${part}`), cancelled, { reply: false });
}
process.once("SIGTERM", () => client.close());
process.once("SIGINT", () => client.close());
