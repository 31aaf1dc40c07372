import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { Stage } from "../../../runner/integration/stage.js";

// The services and the client of docker-compose.yml, on a real Kafka without containers.

let stage: Stage;
const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await stage?.close();
});

/** A script of `outside`, and what it has said. */
function outside(script: string, environment: Record<string, string>) {
  const file = fileURLToPath(new URL(`../outside/${script}.mjs`, import.meta.url));
  const env = { ...process.env, KWF_BROKERS: stage.brokers, KWF_PREFIX: stage.prefix, ...environment };
  const child = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const said = {
    child,
    text: "",
    ended: once(child, "exit"),
    /** Waits until it has said that. */
    async says(what: RegExp): Promise<void> {
      while (!what.test(said.text)) await once(child.stdout!, "data");
    },
  };
  child.stdout!.on("data", (part) => {
    said.text += String(part);
  });
  return said;
}

test("trips are booked, find the hotel full, or hear nothing of the flight service", { timeout: 120_000 }, async () => {
  stage = await Stage.open({ partitions: 2 });
  const bundle = await stage.demo("trip-booking-saga");
  stage.createTopics(bundle);
  stage.run(bundle);
  const services = outside("services", { ANSWER_MS: "10" });
  const client = outside("client", { EVERY_MS: "100", TRIP_MS: "2000" });
  await client.says(/trip-\d+-1: booked, car-of-trip-\d+-1, hotel-of-trip-\d+-1, flight-of-trip-\d+-1\n/);
  await client.says(/trip-\d+-3: not booked, the hotel is full\n/);
  await client.says(/trip-\d+-7: not booked, TimeoutError: no result after 2000 ms\n/);
  await services.says(/trip-\d+-7: flight service does not answer\n/);
  await services.says(/trip-\d+-7: car cancelled\n/);
  for (const one of [client, services]) {
    one.child.kill("SIGTERM");
    expect(await one.ended).toEqual([0, null]);
  }
});
