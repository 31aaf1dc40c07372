import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { readIndependently } from "./independent-reader.js";
import { lines, Stage } from "./stage.js";

// Case 16 on a real Kafka. Nothing here depends on how fast the machine is: a timer fires at or after its time, once.

let stage: Stage;
afterEach(() => stage?.close());

const HOUR = "3600000";

type Request = readonly [key: string, value: string | null];

/** Writes to `workflow-scheduler`, in order. */
async function set(...requests: readonly Request[]) {
  const topic = stage.names.scheduler;
  return stage.log.produce(requests.map(([key, value]) => ({ topic, key, value })));
}

const fired = (count: number) => stage.until("workflow-resume", (found) => found.length >= count);

/** What fired, and what could not, as Apache's own client reads it. */
const read = () => readIndependently(stage, ["workflow-resume", "workflow-dead-letter"]);

/** What the scheduler still has to do, by key, as the changelog says. */
async function pending(): Promise<Map<string, number>> {
  const timers = new Map<string, number>();
  for (const { key, value } of await stage.records(stage.names.changelog("scheduler"))) {
    if (key === null || key[0] === 0x7c) continue;
    if (value === null) timers.delete(key.toString());
    else timers.set(key.toString(), JSON.parse(value.toString()).at);
  }
  return timers;
}

test("delays, times, replacing, cancelling, and a payload with bars", { timeout: 120_000 }, async () => {
  stage = await Stage.open();
  stage.createTopics();
  stage.scheduler();
  const from = Date.now();
  const at = from + 700;
  await set(
    ["late|a", HOUR],
    ["late|b", HOUR],
    ["late|c", HOUR],
    ["never|a", HOUR],
    ["never|b", HOUR],
    ["never|c", "@1"],
    ["never|c", null],
    ['bars|{"ref":"a|b","value":"|"}', "300"],
    ["time|", `@${at}`],
    ["late|a", "1"],
    ["late|c", "7200000"],
    ["never|a", "0"],
    ["never|b", null],
    ["never|unknown", "0"],
  );
  const first = await fired(3);
  expect(lines(first).toSorted()).toEqual(['bars {"ref":"a|b","value":"|"}', "late a", "time "]);
  const times = new Map((await stage.records(stage.names.resume)).map(({ key, timestamp }) => [`${key}`, timestamp]));
  expect(times.get("bars")).toBeGreaterThanOrEqual(from + 300);
  expect(times.get("time")).toBeGreaterThanOrEqual(at);
  expect([...(await pending()).keys()]).toEqual(["late|b", "late|c"]);
  expect((await pending()).get("late|c")).toBeGreaterThanOrEqual(from + 7_200_000);

  await set(["nobar", "1"], ["|p", "1"], ["t|p", "soon"], ["t|last", "1"]);
  await fired(4);
  expect(read()["workflow-resume"]!.slice(3)).toEqual(["t last"]);
  expect(read()["workflow-dead-letter"]).toEqual(["nobar 1", "|p 1", "t|p soon"]);
});

// The turn of a record is the first, the turn of its timer the second.
const points = ["fenced:1", "restored:1", "read:1", "sent:1", "committed:1", "applied:1"];
points.push("observed:1", "read:2", "sent:2", "committed:2", "applied:2");

test("killed at every labelled point, a timer fires once", { timeout: 300_000 }, async () => {
  stage = await Stage.open();
  stage.createTopics();
  for (const [index, point] of points.entries()) {
    const hit = stage.scheduler([], { environment: { KWF_FAULT: point } });
    await set([`${point}|p`, "1"]);
    expect(await hit.ended, `${point}: ${hit.text}`).toMatchObject({ signal: "SIGKILL" });
    if (index % 2 === 1) stage.loseLocalState();
    const next = stage.scheduler();
    await fired(index + 1);
    await next.kill();
  }
  expect(read()).toEqual({ "workflow-resume": points.map((point) => `${point} p`), "workflow-dead-letter": [] });
  expect(await pending()).toEqual(new Map());
});

test.each(["kept", "deleted"])(
  "timers survive the scheduler, and fire when they are overdue: local state %s",
  {
    timeout: 120_000,
  },
  async (state) => {
    stage = await Stage.open();
    stage.createTopics();
    const first = stage.scheduler();
    const written = await set(
      ["a|set before", "400"],
      ["b|cancelled before", HOUR],
      ["c|waits", HOUR],
      ["d|moved", HOUR],
    );
    await stage.passed(written.at(-1)!.offset, 0, "scheduler");
    await first.kill();
    if (state === "deleted") stage.loseLocalState();
    // Nobody reads these before the next one is up.
    await set(
      ["b|cancelled before", "0"],
      ["d|moved", "1"],
      ["e|set and cancelled", "1"],
      ["e|set and cancelled", "0"],
    );
    await sleep(500);
    const second = stage.scheduler();
    await fired(2);
    await set(["z|last", "1"]);
    await fired(3);
    expect(await second.stop()).toBe(0);
    expect(read()["workflow-resume"]!.toSorted()).toEqual(["a set before", "d moved", "z last"]);
    expect([...(await pending()).keys()]).toEqual(["c|waits"]);
  },
);

describe("a cancel that races with its timer", () => {
  test.each(["commits", "aborts"])("an open transaction is waited for: it %s", { timeout: 120_000 }, async (end) => {
    stage = await Stage.open();
    stage.createTopics();
    const scheduler = stage.scheduler();
    await scheduler.ready(1, "scheduler");
    const producer = await stage.log.fence(`${stage.prefix}canceller`, { transactionTimeoutMs: 60_000 });
    const at = Date.now() + 2_000;
    const [first] = await set(["t|raced", `@${at}`]);
    await stage.passed(first!.offset, 0, "scheduler");
    const transaction = producer.begin();
    transaction.send([{ topic: stage.names.scheduler, partition: 0, key: "t|raced", value: "0" }]);
    await transaction.flush();
    const inTime = Date.now() < at;
    await set(["t|behind it", "1"]);
    await sleep(Math.max(0, at - Date.now()) + 1_000);
    // On a machine so slow that the cancel came too late there is nothing to see.
    if (inTime) expect(await stage.outputs("workflow-resume")).toEqual([]);
    if (end === "commits") await transaction.commit();
    else await transaction.abort();
    await fired(1);
    await set(["t|last", "1"]);
    await stage.until("workflow-resume", (found) => lines(found).includes("t last"));
    const wins = inTime && end === "commits";
    expect(read()["workflow-resume"]!.toSorted()).toEqual(["t behind it", "t last", ...(wins ? [] : ["t raced"])]);
  });

  test("what was cancelled before its time never fires, everything else fires once", { timeout: 120_000 }, async () => {
    stage = await Stage.open({ partitions: 2 });
    stage.createTopics();
    const scheduler = stage.scheduler();
    await scheduler.ready(2, "scheduler");
    const start = Date.now() + 500;
    const timers = Array.from({ length: 300 }, (_, n) => ({ key: `t${n}|p`, at: start + n * 10 }));
    await set(...timers.map(({ key, at }): Request => [key, `@${at}`]));
    const won = new Set<string>();
    for (const [index, { key, at }] of timers.entries()) {
      if (index % 3 === 2) continue;
      // Around its time: a little before, a little after.
      await sleep(Math.max(0, at - Date.now() - (index % 5) * 5));
      await set([key, "0"]);
      if (Date.now() < at) won.add(key);
    }
    await set(["last|p", `@${Math.max(Date.now(), timers.at(-1)!.at) + 100}`]);
    await stage.until("workflow-resume", (found) => lines(found).includes("last p"));
    // The other partition too.
    await stage.until("workflow-resume", (found) => found.length >= 101);
    const found = read()["workflow-resume"]!;
    expect(new Set(found).size).toBe(found.length);
    for (const key of won) expect(found).not.toContain(key.replace("|", " "));
    for (const [index, { key }] of timers.entries())
      if (index % 3 === 2) expect(found).toContain(key.replace("|", " "));
    expect(await pending()).toEqual(new Map());
  });
});

test("ten thousand due at once all fire, once and in order, the scheduler killed while they do", {
  timeout: 240_000,
}, async () => {
  stage = await Stage.open();
  stage.createTopics();
  const count = 10_000;
  const at = Date.now() + 1_500;
  for (let n = 0; n < count; n += 1_000) {
    await set(...Array.from({ length: 1_000 }, (_, more): Request => [`t|${n + more}`, `@${at}`]));
  }
  for (const point of ["sent:30", "committed:10"]) {
    const hit = stage.scheduler([], { environment: { KWF_FAULT: point } });
    expect(await hit.ended, hit.text).toMatchObject({ signal: "SIGKILL" });
  }
  stage.scheduler();
  await fired(count);
  expect(read()["workflow-resume"]).toEqual(Array.from({ length: count }, (_, n) => `t ${n}`));
  expect(await pending()).toEqual(new Map());
});

test("two share the partitions, one dies: every timer fires once", { timeout: 240_000 }, async () => {
  stage = await Stage.open({ partitions: 4 });
  stage.createTopics();
  const place = (name: string) => ({ stateDirectory: join(stage.folder, name) });
  const one = stage.scheduler([], place("one"));
  await one.ready(4, "scheduler");
  const timers = (name: string) =>
    Array.from({ length: 100 }, (_, n): Request => [`${name}${n}|p`, String(1 + n * 20)]);
  await set(...timers("first"));
  const two = stage.scheduler([], place("two"));
  await two.ready(2, "scheduler");
  await set(...timers("second"));
  await one.kill();
  await set(...timers("third"));
  await fired(300);
  expect(await two.stop()).toBe(0);
  const expected = ["first", "second", "third"].flatMap((name) => timers(name).map(([key]) => key.replace("|", " ")));
  expect(read()["workflow-resume"]!.toSorted()).toEqual(expected.toSorted());
});

test("a payload that the topic of threads will not take becomes a dead letter, and the others fire", {
  timeout: 120_000,
}, async () => {
  stage = await Stage.open();
  await stage.log.createTopics([
    { name: stage.names.resume, partitions: 1, settings: { "max.message.bytes": "2000" } },
  ]);
  stage.createTopics();
  const scheduler = stage.scheduler();
  const large = "x".repeat(5_000);
  await set(["t|before", "1"], [`t|${large}`, "1"], ["t|behind", "1"]);
  await fired(2);
  await stage.until("workflow-dead-letter", (found) => found.length >= 1);
  expect(read()).toEqual({ "workflow-resume": ["t before", "t behind"], "workflow-dead-letter": [`t|${large} 1`] });
  const [letter] = await stage.outputs("workflow-dead-letter");
  expect(letter?.headers).toMatchObject({ "kwf-reason": "KWF_RECORD_TOO_LARGE", "kwf-topic": "workflow-scheduler" });
  const { admin } = await scheduler.line(({ admin }) => typeof admin === "string", "its HTTP address");
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  expect(metrics).toMatch(/^kwf_timers_total\{fate="fired"\} 2$/m);
  expect(metrics).toMatch(/^kwf_timers_total\{fate="dead-lettered"\} 1$/m);
  expect(metrics).toMatch(/^kwf_timers_pending\{partition="0"\} 0$/m);
  expect(metrics).toMatch(/^kwf_timer_lateness_seconds_count 2$/m);
});

describe("the trip-booking saga runs into its timeout", () => {
  const topics = ["saga-reserve-car", "saga-reserve-hotel", "saga-reserve-flight"];
  topics.push("saga-cancel-car", "saga-cancel-hotel", "saga-cancel-flight", "workflow-result", "workflow-error");
  const expected = {
    "saga-reserve-car": ['t {"ref":"0:car:1"}'],
    "saga-reserve-hotel": ['t {"ref":"0:hotel:2"}'],
    "saga-reserve-flight": ['t {"ref":"0:flight:3"}'],
    "saga-cancel-car": ['t {"ref":"0:car:1"}'],
    "saga-cancel-hotel": ['t {"ref":"0:hotel:2"}'],
    "saga-cancel-flight": ['t {"ref":"0:flight:3"}'],
    "workflow-result": [],
    "workflow-error": ['t "TimeoutError: no result after 1500 ms"'],
  };

  test.each(["inside the runner", "beside it"])(
    "the scheduler %s, killed in between",
    { timeout: 120_000 },
    async (where) => {
      stage = await Stage.open();
      const bundle = await stage.demo("trip-booking-saga");
      stage.createTopics(bundle);
      const beside = where === "beside it";
      const start = () => [
        stage.run(bundle, beside ? ["--no-scheduler"] : []),
        ...(beside ? [stage.scheduler([], { stateDirectory: join(stage.folder, "timers") })] : []),
      ];
      const first = start();
      const [offset] = await stage.send(["t", 'new:{"timeoutMS":1500}']);
      await stage.passed(offset!);
      for (const process of first) await process.kill();
      stage.loseLocalState();
      start();
      await stage.until("workflow-error", (found) => found.length >= 1);
      expect(readIndependently(stage, topics)).toEqual(expected);
    },
  );

  test("without a scheduler nothing fires, and kwf scheduler catches up", { timeout: 120_000 }, async () => {
    stage = await Stage.open();
    const bundle = await stage.demo("trip-booking-saga");
    stage.createTopics(bundle);
    const runner = stage.run(bundle, ["--no-scheduler"]);
    const [offset] = await stage.send(["t", 'new:{"timeoutMS":1500}']);
    await stage.passed(offset!);
    await sleep(2_500);
    expect(await stage.records(stage.names.resume)).toHaveLength(1);
    stage.scheduler([], { stateDirectory: join(stage.folder, "timers") });
    await stage.until("workflow-error", (found) => found.length >= 1);
    expect(readIndependently(stage, topics)).toEqual(expected);
    expect(await runner.stop()).toBe(0);
  });
});
