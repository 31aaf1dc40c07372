// Owns the services of a test: functions that answer the requests on a topic at once.
// Neighbour: workflow-test.ts delivers the answers.
//
// A request is a record with the ref to answer: `{thread, ref, key, value}` as `topic(...).request` writes it, or
// `{ref, ...request}` under the thread's key, as workflows write it by hand.
import type { OutputRecord } from "@kwf/engine";

/** Gives the answer; what it throws, the await of the workflow throws: of an Error its name and message. */
// biome-ignore lint/suspicious/noExplicitAny: what a request holds only its test knows
export type FakeService = (request: any, record: OutputRecord) => unknown;

/** A `topic` of @kwf/patterns: its name, and the types of its service. */
export interface TopicLike<Received, Answer> {
  readonly name: string;
  readonly types?: { readonly received: Received; readonly answer: Answer } | undefined;
}

export interface Answer {
  thread: string;
  value: string;
}

export class FakeServices {
  readonly #services = new Map<string, FakeService>();

  add(topic: string, service: FakeService): void {
    this.#services.set(topic, service);
  }

  remove(topic: string): void {
    this.#services.delete(topic);
  }

  /** Undefined where no service has the topic, or where the record asks for no answer: the service has seen it all the same. */
  answer(record: OutputRecord): Answer | undefined {
    const service = this.#services.get(record.topic);
    if (service === undefined) return undefined;
    const { thread, ref, request } = read(record);
    const outcome = outcomeOf(() => service(request, record));
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

function outcomeOf(run: () => unknown): { value: unknown } | { error: unknown } {
  try {
    return { value: run() };
  } catch (error) {
    return { error: error instanceof Error ? { name: error.name, message: error.message } : (error ?? null) };
  }
}
