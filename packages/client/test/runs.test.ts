import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { RunnerProcess } from "../../../runner/integration/runner-process.js";
import type { Client } from "../src/index.js";
import { Garage } from "./garage.js";

// Starting threads and waiting for them, on a real Kafka.

let garage: Garage;
let client: Client;
let runner: RunnerProcess;
beforeEach(async () => {
  garage = await Garage.open(2);
  client = garage.connect();
  runner = garage.stage.run(garage.bundle);
}, 120_000);
afterEach(() => garage?.close());

const TIMEOUT = { timeout: 120_000 };

test("every end of a run is the end of its waiting", TIMEOUT, async () => {
  const waits = { waitFor: "go" };
  const done = await client.start("done", waits);
  const failed = await client.start("failed", { fail: "no fuel" });
  const cancelled = await client.start("cancelled", waits);
  const rejected = await client.start<unknown[]>("rejected", waits);
  await client.resume("done", "go", { litres: 5 });
  await client.reject("rejected", "go", "no key");
  await client.cancel("cancelled", "closed today");
  expect(await done.result()).toEqual([{ litres: 5 }]);
  expect(await done.result()).toEqual([{ litres: 5 }]);
  expect(await rejected.result()).toEqual([{ error: "no key" }]);
  await expect(failed.result()).rejects.toMatchObject({
    code: "KWF_FAILED",
    thread: "failed",
    error: "Error: no fuel",
    details: { name: "Error", message: "no fuel" },
  });
  await expect(cancelled.result()).rejects.toMatchObject({ code: "KWF_CANCELLED", reason: "closed today" });
});

test("a second start is refused, or uses the run that lives", TIMEOUT, async () => {
  const first = await client.start("car", { waitFor: "go" });
  const second = await client.start("car", { waitFor: "other" });
  const third = await client.start("car", { waitFor: "other" }, { ifRunning: "use" });
  await expect(second.result()).rejects.toMatchObject({ code: "KWF_ALREADY_RUNNING", thread: "car" });
  await client.resume("car", "go", 1);
  expect(await third.result()).toEqual([1]);
  expect(await first.result()).toEqual([1]);
  // Ended: each of them starts a run of its own.
  expect(await (await client.start("car", {})).result()).toEqual([]);
  expect(await (await client.start("car", {}, { ifRunning: "use" })).result()).toEqual([]);
});

test("the time to wait is up, and the run goes on", TIMEOUT, async () => {
  const run = await client.start(undefined, { waitFor: "go" });
  await expect(run.result({ timeoutMs: 50 })).rejects.toMatchObject({ code: "KWF_RESULT_TIMEOUT", thread: run.id });
  await expect(run.result({ signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
  await client.resume(run.id, "go");
  expect(await run.result({ timeoutMs: 60_000 })).toEqual([null]);
});

test("a result that was there before anybody asked", TIMEOUT, async () => {
  const run = await client.start("early", {});
  await garage.stage.until("workflow-result", (found) => found.length === 1);
  expect(await run.result({ timeoutMs: 60_000 })).toEqual([]);
});

test("many runs at once, and the runner killed among them", TIMEOUT, async () => {
  const runs = await Promise.all(Array.from({ length: 100 }, (_, n) => client.start(`many-${n}`, { waitFor: "go" })));
  await runner.ready(2);
  const half = runs.slice(0, 50).map(async ({ id }, n) => client.resume(id, "go", n));
  await Promise.all(half);
  await runner.kill();
  garage.stage.run(garage.bundle);
  await Promise.all(runs.slice(50).map(({ id }, n) => client.resume(id, "go", 50 + n)));
  expect(await Promise.all(runs.map((run) => run.result()))).toEqual(runs.map((_, n) => [n]));
});

describe("a client that is closed", () => {
  test("no longer waits, and takes no more", TIMEOUT, async () => {
    const other = garage.connect();
    const run = await other.start("left", { waitFor: "go" });
    const waits = expect(run.result()).rejects.toMatchObject({ code: "KWF_WAIT_ENDED", thread: "left" });
    await other.close();
    await waits;
    await expect(other.start("more")).rejects.toThrow("closed");
  });
});

test("a run that nobody follows", TIMEOUT, async () => {
  const run = await client.start("loose", {}, { follow: false });
  await expect(run.result()).rejects.toThrow("loose was started with follow: false");
  await garage.stage.until("workflow-result", (found) => found.some(({ key }) => key === "loose"));
});

test("what cannot be written is said at once", TIMEOUT, async () => {
  await expect(client.start("a|b")).rejects.toThrow(
    'a thread id is text that is not empty and has no "|": found "a|b"',
  );
  await expect(client.resume("a", "ref", () => 1)).rejects.toThrow(
    "the value cannot be written as JSON: it is a function",
  );
  await expect(client.start("a", new Error("x"))).rejects.toThrow("the input is an Error");
});
