// What the routes answer, in the words of JSON Schema: one for each of the operator's types.

import { VERBS } from "../../verbs/control.js";
import { THREAD_STATES } from "../thread-filter.js";
import { object, ref, type Schema, type Schemas } from "./schema.js";

const text: Schema = { type: "string" };
const textOrNull: Schema = { type: ["string", "null"] };
const count: Schema = { type: "integer", minimum: 0 };
const integerOrNull: Schema = { type: ["integer", "null"] };
const ms: Schema = { type: "integer", description: "epoch milliseconds" };
const run: Schema = { type: "string", description: "<partition>:<offset> of the start record" };
const list = (items: Schema): Schema => ({ type: "array", items });

const entry = {
  thread: text,
  state: { type: "string", enum: THREAD_STATES },
  since: { ...ms, description: "when it came into that state, epoch milliseconds" },
  run,
  "bundle?": text,
  "reason?": ref("PauseReason"),
  "activeAt?": { ...ms, description: "its last step, epoch milliseconds; of a thread that lives" },
} satisfies Record<string, Schema>;

const place = {
  function: text,
  "file?": text,
  "line?": count,
  "column?": count,
  "text?": { type: "string", description: "the await's own text" },
  "source?": { type: "string", description: "the line it stands on" },
} satisfies Record<string, Schema>;

const { function: _, ...position } = place;
const callback = { "function?": text, ...position };

export const SCHEMAS: Schemas = {
  Problem: object({ code: text, error: text }, "what went wrong: the code is stable, the text is for people"),
  ThreadSummary: object({
    ...entry,
    "pending?": { ...list(text), description: "ids of the refs it waits for, in the order in which they were made" },
    "held?": { ...count, description: "how many records wait for it; absent for none" },
  }),
  ThreadDetail: object({
    ...entry,
    "stateBytes?": { ...count, description: "absent for a thread that has ended" },
    held: count,
    "record?": { ...ref("WaitingRecord"), description: "the first that waits" },
    cancelling: { type: "boolean", description: "a cancel waits for the end of the pause" },
    pending: list(ref("PendingRef")),
    "frames?": {
      ...list(ref("Frame")),
      description: "every call that waits, once, with all that its variables hold",
    },
    "unreadable?": { type: "string", description: "why its continuation cannot be read" },
  }),
  PauseReason: object({
    code: { type: "string", enum: ["operator", "error", "bundle", "limit"] },
    "error?": { type: "string", description: "code of the error, as in docs/errors.md" },
    "message?": text,
    "offset?": { type: "string", description: "of the record that could not be run" },
    "operator?": { type: "boolean", description: "an operator has paused it too" },
  }),
  PendingRef: object(
    {
      id: text,
      stacks: list(list(ref("StackEntry"))),
      "more?": { type: "boolean", description: "more wait for it than are listed" },
    },
    "who waits for it: innermost call first",
  ),
  StackEntry: {
    oneOf: [
      object({
        type: { type: "string", enum: ["frame"] },
        frame: { ...count, description: "index into frames" },
        ...place,
        locals: list(object({ name: text, value: { type: "string", description: "an outline" } })),
      }),
      object({ type: { type: "string", enum: ["combinator"] }, name: text, index: count }),
      object({ type: { type: "string", enum: ["reaction"] }, name: text, ...callback }),
    ],
  },
  Frame: object({ ...place, locals: list(object({ name: text, value: { description: "JSON of what it holds" } })) }),
  WaitingRecord: object({ offset: count, "value?": text }),
  HistoryEntry: object({
    type: { type: "string", enum: ["record", "output", "status", "result", "error", "dead-letter"] },
    at: ms,
    topic: text,
    partition: count,
    offset: count,
    key: textOrNull,
    value: textOrNull,
    "step?": { ...count, description: "offset of the record whose step it came of" },
    "run?": text,
    "reason?": { type: "string", description: "of a dead letter" },
  }),
  Record: object(
    { thread: text, value: { type: "string", description: 'as on workflow-resume: new:…, {"ref":…}, ctl:…' } },
    "a record for workflow-resume",
  ),
  Sent: object({ thread: text, topic: text, partition: count, offset: count }, "where a record was written"),
  Outcome: {
    oneOf: [
      object({
        status: { type: "string", enum: ["completed"] },
        run,
        value: { ...textOrNull, description: "JSON; null for undefined" },
      }),
      object({
        status: { type: "string", enum: ["failed", "cancelled"] },
        run,
        value: { ...textOrNull, description: "as on workflow-error" },
        error: { type: "object", properties: { name: text, message: text, stack: text } },
      }),
      object({ status: { type: "string", enum: ["refused"] }, reason: text, message: text }),
      object({ status: { type: "string", enum: ["removed"] }, run }),
    ],
  },
  DeadLetter: object({
    id: { type: "string", description: "<partition>:<offset> of workflow-dead-letter" },
    at: ms,
    reason: text,
    message: text,
    topic: { ...textOrNull, description: "where it came from, without the prefix" },
    partition: integerOrNull,
    offset: integerOrNull,
    run: textOrNull,
    key: textOrNull,
    value: textOrNull,
    encoding: object({ "key?": { type: "string", enum: ["base64"] }, "value?": { type: "string", enum: ["base64"] } }),
    headers: { type: "object", additionalProperties: text },
    reference: { oneOf: [object({ bytes: count, sha256: text }), { type: "null" }] },
    redriven: textOrNull,
  }),
  Redriven: object({ id: text, topic: text, partition: count, offset: count }),
  Bundle: object({
    hash: text,
    name: { ...textOrNull, description: "of its entry file; null: it is damaged" },
    bytes: { ...count, description: "as it lies on the topic, compressed" },
    publishedAt: ms,
    live: { ...count, description: "threads that were made by it and have not ended" },
    runners: { ...count, description: "runners that start new threads on it" },
  }),
  Timer: object({ thread: text, payload: text, at: { ...ms, description: "when it is due, epoch milliseconds" } }),
  Health: {
    ...object({
      healthy: { type: "boolean" },
      ready: { type: "boolean" },
      problems: list(text),
      partitions: list({
        type: "object",
        properties: { role: text, topic: text, partition: count, phase: text, next: count, lag: count, trouble: text },
        required: ["role", "partition", "phase"],
      }),
    }),
    additionalProperties: true,
  },
};

export const page = (name: string, of: string): Schema =>
  object({
    [name]: list(ref(of)),
    "next?": { type: "string", description: "cursor of the next page; absent on the last" },
  });

export const VERB: Schema = { type: "string", enum: VERBS };
