import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KWF, kwf, type RunnerProcess } from "./runner-process.js";
import { Stage } from "./stage.js";

// The commands as somebody types them, each in a process of its own and without a terminal: against one runner, and then against none.

const WORKFLOW = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["cleaned"] };
export default async function order(input: any): Promise<unknown> {
  if (input?.instant !== undefined) return input.instant;
  if (input?.fail !== undefined) throw new Error("no " + input.fail);
  try {
    if (input?.votes) return await Promise.all([W.ref("vote"), W.ref("vote")]);
    const answer = await W.ref<string>("approval");
    if (answer === "poison") W.output("x", ["un", "declared"].join(""));
    return { answer };
  } finally {
    W.output("done", "cleaned");
  }
}
`;

let stage: Stage;
let runner: RunnerProcess;
let bundle: string;

beforeAll(async () => {
  stage = await Stage.open({ partitions: 2 });
  bundle = await stage.workflow(WORKFLOW);
  // Small, so that a dead letter can be too large for it.
  const settings = { "cleanup.policy": "delete", "max.message.bytes": "4000" };
  await stage.log.createTopics([{ name: `${stage.prefix}workflow-dead-letter`, partitions: 2, settings }]);
  stage.createTopics(bundle);
  runner = stage.run(bundle);
  await runner.ready(2);
}, 240_000);
afterAll(() => stage?.close());

const run = (args: readonly string[], input = "") =>
  kwf([...args, "--brokers", stage.brokers, "--prefix", stage.prefix], { input });

type Line = Record<string, string | number>;
const lines = (text: string): Line[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);

/** Lives, and has run up to its first await. */
async function started(thread: string, argument = "{}"): Promise<void> {
  const { status, stdout, stderr } = run(["start", thread, argument, "--json"]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const [{ partition, offset }] = lines(stdout) as [Line];
  await stage.passed(Number(offset), Number(partition));
}

const states = (...args: string[]): Record<string, unknown> =>
  Object.fromEntries(lines(run(["ls", "--json", "--all", ...args]).stdout).map(({ thread, state }) => [thread, state]));

describe("start", () => {
  test("--wait prints the result of a run that ends at once", () => {
    const { status, stdout, stderr } = run(["start", "quick", '{"instant":{"total":1.50}}', "--wait"]);
    expect(stdout).toBe('{"total":1.5}\n');
    expect(stderr).toMatch(/^quick: \S+workflow-resume-\d offset \d+\n$/);
    expect(status).toBe(0);
  });

  test("the id is made where none is given, and the argument can come through a pipe", () => {
    const made = run(["start", "-q", '{"instant":1}']);
    expect(made.stdout).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}\n$/);
    expect(made.status).toBe(0);
    expect(run(["start", "-", "--wait", "-q"], '{"instant":"piped"}\n')).toMatchObject({
      status: 0,
      stdout: '"piped"\n',
    });
  });

  test("--wait says by its exit code how the run has ended", async () => {
    const failed = run(["start", "failing", '{"fail":"luck"}', "--wait"]);
    expect(failed.stderr).toMatch(/kwf: failing failed: Error: no luck\n +at order \(workflow\.ts:\d+:\d+\)/);
    expect(failed).toMatchObject({ status: 3, stdout: "" });
    await started("taken");
    const refused = run(["start", "taken", "{}", "--wait", "--json"]);
    expect(refused.status).toBe(5);
    expect(lines(refused.stdout)).toMatchObject([{ thread: "taken", status: "refused", reason: "duplicate-start" }]);
    expect(run(["kill", "taken", "--wait"]).stdout).toBe("taken: cancelled\n");
  });

  /** `kwf start … --wait`, up to where it says that the record is written. */
  async function waiting(thread: string, ...more: string[]) {
    const args = [KWF, "start", thread, "{}", "--wait", ...more, "--brokers", stage.brokers, "--prefix", stage.prefix];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    child.stdout.on("data", (part) => {
      said.stdout += part;
    });
    child.stderr.on("data", (part) => {
      said.stderr += part;
    });
    const ended = once(child, "close").then(([status]) => ({ status, ...said }));
    await once(child.stderr, "data");
    const [, partition, offset] = /-(\d+) offset (\d+)\n/.exec(said.stderr) ?? [];
    await stage.passed(Number(offset), Number(partition));
    return { child, ended };
  }

  test("--wait waits for exactly that run, and says that it is paused", async () => {
    const { ended } = await waiting("later");
    expect(run(["pause", "later", "--reason", "audit", "--wait"]).stdout).toBe("later: paused (audit)\n");
    expect(run(["unpause", "later"]).status).toBe(0);
    expect(run(["resume", "later", "approval", '"yes"']).status).toBe(0);
    const { status, stdout, stderr } = await ended;
    expect(stdout).toBe('{"answer":"yes"}\n');
    expect(stderr).toMatch(/^later: .*\nlater is paused \(audit\): kwf show later\nlater goes on\n$/);
    expect(status).toBe(0);
  });

  test("--if-absent waits for the run that is there", async () => {
    await started("shared");
    const { ended } = await waiting("shared", "--if-absent");
    run(["resume", "shared", "approval", "1"]);
    expect(await ended).toMatchObject({ status: 0, stdout: '{"answer":1}\n' });
  });

  test("a run that is cancelled, or removed, ends the wait", async () => {
    const cancelled = await waiting("unwanted");
    run(["cancel", "unwanted", "--reason", "changed my mind"]);
    expect(await cancelled.ended).toMatchObject({
      status: 4,
      stdout: "",
      stderr: expect.stringContaining("was cancelled"),
    });
    const removed = await waiting("removed");
    run(["rm", "removed", "--force"]);
    expect(await removed.ended).toMatchObject({
      status: 5,
      stderr: expect.stringContaining("kwf: removed was removed"),
    });
  });

  test("Ctrl-C leaves it running", async () => {
    const { child, ended } = await waiting("left");
    child.kill("SIGINT");
    expect(await ended).toMatchObject({ status: 130, stderr: expect.stringContaining("It goes on: kwf show left") });
    expect(states("--starts-with", "left")).toEqual({ left: "running" });
  });

  test("what is no JSON, and an id that cannot be one, is wrong usage", () => {
    expect(run(["start", "x", "hello"])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/the argument is not JSON: .*Text goes in quotes of its own: '"hello"'/),
    });
    expect(run(["start", "a|b"])).toMatchObject({ status: 2, stderr: expect.stringContaining('has no "|": "a|b"') });
  });
});

describe("resume", () => {
  test("takes the name of a ref, and a value from stdin", async () => {
    await started("by-name");
    const { status, stdout } = run(["resume", "by-name", "approval", "-", "--wait", "--json"], '"piped"');
    expect(status).toBe(0);
    expect(lines(stdout)).toMatchObject([{ thread: "by-name", state: "completed" }]);
  });

  test("--error makes the await throw", async () => {
    await started("denied");
    expect(run(["resume", "denied", "approval", '"not today"', "--error", "--wait"]).stdout).toBe("denied: failed\n");
  });

  test("a name that fits nothing, or several, lists what is waited for", async () => {
    await started("voters", '{"votes":true}');
    const wrong = run(["resume", "voters", "vot", "1"]);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toMatch(
      /voters waits for nothing called "vot"\. It waits for:\n {2}\d+:vote:1 {2}at order \(workflow\.ts:8:\d+\)\n/,
    );
    const both = run(["resume", "voters", "vote", "1"]);
    expect(both.status).toBe(1);
    const ids = [...both.stderr.matchAll(/^ {2}(\d+:vote:\d)/gm)].map(([, id]) => id!);
    expect(both.stderr).toContain('voters waits for 2 refs called "vote":\n');
    expect(ids).toHaveLength(2);
    expect(run(["resume", "voters", ids[1]!, "2"]).status).toBe(0);
    expect(run(["resume", "voters", "vote", "1", "--wait"]).stdout).toBe("voters: completed\n");
    const over = run(["resume", "voters", "vote", "1"]);
    expect(over).toMatchObject({ status: 1, stderr: expect.stringContaining("voters has ended: completed since") });
  });

  test("a thread that does not live is an error", () => {
    expect(run(["resume", "nobody", "approval"])).toMatchObject({
      status: 1,
      stderr: 'kwf: no thread "nobody" lives there\n',
    });
  });
});

describe("what an operator does to threads", () => {
  test("a record that fails is retried, then discarded, and the thread goes on", async () => {
    await started("poisoned");
    const paused = run(["resume", "poisoned", "approval", '"poison"', "--wait"]);
    expect(paused.stdout).toMatch(/^poisoned: paused \(.*undeclared/);
    expect(run(["retry", "poisoned", "--wait"]).stdout).toMatch(/^poisoned: paused/);
    expect(run(["unpause", "poisoned", "--wait"]).stdout).toMatch(/^poisoned: paused/);
    expect(run(["discard", "poisoned", "--wait"]).stdout).toBe("poisoned: running\n");
    expect(run(["retry", "poisoned"])).toMatchObject({
      status: 1,
      stdout: "",
      stderr: "kwf: poisoned: is running: there is nothing to retry\n",
    });
    expect(run(["resume", "poisoned", "approval", '"fine"', "--wait"]).stdout).toBe("poisoned: completed\n");
  });

  test("of several ids those that can be done are done", async () => {
    await started("real");
    const { status, stdout, stderr } = run(["cancel", "typo", "real"]);
    expect(status).toBe(1);
    expect(stderr).toBe("kwf: typo: no such thread lives there\n");
    expect(stdout).toMatch(/^real: \S+workflow-resume-\d offset \d+\n$/);
  });

  test("a filter counts, and where nobody can be asked it needs --yes", async () => {
    for (const n of [1, 2, 3]) await started(`many-${n}`);
    const asked = run(["cancel", "--starts-with", "many-"]);
    expect(asked.status).toBe(2);
    expect(asked.stderr).toMatch(
      /cancel 3 threads \(many-\d, many-\d, many-\d\)\?\nNothing is done: stdin is no terminal/,
    );
    expect(states("--starts-with", "many-")).toEqual({ "many-1": "running", "many-2": "running", "many-3": "running" });
    const done = run(["cancel", "--starts-with", "many-", "--limit", "2", "--yes", "--wait", "--json"]);
    expect(lines(done.stdout).map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
    expect(Object.values(states("--starts-with", "many-")).toSorted()).toEqual(["cancelled", "cancelled", "running"]);
    expect(run(["pause", "--starts-with", "nothing-", "--yes"])).toMatchObject({
      status: 0,
      stderr: "0 threads to pause\n",
    });
  });

  test("rm takes what has ended, and what lives only by force", async () => {
    run(["start", "ended", '{"instant":1}', "--wait"]);
    expect(run(["rm", "ended", "--wait"]).stdout).toBe("ended: gone\n");
    await started("alive");
    const kept = run(["rm", "alive"]);
    expect(kept).toMatchObject({ status: 1, stderr: expect.stringContaining("alive: is running: --force removes it") });
    expect(run(["rm", "alive", "--force", "--wait"]).stdout).toBe("alive: gone\n");
    expect(states("--starts-with", "alive")).toEqual({});
    expect(states("--starts-with", "ended")).toEqual({});
  });

  test("ids and a filter, or neither, are wrong usage", () => {
    expect(run(["kill", "a", "--state", "paused"]).status).toBe(2);
    expect(run(["kill"])).toMatchObject({ status: 2, stderr: expect.stringContaining("which threads?") });
    expect(run(["kill", "--idle", "soon"]).stderr).toContain('--idle is "soon", expected a duration such as 30s');
    expect(run(["cancle", "a"]).stderr).toContain("(Did you mean cancel?)");
  });
});

describe("dlq", () => {
  test("lists the newest first, page by page, with where each came from and why", async () => {
    await stage.send(["stray-1", '{"ref":"a"}'], ["stray-2", "what?"], ["stray-1", "what?"]);
    await stage.until(
      "workflow-dead-letter",
      (found) => found.filter(({ key }) => key?.startsWith("stray-")).length === 3,
    );
    const table = run(["dlq", "ls", "--thread", "stray-1"]);
    expect(table.stdout).toMatch(
      /^ID +AT +REASON +THREAD +FROM +VALUE\n\d:\d+ .* not-understood +stray-1 +workflow-resume-\d:\d+ +what\?\n.* unknown-thread /,
    );
    expect(table.stderr).toBe("2 dead letters\n");
    const first = run([
      "dlq",
      "ls",
      "--reason",
      "not-understood,unknown-thread",
      "--since",
      "1d",
      "--limit",
      "1",
      "--json",
    ]);
    const [, before] = /^1 dead letter; older ones: --before (\S+)\n$/.exec(first.stderr) ?? [];
    const second = run(["dlq", "ls", "--limit", "1", "--json", "--before", before!]);
    expect(lines(second.stdout)[0]!.id).not.toBe(lines(first.stdout)[0]!.id);
    expect(run(["dlq", "ls", "--reason", "no-such-reason"])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "0 dead letters\n",
    });
  });

  test("shows one, and writes it back as it was", async () => {
    const [letter] = lines(run(["dlq", "ls", "--thread", "stray-1", "--reason", "unknown-thread", "--json"]).stdout);
    const id = String(letter!.id);
    expect(run(["dlq", "show", id]).stdout).toMatch(
      new RegExp(
        `^${id}: unknown-thread, .*from workflow-resume-\\d offset \\d+\n  there is no thread "stray-1"\n(.*\n)*  value: \\{"ref":"a"\\}\n$`,
      ),
    );
    expect(run(["dlq", "redrive", id])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("redrive 1 dead letter to workflow-resume"),
    });
    const { stdout } = run(["dlq", "redrive", id, "--yes"]);
    expect(stdout).toMatch(new RegExp(`^${id}: \\S+workflow-resume-\\d offset \\d+\n$`));
    const again = await stage.until("workflow-dead-letter", (found) =>
      found.some(({ headers }) => headers["kwf-redriven"] === id),
    );
    expect(again.find(({ headers }) => headers["kwf-redriven"] === id)).toMatchObject({
      key: "stray-1",
      value: '{"ref":"a"}',
    });
    expect(run(["dlq", "ls", "--thread", "stray-1", "--json"]).stdout).toContain(`"redriven":"${id}"`);
  });

  test("redrives by a filter, in the order in which they came", async () => {
    await stage.send(["lost", '{"ref":"one"}'], ["lost", '{"ref":"two"}']);
    await stage.until("workflow-dead-letter", (found) => found.filter(({ key }) => key === "lost").length === 2);
    const { stdout } = run(["dlq", "redrive", "--thread", "lost", "--yes", "--json"]);
    expect(lines(stdout)).toHaveLength(2);
    const found = await stage.until(
      "workflow-dead-letter",
      (all) => all.filter(({ key }) => key === "lost").length === 4,
    );
    expect(found.filter(({ key }) => key === "lost").map(({ value }) => value)).toEqual([
      '{"ref":"one"}',
      '{"ref":"two"}',
      '{"ref":"one"}',
      '{"ref":"two"}',
    ]);
  });

  test("one that is only a reference says so, and stays where it is", async () => {
    await stage.send(["large", `what? ${"x".repeat(6_000)}`], ["large", "small"]);
    await stage.until("workflow-dead-letter", (found) => found.filter(({ key }) => key === "large").length === 2);
    const table = run(["dlq", "ls", "--thread", "large"]);
    expect(table.stdout).toMatch(/ only a reference: 6006 bytes\n$/);
    const [small, reference] = lines(run(["dlq", "ls", "--thread", "large", "--json"]).stdout) as [Line, Line];
    expect(run(["dlq", "show", String(reference.id)]).stdout).toMatch(
      /only a reference: its 6006 bytes \(sha256 \w{64}\) did not fit/,
    );
    const refused = run(["dlq", "redrive", String(reference.id), "--yes"]);
    expect(refused).toMatchObject({
      status: 1,
      stdout: "",
      stderr: expect.stringContaining("1 dead letter left out, only references"),
    });
    const { status, stdout } = run(["dlq", "redrive", "--thread", "large", "--yes"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${small.id}: .*\n$`));
  });

  test("a letter that is not there, and an id that is none, are said", () => {
    expect(run(["dlq", "show", "0:999999"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("there is no dead letter 0:999999"),
    });
    expect(run(["dlq", "show", "first"])).toMatchObject({ status: 2 });
    expect(run(["dlq", "redrive"])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("which dead letters?"),
    });
  });
});

describe("bundles", () => {
  test("are listed with who needs them; one that is needed is removed by force only", async () => {
    await started("needy");
    const [listed] = lines(run(["bundles", "ls", "--json"]).stdout);
    expect(listed).toMatchObject({ name: expect.stringContaining("kwf-stage-"), runners: 1 });
    expect(Number(listed!.live)).toBeGreaterThan(0);
    const hash = String(listed!.hash);
    expect(run(["bundles", "ls"]).stdout).toMatch(
      new RegExp(`^BUNDLE +NAME +SIZE +PUBLISHED +THREADS +RUNNERS\n${hash} +kwf-stage-\\w+ +\\d+ KB `),
    );
    const kept = run(["bundles", "rm", hash.slice(0, 8)]);
    expect(kept).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/still needs? bundle .*nothing is removed/),
    });
    expect(run(["bundles", "rm", "ffff"]).stderr).toContain('there is no bundle "ffff"');
  });
});

describe("scheduler ls", () => {
  test("lists the timers that have not fired, what is due first at the top", async () => {
    const topic = `${stage.prefix}workflow-scheduler`;
    const due = Date.UTC(2100, 0, 1);
    for (const [key, value] of [
      ['late|{"ref":"a|b"}', `@${due + 1}`],
      ['early|{"ref":"c"}', `@${due}`],
    ] as const)
      await stage.log.produce([{ topic, key, value }]);
    await stage.until(
      "kwf-scheduler-changelog",
      (found) => found.filter(({ key }) => /^(late|early)\|/.test(key!)).length === 2,
    );
    expect(lines(run(["scheduler", "ls", "--json"]).stdout)).toEqual([
      { thread: "early", payload: '{"ref":"c"}', at: due },
      { thread: "late", payload: '{"ref":"a|b"}', at: due + 1 },
    ]);
    expect(run(["scheduler", "ls", "--thread", "late"]).stdout).toMatch(
      /^DUE +IN +THREAD +PAYLOAD\n2100-01-01T00:00:00\.001Z +\d+d \d+h +late +\{"ref":"a\|b"\}\n$/,
    );
    expect(run(["scheduler", "ls", "--due-in", "1d"])).toMatchObject({ stdout: "", stderr: "0 timers\n" });
  });
});

describe("history", () => {
  test("prints the records of a thread's last run, and what came of each", async () => {
    await started("told", '{"first":1}');
    expect(run(["resume", "told", "approval", '"yes"', "--wait"]).status).toBe(0);
    await started("told", '{"second":2}');
    expect(run(["start", "told", "{}"]).status).toBe(0);
    expect(run(["resume", "told", "approval", '"no"', "--wait"]).status).toBe(0);
    const { status, stdout } = run(["history", "told"]);
    expect(status).toBe(0);
    const lines = stdout.split("\n").map((line) => line.replace(/^20\S+Z {2}\S+ +/, "> "));
    expect(lines.slice(0, 2)).toEqual(['> new:{"second":2}', "    status  running"]);
    expect(lines.slice(2, 4)).toEqual(["> new:{}", "    dead-letter  duplicate-start: new:{}"]);
    expect(lines[4]).toMatch(/^> \{"ref":"\d+:approval:1","value":"no"\}$/);
    expect(lines.slice(5)).toEqual([
      "    cleaned told  done",
      '    result  {"answer":"no"}',
      "    status  completed",
      "",
    ]);
  });

  test("--all has every run, --json all that is known of each record", () => {
    const found = lines(run(["history", "told", "--all", "--json", "--topics", "cleaned"]).stdout);
    expect(found.map(({ type }) => type).filter((type) => type === "record")).toHaveLength(5);
    expect(found.filter(({ type }) => type === "output").map(({ topic, value }) => [topic, value])).toEqual([
      ["cleaned", "done"],
      ["cleaned", "done"],
    ]);
    const result = found.find(({ type }) => type === "result");
    expect(result).toMatchObject({ topic: "workflow-result", key: "told", value: '{"answer":"yes"}' });
    expect(found.find(({ type, offset }) => type === "record" && offset === result?.step)).toBeDefined();
  });

  test("of a thread that nobody has heard of nothing is there", () => {
    const { status, stderr } = run(["history", "unheard-of"]);
    expect([status, stderr]).toEqual([1, 'kwf: no topic has a record of "unheard-of"\n']);
  });
});

describe("doctor", () => {
  const look = (...args: string[]) => {
    const { status, stdout, stderr } = run(["doctor", ...args, "--json"]);
    expect(stderr).toBe("");
    return { status, findings: (JSON.parse(stdout) as { findings: Record<string, string>[] }).findings };
  };

  test("finds nothing wrong with what runs", () => {
    const { status, findings } = look(bundle);
    expect(findings.filter(({ level }) => level === "problem")).toEqual([]);
    expect(status).toBe(0);
    const checks = findings.map(({ check }) => check!.replaceAll(stage.prefix, ""));
    expect(checks).toEqual(expect.arrayContaining(["brokers", "node", "state directory", "topics", "group kwf-run"]));
    expect(checks).toEqual(expect.arrayContaining(["lag of kwf-run", "changelog kwf-run-changelog", "transactions"]));
    expect(checks.some((check) => check.startsWith("runner "))).toBe(true);
    expect(run(["doctor"]).stdout).toMatch(/^ok {7}brokers: cluster \S+ answers\n/);
  });

  test("says what is missing, and what to do", () => {
    const { status, stdout } = kwf(["doctor", "--brokers", stage.brokers, "--prefix", "nowhere-"]);
    expect(status).toBe(1);
    expect(stdout).toContain("problem  topics: nowhere-workflow-resume does not exist");
    expect(stdout).toContain("kwf topics create");
    expect(stdout).toContain("nobody runs");
  });
});

describe("with no runner up", () => {
  beforeAll(() => runner.kill());

  test("commands see what the topics say, and what they write waits for a runner", async () => {
    expect(states("--starts-with", "needy")).toEqual({ needy: "running" });
    expect(run(["resume", "needy", "aproval", "1"]).stderr).toMatch(
      /It waits for:\n {2}\d+:approval:1 {2}at order \(workflow\.ts:/,
    );
    expect(run(["resume", "needy", "approval", '"offline"']).status).toBe(0);
    const written = run(["start", "offline", '{"instant":2}', "--json"]);
    expect(written.status).toBe(0);
    expect(run(["scheduler", "ls"])).toMatchObject({ status: 0, stderr: "2 timers\n" });
    expect(run(["dlq", "ls", "--limit", "1"]).status).toBe(0);
    runner = stage.run(bundle);
    await stage.until("workflow-result", (found) => found.some(({ key }) => key === "offline"));
    await stage.until("workflow-result", (found) => found.some(({ value }) => value === '{"answer":"offline"}'));
  });

  test("a bundle that nobody needs is removed", async () => {
    const [{ hash }] = lines(run(["bundles", "ls", "--json"]).stdout) as [Line];
    expect(run(["kill", "--state", "running,paused", "--yes", "--wait"]).status).toBe(0);
    expect(run(["bundles", "rm", String(hash)])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("1 runner starts new threads on"),
    });
    expect(await runner.stop()).toBe(0);
    expect(run(["bundles", "rm", String(hash)]).stdout).toBe(`${hash}: removed\n`);
    expect(run(["bundles", "ls"])).toMatchObject({ status: 0, stdout: "", stderr: "0 bundles\n" });
  });
});
