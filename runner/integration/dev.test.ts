import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DevProcess } from "./dev-process.js";
import { kwf as runKwf } from "./runner-process.js";
import { lines, Stage } from "./stage.js";

// `kwf dev` as a newcomer meets it: a file, an editor, curl, Ctrl-C and worse.

const source = (greeting: string) => `
import * as W from "@kwf/workflow";
import { greet } from "./greet";
export const manifest = { outputTopics: ["asked"] };
export default async function main(input: { name: string }): Promise<string> {
  const answer = W.ref<string>("answer");
  W.outputJSON({ text: greet("${greeting}", input.name), ref: answer.id }, "asked");
  console.log("asked", input.name);
  return \`\${input.name} said \${await answer}\`;
}
`;
const GREET = `export const greet = (word: string, name: string): string => word + ", " + name;\n`;

let folder: string;
let running: DevProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kwf-dev-"));
  running = [];
  mkdirSync(join(folder, "src"));
  mkdirSync(join(folder, "node_modules/@kwf"), { recursive: true });
  const workflow = fileURLToPath(new URL("../../packages/workflow", import.meta.url));
  symlinkSync(workflow, join(folder, "node_modules/@kwf/workflow"));
  writeFileSync(join(folder, "package.json"), '{"name":"greetings","type":"module"}');
  writeFileSync(join(folder, "src/greet.ts"), GREET);
  write(source("Hello"));
});
afterEach(async () => {
  for (const one of running) if (!one.over) await one.kill();
  rmSync(folder, { recursive: true, force: true });
});

const write = (text: string) => writeFileSync(join(folder, "src/index.ts"), text);
function dev(...more: string[]): DevProcess {
  const process = new DevProcess(folder, "src/index.ts", more);
  running.push(process);
  return process;
}
const start = (thread: string) => ({ key: thread, value: `new:{"name":"${thread}"}` });
const asked = ({ value }: { value: string | null }) => JSON.parse(value ?? "") as { text: string; ref: string };

test("a thread is started and answered over HTTP, and its records are printed as they go by", {
  timeout: 120_000,
}, async () => {
  const process = dev();
  await process.says("HTTP at");
  expect((await process.post("workflow-resume", start("ada"))).status).toBe(200);
  const [request] = await process.records("asked", 1);
  const { text, ref } = asked(request!);
  expect(text).toBe("Hello, ada");
  await process.post("workflow-resume", { key: "ada", value: { ref, value: "good day" } });
  expect(await process.records("workflow-result", 1)).toMatchObject([{ key: "ada", value: '"ada said good day"' }]);
  await process.says("completed");
  for (const part of [
    "in  ada  new:",
    "src/index.ts:8",
    "asked ada",
    "out asked",
    `waits for ${ref}`,
    "out workflow-result",
  ])
    expect(process.text).toContain(part);
  // Nothing of a terminal's in a pipe.
  expect(process.text).not.toContain("\u001b");
  expect(await process.stop()).toBe(0);
});

test("a change is built: new threads start on it, running ones stay, and what cannot be built changes nothing", {
  timeout: 180_000,
}, async () => {
  const process = dev();
  await process.says("HTTP at");
  await process.post("workflow-resume", start("old"));
  const [first] = await process.records("asked", 1);

  write("export default async function main( {");
  await process.says(/src\/index\.ts:1:\d+/);
  await process.post("workflow-resume", start("between"));
  expect((await process.records("asked", 2)).map((one) => asked(one).text)).toEqual(["Hello, old", "Hello, between"]);

  write(source("Welcome"));
  await process.says("new threads start on");
  await process.post("workflow-resume", start("new"));
  await process.post("workflow-resume", { key: "old", value: { ref: asked(first!).ref, value: "bye" } });
  expect(asked((await process.records("asked", 3))[2]!).text).toBe("Welcome, new");
  expect(await process.records("workflow-result", 1)).toMatchObject([{ key: "old", value: '"old said bye"' }]);

  const count = process.text.split("new threads start on").length;
  writeFileSync(join(folder, "src/greet.ts"), GREET.replace('", "', '" dear "'));
  await process.says(new RegExp(`(new threads start on[^]*){${count}}`));
  await process.post("workflow-resume", start("last"));
  expect(asked((await process.records("asked", 4))[3]!).text).toBe("Welcome dear last");
});

test("a program that cannot be built at first is waited for", { timeout: 120_000 }, async () => {
  write("export default async function main( {");
  const process = dev();
  await process.says("waiting for a change");
  expect(process.text).toMatch(/src\/index\.ts:1:\d+/);
  write(source("Hello"));
  await process.says("HTTP at");
  await process.post("workflow-resume", start("ada"));
  expect(asked((await process.records("asked", 1))[0]!).text).toBe("Hello, ada");
  expect(await process.stop()).toBe(0);
  write("export default async function main( {");
  const unborn = dev();
  await unborn.says("waiting for a change");
  expect(await unborn.stop()).toBe(0);
});

test("an entry that is not there is a mistake of the command; one that is deleted later is waited for", {
  timeout: 120_000,
}, async () => {
  const wrong = new DevProcess(folder, "src/nowhere.ts");
  running.push(wrong);
  expect(await wrong.ended).toBe(2);
  expect(wrong.text).toBe("kwf: cannot read src/nowhere.ts: there is no such file\n");
  const process = dev();
  await process.says("HTTP at");
  rmSync(join(folder, "src"), { recursive: true });
  await process.says(/cannot read .*src\/index\.ts: there is no such file/);
  mkdirSync(join(folder, "src"));
  writeFileSync(join(folder, "src/greet.ts"), GREET);
  write(source("Welcome"));
  await process.says("new threads start on");
  await process.post("workflow-resume", start("ada"));
  expect(asked((await process.records("asked", 1))[0]!).text).toBe("Welcome, ada");
});

test("with --brokers it runs on Kafka, and the commands find it", { timeout: 120_000 }, async () => {
  const stage = await Stage.open();
  try {
    const where = ["--brokers", stage.brokers, "--prefix", stage.prefix];
    const process = dev(...where);
    await process.says("HTTP at");
    const kwf = (...args: string[]) => runKwf([...args, ...where], { cwd: folder });
    expect(kwf("start", "ada", '{"name":"ada"}').status).toBe(0);
    await stage.until("asked", (found) => found.length === 1);
    expect(kwf("show", "ada").stdout).toContain("src/index.ts:");
    expect(kwf("resume", "ada", "answer", '"good day"', "--wait").status).toBe(0);
    expect(lines(await stage.outputs("workflow-result"))).toEqual(['ada "ada said good day"']);
    await process.says("completed");
  } finally {
    await stage.close();
  }
});

test("killed, it goes on where it was; a second one is told who has the directory", { timeout: 120_000 }, async () => {
  const first = dev();
  await first.says("HTTP at");
  await first.post("workflow-resume", start("ada"));
  const [request] = await first.records("asked", 1);
  const refused = dev();
  expect(await refused.ended).toBe(1);
  expect(refused.text).toMatch(/\.kwf\/dev/);
  await first.kill();

  const second = dev();
  await second.says("HTTP at");
  await second.post("workflow-resume", { key: "ada", value: { ref: asked(request!).ref, value: "still here" } });
  expect(await second.records("workflow-result", 1)).toMatchObject([{ value: '"ada said still here"' }]);
  expect(await second.records("asked", 1)).toHaveLength(1);
});

test("an input topic that a change brings is made and read, and its records are printed with what they became", {
  timeout: 120_000,
}, async () => {
  const process = dev();
  await process.says("HTTP at");
  const mapping = "({ key, value }) => (value === null ? null : { thread: key!, start: JSON.parse(value) })";
  write(
    source("Hello").replace(
      'const manifest = { outputTopics: ["asked"] };',
      `const manifest: W.Manifest = { outputTopics: ["asked"], inputTopics: { visits: ${mapping} } };`,
    ),
  );
  await process.says("new threads start on");
  expect((await process.post("visits", { key: "ada", value: { name: "Ada" } })).status).toBe(200);
  expect(asked((await process.records("asked", 1))[0]!).text).toBe("Hello, Ada");
  await process.post("visits", { key: "bob", value: null });
  await process.post("visits", { key: "eve", value: "{" });
  await process.says(/dead letter: SyntaxError[\s\S]*src\/index\.ts:4/);
  await process.post("workflow-resume", { key: "nobody", value: { ref: "answer" } });
  await process.says('there is no thread "nobody"');
  // Told once, and to a person.
  expect(process.text).not.toContain('"level"');
  for (const part of ["in  visits  ada", 'out workflow-resume  ada  init:{"name":"Ada"}', "skipped"])
    expect(process.text).toContain(part);
});

test("what is wrong with a request is said", { timeout: 60_000 }, async () => {
  const process = dev();
  await process.says("HTTP at");
  for (const [topic, body, status, says] of [
    ["nowhere", start("t"), 404, "there is no topic nowhere"],
    ["workflow-resume", [1], 400, 'an object with "key"'],
    ["workflow-resume", { key: 1 }, 400, '"key" is 1'],
    ["workflow-resume", { key: "t", headers: [1] }, 400, '"headers" is [1]'],
  ] as const) {
    const answer = await process.post(topic, body);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
      status,
      expect.stringContaining(says),
    ]);
  }
  const bad = await fetch(`${process.url}/topics/asked?from=yesterday`);
  expect(bad.status).toBe(400);
  expect(await bad.text()).toContain("expected earliest, latest, an offset");
});
