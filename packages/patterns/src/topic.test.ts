import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { testWorkflow, type WorkflowTest } from "@kwf/testing";
import { beforeEach, describe, expect, expectTypeOf, test } from "vitest";
import type { Play } from "../fixtures/topic.js";
import * as topics from "../fixtures/topics.js";
import { readRequest } from "./request-record.js";
import type { Topic } from "./topic.js";

let t: WorkflowTest;
beforeEach(async () => {
  t = await testWorkflow(new URL("../fixtures/topic.ts", import.meta.url));
});

const start = (play: Play, argument?: unknown) => t.start([play, argument]);
const asked = () =>
  t.outputs("reserve").map(({ key, value }) => ({ key, ...readRequest(key, value) }))[t.outputs("reserve").length - 1]!;

test("topics declare themselves", () => {
  expect(t.bundle.manifest.outputTopics).toEqual(["reserve", "book", "log"]);
});

describe("request", () => {
  test("carries the way back and the key, and waits for the reply", () => {
    start("asks");
    expect(asked()).toEqual({
      key: "test",
      value: { name: "Ada" },
      replyTo: { thread: "test", ref: "0:reserve:1", key: 'test|{"ref":"0:reserve:1"}' },
    });
    t.resume("0:reserve:1", { id: 1 });
    expect(asked()).toMatchObject({ key: "shop-1", value: { name: "Bob" }, replyTo: { thread: "test" } });
    t.resume(asked().replyTo, { id: 2 });
    expect(t.result()).toEqual([{ id: 1 }, { id: 2 }]);
    expect(t.scheduler.pending).toEqual([]);
  });

  test("is answered by a fake service of the topic's types", () => {
    t.reply(topics.reserve, ({ name }) => ({ id: name.length }));
    // @ts-expect-error: an id is a number
    t.reply(topics.book, () => ({ at: 5 }));
    start("asks");
    expect(t.result()).toEqual([{ id: 3 }, { id: 3 }]);
  });

  test("is checked and converted for a fake service as for a real one", () => {
    const received: unknown[] = [];
    t.reply(topics.book, (request) => {
      received.push(request);
      return { at: "2024-05-06" };
    });
    start("books", 3);
    expect(received).toEqual([{ seats: 3 }]);
    expect(t.result()).toBe("2024-05-06T00:00:00.000Z");
    t.reply(topics.book, () => ({ at: "tomorrow" }));
    expect(() => start("books", 3)).toThrow("the reply of book is not valid: seats: expected a date");
    t.reply("book", async () => ({ at: "2024-05-06" }));
    expect(() => t.start(["books", 3], { thread: "other" })).toThrow("the service of book answers with a promise");
  });

  test("throws what the service rejects with", () => {
    start("fails");
    t.reject("0:reserve:1", { sold: "out" });
    expect(t.result()).toEqual({ reason: { sold: "out" } });
  });

  test("gives up after its time; the reply that comes first takes the timer back", () => {
    start("impatient");
    t.advance(99);
    expect(t.status()).toBe("running");
    t.advance(1);
    expect(t.result()).toBe("TimeoutError: no reply of reserve after 100 ms");
    start("impatient");
    t.resume(asked().replyTo, { id: 1 });
    expect(t.result()).toEqual({ id: 1 });
    expect(t.scheduler.pending).toEqual([]);
  });

  test("cancelled: its await throws the token, its timer is taken back, its ref waits no more", () => {
    start("loses");
    expect(t.scheduler.pending).toHaveLength(1);
    t.resume("0:winner:3", "won");
    expect(t.result()).toBe("won");
    expect(t.values("log")).toEqual([true]);
    expect(t.scheduler.pending).toEqual([]);
  });
});

test("what is sent is the value as it is", () => {
  start("sends");
  const records = t.outputs("log").map(({ key, value }) => [key, value]);
  expect(records).toEqual([
    ["test", '"a"'],
    ["other", '{"b":1}'],
    ["test", null],
  ]);
});

describe("schemas", () => {
  test("a reply is what its schema makes of it", () => {
    start("books", 2);
    t.restart();
    t.resume("0:book:1", { at: "2020-02-02" });
    expect(t.result()).toBe("2020-02-02T00:00:00.000Z");
  });

  test("an invalid reply throws at the await", () => {
    start("books", 2);
    t.resume("0:book:1", { at: "soon" });
    expect(t.result()).toBe("InvalidMessageError: the reply of book is not valid: seats: expected a date");
  });

  test("an invalid request is not sent", () => {
    start("books", 0);
    expect(t.result()).toBe("InvalidMessageError: the request to book is not valid: seats: expected a positive number");
    start("sendsBad");
    expect(t.result()).toContain("the message to book is not valid");
    expect(t.outputs("book")).toEqual([]);
  });
});

test("a topic that a step makes has to be declared by then", () => {
  start("declaresLate", "log");
  expect(t.result()).toBe("log");
  start("declaresLate", "other");
  expect(t.error()).toContain('topic "other" is declared too late');
});

test("the object of a topic is there in plain Node", () => {
  const file = fileURLToPath(new URL("./topic.ts", import.meta.url));
  const built = file.replace("/src/topic.ts", "/dist/index.js");
  const code = `import { topic } from ${JSON.stringify(built)}; console.log(topic("x").name, typeof topic("x").request)`;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", code], { encoding: "utf8" })).toBe(
    "x function\n",
  );
});

test("types come from the declaration, or from the schemas", () => {
  expectTypeOf<typeof topics.reserve>().toEqualTypeOf<Topic<{ name: string }, { id: number }>>();
  expectTypeOf<Parameters<(typeof topics.book)["request"]>[0]>().toEqualTypeOf<{ seats: number }>();
  expectTypeOf<Awaited<ReturnType<(typeof topics.book)["request"]>>>().toEqualTypeOf<{ at: Date }>();
});

describe("what a record asks for", () => {
  test("the short form: the rest is the request, the record's key the thread", () => {
    expect(readRequest("trip", '{"ref":"0:car:1"}')).toEqual({
      value: {},
      replyTo: { thread: "trip", ref: "0:car:1", key: 'trip|{"ref":"0:car:1"}' },
    });
    expect(readRequest("g", '{"name":"Ada","ref":"r"}').value).toEqual({ name: "Ada" });
  });

  test("a value that nobody waits for", () => {
    expect(readRequest("t", '{"a":1}')).toEqual({ value: { a: 1 }, replyTo: undefined });
    expect(readRequest("t", null)).toEqual({ value: undefined, replyTo: undefined });
    expect(readRequest(null, "[1]")).toEqual({ value: [1], replyTo: undefined });
  });
});
