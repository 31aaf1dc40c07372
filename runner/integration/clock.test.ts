import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TestClock } from "../src/testing/cluster.js";
import { DevProcess } from "./dev-process.js";
import { kwf } from "./runner-process.js";
import { Stage } from "./stage.js";

// Days that go by in a test: for the code of a thread and for its timers, those of a time and those of a delay, whatever processes there are.

const ENTRY = fileURLToPath(new URL("../../demos/cron-report/src/index.ts", import.meta.url));
const DAY = 86_400_000;
const START = `new:${JSON.stringify({ everyMS: DAY, runs: 2 })}`;
const REQUESTS = "cron-report-request";

/** Nobody answers: a report takes three days at most. The first is given up while nobody is there, and two times are missed by then. */
const EXPECTED = {
  requests: [
    { report: 1, due: "2020-01-02T00:00:00.000Z", missed: 0 },
    { report: 2, due: "2020-01-05T00:00:00.000Z", missed: 2 },
  ],
  result: { reports: 2, failed: 2, missed: 2 },
};

let clock: TestClock;
beforeEach(() => {
  clock = new TestClock(Date.UTC(2020, 0, 1));
});
afterEach(() => clock.close());

const parsed = ({ value }: { readonly value: string | null }) => JSON.parse(value!);

test("on Kafka, the runner killed, timers within it and in a process of their own", { timeout: 180_000 }, async () => {
  const stage = await Stage.open();
  try {
    const { environment } = clock;
    const bundle = await stage.entry(ENTRY);
    stage.createTopics(bundle);
    const first = stage.run(bundle, [], { environment });
    await stage.send(["daily", START]);
    await stage.until("workflow-scheduler", ({ length }) => length === 1);
    clock.advance(DAY);
    await stage.until(REQUESTS, ({ length }) => length === 1);
    await first.kill();
    stage.loseLocalState();
    clock.advance(3 * DAY);
    stage.run(bundle, ["--no-scheduler"], { environment });
    stage.scheduler([], { environment, stateDirectory: join(stage.folder, "scheduler") });
    const requests = await stage.until(REQUESTS, ({ length }) => length === 2);
    clock.advance(3 * DAY);
    const [result] = await stage.until("workflow-result", ({ length }) => length === 1);
    const found = requests.map((record) => parsed(record).value);
    expect({ requests: found, result: parsed(result!) }).toEqual(EXPECTED);
  } finally {
    await stage.close();
  }
});

test("of kwf dev, killed", { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "kwf-clock-dev-"));
  const begin = async () => {
    const dev = new DevProcess(folder, ENTRY, [], clock.environment);
    await dev.says("HTTP at");
    return dev;
  };
  let dev = await begin();
  try {
    await dev.post("workflow-resume", { key: "daily", value: START });
    await dev.records("workflow-scheduler", 1);
    clock.advance(DAY);
    await dev.records(REQUESTS, 1);
    await dev.kill();
    clock.advance(3 * DAY);
    dev = await begin();
    const requests = await dev.records(REQUESTS, 2);
    clock.advance(3 * DAY);
    const [result] = await dev.records("workflow-result", 1);
    const found = requests.map((record) => parsed(record).value);
    expect({ requests: found, result: parsed(result!) }).toEqual(EXPECTED);
  } finally {
    await dev.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the commands count by it too", { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "kwf-clock-commands-"));
  const dev = new DevProcess(folder, ENTRY, [], clock.environment);
  try {
    await dev.says("HTTP at");
    const start = { everyMS: 30 * DAY, runs: 1 };
    await dev.post("workflow-resume", { key: "monthly", value: `new:${JSON.stringify(start)}` });
    await dev.post("workflow-scheduler", { key: "far|x", value: `@${Number.MAX_SAFE_INTEGER}` });
    await dev.records("workflow-scheduler", 2);
    await dev.says("waits for");
    clock.advance(3 * DAY);
    const { threads } = (await (await fetch(`${dev.url}/threads?idle=2d&since=4d`)).json()) as { threads: object[] };
    expect(threads).toHaveLength(1);
    const run = (...args: string[]) => kwf(args, { cwd: folder, environment: clock.environment }).stdout;
    await expect.poll(() => run("ls"), { timeout: 60_000 }).toMatch(/^monthly +running +3d +3d /m);
    for (const [filter, value, found] of [
      ["--idle", "2d", 1],
      ["--idle", "4d", 0],
      ["--since", "2d", 0],
      ["--since", "4d", 1],
      ["--since", "999999999d", 1],
      ["--idle", "999999999d", 0],
    ] as const)
      expect([filter, value, run("ls", filter, value, "--json").match(/\n/g)?.length ?? 0]).toEqual([
        filter,
        value,
        found,
      ]);
    expect(run("show", "monthly")).toMatch(/since 2020-01-01T\S+ \(3d\)[\s\S]*last step 3d ago/);
    await expect.poll(() => run("scheduler", "ls"), { timeout: 60_000 }).toMatch(/^2020-01-31T\S+ +27d +monthly/m);
    expect(run("scheduler", "ls")).toMatch(/^9999-12-31T23:59:59.999Z +\d+d .*far/m);
    expect(run("scheduler", "ls", "--due-in", "26d")).toBe("");
    expect(run("scheduler", "ls", "--due-in", "28d")).toContain("monthly");
    await dev.kill();
    await expect.poll(() => run("ls", "--dev"), { timeout: 60_000 }).toMatch(/^monthly +running +3d +3d /m);
    expect(run("ls", "--dev", "--idle", "4d")).toBe("");
  } finally {
    await dev.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
