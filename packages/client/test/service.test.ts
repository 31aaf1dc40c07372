import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kwf, type RunnerProcess } from "../../../runner/integration/runner-process.js";
import { type Client, LATER, Rejection, type Trouble } from "../src/index.js";
import { reserve } from "./fixtures/topics.js";
import { Garage } from "./garage.js";

// The other side of a topic, on a real Kafka.

let garage: Garage;
let client: Client;
let runner: RunnerProcess;
const TIMEOUT = { timeout: 120_000 };
afterEach(() => garage?.close());

async function open(partitions: number): Promise<void> {
  garage = await Garage.open(partitions);
  client = garage.connect();
  runner = garage.stage.run(garage.bundle);
}

const start = (count: number, requests: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => client.start<string[]>(`t-${n}`, { requests })));
const results = (runs: Awaited<ReturnType<typeof start>>) => Promise.all(runs.map((run) => run.result()));
const expected = (count: number, requests: number) =>
  Array.from({ length: count }, (_, t) => Array.from({ length: requests }, (_, n) => `t-${t}-${n + 1}`));

describe("in this process", () => {
  beforeEach(() => open(1), 120_000);

  test("answers, rejects, tries again, gives up, and leaves an answer for later", TIMEOUT, async () => {
    const troubles: Trouble[] = [];
    const later: { thread: string; ref: string }[] = [];
    let flaky = 0;
    let broken = true;
    await client.serve(
      reserve,
      (_, { thread = "", ref = "" }) => {
        if (thread === "sold") throw new Rejection({ sold: "out" });
        if (thread === "flaky" && ++flaky < 3) throw new Error("not now");
        if (thread === "never" && broken) throw new Error("broken");
        if (thread !== "later") return { id: thread };
        later.push({ thread, ref });
        return LATER;
      },
      { attempts: 3, backoffMs: 5, onTrouble: (trouble) => troubles.push(trouble) },
    );
    const start = (id: string) => client.start(id, { requests: 1 });
    const [never, ...runs] = await Promise.all(["never", "plain", "flaky", "sold", "later"].map(start));
    expect(await runs[0]!.result()).toEqual(["plain"]);
    expect(await runs[1]!.result()).toEqual(["flaky"]);
    await expect(runs[2]!.result()).rejects.toMatchObject({ code: "KWF_FAILED", error: "[object Object]" });
    const [letter] = await garage.stage.until("workflow-dead-letter", (found) => found.length === 1);
    expect(letter).toMatchObject({
      key: "never",
      headers: {
        "kwf-reason": "service-failed",
        "kwf-message": "attempt 3 of 3: Error: broken",
        "kwf-topic": "reserve",
        "kwf-partition": "0",
      },
    });
    const told = troubles.map(({ kind, error, attempt }) => [kind, error.message, attempt]);
    expect(told.filter(([, message]) => message === "broken")).toEqual([
      ["attempt", "broken", 1],
      ["attempt", "broken", 2],
      ["dead-letter", "broken", 3],
    ]);
    const { thread, ref } = later[0]!;
    await client.resume(thread, ref, { id: "at last" });
    expect(await runs[3]!.result()).toEqual(["at last"]);
    // Nobody has answered it, and the workflow waits. Repaired, the service gets it again.
    broken = false;
    const { status, stderr } = kwf(["dlq", "redrive", "--all", "--yes", ...garage.connection]);
    expect([status, stderr]).toEqual([0, ""]);
    expect(await never!.result()).toEqual(["never"]);
  });

  test("so many at once, those of one key one after the other, answers as they were asked for", TIMEOUT, async () => {
    const key = (n: number) => `k-${n % 3}`;
    const request = (n: number) => ({
      topic: `${garage.stage.prefix}reserve`,
      key: key(n),
      value: JSON.stringify({ n }),
    });
    await garage.stage.log.produce(Array.from({ length: 30 }, (_, n) => request(n)));
    const running = new Map<string, number>();
    const seen = new Map<string, number[]>();
    let most = 0;
    let handled = () => {};
    const all = new Promise<void>((resolve) => {
      handled = resolve;
    });
    let count = 0;
    await client.serve(
      reserve,
      async ({ n }) => {
        expect(running.has(key(n))).toBe(false);
        running.set(key(n), n);
        most = Math.max(most, running.size);
        // As long as it takes for others to begin, if they may.
        await sleep(2);
        running.delete(key(n));
        seen.set(key(n), [...(seen.get(key(n)) ?? []), n]);
        if (++count === 30) handled();
        return { id: "" };
      },
      { concurrency: 2, reply: false },
    );
    await all;
    expect(most).toBe(2);
    for (const [name, list] of seen) {
      expect(list).toEqual(list.toSorted((a, b) => a - b));
      expect(list).toHaveLength(10);
      expect(new Set(list.map(key))).toEqual(new Set([name]));
    }
  });

  test("closed, it finishes what it has in hand; the rest is for the next one", TIMEOUT, async () => {
    const begun: number[] = [];
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const first = await client.serve(
      reserve,
      async (_, { thread }) => {
        begun.push(begun.length);
        await held;
        return { id: `first ${thread}` };
      },
      { concurrency: 1 },
    );
    const runs = await start(3, 1);
    await garage.stage.until("reserve", (found) => found.length === 3);
    while (begun.length === 0) await sleep(5);
    const closed = first.close();
    release();
    await closed;
    expect(begun).toHaveLength(1);
    expect(await garage.answers()).toHaveLength(1);
    await client.serve(reserve, (_, { thread }) => ({ id: `second ${thread}` }));
    const told = (await results(runs)).flat();
    expect(told.filter((text) => text.startsWith("first"))).toHaveLength(1);
    expect(told.filter((text) => text.startsWith("second"))).toHaveLength(2);
    expect(await garage.answers()).toHaveLength(3);
  });

  test(
    "more than it takes at once, closed in the middle: each is answered once, in the order of the requests",
    TIMEOUT,
    async () => {
      const count = 1_000;
      const request = (n: number) => {
        const value = { thread: "one", ref: `r-${n}`, key: `k-${n}`, value: { n } };
        return { topic: `${garage.stage.prefix}reserve`, key: `k-${n % 100}`, value: JSON.stringify(value) };
      };
      await garage.stage.log.produce(Array.from({ length: count }, (_, n) => request(n)));
      let closed: Promise<void> | undefined;
      const first = await client.serve(
        reserve,
        async ({ n }) => {
          await sleep(n % 3);
          if (n === 500) closed = first.close();
          return { id: `${n}` };
        },
        { concurrency: 50 },
      );
      while (closed === undefined) await sleep(5);
      await closed;
      await client.serve(reserve, ({ n }) => ({ id: `${n}` }), { concurrency: 50 });
      const answered = () => garage.answers().then((found) => found.length === count || undefined);
      await runner.eventually(answered, "all answers");
      expect(await garage.answers()).toEqual(Array.from({ length: count }, (_, n) => `one r-${n}`));
    },
  );

  test("a topic that is not there", TIMEOUT, async () => {
    const missing = { ...reserve, name: "missing" };
    await expect(client.serve(missing, () => ({ id: "" }))).rejects.toMatchObject({ code: "topic-missing" });
  });
});

describe.each(["service-handled", "service-sent", "service-committed"])("killed at %s", (label) => {
  test("each request is answered once; what is done twice is done under one key", TIMEOUT, async () => {
    await open(1);
    const [run] = await start(1, 3);
    const killed = await garage.service(`${label}:2`);
    expect(await killed.ended).toBe("SIGKILL");
    await garage.service();
    expect(await run!.result()).toEqual(["t-0-1", "t-0-2", "t-0-3"]);
    const [first, second, third, ...more] = (await garage.answers()).map(keyOf);
    expect(more).toEqual([]);
    const again = label === "service-committed" ? [] : [second];
    expect(garage.keys).toEqual([first, second, ...again, third]);
  });
});

const keyOf = (answer: string) => answer.replace(/ (.*)/, (_, ref) => `|${JSON.stringify({ ref })}`);

test("an instance that freezes before its commit and wakes when another is there writes nothing", TIMEOUT, async () => {
  await open(1);
  const runs = await start(2, 3);
  const frozen = await garage.service("service-sent:2:SIGSTOP");
  await garage.service();
  expect(await results(runs)).toEqual(expected(2, 3));
  frozen.signal("SIGCONT");
  // It goes on as a member of the group: what it is given now it answers, what it had it does not.
  expect(await results(await start(2, 3))).toEqual(expected(2, 3));
  expect(await frozen.stop()).toBe(0);
  const answers = await garage.answers();
  expect(answers).toHaveLength(12);
  expect(new Set(answers).size).toBe(12);
});

test("two instances share the partitions; one is killed, one is stopped, and a runner is killed", TIMEOUT, async () => {
  await open(4);
  const [first, second] = await Promise.all([garage.service(), garage.service()]);
  const before = await start(20, 2);
  expect(await results(before)).toEqual(expected(20, 2));
  const during = await start(20, 5);
  first.kill();
  await runner.kill();
  garage.stage.run(garage.bundle);
  expect(await results(during)).toEqual(expected(20, 5));
  const third = await garage.service();
  expect(await second.stop()).toBe(0);
  expect(await results(await start(20, 1))).toEqual(expected(20, 1));
  expect(await third.stop()).toBe(0);
  const answers = await garage.answers();
  expect(answers).toHaveLength(20 * (2 + 5 + 1));
  expect(new Set(answers).size).toBe(answers.length);
});
