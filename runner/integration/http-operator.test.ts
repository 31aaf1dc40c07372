import { afterAll, beforeAll, expect, test } from "vitest";
import { AdminClient } from "../src/admin/admin-client.js";
import { HttpOperator } from "../src/admin/http-operator.js";
import { summariesOf } from "../src/admin/listed-thread.js";
import { LogOperator } from "../src/admin/log-operator.js";
import type { Operator, Sent } from "../src/admin/operator.js";
import { startValue } from "../src/admin/record-value.js";
import { THREAD_STATES, type ThreadFilter } from "../src/admin/thread-filter.js";
import { ASKING } from "./asking.js";
import { EmbeddedRunner } from "./embedded-runner.js";

// The operator of commands that have no log of their own, against the one that stands on it.

let on: EmbeddedRunner;
beforeAll(async () => {
  on = await EmbeddedRunner.start({ workflow: ASKING });
}, 120_000);
afterAll(() => on?.close());

/** By either operator the same. */
const listed = async (one: Operator, filter: ThreadFilter) => summariesOf((await all(one.list(filter))).flat());

async function all<T>(some: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of some) found.push(one);
  return found;
}

test("an operator over HTTP answers as one on the log", async () => {
  const log = new LogOperator({ log: on.log, names: on.names });
  const http = new HttpOperator(new AdminClient({ url: on.url, token: undefined }));
  for (let n = 0; n < 7; n++) await log.send([{ thread: `page-${n}`, value: startValue() }], { untilRun: true });
  const others = ['"late"', '"late"', "{"].map((argument, n) => ({ thread: `raw-${n}`, value: startValue(argument) }));
  await log.send([...others, { thread: "raw", value: "what?" }], { untilRun: true });
  while ((await all(log.timers())).length < 2);
  for (const filter of [
    {},
    { state: THREAD_STATES },
    { waiting: "approval" },
    { prefix: "page-", idleSince: Date.now() - 1 },
    { since: 5 },
    { bundle: on.bundle },
  ]) {
    const sorted = async (one: Operator) => (await listed(one, filter)).sort((a, b) => (a.thread < b.thread ? -1 : 1));
    expect(await sorted(http)).toEqual(await sorted(log));
  }
  expect(await listed(http, { first: { order: "idle", most: 3 } })).toHaveLength(3);
  expect(await http.show("page-1")).toEqual(await log.show("page-1"));
  expect(await http.show("nobody")).toBeUndefined();
  expect(await all(http.deadLetters({ thread: "raw" }))).toEqual(await all(log.deadLetters({ thread: "raw" })));
  const [letter] = await all(http.deadLetters());
  expect(await http.deadLetter(letter!.id)).toEqual(letter);
  expect(await http.deadLetter("0:99999")).toBeUndefined();
  await expect(http.redrive(["0:99999"])).rejects.toMatchObject({ name: "NotRedriven", code: "gone" });
  expect(await all(http.timers())).toEqual(await all(log.timers()));
  expect(await http.bundles()).toEqual(await log.bundles());
  expect(await http.removeBundle("nothing")).toBe(false);

  const sent = await http.send([{ thread: "h", value: startValue() }], { untilRun: true });
  expect(await log.show("h")).toMatchObject({ state: "running", run: `${sent[0]!.partition}:${sent[0]!.offset}` });
  const told: Sent[] = [];
  const seen: string[] = [];
  const failed = await http.runToEnd({ thread: "f", value: startValue('"fail"') }, (where) => told.push(where), {
    onStatus: ({ state }) => seen.push(state),
  });
  expect(failed).toMatchObject({ status: "failed", error: { message: "no" } });
  expect(told).toHaveLength(1);
  expect(seen).toEqual([]);
  const controller = new AbortController();
  const waiting = http.runToEnd({ thread: "g", value: startValue() }, () => controller.abort(new Error("enough")), {
    signal: controller.signal,
  });
  await expect(waiting).rejects.toThrow("enough");
});
