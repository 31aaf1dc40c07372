// A client of the demo, for docker-compose.yml: starts a trip every few seconds and prints what becomes of each.

import { connect } from "@kwf/client";

const EVERY_MS = Number(process.env.EVERY_MS ?? 3_000);
/** How long the three services may take together. */
const TRIP_MS = Number(process.env.TRIP_MS ?? 15_000);

const client = connect({ clientId: "trip-client" });
/** Names of another life of this client are not used again. */
const life = new Date().toISOString().slice(11, 19).replaceAll(":", "");
let trips = 0;
let stopping = false;

async function book() {
  trips += 1;
  const run = await client.start(`trip-${life}-${trips}`, { timeoutMS: TRIP_MS });
  console.log(`${run.id}: starts`);
  try {
    const { car, hotel, flight } = await run.result();
    console.log(`${run.id}: booked, ${car.id}, ${hotel.id}, ${flight.id}`);
  } catch (error) {
    if (error.code !== "KWF_FAILED") throw error;
    console.log(`${run.id}: not booked, ${error.error}`);
  }
}

async function end(error) {
  if (stopping) return;
  stopping = true;
  clearInterval(timer);
  if (error !== undefined) {
    console.error(error.message);
    process.exitCode = 1;
  }
  await client.close();
}

const timer = setInterval(() => book().catch(end), EVERY_MS);
process.once("SIGTERM", () => end());
process.once("SIGINT", () => end());
