// Owns the services of a test: functions that answer the requests on a topic at once.
// Neighbour: workflow-test.ts delivers the answers.
//
// A request is a record with the ref to answer: `{thread, ref, key, value}` as `topic(...).request` writes it, or
// `{ref, ...request}` under the thread's key, as workflows write it by hand. Where the topic has schemas, they are applied as `serve` of
// @kwf/client does: the service gets what the schema makes of the request, one that does not fit is answered with KWF_INVALID_MESSAGE.
import type { OutputRecord } from "@kwf/engine";

/** Gives the answer; what it throws, the await of the workflow throws: of an Error its name and message. */
// biome-ignore lint/suspicious/noExplicitAny: what a request holds only its test knows
export type FakeService = (request: any, record: OutputRecord) => unknown;

/** A `topic` of @kwf/patterns: its name, and the types of its service. */
export interface TopicLike<Received, Answer> {
  readonly name: string;
  readonly types?: { readonly received: Received; readonly answer: Answer } | undefined;
  readonly schemas?: { readonly request?: Schema | undefined; readonly reply?: Schema | undefined } | undefined;
}

/** As much of Standard Schema as is used here; a test needs one that answers at once. */
interface Schema {
  readonly "~standard": { readonly validate: (value: unknown) => unknown };
}

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export interface Answer {
  thread: string;
  value: string;
}

interface Served {
  readonly service: FakeService;
  readonly schemas: NonNullable<TopicLike<unknown, unknown>["schemas"]>;
}

export class FakeServices {
  readonly #services = new Map<string, Served>();

  add({ name, schemas = {} }: TopicLike<unknown, unknown>, service: FakeService): void {
    this.#services.set(name, { service, schemas });
  }

  remove(topic: string): void {
    this.#services.delete(topic);
  }

  /**
   * Undefined where no service has the topic, or where the record asks for no answer: the service has seen it all the same.
   * @throws TypeError for an answer that is a promise, or does not fit the topic's schema: the test's mistake
   */
  answer(record: OutputRecord): Answer | undefined {
    const served = this.#services.get(record.topic);
    if (served === undefined) return undefined;
    const { thread, ref, request } = read(record);
    const outcome = outcomeOf(served, request, record);
    if (thread === undefined || ref === undefined) return undefined;
    return { thread, value: JSON.stringify({ ref, ...outcome }) };
  }
}

interface Request {
  thread?: string;
  ref?: string;
  request: unknown;
}

function read({ key, value }: OutputRecord): Request {
  const found: unknown = value === null ? undefined : JSON.parse(value);
  if (typeof found !== "object" || found === null) return { request: found };
  const { ref, ...rest } = found as Record<string, unknown>;
  if (typeof ref !== "string") return { request: found };
  const { thread, key: own, value: request } = rest;
  if (typeof thread === "string" && typeof own === "string") return { thread, ref, request };
  return key === null ? { request: rest } : { thread: key, ref, request: rest };
}

function outcomeOf(
  { service, schemas }: Served,
  request: unknown,
  record: OutputRecord,
): { value: unknown } | { error: unknown } {
  const { topic } = record;
  const received = checked(schemas.request, request, `the request to ${topic}`);
  if ("wrong" in received) return { error: { code: "KWF_INVALID_MESSAGE", message: received.wrong } };
  let value: unknown;
  try {
    value = service(received.value, record);
  } catch (error) {
    return { error: error instanceof Error ? { name: error.name, message: error.message } : (error ?? null) };
  }
  if (isPromise(value))
    throw new TypeError(`the service of ${topic} answers with a promise; one of a test answers at once`);
  const answer = checked(schemas.reply, value, `the reply of ${topic}`);
  if ("wrong" in answer) throw new TypeError(answer.wrong);
  // As it is: the workflow's side is the one that converts.
  return { value };
}

function checked(schema: Schema | undefined, value: unknown, what: string): { value: unknown } | { wrong: string } {
  if (schema === undefined) return { value };
  const result = schema["~standard"].validate(value) as { value: unknown; issues?: readonly Issue[] };
  if (isPromise(result)) throw new TypeError(`${what} cannot be validated at once: its schema gives a promise`);
  return result.issues === undefined
    ? result
    : { wrong: `${what} is not valid: ${result.issues.map(shown).join("; ")}` };
}

function shown({ path = [], message }: Issue): string {
  const keys = path.map((part) => String(typeof part === "object" ? part.key : part));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

const isPromise = (value: unknown): boolean =>
  typeof (value as { then?: unknown } | null | undefined)?.then === "function";
