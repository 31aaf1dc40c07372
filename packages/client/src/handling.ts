// Owns what becomes of one request: read, checked, tried until it has an answer or is given up. Neighbour: service-task.ts owns the order of
// requests and writes what came of them.
//
// I1. A request ends in an answer, in nothing (LATER, or nobody asked), or in a dead letter. Only an end of the service leaves it open.
// I2. What the handler throws is tried again; a Rejection is an answer. What cannot be read or does not fit its schema is not tried at all.

import { setTimeout as sleep } from "node:timers/promises";
import { InvalidMessageError, parsed, type ReplyTo, readRequest, type Topic } from "@kwf/patterns";
import { inputOf, isUnreadable, type LogRecord } from "kwf/client-kit";

/** The type of LATER: an object of its own, since a symbol loses its type on the way out of an async function. */
export class Later {
  readonly #later = true;

  static is(answer: unknown): answer is Later {
    return typeof answer === "object" && answer !== null && #later in answer;
  }
}

/** A handler returns it where the answer comes later, through `client.resume` or `client.reject` with `thread` and `ref`. */
export const LATER: Later = new Later();

/** A handler throws it to make the await of the workflow throw `error` as it is, at once: no attempt follows. */
export class Rejection extends Error {
  override readonly name = "Rejection";
  readonly error: unknown;

  /**
   * `error` goes through JSON: a message, or an object of your own. Of an Error its name and message are taken.
   * @throws TypeError for what JSON cannot hold
   */
  constructor(error: unknown) {
    const plain = error instanceof Error ? { name: error.name, message: error.message } : (error ?? null);
    const json = JSON.stringify(plain) as string | undefined;
    if (json === undefined) throw new TypeError(`a rejection cannot be a ${typeof error}: JSON does not hold it`);
    super(typeof error === "string" ? error : `rejected with ${json}`);
    this.error = plain;
  }
}

export interface RequestContext {
  /** The same however often this request is handled, unlike any other: the idempotency key for effects outside of Kafka. */
  readonly key: string;
  /** Aborted when the time of the attempt is up, or the request is another instance's now. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
  /** Who waits, and with what; undefined for what was only sent. */
  readonly thread: string | undefined;
  readonly ref: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Key of the record: requests with the same one are handled one after the other. */
  readonly recordKey: string | null;
  /** When it was sent, milliseconds since the epoch. */
  readonly timestamp: number;
}

export type Handler<Received = unknown, Answer = unknown> = (
  request: Received,
  context: RequestContext,
) => Answer | Later | Promise<Answer | Later>;

export interface HandlingOptions {
  /** 5: how often a handler is asked before the request becomes a dead letter. */
  readonly attempts?: number;
  /** 100: between the first attempts; twice as long each time, up to 10 seconds. */
  readonly backoffMs?: number;
  /** 60,000: how long an attempt may take. */
  readonly timeoutMs?: number;
  /** False: nobody is answered, and `ref` in a value is the value's own. For topics of what is only sent. */
  readonly reply?: boolean;
}

export type Fate =
  | { readonly type: "answer"; readonly thread: string; readonly value: string }
  | { readonly type: "nothing" }
  | { readonly type: "letter"; readonly reason: string; readonly message: string };

export interface Handling {
  readonly topic: Topic;
  readonly handler: Handler;
  readonly options: HandlingOptions;
  readonly partition: number;
  /** Runs an attempt when there is room for it. */
  readonly attempt: <T>(work: () => Promise<T>) => Promise<T>;
  /** Aborted: the request is left open. */
  readonly signal: AbortSignal;
  readonly failed: (error: Error, attempt: number, final: boolean) => void;
}

const LONGEST_BACKOFF_MS = 10_000;

/** Rejects only when `signal` is aborted. */
export async function handle(record: LogRecord, handling: Handling): Promise<Fate> {
  const { topic, handler, options, partition, signal } = handling;
  const { attempts = 5, backoffMs = 100, timeoutMs = 60_000, reply = true } = options;
  const input = inputOf(record, partition);
  if (isUnreadable(input)) return { type: "letter", reason: input.reason, message: input.message };
  let request: unknown;
  let replyTo: ReplyTo | undefined;
  try {
    if (reply) ({ value: request, replyTo } = readRequest(input.key, input.value));
    else request = input.value === null ? undefined : JSON.parse(input.value);
  } catch (error) {
    return { type: "letter", reason: "bad-json", message: `the value is not JSON: ${(error as Error).message}` };
  }
  try {
    const { request: schema } = topic.schemas;
    if (schema !== undefined) request = await parsed(schema, request, `the request to ${topic.name}`);
  } catch (error) {
    const { message } = error as Error;
    const reason = error instanceof InvalidMessageError ? error.code : "service-failed";
    if (replyTo === undefined) return { type: "letter", reason, message };
    return answerOf(replyTo, { error: { code: reason, message } });
  }
  const context = {
    key: replyTo?.key ?? `${topic.name}/${partition}/${record.offset}`,
    thread: replyTo?.thread,
    ref: replyTo?.ref,
    headers: input.headers ?? {},
    recordKey: input.key,
    timestamp: input.timestamp,
  };
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await handling.attempt(() =>
        within(timeoutMs, signal, (own) => handler(request, { ...context, signal: own, attempt })),
      );
      if (replyTo === undefined || Later.is(answer)) return { type: "nothing" };
      const { reply: schema } = topic.schemas;
      if (schema !== undefined) await parsed(schema, answer, `the reply of ${topic.name}`);
      return answerOf(replyTo, { value: answer });
    } catch (thrown) {
      signal.throwIfAborted();
      if (thrown instanceof Rejection && replyTo !== undefined) return answerOf(replyTo, { error: thrown.error });
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      handling.failed(error, attempt, attempt >= attempts);
      if (attempt >= attempts)
        return { type: "letter", reason: "service-failed", message: `attempt ${attempt} of ${attempts}: ${error}` };
      await sleep(Math.min(backoffMs * 2 ** (attempt - 1), LONGEST_BACKOFF_MS), undefined, { signal });
    }
  }
}

/** Throws TypeError for what JSON cannot hold: the handler's mistake. */
function answerOf({ thread, ref }: ReplyTo, answer: { value: unknown } | { error: unknown }): Fate {
  const content = "value" in answer ? answer.value : answer.error;
  const json = JSON.stringify(content) as string | undefined;
  if (json === undefined && content !== undefined)
    throw new TypeError(`the answer cannot be written as JSON: it is a ${typeof content}`);
  return { type: "answer", thread, value: JSON.stringify({ ref, ...answer }) };
}

/** One attempt: over at the latest when its time is, or `outer` is aborted, whatever it does then. */
async function within<T>(ms: number, outer: AbortSignal, work: (signal: AbortSignal) => T): Promise<Awaited<T>> {
  const own = new AbortController();
  const stop = () => own.abort(outer.reason);
  outer.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(() => own.abort(new Error(`the attempt took longer than ${ms} ms`)), ms);
  const aborted = new Promise<never>((_, reject) => {
    own.signal.addEventListener("abort", () => reject(own.signal.reason), { once: true });
  });
  try {
    outer.throwIfAborted();
    return await Promise.race([(async () => work(own.signal))(), aborted]);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener("abort", stop);
  }
}
