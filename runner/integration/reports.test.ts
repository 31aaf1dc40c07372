import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CommandStage, jsonLines, type Line } from "./command-stage.js";
import { kwf } from "./runner-process.js";

// The commands that tell of what is around threads (dead letters, bundles, timers, what happened, what is wrong): against one runner, and then
// against none.

let on: CommandStage;
beforeAll(async () => {
  on = await CommandStage.open();
}, 240_000);
afterAll(() => on?.close());

const run: CommandStage["run"] = (...asked) => on.run(...asked);
const started: CommandStage["started"] = (...thread) => on.started(...thread);

describe("dlq", () => {
  test("lists the newest first, page by page, with where each came from and why", async () => {
    await on.stage.send(["stray-1", '{"ref":"a"}'], ["stray-2", "what?"], ["stray-1", "what?"]);
    await on.stage.until(
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
    expect(jsonLines(second.stdout)[0]!.id).not.toBe(jsonLines(first.stdout)[0]!.id);
    expect(run(["dlq", "ls", "--reason", "no-such-reason"])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: "0 dead letters\n",
    });
  });

  test("shows one, and writes it back as it was", async () => {
    const [letter] = jsonLines(
      run(["dlq", "ls", "--thread", "stray-1", "--reason", "unknown-thread", "--json"]).stdout,
    );
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
    const again = await on.stage.until("workflow-dead-letter", (found) =>
      found.some(({ headers }) => headers["kwf-redriven"] === id),
    );
    expect(again.find(({ headers }) => headers["kwf-redriven"] === id)).toMatchObject({
      key: "stray-1",
      value: '{"ref":"a"}',
    });
    expect(run(["dlq", "ls", "--thread", "stray-1", "--json"]).stdout).toContain(`"redriven":"${id}"`);
  });

  test("redrives by a filter, in the order in which they came", async () => {
    await on.stage.send(["lost", '{"ref":"one"}'], ["lost", '{"ref":"two"}']);
    await on.stage.until("workflow-dead-letter", (found) => found.filter(({ key }) => key === "lost").length === 2);
    const { stdout } = run(["dlq", "redrive", "--thread", "lost", "--yes", "--json"]);
    expect(jsonLines(stdout)).toHaveLength(2);
    const found = await on.stage.until(
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
    await on.stage.send(["large", `what? ${"x".repeat(6_000)}`], ["large", "small"]);
    await on.stage.until("workflow-dead-letter", (found) => found.filter(({ key }) => key === "large").length === 2);
    const table = run(["dlq", "ls", "--thread", "large"]);
    expect(table.stdout).toMatch(/ only a reference: 6006 bytes\n$/);
    const [small, reference] = jsonLines(run(["dlq", "ls", "--thread", "large", "--json"]).stdout) as [Line, Line];
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
    const [listed] = jsonLines(run(["bundles", "ls", "--json"]).stdout);
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
    const topic = `${on.stage.prefix}workflow-scheduler`;
    const due = Date.UTC(2100, 0, 1);
    for (const [key, value] of [
      ['late|{"ref":"a|b"}', `@${due + 1}`],
      ['early|{"ref":"c"}', `@${due}`],
    ] as const)
      await on.stage.log.produce([{ topic, key, value }]);
    await on.stage.until(
      "kwf-scheduler-changelog",
      (found) => found.filter(({ key }) => /^(late|early)\|/.test(key!)).length === 2,
    );
    expect(jsonLines(run(["scheduler", "ls", "--json"]).stdout)).toEqual([
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
    const found = jsonLines(run(["history", "told", "--all", "--json", "--topics", "cleaned"]).stdout);
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
    const { status, findings } = look(on.bundle);
    expect(findings.filter(({ level }) => level === "problem")).toEqual([]);
    expect(status).toBe(0);
    const checks = findings.map(({ check }) => check!.replaceAll(on.stage.prefix, ""));
    expect(checks).toEqual(expect.arrayContaining(["brokers", "node", "state directory", "topics", "group kwf-run"]));
    expect(checks).toEqual(expect.arrayContaining(["lag of kwf-run", "changelog kwf-run-changelog", "transactions"]));
    expect(checks.some((check) => check.startsWith("runner "))).toBe(true);
    expect(run(["doctor"]).stdout).toMatch(/^ok {7}brokers: cluster \S+ answers\n/);
  });

  test("says what is missing, and what to do", () => {
    const { status, stdout } = kwf(["doctor", "--brokers", on.stage.brokers, "--prefix", "nowhere-"]);
    expect(status).toBe(1);
    expect(stdout).toContain("problem  topics: nowhere-workflow-resume does not exist");
    expect(stdout).toContain("kwf topics create");
    expect(stdout).toContain("nobody runs");
  });
});

describe("with no runner up", () => {
  test("the topics are read", async () => {
    await on.runner.kill();
    expect(run(["scheduler", "ls"])).toMatchObject({ status: 0, stderr: "2 timers\n" });
    expect(run(["dlq", "ls", "--limit", "1"]).status).toBe(0);
    on.runner = on.stage.run(on.bundle);
  });

  test("a bundle that nobody needs is removed", async () => {
    const [{ hash }] = jsonLines(run(["bundles", "ls", "--json"]).stdout) as [Line];
    expect(run(["kill", "--state", "running,paused", "--yes", "--wait"]).status).toBe(0);
    expect(run(["bundles", "rm", String(hash)])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("1 runner starts new threads on"),
    });
    expect(await on.runner.stop()).toBe(0);
    expect(run(["bundles", "rm", String(hash)]).stdout).toBe(`${hash}: removed\n`);
    expect(run(["bundles", "ls"])).toMatchObject({ status: 0, stdout: "", stderr: "0 bundles\n" });
  });
});
