import { decodeState, loadBundle } from "@kwf/engine";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AdminClient } from "../src/admin/admin-client.js";
import { EVERYWHERE } from "../src/admin/http/openapi.js";
import { mismatch, type Schema, type Schemas } from "../src/admin/http/schema.js";
import { HttpOperator } from "../src/admin/http-operator.js";
import { summariesOf } from "../src/admin/listed-thread.js";
import { LogOperator } from "../src/admin/log-operator.js";
import type { Operator, Sent } from "../src/admin/operator.js";
import { controlValue, resumeValue, startValue } from "../src/admin/record-value.js";
import { THREAD_STATES, type ThreadFilter } from "../src/admin/thread-filter.js";
import { partitionOf } from "../src/log/partitioner.js";
import { ASKING } from "./asking.js";
import { EmbeddedRunner } from "./embedded-runner.js";

// The admin HTTP of a runner against its own description: every answer that a test gets is held against what /openapi.json says of it, and
// at the end everything that it says has been answered. Neighbours: admin-access.test.ts who may ask, and how; http-operator.test.ts the
// commands' own client.

interface Operation {
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly security?: readonly object[];
  readonly requestBody?: object;
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

interface Description {
  readonly openapi: string;
  readonly components: { readonly schemas: Schemas };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Question {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly [name: string]: unknown;
}

let on: EmbeddedRunner;
let described: Description;
const answered = new Set<string>();

beforeAll(async () => {
  on = await EmbeddedRunner.start({ workflow: ASKING });
  described = (await (await fetch(`${on.url}/openapi.json`)).json()) as Description;
}, 120_000);
afterAll(() => on?.close());

/** Asks, and holds the answer against the description. `path` is the description's, its parts in braces come from the question. */
async function call<T = Record<string, unknown>>(
  method: string,
  path: string,
  question: Question = {},
  status = 200,
): Promise<T> {
  const operation = described.paths[path]?.[method.toLowerCase()];
  expect(operation, `${method} ${path} is not described`).toBeDefined();
  const { query = {}, body } = question;
  for (const name of Object.keys(query))
    expect(operation!.parameters.some((parameter) => parameter.in === "query" && parameter.name === name)).toBe(true);
  if (body !== undefined) expect(operation!.requestBody).toBeDefined();
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(question[name])));
  const url = `${on.url}${filled}?${new URLSearchParams(query)}`;
  const response = await fetch(url, { method, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  expect(response.status, `${method} ${filled}: ${text}`).toBe(status);
  const content = operation!.responses[String(status)]?.content ?? {};
  const type = response.headers.get("content-type") ?? "";
  const { schemas } = described.components;
  if (type === "application/x-ndjson") {
    answered.add(`${method} ${path} lines`);
    return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)])) as T;
  }
  const schema = content[type]?.schema;
  expect(schema, `${method} ${path} ${status} as ${type} is not described`).toBeDefined();
  answered.add(`${method} ${path} ${status}`);
  if (type !== "application/json") return text as T;
  const value = JSON.parse(text) as T;
  expect(mismatch(schema!, value, schemas)).toBeUndefined();
  return value;
}

const operator = (): Operator => new LogOperator({ log: on.log, names: on.names });
const overHttp = (): Operator => new HttpOperator(new AdminClient({ url: on.url, token: undefined }));

const send = (thread: string, ...values: string[]): Promise<Sent[]> =>
  operator().send(
    values.map((value) => ({ thread, value })),
    { untilRun: true },
  );

/** By either operator the same. */
const listed = async (one: Operator, filter: ThreadFilter) => summariesOf((await all(one.list(filter))).flat());

async function all<T>(some: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of some) found.push(one);
  return found;
}

describe("process", () => {
  test("health, metrics and the description", async () => {
    expect(await call("GET", "/healthz")).toMatchObject({ healthy: true });
    expect(await call("GET", "/readyz")).toMatchObject({ ready: true });
    expect(await call<string>("GET", "/metrics")).toContain("kwf_records_total");
    expect(await call("GET", "/openapi.json")).toMatchObject({ openapi: "3.1.0" });
  });
});

describe("threads", () => {
  test("start, show, list, resume by name", async () => {
    expect(await call("POST", "/threads/{thread}/start", { thread: "a/b ä", body: '{"n":1}' })).toMatchObject({
      thread: "a/b ä",
    });
    await send("a/b ä", controlValue("unpause"));
    const detail = await call<{ pending: { id: string }[] }>("GET", "/threads/{thread}", { thread: "a/b ä" });
    expect(detail).toMatchObject({ state: "running", bundle: on.bundle, held: 0 });
    expect(detail.pending[0]!.id).toMatch(/:approval:1$/);
    const query = {
      waiting: "approval",
      startsWith: "a/",
      idle: "0ms",
      since: "1h",
      state: "running",
      bundle: on.bundle,
    };
    expect(await call("GET", "/threads", { query })).toMatchObject({ threads: [{ thread: "a/b ä" }] });
    await call("POST", "/threads/{thread}/resume", { thread: "a/b ä", query: { ref: "approval" }, body: '"yes"' });
    await send("a/b ä", controlValue("unpause"));
    expect(await call("GET", "/threads/{thread}", { thread: "a/b ä" })).toMatchObject({ state: "completed" });
    const { history } = await call<{ history: { type: string; value: string }[] }>("GET", "/threads/{thread}/history", {
      thread: "a/b ä",
      query: { all: "true", topics: "cleaned" },
    });
    expect(history[0]).toMatchObject({ type: "record", value: 'new:{"n":1}' });
    expect(history.filter(({ type }) => type === "result").map(({ value }) => value)).toEqual(['{"answer":"yes"}']);
    expect(await overHttp().history("a/b ä", { all: true, topics: ["cleaned"] })).toEqual(history);
  });

  test("start with wait tells where, and what became of it", async () => {
    const waited = call<object[]>("POST", "/threads/{thread}/start", {
      thread: "w",
      query: { wait: "true" },
      body: "1",
    });
    for (;;) {
      const known = await operator().show("w");
      if (known !== undefined) break;
    }
    await call("POST", "/threads/{thread}/start", { thread: "w", query: { ifAbsent: "true" } });
    await call("POST", "/threads/{thread}/resume", { thread: "w", query: { ref: "approval" }, body: "7" });
    const lines = await waited;
    expect(lines[0]).toMatchObject({ sent: { thread: "w" } });
    expect(lines.at(-1)).toMatchObject({ outcome: { status: "completed", value: '{"answer":7}' } });
    const { schemas } = described.components;
    for (const line of lines as { sent?: unknown; outcome?: unknown }[]) {
      if (line.sent !== undefined) expect(mismatch(schemas.Sent!, line.sent, schemas)).toBeUndefined();
      if (line.outcome !== undefined) expect(mismatch(schemas.Outcome!, line.outcome, schemas)).toBeUndefined();
    }
  });

  test("what it waits for has to be meant without doubt", async () => {
    await send("two", startValue('"two"'));
    const ask = (ref: string) => call("POST", "/threads/{thread}/resume", { thread: "two", query: { ref } }, 409);
    expect(await ask("payment")).toMatchObject({ code: "no-such-ref", error: expect.stringContaining("approval:1") });
    expect(await ask("approval")).toMatchObject({ code: "no-such-ref", error: expect.stringContaining("2 refs") });
    await call("POST", "/threads/{thread}/resume", { thread: "nobody", query: { ref: "x" } }, 404);
    await call("GET", "/threads/{thread}", { thread: "nobody" }, 404);
  });

  test.each(["cancel", "kill", "pause", "unpause", "retry", "discard", "rm"])("%s", async (verb) => {
    const path = `/threads/{thread}/${verb}`;
    const thread = `verb-${verb}`;
    expect(await call("POST", path, { thread }, 404)).toMatchObject({ code: "no-such-thread" });
    await send(thread, startValue());
    const { pending } = (await operator().show(thread))!;
    if (verb === "unpause") await send(thread, controlValue("pause"));
    if (verb === "retry" || verb === "discard") {
      await call("POST", path, { thread }, 409);
      await send(thread, resumeValue(pending[0]!.id, { value: '"poison"' }));
      expect(await operator().show(thread)).toMatchObject({ state: "paused" });
    }
    if (verb === "rm") expect(await call("POST", path, { thread }, 409)).toMatchObject({ code: "not-now" });
    const query = { reason: "audit", ...(verb === "rm" ? { force: "true" } : {}) };
    await call("POST", path, { thread, query });
    // A record behind it: the command has been run when that has been.
    await operator()
      .send([{ thread, value: '{"ref":"none"}' }], { untilRun: true })
      .catch(() => {});
    const states = {
      cancel: "cancelled",
      kill: "cancelled",
      pause: "paused",
      unpause: "running",
      retry: "paused",
      discard: "running",
    };
    const known = await operator().show(thread);
    expect(known?.state).toBe(states[verb as keyof typeof states]);
    if (verb === "pause") await call("POST", path, { thread }, 409);
    if (verb === "unpause") await call("POST", path, { thread }, 409);
    if (verb === "cancel" || verb === "kill") await call("POST", path, { thread }, 409);
  });

  test("page by page each thread once, those that have ended too; or the first in an order", async () => {
    for (let n = 0; n < 7; n++) await send(`page-${n}`, startValue());
    const whole = (await listed(operator(), { state: THREAD_STATES })).map(({ thread }) => thread).sort();
    const found: string[] = [];
    let after: string | undefined;
    do {
      const query = { state: "all", limit: "3", ...(after === undefined ? {} : { after }) };
      const page = await call<{ threads: { thread: string }[]; next?: string }>("GET", "/threads", { query });
      found.push(...page.threads.map(({ thread }) => thread));
      after = page.next;
    } while (after !== undefined);
    expect(found.sort()).toEqual(whole);
    const first = await call<{ threads: object[]; next?: string }>("GET", "/threads", {
      query: { order: "active", limit: "2" },
    });
    expect(first.threads).toMatchObject([{ thread: "page-6" }, { thread: "page-5" }]);
    expect(first.next).toBeUndefined();
    const lines = await call<object[]>("GET", "/threads", {
      query: { startsWith: "page-", limit: "2", lines: "true" },
    });
    expect(lines).toHaveLength(8);
    expect(lines.at(-1)).toEqual({ end: true });
    const idle = { order: "idle", limit: "1", startsWith: "page-" };
    expect(await call("GET", "/threads", { query: idle })).toMatchObject({ threads: [{ thread: "page-0" }] });
  });

  test("a runner's own partitions, for others that ask", async () => {
    await send("mine", startValue());
    const partition = partitionOf("mine", 2);
    const lines = await call<object[]>("GET", "/partitions/{partition}/threads", {
      partition,
      query: { startsWith: "mine" },
    });
    expect(lines).toMatchObject([{ thread: "mine", state: "running" }, { end: true }]);
    const { schemas } = described.components;
    expect(mismatch(schemas.ThreadSummary!, lines[0], schemas)).toBeUndefined();
    const after = await call<object[]>("GET", "/partitions/{partition}/threads", {
      partition,
      query: { startsWith: "mine", after: "mine" },
    });
    expect(after).toEqual([{ end: true }]);
    await call("GET", "/partitions/{partition}/threads/{thread}", { partition, thread: "mine" });
    await call("GET", "/partitions/{partition}/threads/{thread}", { partition, thread: "nobody" }, 404);
    await call("GET", "/partitions/{partition}/threads/{thread}", { partition: 99, thread: "mine" }, 421);
    await call("GET", "/partitions/{partition}/threads", { partition: 99 }, 421);
    const body = JSON.stringify({ threads: ["mine", "nobody"] });
    const { states } = await call<{ states: Record<string, string> }>("POST", "/partitions/{partition}/states", {
      partition,
      body,
    });
    expect(Object.keys(states)).toEqual(["mine"]);
    await call("POST", "/partitions/{partition}/states", { partition: 99, body }, 421);
  });

  test("states of threads, as they are kept", async () => {
    await send("kept", startValue());
    const body = JSON.stringify({ threads: ["kept", "nobody"] });
    const { states } = await call<{ states: Record<string, string> }>("POST", "/states", { body });
    const found = [operator(), overHttp()].map((one) => one.states(["kept", "nobody"]));
    for (const one of await Promise.all(found)) {
      expect([...one].map(([thread, bytes]) => [thread, Buffer.from(bytes).toString("base64")])).toEqual([
        ["kept", states.kept],
      ]);
    }
    expect(decodeState(Buffer.from(states.kept!, "base64")).pending).toHaveLength(1);
  });
});

describe("topics", () => {
  test("records as they are", async () => {
    const body = JSON.stringify([{ thread: "raw", value: startValue() }]);
    expect(await call("POST", "/records", { body })).toMatchObject({ sent: [{ thread: "raw" }] });
    const again = JSON.stringify([
      { thread: "raw", value: "what?" },
      { thread: "raw", value: startValue() },
    ]);
    expect(await call("POST", "/records", { body: again, query: { wait: "true" } })).toMatchObject([
      { sent: [{ thread: "raw" }, { thread: "raw" }] },
    ]);
    await call("POST", "/records", { body: '[{"thread":"a|b","value":"new:"}]' }, 400);
    expect(await call("POST", "/records", { body: '[{"thread":1,"value":"new:"}]' }, 400)).toMatchObject({
      error: "the body[0].thread is 1, expected string",
    });
  });

  test("dead letters, and back", async () => {
    const first = await call<{ deadLetters: { id: string; reason: string }[]; next?: string }>("GET", "/dead-letters", {
      query: { thread: "raw", limit: "1", since: "1h", topic: "workflow-resume" },
    });
    expect(first.deadLetters).toMatchObject([{ reason: "duplicate-start" }]);
    const second = await call<typeof first>("GET", "/dead-letters", { query: { thread: "raw", before: first.next! } });
    expect(second.deadLetters).toMatchObject([{ reason: "not-understood", value: "what?" }]);
    const { id } = second.deadLetters[0]!;
    expect(await call("GET", "/dead-letters/{id}", { id })).toMatchObject({ id, key: "raw" });
    await call("GET", "/dead-letters/{id}", { id: "0:99999" }, 404);
    expect(await call("POST", "/dead-letters/redrive", { body: JSON.stringify({ ids: [id] }) })).toMatchObject({
      redriven: [{ id, topic: "p-workflow-resume" }],
    });
    await call("POST", "/dead-letters/redrive", { body: '{"ids":["0:99999"]}' }, 409);
    expect(await call("GET", "/dead-letters", { query: { reason: "duplicate-start,x" } })).toMatchObject({
      deadLetters: [{ reason: "duplicate-start" }],
    });
  });

  test("timers", async () => {
    await send("later", startValue('"late"'));
    await send("later-2", startValue('"late"'));
    const list = (query = {}) =>
      call<{ timers: { thread: string; at: number }[]; next?: string }>("GET", "/timers", { query });
    while ((await list()).timers.length < 2);
    const page = await list({ limit: "1" });
    expect(page.timers).toHaveLength(1);
    const rest = await list({ limit: "1", after: page.next! });
    expect([...page.timers, ...rest.timers].map(({ thread }) => thread).sort()).toEqual(["later", "later-2"]);
    expect(rest.next).toBeUndefined();
    expect((await list({ thread: "later" })).timers).toHaveLength(1);
    expect((await list({ dueBefore: "2000-01-01" })).timers).toEqual([]);
  });

  test("bundles", async () => {
    const { bundles } = await call<{ bundles: { hash: string; live: number }[] }>("GET", "/bundles");
    expect(bundles).toMatchObject([{ hash: on.bundle, runners: 1 }]);
    expect(bundles[0]!.live).toBeGreaterThan(5);
    expect(await call("DELETE", "/bundles/{hash}", { hash: on.bundle }, 409)).toMatchObject({ code: "bundle-needed" });
    await call("DELETE", "/bundles/{hash}", { hash: "nothing" }, 404);
    const { source } = await call<{ source: string }>("GET", "/bundles/{hash}", { hash: on.bundle });
    expect(loadBundle(source).hash).toBe(on.bundle);
    await call("GET", "/bundles/{hash}", { hash: "nothing" }, 404);
    expect(await overHttp().bundle(on.bundle)).toBe(source);
    expect(await overHttp().bundle("nothing")).toBeUndefined();
    await overHttp().publishBundle(on.bundle, source);
    await expect(overHttp().publishBundle("nothing", "code")).rejects.toMatchObject({ code: "bundle-unknown" });
    const [value] = await on.log.produce([{ topic: on.names.bundles, partition: 0, key: "0ld", value: "x" }]);
    expect(value).toBeDefined();
    await call("DELETE", "/bundles/{hash}", { hash: "0ld" });
    expect((await call<typeof Object & { bundles: object[] }>("GET", "/bundles")).bundles).toHaveLength(1);
  });
});

test("topics are written and read over HTTP", async () => {
  const { topics } = await call<{ topics: string[] }>("GET", "/topics");
  expect(topics).toContain("workflow-resume");
  const body =
    '[{"key":"t","value":{"n":1},"headers":{"h":"x"},"partition":0},{"key":null,"value":null,"partition":0}]';
  const { next } = await call<{ next: string }>("GET", "/topics/{name}", { name: "said", query: { from: "latest" } });
  expect(await call("POST", "/topics/{name}", { name: "said", body })).toMatchObject({
    records: [{ partition: 0 }, {}],
  });
  const query = { from: next, limit: "1", wait: "1" };
  const read = await call<{ next: string }>("GET", "/topics/{name}", { name: "said", query });
  expect(read).toMatchObject({ records: [{ key: "t", value: '{"n":1}', headers: { h: "x" } }] });
  expect(await call("GET", "/topics/{name}", { name: "said", query: { from: read.next } })).toMatchObject({
    records: [{ key: null, value: null }],
  });
  expect(await call("GET", "/topics/{name}", { name: "none" }, 404)).toMatchObject({ code: "no-such-topic" });
  await call("POST", "/topics/{name}", { name: "none", body }, 404);
});

// Last: it looks back on the others.
test("everything that is described has been answered, and as described", () => {
  for (const [path, operations] of Object.entries(described.paths)) {
    for (const [method, { responses }] of Object.entries(operations)) {
      for (const status of Object.keys(responses).filter((one) => !(Number(one) in EVERYWHERE))) {
        const name = `${method.toUpperCase()} ${path}`;
        const seen = answered.has(`${name} ${status}`) || (status === "200" && answered.has(`${name} lines`));
        expect(seen, `${name} ${status} is described, and no test has seen it`).toBe(true);
      }
    }
  }
});
