import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connect, serveDev } from "@kwf/client";
import { buildSync } from "esbuild";
import { afterEach, beforeAll, expect, test } from "vitest";
import { DevProcess } from "../../../runner/integration/dev-process.js";
import { Stage } from "../../../runner/integration/stage.js";
import { approvals } from "../src/topics.js";

// The scripted model and tools as `npm run services` runs them, a process of their own, and a person who decides.

const folder = fileURLToPath(new URL("..", import.meta.url));
const outfile = join(folder, "dist/services.js");
const lost = { task: "My order o-1 has not come." };
const approve = { approved: true, by: "ada" };
const paidBack = {
  status: "answered",
  answer: "Your teapot is lost, and we have paid you back.",
  spent: { turns: 3, tokens: 54, microdollars: 162 },
};

let services: ChildProcess | undefined;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  services?.kill("SIGKILL");
  for (const close of closing.splice(0).reverse()) await close();
});

beforeAll(() => {
  buildSync({
    entryPoints: [join(folder, "outside/services.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outfile,
    logLevel: "error",
  });
});

async function startServices(environment: Record<string, string>): Promise<void> {
  const env = { ...process.env, ...environment };
  services = spawn(process.execPath, [outfile], { env, stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(services.stdout!, "data")) as [Buffer];
  expect(String(said)).toBe("the model and the tools answer\n");
}

test("on Kafka: an order is paid back once a person has approved of it", { timeout: 120_000 }, async () => {
  const stage = await Stage.open();
  closing.push(() => stage.close());
  const bundle = await stage.demo("ai-agent");
  stage.createTopics(bundle);
  stage.run(bundle);
  const { brokers, prefix } = stage;
  await startServices({ KWF_BROKERS: brokers, KWF_PREFIX: prefix });
  const client = connect({ brokers, prefix });
  closing.push(() => client.close());
  const asked: unknown[] = [];
  await client.serve(approvals, ({ call }, { thread }) => {
    asked.push([thread, call.input]);
    return thread === "a-1" ? approve : { approved: false, by: "ada", comment: "ask for a photo" };
  });
  const one = await client.start("a-1", lost);
  expect(await one.result()).toEqual(paidBack);
  const two = await client.start("a-2", lost);
  expect(await two.result()).toMatchObject({
    answer: "Your teapot is lost. I may not pay it back: refused by ada: ask for a photo.",
  });
  const three = await client.start("a-3", { task: "Where is o-9?" });
  expect(await three.result()).toMatchObject({ answer: "I cannot find it: there is no order o-9." });
  expect(asked).toEqual(["a-1", "a-2"].map((thread) => [thread, { order: "o-1", cents: 4200 }]));
  const trail = (await stage.outputs("ai-agent-audit")).filter(({ key }) => key === "a-1");
  const entries = trail.map(({ value }) => JSON.parse(value!) as { entry: number; type: string });
  expect(entries.map(({ entry }) => entry)).toEqual(entries.map((_, n) => n + 1));
  const types = entries.map(({ type }) => type).join(" ");
  expect(types).toMatch(
    /^accepted replied tool-used tool-used tool-answered tool-answered replied approval-asked approved tool-used tool-answered replied answered$/,
  );
  services!.kill("SIGTERM");
  expect(await once(services!, "exit")).toEqual([0, null]);
});

test("beside kwf dev, without Kafka", { timeout: 120_000 }, async () => {
  const home = mkdtempSync(join(tmpdir(), "kwf-agent-"));
  closing.push(() => rmSync(home, { recursive: true, force: true }));
  const dev = new DevProcess(home, join(folder, "src/index.ts"));
  closing.push(() => dev.kill());
  await dev.says("HTTP at");
  await startServices({ KWF_DEV: dev.url });
  const person = await serveDev(approvals, () => approve, { url: dev.url });
  closing.push(() => person.close());
  await dev.post("workflow-resume", { key: "a-1", value: `new:${JSON.stringify(lost)}` });
  expect(JSON.parse((await dev.records("workflow-result", 1))[0]!.value!)).toEqual(paidBack);
});
