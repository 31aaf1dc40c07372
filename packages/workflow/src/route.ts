// Owns what a record of an input topic means: the functions of `manifest.inputTopics`, and what may be answered by them.
// Neighbours: manifest.ts has the types that authors see; abi.ts calls this and undoes what it changed.
//
// I1. A record becomes one record on workflow-resume, or nothing, or is refused with a reason. An answer that is none of
//     these is refused, never guessed.
import { describeError, textOf } from "./error-text.js";
import type { InputRecord } from "./manifest.js";
import { append } from "./pristine.js";

type Mapping = (record: InputRecord) => unknown;

export interface InputTopics {
  readonly names: readonly string[];
  readonly mappings: readonly Mapping[];
}

export type Route =
  | { type: "record"; thread: string; value: string; starts: boolean }
  | { type: "skipped" }
  /** `failed`: the function threw. `answer`: what it returned means nothing. */
  | { type: "refused"; why: "failed" | "answer"; message: string; stack?: string };

const { stringify } = JSON as { stringify: (value: unknown) => string | undefined };
const { keys, hasOwn } = Object;
const { isArray } = Array;

/** What would feed on what it puts out. */
const CLOSED = ["workflow-resume", "workflow-dead-letter"];

/** @throws TypeError for input topics that are no functions by name */
export function inputTopicsOf(manifest: unknown): InputTopics {
  const names: string[] = [];
  const mappings: Mapping[] = [];
  const topics = (manifest as { inputTopics?: unknown } | undefined)?.inputTopics;
  if (topics === undefined) return { names, mappings };
  if (typeof topics !== "object" || topics === null || isArray(topics))
    throw new TypeError(`manifest.inputTopics: expected an object of functions by topic, found ${shown(topics)}`);
  for (const name of keys(topics)) {
    const mapping = (topics as Record<string, unknown>)[name];
    if (typeof mapping !== "function")
      throw new TypeError(`manifest.inputTopics: expected a function for "${name}", found ${shown(mapping)}`);
    for (let i = 0; i < CLOSED.length; i++) {
      if (name === CLOSED[i])
        throw new TypeError(`manifest.inputTopics: ${name} cannot be an input topic of a workflow`);
    }
    append(names, name);
    append(mappings, mapping as Mapping);
  }
  return { names, mappings };
}

export function route({ names, mappings }: InputTopics, topic: string, record: InputRecord): Route {
  for (let i = 0; i < names.length; i++) {
    if (names[i] === topic) return answerOf(topic, mappings[i] as Mapping, record);
  }
  return refused(`"${topic}" is no input topic of this workflow`);
}

function answerOf(topic: string, mapping: Mapping, record: InputRecord): Route {
  let answer: unknown;
  try {
    answer = mapping(record);
  } catch (error) {
    const { text, stack } = describeError(error);
    const message = `manifest.inputTopics["${topic}"] threw ${text}`;
    return { type: "refused", why: "failed", message, ...(stack === undefined ? {} : { stack }) };
  }
  try {
    return meaningOf(answer);
  } catch (error) {
    // An accessor of the answer's.
    return refused(`what it returned cannot be read: ${textOf(error)}`);
  }
}

const LONE_SURROGATE = /\p{Surrogate}/u;
const EXPECTED =
  "expected { thread, start }, { thread, ref, value }, { thread, ref, error }, or null to skip the record";

function meaningOf(answer: unknown): Route {
  if (answer === null) return { type: "skipped" };
  if (typeof answer !== "object") return refused(`${EXPECTED}; found ${shown(answer)}`);
  if (typeof (answer as { then?: unknown }).then === "function")
    return refused(`${EXPECTED}; found a promise: the function has to answer at once`);
  const { thread, ref } = answer as { thread?: unknown; ref?: unknown };
  if (typeof thread !== "string" || thread === "")
    return refused(`expected a thread id in "thread", text that is not empty; found ${shown(thread)}`);
  if (thread.includes("|")) return refused(`a thread id has no "|"; found ${shown(thread)}`);
  if (LONE_SURROGATE.test(thread)) return refused(`a thread id is well-formed Unicode; found ${shown(thread)}`);
  const given: ("start" | "value" | "error")[] = [];
  for (const name of ["start", "value", "error"] as const) if (hasOwn(answer, name)) append(given, name);
  const [kind] = given;
  if (kind === undefined || given.length > 1 || (kind === "start") === hasOwn(answer, "ref"))
    return refused(`${EXPECTED}; found { ${keys(answer).join(", ")} }`);
  if (kind !== "start" && typeof ref !== "string") return refused(`expected a ref's id in "ref"; found ${shown(ref)}`);
  return recordOf(thread, kind, ref as string, (answer as Record<string, unknown>)[kind]);
}

function recordOf(thread: string, kind: "start" | "value" | "error", ref: string, payload: unknown): Route {
  if (payload instanceof Error)
    return refused(`"${kind}" is an Error, of which JSON keeps nothing: give its message, or an object of your own`);
  let json: string | undefined;
  try {
    json = stringify(payload);
  } catch (error) {
    return refused(`"${kind}" cannot be written as JSON: ${textOf(error)}`);
  }
  if (json === undefined && payload !== undefined)
    return refused(`"${kind}" cannot be written as JSON: ${shown(payload)}`);
  if (kind === "start") return { type: "record", thread, value: `init:${json ?? ""}`, starts: true };
  // The presence of `error` decides; without a value it is undefined.
  const rest = kind === "error" ? `,"error":${json ?? "null"}` : json === undefined ? "" : `,"value":${json}`;
  return { type: "record", thread, value: `{"ref":${stringify(ref)}${rest}}`, starts: false };
}

const refused = (message: string): Route => ({ type: "refused", why: "answer", message });

const LONGEST = 80;

function shown(value: unknown): string {
  if (isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  const text = typeof value === "string" ? stringify(value)! : textOf(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
