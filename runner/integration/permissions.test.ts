import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NotAuthorized } from "../src/log/errors.js";
import { KafkaLog } from "../src/log/kafka/kafka-log.js";
import { kwfBeside, type RunnerProcess } from "./runner-process.js";
import { lines, Stage } from "./stage.js";

// Case 31 for permissions: a user who has what docs/running.md says a runner needs, and from whom one thing is taken.

const { TOPIC, GROUP, TRANSACTIONAL_ID } = AclResourceTypes;
const { READ, WRITE, DESCRIBE, DESCRIBE_CONFIGS } = AclOperationTypes;

const THREE_TOPICS = `
import * as W from "@kwf/workflow";
export const manifest: W.Manifest = {
  outputTopics: ["common", "rare"],
  inputTopics: { answers: ({ key, value }) => ({ thread: key ?? "", ref: "answer", value }) },
};
export default async function main(topic: string): Promise<string> {
  const answer = W.refId<string>("answer");
  W.output("asked", topic);
  return await answer;
}
`;
const answer = (thread: string) => [thread, '{"ref":"answer","value":"yes"}'] as const;

let stage: Stage;
let bundle: string;
let admin: ReturnType<Kafka["admin"]>;
/** A client of that user. */
let named: KafkaLog;
beforeAll(async () => {
  stage = await Stage.open();
  bundle = await stage.workflow(THREE_TOPICS);
  admin = new Kafka({ brokers: [...stage.cluster.brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const { brokers, username, password } = stage.cluster.sasl;
  named = new KafkaLog({ brokers, sasl: { mechanism: "plain", username, password } });
}, 300_000);
afterAll(async () => {
  await named?.close();
  await admin?.disconnect();
  await stage?.close();
});

type Taken = readonly [resource: AclResourceTypes, name: string, operation: AclOperationTypes];

const rule = (
  [resourceType, resourceName, operation]: Taken,
  permissionType: AclPermissionTypes,
  resourcePatternType = ResourcePatternTypes.LITERAL,
): AclEntry => ({
  resourceType,
  resourceName,
  resourcePatternType,
  operation,
  permissionType,
  principal: `User:${stage.cluster.sasl.username}`,
  host: "*",
});

async function mayUse(transactionalId: string): Promise<boolean> {
  try {
    await (await named.fence(transactionalId)).close();
    return true;
  } catch (error) {
    if (error instanceof NotAuthorized) return false;
    throw error;
  }
}

function asUser(): Record<string, string> {
  const { brokers, username, password } = stage.cluster.sasl;
  return {
    KWF_BROKERS: brokers.join(","),
    KWF_SASL_MECHANISM: "PLAIN",
    KWF_SASL_USERNAME: username,
    KWF_SASL_PASSWORD: password,
  };
}

let count = 0;
/** Topics of its own, and a user who may do there what a runner does. */
class Place {
  readonly prefix = `${stage.prefix}${++count}-`;
  readonly resume = `${this.prefix}workflow-resume`;

  async open(): Promise<this> {
    const where = ["--brokers", stage.brokers, "--prefix", this.prefix, "--partitions", "1"];
    expect(await kwfBeside(["topics", "create", bundle, ...where])).toMatchObject({ status: 0 });
    const needed: Taken[] = [
      ...[READ, WRITE, DESCRIBE_CONFIGS].map((operation): Taken => [TOPIC, this.prefix, operation]),
      [GROUP, this.prefix, READ],
      [TRANSACTIONAL_ID, this.prefix, WRITE],
    ];
    const acl = needed.map((one) => rule(one, AclPermissionTypes.ALLOW, ResourcePatternTypes.PREFIXED));
    await admin.createAcls({ acl });
    return this;
  }

  /** Resolves when the broker refuses it, with what gives it back. */
  async take(...taken: Taken[]): Promise<() => Promise<void>> {
    // A broker learns of rules in its own time, and of all that were made together at once.
    const probe = `${this.prefix}probe-${++count}`;
    const acl = [...taken, [TRANSACTIONAL_ID, probe, WRITE] as const].map((one) => rule(one, AclPermissionTypes.DENY));
    await admin.createAcls({ acl });
    while (await mayUse(probe)) await sleep(20);
    return async () => void (await admin.deleteAcls({ filters: acl }));
  }

  run(): RunnerProcess {
    const stateDirectory = join(stage.folder, this.prefix);
    return stage.runWith(bundle, ["--prefix", this.prefix], { environment: asUser(), stateDirectory });
  }

  async send(...records: readonly (readonly [thread: string, value: string])[]): Promise<void> {
    for (const [key, value] of records) await stage.log.produce([{ topic: this.resume, key, value }]);
  }

  async results(runner: RunnerProcess, many: number): Promise<string[]> {
    const topic = `${this.prefix}workflow-result`;
    const look = async () => {
      const found = await stage.records(topic);
      return found.length < many ? undefined : found;
    };
    const found = await runner.eventually(look, `${many} results`);
    return found.map(({ key, value }) => `${key} ${value}`);
  }
}

const red = (runner: RunnerProcess, words: RegExp) =>
  runner.eventually(async () => {
    const { status, body } = await runner.health();
    return status === 503 && words.test(body.problems.join("\n")) ? true : undefined;
  }, `being unhealthy: ${words}`);

const green = (runner: RunnerProcess) =>
  runner.eventually(async () => ((await runner.health()).status === 200 ? true : undefined), "being healthy");

describe.concurrent("taken from a running runner", { timeout: 180_000 }, () => {
  test.each([
    ["not be written", [WRITE]],
    ["not even be seen", [WRITE, DESCRIBE, DESCRIBE_CONFIGS, READ]],
  ])("an output topic that may %s pauses who writes there, and they go on when it may", async (_, operations) => {
    const place = await new Place().open();
    const rare = `${place.prefix}rare`;
    const runner = place.run();
    await runner.ready();
    await place.send(["before", 'new:"rare"']);
    await runner.eventually(async () => (await stage.records(rare))[0], "the first output");
    const giveBack = await place.take(...operations.map((operation): Taken => [TOPIC, rare, operation]));
    await place.send(
      ["rare", 'new:"rare"'],
      answer("rare"),
      ["good", 'new:"common"'],
      answer("good"),
      answer("before"),
    );
    expect(await place.results(runner, 2)).toEqual(['good "yes"', 'before "yes"']);
    const paused = await runner.line(({ code }) => code === "KWF_NOT_AUTHORIZED", "a paused thread");
    expect(paused).toMatchObject({ thread: "rare", msg: expect.stringMatching(/kafka-acls\.sh.*--topic \S+rare/) });
    await green(runner);
    await giveBack();
    expect(await place.results(runner, 3)).toEqual(['good "yes"', 'before "yes"', 'rare "yes"']);
    expect((await stage.records(rare)).map(({ key }) => `${key}`)).toEqual(["before", "rare"]);
  });

  test.each([
    [
      "reading workflow-resume",
      TOPIC,
      "workflow-resume",
      READ,
      /cannot read \S+workflow-resume-0: not allowed to read/,
    ],
    ["writing the changelog", TOPIC, "kwf-run-changelog", WRITE, /not allowed to write topic \S+kwf-run-changelog/],
    ["the group", GROUP, "kwf-run", READ, /cannot .*group \S+kwf-run: not allowed/],
    ["the transactional id", TRANSACTIONAL_ID, "kwf-run-0", WRITE, /not allowed to .* transactional id \S+kwf-run-0/],
  ])(
    "%s: health turns red and names it, and work goes on when it is given back",
    async (_, kind, name, what, words) => {
      const place = await new Place().open();
      const runner = place.run();
      await place.send(["before", 'new:"common"']);
      await place.send(answer("before"));
      await place.results(runner, 1);
      const giveBack = await place.take([kind, `${place.prefix}${name}`, what]);
      await place.send(["during", 'new:"common"'], answer("during"));
      await red(runner, words);
      expect(runner.over).toBe(false);
      await giveBack();
      expect(await place.results(runner, 2)).toEqual(['before "yes"', 'during "yes"']);
      await green(runner);
      expect(lines(await stage.outputs(`${place.prefix.slice(stage.prefix.length)}common`))).toEqual([
        "before asked",
        "during asked",
      ]);
      expect(await runner.stop()).toBe(0);
    },
  );
});

describe.concurrent("taken from the bridge of a running runner", { timeout: 180_000 }, () => {
  test.each([
    ["reading an input topic", TOPIC, "answers", READ, /cannot read \S+answers-0: not allowed to read/],
    ["the group", GROUP, "kwf-input", READ, /group \S+kwf-input: not allowed|not allowed to .* group \S+kwf-input/],
    [
      "the transactional id",
      TRANSACTIONAL_ID,
      "kwf-input-answers-0",
      WRITE,
      /input answers 0: not allowed to .* transactional id \S+kwf-input-answers-0/,
    ],
  ])(
    "%s: health turns red, threads go on, and so does it when it is given back",
    async (_, kind, name, what, words) => {
      const place = await new Place().open();
      const runner = place.run();
      const say = (key: string) => stage.log.produce([{ topic: `${place.prefix}answers`, key, value: "said" }]);
      await place.send(["before", 'new:"common"'], ["during", 'new:"common"']);
      await say("before");
      await place.results(runner, 1);
      const giveBack = await place.take([kind, `${place.prefix}${name}`, what]);
      await say("during");
      await red(runner, words);
      await place.send(["beside", 'new:"common"'], answer("beside"));
      expect(await place.results(runner, 2)).toEqual(['before "said"', 'beside "yes"']);
      await giveBack();
      expect(await place.results(runner, 3)).toEqual(['before "said"', 'beside "yes"', 'during "said"']);
      await green(runner);
      expect(await runner.stop()).toBe(0);
    },
  );
});

describe.concurrent("missing from the beginning", { timeout: 180_000 }, () => {
  test.each([
    [
      "topics of its own, all of them named",
      [
        [TOPIC, "workflow-resume", READ],
        [TOPIC, "kwf-run-changelog", WRITE],
        [TOPIC, "workflow-status", DESCRIBE_CONFIGS],
      ],
      /workflow-resume: .*--operation Read --topic \S+\n.*changelog: .*--operation Write --topic .*\n.*status: .*DescribeConfigs/,
    ],
    [
      "a topic it may not even see",
      [[TOPIC, "workflow-bundles", DESCRIBE]],
      /not allowed to describe topic \S+workflow-bundles .*--operation Describe --topic/,
    ],
    [
      "the group",
      [[GROUP, "kwf-run", READ]],
      /not allowed to join group \S+kwf-run .*--operation Read --group \S+kwf-run/,
    ],
    [
      "an input topic",
      [[TOPIC, "answers", READ]],
      /answers: this client lacks permissions .*--operation Read --topic \S+answers/,
    ],
    [
      "the group of input topics",
      [[GROUP, "kwf-input", READ]],
      /not allowed to join group \S+kwf-input .*--operation Read --group \S+kwf-input/,
    ],
  ] as const)("%s: the runner ends with one message", async (_, taken, words) => {
    const place = await new Place().open();
    await place.take(...taken.map(([kind, name, what]): Taken => [kind, `${place.prefix}${name}`, what]));
    const runner = place.run();
    expect((await runner.ended).code).toBe(1);
    const said = runner.text
      .split("\n")
      .filter((line) => !line.startsWith("{"))
      .join("\n");
    expect(said).toMatch(words);
    expect(said.match(/\[not-authorized\]/g)).toHaveLength(1);
  });

  test("an output topic: that is said, and others run", async () => {
    const place = await new Place().open();
    await place.take([TOPIC, `${place.prefix}rare`, WRITE]);
    const runner = place.run();
    const { msg } = await runner.line(({ level }) => level === "warn", "a warning");
    expect(msg).toMatch(/threads that write there will wait: \S+rare: .*--operation Write --topic \S+rare/);
    await place.send(["good", 'new:"common"'], answer("good"));
    expect(await place.results(runner, 1)).toEqual(['good "yes"']);
  });

  test("the transactional id: said once, and waited for", async () => {
    const place = await new Place().open();
    const giveBack = await place.take([TRANSACTIONAL_ID, `${place.prefix}kwf-run-0`, WRITE]);
    const runner = place.run();
    await red(runner, /not allowed to fence transactional id .*--operation Write --transactional-id/);
    await place.send(["good", 'new:"common"'], answer("good"));
    await giveBack();
    expect(await place.results(runner, 1)).toEqual(['good "yes"']);
    expect(runner.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  test("of a client: `kwf start` says what it lacks", async () => {
    const place = await new Place().open();
    await place.take([TOPIC, place.resume, WRITE]);
    const { status, stderr } = await kwfBeside(["start", "t", "--prefix", place.prefix], asUser());
    expect(status).toBe(1);
    expect(stderr).toMatch(/not allowed to write topic \S+workflow-resume .*\[not-authorized\]/);
  });
});
