import { type Topic, topic } from "@kwf/patterns";
import type { LogRecord } from "kwf/client-kit";
import { expect, expectTypeOf, test } from "vitest";
import type { Client } from "./client.js";
import { type Handler, type Handling, handle, LATER, Rejection } from "./handling.js";
import type { Run } from "./run.js";

const plain = topic("handling");
const REQUEST = { thread: "t", ref: "0:r:1", key: "k", value: { n: 1 } };

function record(value: unknown, key: string | null = "t"): LogRecord {
  const bytes = value === null ? null : Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  return { offset: 7, timestamp: 0, key: key === null ? null : Buffer.from(key), value: bytes, headers: [] };
}

interface Trial extends Partial<Pick<Handling, "options">> {
  topic?: Topic;
  signal?: AbortSignal;
  failures?: unknown[];
}

function run(value: LogRecord, handler: Handler, trial: Trial = {}) {
  return handle(value, {
    topic: trial.topic ?? plain,
    handler,
    options: { backoffMs: 1, ...trial.options },
    partition: 3,
    attempt: (work) => work(),
    signal: trial.signal ?? new AbortController().signal,
    failed: (error, attempt, final) => trial.failures?.push([error.message, attempt, final]),
  });
}

const answer = (rest: object) => ({ type: "answer", thread: "t", value: JSON.stringify({ ref: "0:r:1", ...rest }) });

test("an answer goes to the ref of the thread; the handler gets the request and its key", async () => {
  const seen: unknown[] = [];
  const fate = await run(record(REQUEST), (request, { key, thread, ref, attempt }) => {
    seen.push(request, key, thread, ref, attempt);
    return { id: 5 };
  });
  expect(fate).toEqual(answer({ value: { id: 5 } }));
  expect(seen).toEqual([{ n: 1 }, "k", "t", "0:r:1", 1]);
  expect(await run(record(REQUEST), () => undefined)).toEqual(answer({}));
});

test("the short form is answered under the record's key", async () => {
  expect(await run(record({ ref: "0:r:1", name: "Ada" }), (request) => request)).toEqual(
    answer({ value: { name: "Ada" } }),
  );
});

test("nobody is answered who has not asked, or later", async () => {
  const keys: string[] = [];
  const note: Handler = (request, { key }) => {
    keys.push(key);
    return request;
  };
  expect(await run(record({ a: 1 }), note)).toEqual({ type: "nothing" });
  expect(await run(record({ ref: "x" }), note, { options: { reply: false } })).toEqual({ type: "nothing" });
  expect(keys).toEqual(["handling/3/7", "handling/3/7"]);
  expect(await run(record(REQUEST), () => LATER)).toEqual({ type: "nothing" });
});

test("what a handler throws is tried again, then it is a dead letter", async () => {
  const failures: unknown[] = [];
  let calls = 0;
  const twice: Handler = () => {
    calls += 1;
    if (calls < 3) throw new Error(`no ${calls}`);
    return calls;
  };
  expect(await run(record(REQUEST), twice, { failures })).toEqual(answer({ value: 3 }));
  expect(failures).toEqual([
    ["no 1", 1, false],
    ["no 2", 2, false],
  ]);
  const never: Handler = () => Promise.reject(new Error("down"));
  expect(await run(record(REQUEST), never, { options: { attempts: 2 } })).toEqual({
    type: "letter",
    reason: "service-failed",
    message: "attempt 2 of 2: Error: down",
  });
});

test("a rejection is an answer, at the first attempt", async () => {
  const sold: Handler = () => {
    throw new Rejection("sold out");
  };
  expect(await run(record(REQUEST), sold)).toEqual(answer({ error: "sold out" }));
  expect(new Rejection(new RangeError("far")).error).toEqual({ name: "RangeError", message: "far" });
  expect(() => new Rejection(() => {})).toThrow("a rejection cannot be a function");
});

test("an answer that JSON cannot hold is the handler's failure", async () => {
  const fate = await run(record(REQUEST), () => 1n, { options: { attempts: 1 } });
  expect(fate).toMatchObject({ type: "letter", message: expect.stringContaining("BigInt") });
  expect(await run(record(REQUEST), () => () => 1, { options: { attempts: 1 } })).toMatchObject({
    message: expect.stringContaining("it is a function"),
  });
});

test("an attempt has its time, whatever the handler does with the signal", async () => {
  let told: AbortSignal | undefined;
  const hangs: Handler = (_, { signal }) => {
    told = signal;
    return new Promise(() => {});
  };
  const fate = await run(record(REQUEST), hangs, { options: { attempts: 1, timeoutMs: 5 } });
  expect(fate).toMatchObject({ message: "attempt 1 of 1: Error: the attempt took longer than 5 ms" });
  expect(told?.aborted).toBe(true);
});

test("an end of the service leaves the request open, also between two attempts", async () => {
  const stop = new AbortController();
  const hangs = run(record(REQUEST), () => new Promise(() => {}), { signal: stop.signal });
  const backsOff = run(record(REQUEST), () => Promise.reject(new Error("no")), {
    signal: stop.signal,
    options: { backoffMs: 60_000 },
  });
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await expect(hangs).rejects.toThrow("aborted");
  await expect(backsOff).rejects.toThrow("aborted");
});

test("what cannot be read is a dead letter, without an attempt", async () => {
  const never: Handler = () => expect.fail();
  expect(await run(record("{"), never)).toMatchObject({ type: "letter", reason: "bad-json" });
  const bytes = { ...record(REQUEST), value: Buffer.from([0xff]) };
  expect(await run(bytes, never)).toMatchObject({ type: "letter", reason: "bad-value" });
});

test("schemas: the handler gets what the schema makes, a bad request is answered with an error, a bad reply is a failure", async () => {
  const validate = (value: unknown) =>
    typeof value === "number" ? { value: value * 2 } : { issues: [{ message: "no number" }] };
  const schema = { "~standard": { version: 1, vendor: "test", validate } } as const;
  const checked = topic("checked", { request: schema, reply: schema }) as Topic;
  const good = { ...REQUEST, value: 4 };
  expect(await run(record(good), (n) => (n as number) + 1, { topic: checked })).toEqual(answer({ value: 9 }));
  const message = "the request to checked is not valid: no number";
  expect(await run(record(REQUEST), () => 1, { topic: checked })).toEqual(
    answer({ error: { code: "KWF_INVALID_MESSAGE", message } }),
  );
  expect(await run(record('"sent"'), () => 1, { topic: checked })).toEqual({
    type: "letter",
    reason: "KWF_INVALID_MESSAGE",
    message,
  });
  expect(await run(record(good), () => "x", { topic: checked, options: { attempts: 1 } })).toMatchObject({
    type: "letter",
    message: expect.stringContaining("the reply of checked is not valid"),
  });
});

test("types: a service gets what the workflow asks, and gives what it awaits", () => {
  const reserve = topic<{ name: string }, { id: number }>("reserve");
  const client = {} as Client;
  const services = [
    () => client.serve(reserve, ({ name }, { key }) => ({ id: name.length + key.length })),
    () => client.serve(reserve, async () => LATER),
    // @ts-expect-error: a car has a number
    () => client.serve(reserve, () => ({ id: "one" })),
    // @ts-expect-error: nobody sends a colour
    () => client.serve(reserve, ({ colour }) => ({ id: colour })),
  ];
  expect(services).toHaveLength(4);
  expectTypeOf<Awaited<ReturnType<typeof client.start<string>>>>().toEqualTypeOf<Run<string>>();
});
