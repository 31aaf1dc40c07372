import { readFileSync } from "node:fs";
import { loadBundle } from "@kwf/engine";
import { afterEach, expect, test } from "vitest";
import { kwf } from "./runner-process.js";
import { lines, type Output, Stage } from "./stage.js";

// docs/versions.md on a real broker: a bug in production, fixed under running threads; runners die on the way.

let stage: Stage;
afterEach(() => stage?.close());

const ORDERS = `
import * as W from "@kwf/workflow";
export const manifest = { outputTopics: ["receipts"], onError: "bugs" as const };
export default function order(input: { sum: number; review?: boolean }) {
  return input.review ? review(input.sum) : pay(input.sum);
}
async function pay(sum: number) {
  const paid = await W.refId<any>("pay");
  W.output(sum + " " + paid.card.last4, "receipts");
  return (await W.refId("ship")) + " shipped";
}
async function review(sum: number) {
  const said = await W.refId<string>("review");
  return label(said, sum);
}
function label(said: string, sum: number) { return said + sum; }
`;
const FIXED = ORDERS.replace("paid.card.last4", 'method(paid) + " paid"')
  .replace("return said + sum", 'return said + " " + sum')
  .concat('function method(paid: any) { return paid.card?.last4 ?? "cash"; }\n');

test("a bug in production is fixed under running threads", { timeout: 300_000 }, async () => {
  stage = await Stage.open();
  const old = await stage.workflow(ORDERS, "old");
  const fixed = await stage.workflow(FIXED, "fixed");
  const [oldHash, fixedHash] = [old, fixed].map((file) => loadBundle(readFileSync(file)).hash) as [string, string];
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = kwf([...args, "--brokers", stage.brokers, "--prefix", stage.prefix]);
    return {
      status,
      stdout,
      stderr,
      json: () =>
        stdout
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
    };
  };
  const bundlesOf = (statuses: readonly Output[], thread: string) =>
    statuses.filter(({ key }) => key === thread).map(({ value }) => JSON.parse(value!).bundle as string);
  stage.createTopics(old);
  const first = stage.run(old);
  const begun = await stage.send(
    ...["a", "b", "c"].map((thread) => [thread, 'new:{"sum":1}'] as const),
    ["r", 'new:{"sum":2,"review":true}'],
    ["a", '{"ref":"pay","value":{}}'],
    ["a", '{"ref":"ship","value":"quickly"}'],
  );
  await stage.passed(begun.at(-1)!);

  // Before the deploy: who would move, who waits where.
  const [diff] = run("diff", old, fixed, "--group", "kwf", "--json").json();
  expect(diff.threads).toEqual({ moves: 1, names: 3, refused: 0 });
  expect(diff.points.map(({ text, outcome, threads }: Record<string, unknown>) => [text, outcome, threads])).toEqual([
    ['await W.refId("pay")', "names", 3],
    ['await W.refId("ship")', "names", 0],
    ['await W.refId("review")', "moves", 1],
  ]);
  expect(run("diff", oldHash.slice(0, 8), fixed, "--group").stdout).toContain(
    "4 threads on the old bundle: 1 by itself",
  );

  // The new bundle: one thread moves by itself, the others stay, and a retry alone changes nothing.
  await first.kill();
  let runner = stage.run(fixed);
  const [reviewed] = await stage.send(["r", '{"ref":"review","value":"fine"}']);
  await stage.passed(reviewed!);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['r "fine 2"']);
  expect(bundlesOf(await stage.outputs("workflow-status"), "r")).toEqual([oldHash, fixedHash]);
  expect(run("retry", "a", "--wait").stdout).toMatch(/^a: paused \(TypeError/m);
  expect(run("show", "a").stdout).toContain(oldHash);

  // A dry run writes nothing; nobody to ask does nothing.
  const end = (await stage.records(`${stage.prefix}workflow-resume`)).length;
  const dry = run("move", "--state", "paused", "--to", fixed, "--dry-run");
  expect([dry.status, dry.stdout]).toEqual([
    0,
    '1 thread can be moved (a)\n  old.ts:pay at `await W.refId("pay")` (line 8)\n',
  ]);
  expect(run("move", "a", "--to", fixed).status).toBe(2);
  expect(run("move", "nobody", "--to", fixed, "--yes").stderr).toContain("no such thread lives there");
  expect((await stage.records(`${stage.prefix}workflow-resume`)).length).toBe(end);

  // With no runner up the records wait; the one that comes dies before it commits them, the next one moves each thread once.
  await runner.kill();
  const written = run("move", "--bundle", oldHash, "--to", fixed, "--yes", "--json");
  expect(written.status).toBe(0);
  const sent = written.json();
  expect(sent.slice(0, 3).map(({ thread, result }) => [thread, result])).toEqual([
    ["a", "names"],
    ["b", "names"],
    ["c", "names"],
  ]);
  runner = stage.run(fixed, [], { environment: { KWF_FAULT: "sent:1:SIGKILL" } });
  expect((await runner.ended).signal).toBe("SIGKILL");
  stage.loseLocalState();
  runner = stage.run(fixed);
  await stage.passed(sent.at(-1).offset);
  // The same once more, from another client.
  const again = `ctl:${JSON.stringify({ op: "move", bundle: fixedHash })}`;
  const [repeated] = await stage.send(["a", again], ["b", again]);
  await stage.passed(repeated! + 1);
  const statuses = await stage.outputs("workflow-status");
  for (const thread of ["a", "b", "c"])
    expect(bundlesOf(statuses, thread).filter((hash) => hash === fixedHash)).toHaveLength(1);
  expect(run("ls", "--state", "paused", "--json").json()).toMatchObject([{ thread: "a", bundle: fixedHash, held: 2 }]);
  expect(run("move", "b", "--to", fixed, "--yes").stderr).toContain("is on that bundle already");

  // A bundle that is nowhere, and one that does not fit.
  const [lost] = await stage.send(["b", 'ctl:{"op":"move","bundle":"0123456789abcdef0123456789abcdef"}']);
  await stage.passed(lost!);
  const odd = await stage.workflow(FIXED.replace('refId<any>("pay")', 'refId<any>("paid")'), "odd");
  const refused = run("move", "b", "--to", odd, "--yes");
  expect([refused.status, refused.stdout]).toEqual([
    1,
    '1 thread cannot be moved (b)\n  fixed.ts:pay: `await W.refId("pay")` is gone; there is `await W.refId("paid")`, `await W.refId("ship")`\n',
  ]);

  // Retry goes on, on the fix: the record that failed, then the one that waited.
  expect(run("retry", "a").status).toBe(0);
  await stage.until("workflow-result", (found) => found.some(({ key }) => key === "a"));
  const rest = await stage.send(
    ["b", '{"ref":"pay","value":{"card":{"last4":"4242"}}}'],
    ["b", '{"ref":"ship","value":"soon"}'],
    ["c", 'ctl:{"op":"kill"}'],
  );
  await stage.passed(rest.at(-1)!);
  await runner.kill();
  expect(lines(await stage.outputs("receipts"))).toEqual(["a 1 cash paid", "b 1 4242 paid"]);
  expect(lines(await stage.outputs("workflow-result"))).toEqual([
    'r "fine 2"',
    'a "quickly shipped"',
    'b "soon shipped"',
  ]);
  const letters = await stage.outputs("workflow-dead-letter");
  expect(letters.map(({ key, headers }) => [key, headers["kwf-reason"]])).toEqual([["b", "move-refused"]]);
});

test("with --move never threads stay on the bundle that they are on", { timeout: 120_000 }, async () => {
  stage = await Stage.open();
  const old = await stage.workflow(ORDERS, "old");
  const fixed = await stage.workflow(FIXED, "fixed");
  stage.createTopics(old);
  const first = stage.run(old);
  const [begun] = await stage.send(["r", 'new:{"sum":2,"review":true}']);
  await stage.passed(begun!);
  await first.kill();
  stage.run(fixed, ["--move", "never"]);
  const [reviewed] = await stage.send(["r", '{"ref":"review","value":"fine"}']);
  await stage.passed(reviewed!);
  expect(lines(await stage.outputs("workflow-result"))).toEqual(['r "fine2"']);
});
