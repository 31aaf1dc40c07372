import { testWorkflow, type WorkflowTest } from "@kwf/testing";
import { beforeEach, expect, test } from "vitest";

const CAR = "0:car:1";
const HOTEL = "0:hotel:2";
const FLIGHT = "0:flight:3";
const TIMER = "0:sleep:4";

let t: WorkflowTest;
beforeEach(async () => {
  t = await testWorkflow(new URL("./index.ts", import.meta.url), { thread: "trip" });
});

/** What a step put out, without the thread's status. */
const shown = (records: { topic: string; key: string | null; value: string | null }[]) =>
  records.filter(({ topic }) => topic !== "workflow-status").map(({ topic, key, value }) => [topic, key, value]);

const part = (action: "reserve" | "cancel", name: string, ref: string) => [
  `saga-${action}-${name}`,
  "trip",
  JSON.stringify({ ref }),
];
const timer = (value: string) => ["workflow-scheduler", `trip|${JSON.stringify({ ref: TIMER })}`, value];
const requests = (timeout: string) => [
  part("reserve", "car", CAR),
  part("reserve", "hotel", HOTEL),
  part("reserve", "flight", FLIGHT),
  timer(timeout),
];

test("all reserved: the timer is taken back, the bookings are returned in the order of the source", () => {
  expect(shown(t.start())).toEqual(requests("1000"));
  expect(t.pending()).toEqual([CAR, HOTEL, FLIGHT, TIMER]);
  expect(shown(t.resume(FLIGHT, { id: "f" }))).toEqual([]);
  expect(shown(t.resume(CAR, { id: "c" }))).toEqual([]);
  expect(shown(t.resume(HOTEL, { id: "h" }))).toEqual([
    timer("0"),
    ["workflow-result", "trip", JSON.stringify({ car: { id: "c" }, hotel: { id: "h" }, flight: { id: "f" } })],
  ]);
  expect(t.state()).toBeNull();
});

test("a reservation fails: what is in flight is told at once, what is booked is cancelled", () => {
  t.start();
  t.resume(CAR, { id: "c" });
  expect(shown(t.reject(FLIGHT, "sold out"))).toEqual([
    part("cancel", "hotel", HOTEL),
    timer("0"),
    part("cancel", "car", CAR),
    ["workflow-error", "trip", '"sold out"'],
  ]);
  expect(t.status()).toBe("failed");
});

test("user code throws after two bookings: both are cancelled, the last one first", () => {
  t.start({ throwAfterHotel: true });
  t.resume(CAR, { id: "c" });
  expect(shown(t.resume(HOTEL, { id: "h" }))).toEqual([
    part("cancel", "flight", FLIGHT),
    timer("0"),
    part("cancel", "hotel", HOTEL),
    part("cancel", "car", CAR),
    ["workflow-error", "trip", '"Error: the traveller changed their mind"'],
  ]);
});

test("time is up with one in flight", () => {
  t.start({ timeoutMS: 500 });
  t.resume(CAR, { id: "c" });
  t.resume(FLIGHT, { id: "f" });
  expect(shown(t.advance(499))).toEqual([]);
  expect(shown(t.advance(1))).toEqual([
    part("cancel", "hotel", HOTEL),
    part("cancel", "flight", FLIGHT),
    part("cancel", "car", CAR),
    ["workflow-error", "trip", '"TimeoutError: no result after 500 ms"'],
  ]);
});

test("an answer after the end changes nothing", () => {
  t.start({ timeoutMS: 500 });
  t.advance(500);
  expect(shown(t.resume(HOTEL, { id: "h" })).map(([topic]) => topic)).toEqual(["workflow-dead-letter"]);
});

test("three branches and a timer wait in at most 2 KB", () => {
  t.start();
  expect(t.state()?.length).toBeLessThanOrEqual(2048);
});
