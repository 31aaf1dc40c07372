import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadBundle } from "@kwf/engine";
import { afterEach, expect, test } from "vitest";
import { kwf } from "./runner-process.js";
import { Stage } from "./stage.js";

// Many threads are carried to a fix while the runners that have them are killed: each is moved once, and nothing it does is done twice.

let stage: Stage;
afterEach(() => stage?.close());

const ORDERS = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["packed"], onError: "pause" as const };
class Basket {
  items: number[] = [];
  add(item: number) { this.items.push(item); return this.items.length; }
}
export default async function order(input: { n: number }) {
  const basket = new Basket();
  const undo: (() => string)[] = [];
  let total = 0;
  for (const item of [1, 2, 3]) {
    const got = await W.refId<any>("item-" + item);
    total += got.price.amount;
    undo.push(() => "back " + item);
    basket.add(item);
    W.output(\`order \${input.n} item \${item}\`, "packed");
  }
  await Promise.all([W.refId("paid"), (async () => { await W.refId("shipped"); })()]);
  return [total, undo.map((one) => one()), basket.items];
}
`;
const FIXED = ORDERS.replace("got.price.amount", "got.price?.amount ?? FREE")
  .replace("const undo", 'const currency = "EUR"; const undo')
  .replace("return [total,", "return [currency, basket.note, total,")
  .replace("items: number[] = [];", 'items: number[] = []; note = "kept";')
  .concat("const FREE = 0;\n");

const COUNT = 24;

test("threads are moved once, whatever dies on the way", { timeout: 300_000 }, async () => {
  stage = await Stage.open({ partitions: 4 });
  const old = await stage.workflow(ORDERS, "old");
  const fixed = await stage.workflow(FIXED, "fixed");
  const [oldHash, fixedHash] = [old, fixed].map((file) => loadBundle(readFileSync(file)).hash);
  const run = (...args: string[]) => kwf([...args, "--brokers", stage.brokers, "--prefix", stage.prefix]);
  const threads = Array.from({ length: COUNT }, (_, n) => `order-${n}`);
  stage.createTopics(old);
  const start = (bundle: string, n: number, fault?: string) =>
    stage.run(bundle, [], {
      stateDirectory: join(stage.folder, `state-${n}`),
      ...(fault === undefined ? {} : { environment: { KWF_FAULT: fault } }),
    });
  const [one, two] = [start(old, 1), start(old, 2)];
  // A third of them waits for the first item, a third for the second, a third is paused with a record that waits.
  for (const [n, thread] of threads.entries()) {
    await stage.send([thread, `new:{"n":${n}}`]);
    if (n % 3 > 0) await stage.send([thread, '{"ref":"item-1","value":{"price":{"amount":5}}}']);
    if (n % 3 > 1) await stage.send([thread, '{"ref":"item-2","value":{}}'], [thread, '{"ref":"item-3","value":{}}']);
  }
  await stage.until(
    "workflow-status",
    (found) => found.filter(({ value }) => value?.includes('"paused"')).length === COUNT / 3,
  );
  await stage.until("packed", (found) => found.length === (COUNT * 2) / 3);

  await one.kill();
  const dying = start(fixed, 3, "sent:2:SIGKILL");
  const moved = run("move", "--bundle", oldHash!, "--to", fixed, "--yes", "--json");
  expect([moved.status, moved.stdout.split("\n").filter((line) => line.includes(`"result":"names"`)).length]).toEqual([
    0,
    COUNT,
  ]);
  await two.kill();
  expect((await dying.ended).signal).toBe("SIGKILL");
  const again = start(fixed, 1, "committed:1:SIGKILL");
  expect((await again.ended).signal).toBe("SIGKILL");
  const [last] = [start(fixed, 4), start(fixed, 5)];
  const bundlesOf = async (thread: string) =>
    (await stage.outputs("workflow-status"))
      .filter(({ key }) => key === thread)
      .map(({ value }) => JSON.parse(value!).bundle);
  await stage.until("workflow-status", (found) => {
    const there = new Set(found.filter(({ value }) => value?.includes(fixedHash!)).map(({ key }) => key));
    return there.size === COUNT;
  });
  for (const thread of threads) expect((await bundlesOf(thread)).filter((hash) => hash === fixedHash)).toHaveLength(1);

  expect(run("retry", "--state", "paused", "--yes").status).toBe(0);
  for (const [n, thread] of threads.entries()) {
    if (n % 3 === 0) await stage.send([thread, '{"ref":"item-1","value":{"price":{"amount":7}}}']);
    if (n % 3 < 2)
      await stage.send(
        [thread, '{"ref":"item-2","value":{}}'],
        [thread, '{"ref":"item-3","value":{"price":{"amount":1}}}'],
      );
    if (n === COUNT / 2) await last!.kill();
    await stage.send([thread, '{"ref":"shipped"}'], [thread, '{"ref":"paid"}']);
  }
  await stage.until("workflow-result", (found) => found.length >= COUNT);
  const results = new Map((await stage.outputs("workflow-result")).map(({ key, value }) => [key, JSON.parse(value!)]));
  const totals = [8, 6, 5];
  for (const [n, thread] of threads.entries()) {
    const undone = ["back 1", "back 2", "back 3"];
    expect([thread, results.get(thread)]).toEqual([thread, ["EUR", "kept", totals[n % 3], undone, [1, 2, 3]]]);
  }
  const packed = (await stage.outputs("packed")).map(({ value }) => value);
  expect(packed).toHaveLength(COUNT * 3);
  expect(new Set(packed).size).toBe(COUNT * 3);
  expect(await stage.outputs("workflow-dead-letter")).toEqual([]);
});
