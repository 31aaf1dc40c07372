import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DevProcess } from "../../../runner/integration/dev-process.js";
import { type DevService, LATER, Rejection, serveDev } from "../src/index.js";
import { reserve } from "./fixtures/topics.js";

// The other side of a topic beside `kwf dev`, which has no Kafka.

const ENTRY = fileURLToPath(new URL("./fixtures/garage.ts", import.meta.url));

let folder: string;
let dev: DevProcess;
let service: DevService | undefined;
const TIMEOUT = { timeout: 120_000 };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "kwf-dev-service-"));
  dev = new DevProcess(folder, ENTRY);
  await dev.says("HTTP at");
}, 60_000);
afterEach(async () => {
  await service?.close();
  service = undefined;
  await dev.kill();
  rmSync(folder, { recursive: true, force: true });
});

const start = (id: string, requests: number) =>
  dev.post("workflow-resume", { key: id, value: `new:${JSON.stringify({ requests })}` });
const answers = async () =>
  (await dev.all("workflow-resume")).filter(({ value }) => value?.startsWith("{")).map(({ key }) => key);

test("answers what was asked before and since, rejects, tries again and gives up", TIMEOUT, async () => {
  await start("before", 2);
  await dev.says("waits for 0:reserve:1");
  let flaky = 0;
  service = await serveDev(
    reserve,
    ({ n }, { thread = "" }) => {
      if (thread === "sold") throw new Rejection("sold out");
      if (thread === "never" || (thread === "flaky" && ++flaky < 3)) throw new Error("not now");
      return thread === "later" ? LATER : { id: `${thread}-${n}` };
    },
    { url: dev.url, attempts: 3, backoffMs: 1 },
  );
  for (const id of ["later", "never", "sold", "flaky"]) await start(id, 1);
  const results = await dev.records("workflow-result", 2);
  expect(new Map(results.map(({ key, value }) => [key, value]))).toEqual(
    new Map([
      ["before", '["before-1","before-2"]'],
      ["flaky", '["flaky-1"]'],
    ]),
  );
  expect((await dev.records("workflow-error", 1)).map(({ key, value }) => [key, value])).toEqual([
    ["sold", '"sold out"'],
  ]);
  const [letter] = await dev.records("workflow-dead-letter", 1);
  expect(letter).toMatchObject({ key: "never", headers: { "kwf-reason": "service-failed", "kwf-topic": "reserve" } });
});

test("another life of the service answers only what is open", TIMEOUT, async () => {
  service = await serveDev(reserve, () => ({ id: "first" }), { url: dev.url });
  await start("a", 1);
  await dev.records("workflow-result", 1);
  await service.close();
  await start("b", 1);
  const asked: unknown[] = [];
  const answer = (_: unknown, { thread }: { thread?: string | undefined }) => {
    asked.push(thread);
    return { id: "second" };
  };
  service = await serveDev(reserve, answer, { url: dev.url });
  expect((await dev.records("workflow-result", 2)).map(({ value }) => value)).toEqual(['["first"]', '["second"]']);
  expect(asked).toEqual(["b"]);
  expect(await answers()).toEqual(["a", "b"]);
});

test("goes on when kwf dev was killed and started again", TIMEOUT, async () => {
  const { url } = dev;
  service = await serveDev(reserve, ({ n }) => ({ id: `${n}` }), { url });
  await start("a", 1);
  await dev.records("workflow-result", 1);
  await dev.kill();
  dev = new DevProcess(folder, ENTRY, ["--admin-port", new URL(url).port]);
  await dev.says("HTTP at");
  await start("b", 2);
  expect((await dev.records("workflow-result", 2)).map(({ value }) => value)).toEqual(['["1"]', '["1","2"]']);
});

test("says that no kwf dev answers", async () => {
  await expect(serveDev(reserve, () => ({ id: "" }), { url: "http://localhost:1" })).rejects.toThrow(
    "no kwf dev answers at http://localhost:1",
  );
});
