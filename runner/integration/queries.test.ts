import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AnnouncedThreads } from "../src/admin/announced-threads.js";
import { type ListedThread, summariesOf } from "../src/admin/listed-thread.js";
import { LogOperator } from "../src/admin/log-operator.js";
import type { Operator } from "../src/admin/operator.js";
import { THREAD_STATES, type ThreadFilter, type ThreadSummary } from "../src/admin/thread-filter.js";
import { Names } from "../src/names.js";
import { kwf, type RunnerProcess } from "./runner-process.js";
import { Stage } from "./stage.js";

// What `kwf ls`, `kwf show` and the admin HTTP know of threads: asked of three runners, of one, of one that refuses, of none. It is
// always the same.

const WORKFLOW = `
import * as W from "@kwf/workflow";
export default async function main(what: string): Promise<unknown> {
  if (what === "instant") return 1;
  if (what === "fail") throw new Error("no");
  return await W.ref(what);
}
`;
const PARTITIONS = 4;

let stage: Stage;
let bundle: string;

beforeAll(async () => {
  stage = await Stage.open({ partitions: PARTITIONS });
  bundle = await stage.workflow(WORKFLOW);
  stage.createTopics(bundle);
}, 240_000);
afterAll(() => stage?.close());

const ask = (...args: string[]) => kwf([...args, "--brokers", stage.brokers, "--prefix", stage.prefix]);

/** What the commands ask, without the time it takes to start them. */
function asked(token?: string): { operator: Operator; warnings: string[] } {
  const { log } = stage;
  const names = new Names(stage.prefix, "kwf");
  const warnings: string[] = [];
  const warn = (message: string) => warnings.push(message);
  const operator = new LogOperator({ log, names, sources: [new AnnouncedThreads({ log, names, token, warn })] });
  return { operator, warnings };
}

async function listed(filter: ThreadFilter = {}, { operator } = asked()): Promise<ThreadSummary[]> {
  const found: ListedThread[] = [];
  for await (const some of operator.list(filter)) found.push(...some);
  return summariesOf(found);
}

const ids = (threads: readonly { thread: string }[]): string[] => threads.map(({ thread }) => thread).sort();

const addressOf = async (runner: RunnerProcess): Promise<string> =>
  String((await runner.line(({ admin }) => typeof admin === "string", "its HTTP address")).admin);

/** Written to workflow-resume, and run. */
async function sent(...records: readonly (readonly [thread: string, value: string])[]): Promise<void> {
  for (const [key, value] of records) {
    const [written] = await stage.log.produce([{ topic: `${stage.prefix}workflow-resume`, key, value }]);
    await stage.passed(written!.offset, written!.partition);
  }
}

const WAITING = Array.from({ length: 12 }, (_, n) => `waits-${String(n).padStart(2, "0")}`);
const APPROVALS = ["approval-1", "approval-2"];
const LIVE = [...WAITING, ...APPROVALS, "paused"].sort();
const ENDED = ["ended-1", "ended-2"];
const HOUR = 3_600_000;

/** The same whoever is asked. */
async function knowsAll(known: ReturnType<typeof asked> = asked()): Promise<void> {
  const list = (filter?: ThreadFilter) => listed(filter, known);
  const all = await list();
  expect(ids(all)).toEqual(LIVE);
  expect(all.find(({ thread }) => thread === "paused")).toMatchObject({
    state: "paused",
    reason: { code: "operator", message: "audit" },
    held: 2,
  });
  expect(ids(await list({ waiting: "approval" }))).toEqual(APPROVALS);
  const one = all.find(({ thread }) => thread === "approval-1")!;
  expect(ids(await list({ waiting: one.pending![0]!, bundle: one.bundle! }))).toContain("approval-1");
  expect(ids(await list({ state: ["paused"] }))).toEqual(["paused"]);
  expect(ids(await list({ state: ["completed", "failed"] }))).toEqual(ENDED);
  expect(ids(await list({ state: THREAD_STATES }))).toEqual([...LIVE, ...ENDED].sort());
  expect(ids(await list({ prefix: "approval" }))).toEqual(APPROVALS);
  expect(await list({ bundle: "another" })).toEqual([]);
  expect(await list({ idleSince: Date.now() - HOUR })).toEqual([]);
  expect(ids(await list({ idleSince: Date.now() - 1 }))).toEqual(LIVE);
  expect(ids(await list({ since: one.since }))).toEqual(APPROVALS);
  const active = await list({ first: { order: "active", most: 3 } });
  expect(active.map(({ thread }) => thread)).toEqual(["approval-2", "approval-1", "paused"]);
  const idle = await list({ first: { order: "idle", most: 3 } });
  expect(idle.map(({ thread }) => thread)).toEqual(["waits-00", "waits-01", "waits-02"]);

  const { operator } = known;
  const shown = await operator.show("approval-2");
  expect(shown?.pending).toMatchObject([
    { id: expect.stringMatching(/^\d+:approval:1$/), stacks: [[{ line: 6, source: "return await W.ref(what);" }]] },
  ]);
  expect(await operator.show("paused")).toMatchObject({ state: "paused", held: 2, cancelling: false });
  expect(await operator.show("ended-2")).toMatchObject({ state: "failed", pending: [] });
  expect(await operator.show("nobody")).toBeUndefined();
}

describe("threads", () => {
  let first: RunnerProcess;

  test("of one runner", { timeout: 120_000 }, async () => {
    first = stage.run(bundle, [], { stateDirectory: join(stage.folder, "first") });
    await first.ready(PARTITIONS);
    await sent(...WAITING.map((thread) => [thread, 'new:"reply"'] as const));
    await sent(["paused", 'new:"reply"'], ["paused", 'ctl:{"op":"pause","reason":"audit"}']);
    await sent(["paused", '{"ref":"x"}'], ["paused", '{"ref":"y"}']);
    await sent(["ended-1", 'new:"instant"'], ["ended-2", 'new:"fail"']);
    await sent(...APPROVALS.map((thread) => [thread, 'new:"approval"'] as const));
    const known = asked();
    await knowsAll(known);
    expect(known.warnings).toEqual([]);

    expect(ask("ls", "--limit", "2").stdout).toMatch(
      /^THREAD +STATE +FOR +IDLE +ABOUT\napproval-2 +running .* \d+:approval:1\napproval-1 .*\n$/,
    );
    const lines = ask("ls", "--json", "--all").stdout.trimEnd().split("\n");
    expect(ids(lines.map((line) => JSON.parse(line)))).toEqual([...LIVE, ...ENDED].sort());
    expect(ask("ls", "--idle", "1h")).toMatchObject({
      status: 0,
      stdout: "",
      stderr: expect.stringMatching(/^0 threads/),
    });
    expect(ask("ls", "--state", "gone")).toMatchObject({ status: 2, stderr: expect.stringContaining("cancelled") });
    expect(ask("show", "paused").stdout).toMatch(/^paused: paused since .*\n {2}paused by an operator: audit\n/);
    expect(ask("show", "nobody")).toMatchObject({ status: 1, stderr: expect.stringContaining('no thread "nobody"') });
  });

  test("of three runners, whichever is asked; page by page", { timeout: 120_000 }, async () => {
    const others = ["second", "third"].map((name) =>
      stage.run(bundle, [], { stateDirectory: join(stage.folder, name) }),
    );
    for (const runner of [first, ...others]) await runner.ready();
    const known = asked();
    await knowsAll(known);
    expect(known.warnings).toEqual([]);
    for (const runner of [first, ...others]) {
      const url = `${await addressOf(runner)}/threads?state=all&limit=5`;
      const found: ThreadSummary[] = [];
      for (let after = ""; ; ) {
        const page = (await (await fetch(`${url}${after}`)).json()) as { threads: ThreadSummary[]; next?: string };
        found.push(...page.threads);
        if (page.next === undefined) break;
        expect(page.threads).toHaveLength(5);
        after = `&after=${page.next}`;
      }
      // Each once.
      expect(ids(found)).toEqual([...LIVE, ...ENDED].sort());
      const detail = await fetch(`${await addressOf(runner)}/threads/approval-1`);
      expect(await detail.json()).toMatchObject({ thread: "approval-1", pending: [{ id: expect.any(String) }] });
    }
    for (const runner of others) await runner.stop();
  });

  test("of no runner", { timeout: 120_000 }, async () => {
    await first.stop();
    const known = asked();
    await knowsAll(known);
    expect(known.warnings).toEqual([]);
  });

  test("of a runner that cannot be reached where it says: that is said once", { timeout: 120_000 }, async () => {
    const runner = stage.run(bundle, ["--advertise", "127.0.0.1:1"], { stateDirectory: join(stage.folder, "first") });
    await runner.ready(PARTITIONS);
    const known = asked();
    await knowsAll(known);
    expect(known.warnings).toEqual([
      expect.stringMatching(/^no answer from http:\/\/127\.0\.0\.1:1: .*topics are read/),
    ]);
    await runner.stop();
  });

  test("of a runner that wants a token", { timeout: 120_000 }, async () => {
    const runner = stage.run(bundle, ["--admin-token", "sesame"], { stateDirectory: join(stage.folder, "first") });
    await runner.ready(PARTITIONS);
    const stranger = asked();
    await knowsAll(stranger);
    expect(stranger.warnings).toEqual([expect.stringMatching(/refuses: a token is needed/)]);
    const friend = asked("sesame");
    await knowsAll(friend);
    expect(friend.warnings).toEqual([]);
    const { status, stderr } = ask("ls", "--admin-token", "open");
    expect(status).toBe(0);
    expect(stderr).toMatch(/that is not the token/);
    await runner.stop();
  });

  test("that ended are forgotten after --keep-finished, and those that live are not", {
    timeout: 120_000,
  }, async () => {
    const runner = stage.run(bundle, ["--keep-finished", "1s"], { stateDirectory: join(stage.folder, "first") });
    await runner.ready(PARTITIONS);
    const ended = () => listed({ state: ["completed", "failed", "cancelled"] });
    await runner.eventually(async () => ((await ended()).length === 0 ? true : undefined), "forgetting who has ended");
    expect(ids(await listed({ state: THREAD_STATES }))).toEqual(LIVE);
    const tombstones = (await stage.outputs("workflow-status")).filter(({ value }) => value === null);
    expect(tombstones.map(({ key }) => key).sort()).toEqual(ENDED);
    // One that begins again is there again.
    await sent(["ended-1", 'new:"reply"']);
    expect(ids(await listed({ state: THREAD_STATES }))).toEqual([...LIVE, "ended-1"].sort());
    await runner.stop();
  });
});
