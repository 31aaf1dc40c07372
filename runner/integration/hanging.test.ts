import { afterEach, expect, test } from "vitest";
import { runJava } from "./java.js";
import { kwf, type RunnerProcess } from "./runner-process.js";
import { lines, Stage } from "./stage.js";

// Transactions of others that stay open where a runner reads.

let stage: Stage;
afterEach(() => stage?.close());

/** Longer than any test. */
const FOREVER = { transactionTimeoutMs: 900_000 };
const COMMAND =
  /kafka-transactions\.sh --bootstrap-server (\S+) abort --topic (\S+) --partition (\d+) --start-offset (\d+)`/;

async function redWith(runner: RunnerProcess, words: RegExp): Promise<string> {
  return runner.eventually(async () => {
    const { status, body } = await runner.health();
    return status === 503 ? body.problems.find((problem) => words.test(problem)) : undefined;
  }, `being unhealthy: ${words}`);
}

test("a restore that stands still names the transaction and the command that ends it, and goes on when it has ended", {
  timeout: 120_000,
}, async () => {
  stage = await Stage.open();
  const bundle = await stage.demo("minimal");
  stage.createTopics(bundle);
  const first = stage.run(bundle);
  const [started] = await stage.send(["t", "new:{}"]);
  await stage.passed(started!);
  await first.kill();
  stage.loseLocalState();

  const changelog = { topic: `${stage.prefix}kwf-run-changelog`, partition: 0 };
  const foreign = await stage.log.fence(stage.cluster.unique("foreign"), FOREVER);
  const transaction = foreign.begin();
  transaction.send([{ ...changelog, key: "foreign", value: null }]);
  await transaction.flush();

  const runner = stage.run(bundle, [], { environment: { KWF_RESTORE_PATIENCE: "500" } });
  const problem = await redWith(runner, /restore of .* has not moved/);
  expect(problem).toContain(`partition 0: the restore of ${changelog.topic}-0 has not moved`);
  expect(problem).toContain(`producer id ${foreign.epoch.producerId} is open since`);
  const [, ...place] = COMMAND.exec(problem)!;
  expect(place.slice(0, 3)).toEqual([stage.brokers, changelog.topic, "0"]);
  expect(runner.over).toBe(false);

  expect(runJava("EndTransaction", stage.cluster.version, place).trim()).toBe(foreign.epoch.producerId);
  const [answered] = await stage.send(["t", `{"ref":"${started}:greeting:1","value":"hi"}`]);
  await stage.passed(answered!);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['t {"greeting":"hi"}']);
  expect(await runner.health()).toMatchObject({ status: 200, body: { problems: [] } });
});

test("an input that cannot be read on names the transaction too, and runs what stands behind it when it has ended", {
  timeout: 120_000,
}, async () => {
  stage = await Stage.open();
  const bundle = await stage.demo("minimal");
  stage.createTopics(bundle);
  const runner = stage.run(bundle, [], { environment: { KWF_RESTORE_PATIENCE: "500" } });
  const [first] = await stage.send(["before", "new:{}"]);
  await stage.passed(first!);
  const input = { topic: `${stage.prefix}workflow-resume`, partition: 0 };
  const foreign = await stage.log.fence(stage.cluster.unique("foreign"), FOREVER);
  const transaction = foreign.begin();
  transaction.send([{ ...input, key: "foreign", value: "new:{}", timestamp: Date.now() - 120_000 }]);
  await transaction.flush();
  const [behind] = await stage.send(["behind", "new:{}"]);

  const problem = await redWith(runner, /reading of .* has not moved/);
  expect(problem).toContain(`producer id ${foreign.epoch.producerId} is open since`);
  const [, ...place] = COMMAND.exec(problem)!;
  // How long it has stood still is another time when it is asked again.
  const [, cause] = / has not moved for \d+ s( .*)/s.exec(problem)!;
  const seen = kwf(["doctor", "--brokers", stage.brokers, "--prefix", stage.prefix, "--json"]);
  const { findings } = JSON.parse(seen.stdout) as { findings: { level: string; check: string; message: string }[] };
  expect(seen.status).toBe(1);
  expect(findings.filter(({ level }) => level === "problem")).toEqual([
    expect.objectContaining({ check: expect.stringMatching(/^runner /), message: expect.stringContaining(cause!) }),
    expect.objectContaining({
      check: "transactions",
      message: expect.stringContaining(
        `${input.topic}-0: producer ${foreign.epoch.producerId} has had a transaction open`,
      ),
      advice: expect.stringContaining(`--topic ${place[1]}`),
    }),
  ]);
  runJava("EndTransaction", stage.cluster.version, place);
  await stage.passed(behind!);
  expect((await stage.outputs("minimal-greeting-request")).map(({ key }) => key)).toEqual(["before", "behind"]);
  await runner.eventually(async () => ((await runner.health()).status === 200 ? true : undefined), "being healthy");
});
