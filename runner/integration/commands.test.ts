import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandStage, jsonLines } from "./command-stage.js";
import { KWF } from "./runner-process.js";

// The commands that do something to threads: against one runner, and then against none. Neighbours: reports.test.ts and queries.test.ts, those
// that only look.

let on: CommandStage;
beforeAll(async () => {
  on = await CommandStage.open();
}, 240_000);
afterAll(() => on?.close());

const run: CommandStage["run"] = (...asked) => on.run(...asked);
const started: CommandStage["started"] = (...thread) => on.started(...thread);
const states: CommandStage["states"] = (...filter) => on.states(...filter);

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
    expect(jsonLines(refused.stdout)).toMatchObject([
      { thread: "taken", status: "refused", reason: "duplicate-start" },
    ]);
    expect(run(["kill", "taken", "--wait"]).stdout).toBe("taken: cancelled\n");
  });

  /** `kwf start … --wait`, up to where it says that the record is written. */
  async function waiting(thread: string, ...more: string[]) {
    const args = [KWF, "start", thread, "{}", "--wait", ...more, ...on.where];
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
    await on.stage.passed(Number(offset), Number(partition));
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
    expect(jsonLines(stdout)).toMatchObject([{ thread: "by-name", state: "completed" }]);
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
    expect(jsonLines(done.stdout).map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
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

describe("with no runner up", () => {
  test("commands see what the topics say, and what they write waits for a runner", async () => {
    await started("needy");
    await on.runner.kill();
    expect(states("--starts-with", "needy")).toEqual({ needy: "running" });
    expect(run(["resume", "needy", "aproval", "1"]).stderr).toMatch(
      /It waits for:\n {2}\d+:approval:1 {2}at order \(workflow\.ts:/,
    );
    expect(run(["resume", "needy", "approval", '"offline"']).status).toBe(0);
    const written = run(["start", "offline", '{"instant":2}', "--json"]);
    expect(written.status).toBe(0);
    on.runner = on.stage.run(on.bundle);
    await on.stage.until("workflow-result", (found) => found.some(({ key }) => key === "offline"));
    await on.stage.until("workflow-result", (found) => found.some(({ value }) => value === '{"answer":"offline"}'));
  });
});
