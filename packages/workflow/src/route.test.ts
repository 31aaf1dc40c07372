import { describe, expect, it, test } from "vitest";
import type { InputRecord } from "./manifest.js";
import { inputTopicsOf, route } from "./route.js";

const record: InputRecord = { key: "k", value: "v", headers: { h: "1" }, timestamp: 5 };
/** What a mapping that answers so makes of a record. */
const answered = (answer: unknown) => route(inputTopicsOf({ inputTopics: { orders: () => answer } }), "orders", record);
const refusal = (answer: unknown): string => {
  const refused = answered(answer);
  if (refused.type !== "refused" || refused.why !== "answer")
    throw new Error(`not refused: ${JSON.stringify(refused)}`);
  return refused.message;
};

describe("a record of an input topic", () => {
  it("starts a thread unless it lives", () => {
    expect(answered({ thread: "o-1", start: { n: [1] } })).toEqual({
      type: "record",
      thread: "o-1",
      value: 'init:{"n":[1]}',
      starts: true,
    });
    expect(answered({ thread: "o-1", start: undefined })).toMatchObject({ value: "init:" });
    expect(answered({ thread: "o-1", start: null })).toMatchObject({ value: "init:null" });
  });

  it("answers a ref with a value or an error", () => {
    expect(answered({ thread: "o-1", ref: 'a "b"', value: 1 })).toMatchObject({
      value: '{"ref":"a \\"b\\"","value":1}',
    });
    expect(answered({ thread: "o-1", ref: "a", value: undefined })).toMatchObject({ value: '{"ref":"a"}' });
    expect(answered({ thread: "o-1", ref: "a", error: "no" })).toMatchObject({ value: '{"ref":"a","error":"no"}' });
    expect(answered({ thread: "o-1", ref: "a", error: undefined })).toMatchObject({
      value: '{"ref":"a","error":null}',
    });
  });

  it("is skipped with null, and with nothing else", () => {
    expect(answered(null)).toEqual({ type: "skipped" });
    expect(refusal(undefined)).toMatch(/null to skip the record; found undefined/);
    expect(refusal(false)).toMatch(/found false/);
  });

  it("is seen by its mapping as it is", () => {
    const seen: unknown[] = [];
    const topics = inputTopicsOf({ inputTopics: { orders: (one: InputRecord) => void seen.push(one) } });
    route(topics, "orders", record);
    expect(seen).toEqual([record]);
  });

  it("is refused when its mapping throws, with the stack", () => {
    const topics = inputTopicsOf({
      inputTopics: {
        orders: () => {
          throw new TypeError("no customer");
        },
      },
    });
    expect(route(topics, "orders", record)).toMatchObject({
      type: "refused",
      why: "failed",
      message: 'manifest.inputTopics["orders"] threw TypeError: no customer',
      stack: expect.stringContaining("no customer"),
    });
  });
});

test.each([
  ["a promise", Promise.resolve(null), /found a promise: the function has to answer at once/],
  ["an array", [], /found undefined/],
  ["no thread", { start: 1 }, /expected a thread id in "thread".*found undefined/],
  ["an empty thread id", { thread: "", start: 1 }, /expected a thread id.*found ""/],
  ["a thread id that is no text", { thread: 7, start: 1 }, /expected a thread id.*found 7/],
  ["a bar in the thread id", { thread: "a|b", start: 1 }, /a thread id has no "\|"; found "a\|b"/],
  ["half a character in the thread id", { thread: "a\ud800", start: 1 }, /well-formed Unicode/],
  ["nothing to do", { thread: "a" }, /expected \{ thread, start \}.*found \{ thread \}/],
  ["a ref without value or error", { thread: "a", ref: "r" }, /found \{ thread, ref \}/],
  ["two things at once", { thread: "a", start: 1, value: 2 }, /found \{ thread, start, value \}/],
  ["a start with a ref", { thread: "a", start: 1, ref: "r" }, /found \{ thread, start, ref \}/],
  ["a value without a ref", { thread: "a", value: 1 }, /found \{ thread, value \}/],
  ["a ref that is no text", { thread: "a", ref: 3, value: 1 }, /expected a ref's id in "ref"; found 3/],
  ["a value JSON cannot hold", { thread: "a", start: { big: 1n } }, /"start" cannot be written as JSON: TypeError/],
  [
    "a value JSON leaves out",
    { thread: "a", ref: "r", value: () => 1 },
    /"value" cannot be written as JSON: a function/,
  ],
  ["an Error", { thread: "a", ref: "r", error: new Error("x") }, /"error" is an Error, of which JSON keeps nothing/],
  [
    "an accessor that throws",
    {
      get thread() {
        throw new Error("boom");
      },
    },
    /cannot be read: Error: boom/,
  ],
])("an answer that means nothing is refused: %s", (_, answer, message) => {
  expect(refusal(answer)).toMatch(message);
});

test("input topics that are no functions by name are told when the bundle is loaded", () => {
  expect(inputTopicsOf(undefined).names).toEqual([]);
  expect(inputTopicsOf({}).names).toEqual([]);
  expect(() => inputTopicsOf({ inputTopics: ["orders"] })).toThrow(/expected an object of functions by topic/);
  expect(() => inputTopicsOf({ inputTopics: { orders: {} } })).toThrow(/expected a function for "orders"/);
  expect(() => inputTopicsOf({ inputTopics: { "workflow-resume": () => null } })).toThrow(/cannot be an input topic/);
});
