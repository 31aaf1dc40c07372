import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kwf, type RunnerProcess } from "./runner-process.js";
import { Stage } from "./stage.js";

// One clear message each for what can be wrong around a runner, and nothing skipped silently.

let stage: Stage;
let bundle: string;
beforeAll(async () => {
  stage = await Stage.open();
  bundle = await stage.demo("minimal");
}, 300_000);
afterAll(() => stage?.close());

let count = 0;
/** Prefixes of their own, on one broker. */
const prefix = () => `${stage.prefix}${++count}-`;

/** How long to wait for a first answer. */
const IMPATIENT = { KWF_SOCKET_CONNECTION_SETUP_TIMEOUT_MS: "1000" };

function run(own: string, more: readonly string[] = [], file = bundle, environment = {}) {
  const where = ["--brokers", stage.brokers, "--prefix", own, "--state-dir", join(stage.folder, own)];
  const { status, stderr } = kwf(["run", file, ...where, "--admin-port", "0", ...more], { environment });
  return {
    status,
    message: stderr
      .split("\n")
      .filter((line) => !line.startsWith("{"))
      .join("\n"),
  };
}

const topics = (own: string, ...more: string[]) =>
  kwf(["topics", "create", bundle, "--brokers", stage.brokers, "--prefix", own, "--partitions", "1", ...more]);

async function admin<T>(work: (admin: ReturnType<Kafka["admin"]>) => Promise<T>): Promise<T> {
  const client = new Kafka({ brokers: [...stage.cluster.brokers], logLevel: logLevel.NOTHING }).admin();
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.disconnect();
  }
}

function start(own: string, more: readonly string[] = [], environment = {}): RunnerProcess {
  return stage.run(bundle, ["--prefix", own, ...more], { stateDirectory: join(stage.folder, own), environment });
}

/** Until so many greetings are asked for. */
async function asked(own: string, many = 1) {
  while ((await stage.records(`${own}minimal-greeting-request`)).length < many) await sleep(30);
}

const errorOf = (runner: RunnerProcess, code: string) =>
  runner.line(({ error }) => (error as { code?: string } | undefined)?.code === code, code);

test("nobody listens at the broker's address", () => {
  const { status, message } = run("x-", ["--brokers", "localhost:1"], bundle, IMPATIENT);
  expect(status).toBe(1);
  expect(message).toMatch(/no broker answers at localhost:1: .*ECONNREFUSED[\s\S]*\[no-broker\]/);
});

test("something listens there that never answers", { timeout: 60_000 }, async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const child = start("y-", ["--brokers", `127.0.0.1:${port}`], IMPATIENT);
  expect((await child.ended).code).toBe(1);
  expect(child.text).toMatch(/no broker answers at 127\.0\.0\.1:\d+[\s\S]*\[no-broker\]/);
  server.close();
});

test("a broker's address that is none", () => {
  expect(run("x-", ["--brokers", "nonsense"])).toMatchObject({
    status: 1,
    message: expect.stringContaining("nonsense"),
  });
});

test("wrong credentials, and the right ones", { timeout: 60_000 }, () => {
  const { brokers, username, password } = stage.cluster.sasl;
  const named = (word: string) => ({
    KWF_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
    KWF_SASL_MECHANISM: "PLAIN",
    KWF_SASL_USERNAME: username,
    KWF_SASL_PASSWORD: word,
  });
  const args = ["topics", "check", "--prefix", "x-", "--brokers", brokers.join(",")];
  expect(kwf(args, { environment: named("guessed") })).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("[wrong-credentials]"),
  });
  expect(kwf(args, { environment: named(password) }).stdout).toContain("x-workflow-resume does not exist");
});

test("topics are missing: all of them are named, and how to make them", () => {
  const own = prefix();
  const { status, message } = run(own);
  expect(status).toBe(1);
  for (const name of ["workflow-resume", "kwf-run-changelog", "minimal-greeting-request"]) {
    expect(message).toContain(`${own}${name} does not exist`);
  }
  expect(message).toMatch(/--create-topics.*\[missing-topics\]/);
});

test("a changelog with another number of partitions, or another cleanup policy", async () => {
  const own = prefix();
  const topic = `${own}kwf-run-changelog`;
  await stage.log.createTopics([{ name: topic, partitions: 3, settings: { "cleanup.policy": "compact" } }]);
  topics(own);
  expect(run(own).message).toMatch(
    /kwf-run-changelog has 3 partitions, and it has to have 1[\s\S]*\[wrong-partition-count\]/,
  );
  const other = prefix();
  await stage.log.createTopics([
    { name: `${other}kwf-run-changelog`, partitions: 1, settings: { "cleanup.policy": "delete" } },
  ]);
  const created = topics(other);
  expect(created.status).toBe(1);
  expect(created.stdout).toContain("wrong-cleanup-policy");
  expect(run(other).message).toMatch(/has cleanup.policy=delete: it has to be compact[\s\S]*\[wrong-cleanup-policy\]/);
});

test("a bundle that is no bundle, and one that is not there", () => {
  const file = join(stage.folder, "text.js");
  writeFileSync(file, "console.log(1)");
  expect(run("x-", [], file).message).toMatch(/this file is no bundle.*\[bundle-unreadable\]/);
  expect(run("x-", [], join(stage.folder, "nowhere.js")).message).toMatch(/there is no such file/);
});

test("a setting that makes no sense", () => {
  const { status, message } = run("x-", ["--max-batch", "many"]);
  expect(status).toBe(2);
  expect(message).toMatch(/max\.batch is "many", expected a whole number.*KWF_MAX_BATCH.*\[bad-setting\]/);
});

test("a level of the log that there is not", () => {
  const { status, message } = run("x-", ["--log-level", "loud"]);
  expect(status).toBe(2);
  expect(message).toMatch(/log\.level is "loud", expected trace, debug, info.*\[bad-setting\]/);
});

test("an address that is not of this machine", { timeout: 60_000 }, () => {
  const own = prefix();
  topics(own);
  const { status, message } = run(own, ["--admin-host", "300.1.1.1"]);
  expect(status).toBe(1);
  expect(message).toMatch(/cannot listen on 300\.1\.1\.1:.*another --admin-host \[admin-port\]/);
});

test("a second group on the same topics", { timeout: 60_000 }, async () => {
  const own = prefix();
  topics(own);
  const runner = start(own);
  await runner.ready();
  topics(own, "--group", "other");
  expect(run(own, ["--group", "other"]).message).toMatch(
    /kwf-run is at work on .*workflow-resume already[\s\S]*\[second-group\]/,
  );
  await runner.stop();
});

test("records that retention took are an error, until somebody accepts the loss", { timeout: 90_000 }, async () => {
  const own = prefix();
  topics(own);
  const topic = `${own}workflow-resume`;
  const write = (key: string) => stage.log.produce([{ topic, key, value: "new:{}" }]);
  await write("first");
  const first = start(own);
  await asked(own);
  await first.stop();
  await write("lost");
  await admin(async (client) => {
    // It forgets to ask where the partitions are.
    await client.fetchTopicOffsets(topic);
    await client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "2" }] });
  });
  await write("last");
  const second = start(own);
  const { msg } = await errorOf(second, "input-lost");
  expect(msg).toMatch(/records 1 to 1 are lost \(retention\).*--accept-loss/);
  expect((await second.health()).status).toBe(503);
  expect(second.over).toBe(false);
  await second.stop();
  const third = start(own, ["--accept-loss"]);
  await asked(own, 2);
  await third.stop();
  const requests = await stage.records(`${own}minimal-greeting-request`);
  expect(requests.map(({ key }) => key?.toString()).sort()).toEqual(["first", "last"]);
});

test("a topic that is made anew under a runner is an error, until somebody accepts the loss", {
  timeout: 90_000,
}, async () => {
  const own = prefix();
  topics(own);
  const topic = `${own}workflow-resume`;
  const first = start(own);
  for (const key of ["a", "b"]) await stage.log.produce([{ topic, key, value: "new:{}" }]);
  await asked(own, 2);
  await admin(async (client) => {
    await client.deleteTopics({ topics: [topic] });
    while ((await client.listTopics()).includes(topic)) await sleep(30);
  });
  topics(own);
  expect((await errorOf(first, "input-lost")).msg).toMatch(/made anew\. Start with --accept-loss/);
  expect((await first.health()).status).toBe(503);
  await first.stop();
  const second = start(own);
  await errorOf(second, "input-lost");
  await second.stop();
  const third = start(own, ["--accept-loss"]);
  await stage.log.produce([{ topic, key: "c", value: "new:{}" }]);
  await asked(own, 3);
  await third.stop();
});

test("a topic that is made anew while no runner is up is an error, also when it has more records than were run", {
  timeout: 90_000,
}, async () => {
  const own = prefix();
  topics(own);
  const topic = `${own}workflow-resume`;
  const write = (keys: string[]) => stage.log.produce(keys.map((key) => ({ topic, key, value: "new:{}" })));
  await write(["a", "b"]);
  const first = start(own);
  await asked(own, 2);
  await first.stop();
  await admin(async (client) => {
    await client.deleteTopics({ topics: [topic] });
    while ((await client.listTopics()).includes(topic)) await sleep(30);
  });
  topics(own);
  await write(["c", "d", "e"]);
  const second = start(own);
  expect((await errorOf(second, "input-lost")).msg).toMatch(
    /records from offset 0 to 3, and the next one to read is 2: the topic was made anew\. Start with --accept-loss/,
  );
  await second.stop();
  const third = start(own, ["--accept-loss"]);
  await asked(own, 5);
  await third.stop();
});

test("a changelog that was made anew is an error, not a fresh start", { timeout: 90_000 }, async () => {
  const own = prefix();
  topics(own);
  await stage.log.produce([{ topic: `${own}workflow-resume`, key: "t", value: "new:{}" }]);
  const first = start(own);
  await asked(own);
  await first.stop();
  const changelog = `${own}kwf-run-changelog`;
  await admin((client) => client.deleteTopics({ topics: [changelog] }));
  await admin(async (client) => {
    for (;;) if (!(await client.listTopics()).includes(changelog)) return;
  });
  topics(own);
  const second = start(own);
  expect((await errorOf(second, "changelog-lost")).msg).toMatch(/ends at offset 0, and this runner has seen it up to/);
  await second.stop();
  rmSync(join(stage.folder, own), { recursive: true, force: true });
  const third = start(own);
  expect((await errorOf(third, "changelog-lost")).msg).toMatch(
    /has run .* up to offset 1: the states of its threads are lost/,
  );
  await third.stop();
});

test("more partitions under running threads stop every task", { timeout: 90_000 }, async () => {
  const own = prefix();
  topics(own);
  const first = start(own);
  await first.ready();
  const more = ["workflow-resume", "kwf-run-changelog"].map((name) => ({ topic: `${own}${name}`, count: 2 }));
  await admin((client) => client.createPartitions({ topicPartitions: more }));
  expect((await first.ended).code).toBe(1);
  expect(first.text).toMatch(/has 2 partitions, and its records were spread over 1[\s\S]*\[wrong-partition-count\]/);
  const second = start(own);
  await errorOf(second, "wrong-partition-count");
  await second.stop();
});

test("settings come from flags, the environment and a properties file, in that order", () => {
  const own = prefix();
  const folder = join(stage.folder, "settings");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "kwf.properties"), `bootstrap.servers=${stage.brokers}\nprefix=${own}\ngroup=filed\n`);
  const created = kwf(["topics", "create", "--json"], { cwd: folder });
  expect(created.status).toBe(0);
  expect(created.stdout).toContain(`${own}filed-run-changelog`);
  const other = kwf(["topics", "check", "--group", "flagged"], { cwd: folder });
  expect(other.stdout).toContain(`${own}flagged-run-changelog does not exist`);
});

test("start, ls, show and resume meet on Kafka", { timeout: 60_000 }, async () => {
  const own = prefix();
  topics(own);
  const runner = start(own);
  await runner.ready();
  const ask = (...args: string[]) => kwf([...args, "--brokers", stage.brokers, "--prefix", own]);
  expect(ask("start", "g", '{"name":"you"}').stdout).toMatch(/^g: \S+workflow-resume-0 offset 0/);
  await asked(own);
  expect(ask("ls").stdout).toMatch(/^g +running .* 0:greeting:1$/m);
  const shown = ask("show", "g").stdout;
  expect(shown).toMatch(/waits for 0:greeting:1[\s\S]*at greet \(src\/index.ts:9:/);
  expect(ask("resume", "g", "0:greeting:1", '"hi"').status).toBe(0);
  while ((await stage.records(`${own}workflow-result`)).length === 0) await sleep(30);
  expect(ask("show", "g").stdout).toMatch(/^g: completed since /);
  expect(ask("show", "h")).toMatchObject({ status: 1, stderr: expect.stringContaining('no thread "h"') });
  expect(ask("ls", "--json").stdout).toBe("");
  expect(ask("ls", "--all", "--json").stdout).toMatch(/"state":"completed"/);
  await runner.stop();
});
