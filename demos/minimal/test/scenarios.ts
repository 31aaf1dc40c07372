import type { Act, Expected, Scenario } from "@kwf/testing";

const REF = "0:greeting:1";
const asked = (name: string, ref = REF): Expected => ["minimal-greeting-request", { name, ref }];
const greeted = (greeting?: string): Expected => ["workflow-result", { greeting }];
const letter = (value: unknown): Expected => ["workflow-dead-letter", value];
const ada: Act = { start: { name: "Ada" }, out: [asked("Ada")] };

export const scenarios: Scenario[] = [
  {
    name: "asks for a greeting, waits, and returns it",
    acts: [ada, { resume: REF, value: "Hello, Ada!", out: [greeted("Hello, Ada!")] }],
  },
  {
    name: "greets the world when it is given no name",
    acts: [
      { start: undefined, out: [asked("world")] },
      { resume: REF, value: "Hello, world!", out: [greeted("Hello, world!")] },
    ],
  },
  {
    name: "an answer without a value is undefined",
    acts: [ada, { resume: REF, out: [greeted()] }],
  },
  {
    name: "what the service rejects with ends it, as it is",
    acts: [
      ada,
      { resume: REF, error: { code: 7 }, out: [["workflow-error", JSON.stringify("[object Object]")]] },
      { start: { name: "Bob" }, thread: "second", out: [asked("Bob", "2:greeting:1")] },
      {
        resume: "2:greeting:1",
        error: null,
        thread: "second",
        out: [["workflow-error", JSON.stringify("null")]],
      },
    ],
    ends: "failed",
  },
  {
    name: "an answer that comes twice changes nothing",
    acts: [
      ada,
      { resume: REF, value: "Hello", out: [greeted("Hello")] },
      { resume: REF, value: "Bye", out: [letter({ ref: REF, value: "Bye" })] },
    ],
  },
  {
    name: "what is for another ref, for nobody, or cannot be understood, changes nothing",
    acts: [
      ada,
      { resume: "0:greeting:2", value: "Bye", out: [] },
      { resume: "greeting", value: "Bye", out: [] },
      { resume: REF, value: "Bye", thread: "stranger", out: [letter({ ref: REF, value: "Bye" })] },
      { send: `{"ref":"${REF}","value":"Bye"`, out: [letter(`{"ref":"${REF}","value":"Bye"`)] },
      { send: `"${REF}"`, out: [letter(`"${REF}"`)] },
      { send: 'ctl:{"op":"resume"}', out: [letter('ctl:{"op":"resume"}')] },
      { resume: REF, value: "Hello", out: [greeted("Hello")] },
    ],
  },
  {
    name: "a second start is refused while it lives, and one that only makes sure is passed over; both start it again after its end",
    acts: [
      ada,
      { start: { name: "Bob" }, out: [letter('new:{"name":"Bob"}')] },
      { send: 'init:{"name":"Bob"}', out: [] },
      { resume: REF, value: "Hello", out: [greeted("Hello")] },
      { send: 'init:{"name":"Bob"}', out: [asked("Bob", "4:greeting:1")] },
      { resume: "4:greeting:1", value: "Hello, Bob", out: [greeted("Hello, Bob")] },
      { start: { name: "Eve" }, out: [asked("Eve", "6:greeting:1")] },
      { resume: "6:greeting:1", value: "Hello, Eve", out: [greeted("Hello, Eve")] },
    ],
  },
  {
    name: "a start that cannot be read starts nothing",
    acts: [
      { send: 'new:{"name":', out: [letter('new:{"name":')] },
      { start: { name: "Ada" }, out: [asked("Ada", "1:greeting:1")] },
      { resume: "1:greeting:1", value: "Hello", out: [greeted("Hello")] },
    ],
  },
  {
    name: "cancelled while it waits",
    acts: [ada, { cancel: "not needed", out: [["workflow-error", JSON.stringify("CancelToken: not needed")]] }],
    ends: "cancelled",
  },
];
