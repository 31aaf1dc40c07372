// Owns a topic as one object for both of its sides: the workflow that asks, and the service that answers (`serve` of @kwf/client).
// Neighbours: request-record.ts has the record, standard-schema.ts the validation.
//
// I1. Whoever makes a message checks it and sends it as it is; whoever receives it takes what the schema makes of it. So a schema that
//     converts does so once.
// I2. A service imports this object in plain Node: nothing of a thread is touched before `request` or `send`.
import * as W from "@kwf/workflow";
import type { ReplyTo, RequestRecord } from "./request-record.js";
import {
  type AnySchema,
  type InputOf,
  type OutputOf,
  parsed,
  parsedNow,
  type StandardSchema,
} from "./standard-schema.js";
import { timeout } from "./timeout.js";

export interface SendOptions {
  /** Key of the record: messages with the same key are handled one after the other. The thread's id, if absent. */
  key?: string;
}

export interface RequestOptions extends SendOptions {
  /** After this long without a reply the await throws a TimeoutError; a reply that comes later changes nothing. */
  timeoutMs?: number;
}

/** `Received` and `Answer` are what a service gets and gives: the same types, unless a schema converts. */
export interface Topic<Request = unknown, Reply = unknown, Received = Request, Answer = Reply> {
  readonly name: string;
  readonly schemas: { readonly request?: AnySchema | undefined; readonly reply?: AnySchema | undefined };
  /** Never there: types only. */
  readonly types?: { request: Request; reply: Reply; received: Received; answer: Answer } | undefined;
  /**
   * In a workflow: asks, and waits for the reply, perhaps for months. Throws what the service rejects with.
   * @throws TimeoutError, InvalidMessageError
   */
  request(value: Request, options?: RequestOptions): Promise<Reply>;
  /** In a workflow: sends when the step commits; nobody answers. @throws InvalidMessageError */
  send(value: Request, options?: SendOptions): void;
}

/**
 * A topic of requests, or of what is only sent. At the top of a module: it declares itself, and needs no mention in
 * `manifest.outputTopics`.
 *
 *     export const reserveCar = topic<CarRequest, Car>("reserve-car");
 *     const car = await reserveCar.request({ name }); // in a workflow
 *
 * Schemas of any Standard Schema library check both directions, and give the types:
 *
 *     export const reserveCar = topic("reserve-car", { request: carRequest, reply: car });
 */
export function topic<Q extends AnySchema, A extends AnySchema>(
  name: string,
  schemas: { request: Q; reply: A },
): Topic<InputOf<Q>, OutputOf<A>, OutputOf<Q>, InputOf<A>>;
export function topic<Request = unknown, Reply = unknown>(
  name: string,
  schemas?: { request?: StandardSchema<Request>; reply?: StandardSchema<Reply> },
): Topic<Request, Reply>;
export function topic(name: string, schemas: Topic["schemas"] = {}): Topic {
  W.declareTopic(name);

  return {
    name,
    schemas,

    async request(value, { timeoutMs, key } = {}) {
      if (schemas.request !== undefined) await parsed(schemas.request, value, `the request to ${name}`);
      const reply = W.ref(name);
      const replyTo: ReplyTo = { thread: W.threadId, ref: reply.id, key: reply.key };
      W.outputJSON({ ...replyTo, value } satisfies RequestRecord, name, key);
      const answer = timeoutMs === undefined ? await reply : await timeout(timeoutMs, reply, `reply of ${name}`);
      return schemas.reply === undefined ? answer : await parsed(schemas.reply, answer, `the reply of ${name}`);
    },

    send(value, { key } = {}) {
      if (schemas.request !== undefined) parsedNow(schemas.request, value, `the message to ${name}`);
      W.outputJSON(value, name, key);
    },
  };
}
