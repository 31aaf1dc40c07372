// Owns the connection of a service or a web server to the workflows of one Kafka: it starts, resumes and cancels threads by their records on
// `workflow-resume`. Neighbours: outcomes.ts waits for runs, service.ts answers requests.

import { randomUUID } from "node:crypto";
import type { Topic } from "@kwf/patterns";
import {
  connectionSettings,
  controlValue,
  type Flags,
  KafkaLog,
  LogClosed,
  Names,
  Settings,
  startValue,
} from "kwf/client-kit";
import type { Handler } from "./handling.js";
import { Outcomes, type Place } from "./outcomes.js";
import { Run } from "./run.js";
import { type ServeOptions, Service } from "./service.js";

/** What is not said is taken from `KWF_*` and `kwf.properties`, as the `kwf` command does (docs/running.md). */
export interface ConnectOptions {
  /** `host:port`, more than one so that one may be down. `localhost:9092`, if nobody says. */
  readonly brokers?: string | readonly string[];
  /** What all topic names begin with. */
  readonly prefix?: string;
  /** The file with the settings of the connection: TLS, SASL, timeouts. */
  readonly properties?: string;
  /** `kwf-client`. What brokers write into their logs. */
  readonly clientId?: string;
}

export interface StartOptions {
  /** Where a thread of that id lives already: its result rejects with AlreadyRunning, or is that of the present run. */
  readonly ifRunning?: "reject" | "use";
  /** False: nobody will ask for the result, so nothing is kept of the run here. */
  readonly follow?: boolean;
}

/** Connects when it is first asked for something. Throws for settings that cannot be. */
export function connect({ brokers, prefix, properties, clientId }: ConnectOptions = {}): Client {
  const flags: Flags = {
    brokers: typeof brokers === "object" ? brokers.join(",") : brokers,
    prefix,
    properties,
    clientId,
  };
  const settings = new Settings(flags);
  const log = new KafkaLog({ ...connectionSettings(settings), clientId: settings.text("client.id", "kwf-client") });
  return new Client(log, settings.text("prefix", ""));
}

export class Client {
  readonly #log: KafkaLog;
  readonly #names: Names;
  readonly #outcomes: Outcomes;
  readonly #services = new Set<Service>();

  /** `connect` makes one. */
  constructor(log: KafkaLog, prefix: string) {
    this.#log = log;
    this.#names = new Names(prefix, "kwf");
    this.#outcomes = new Outcomes(log, this.#names);
  }

  /**
   * Starts a thread; an id of undefined makes one. Resolves when the start is written: whether it is accepted is in the result.
   *
   *     const run = await client.start<Invoice>("order-17", { items });
   *     const invoice = await run.result({ timeoutMs: 30_000 });
   */
  async start<Result = unknown>(
    id: string | undefined,
    input?: unknown,
    { ifRunning = "reject", follow = true }: StartOptions = {},
  ): Promise<Run<Result>> {
    const thread = threadId(id ?? randomUUID());
    const use = ifRunning === "use";
    const value = startValue(json("the input", input), use);
    if (!follow) return new Run(thread, await this.#write(thread, value), undefined);
    const expected = await this.#outcomes.expect(thread);
    try {
      const place = await this.#write(thread, value);
      expected.at(place, use);
      return new Run(thread, place, expected);
    } catch (error) {
      expected.fail(error as Error);
      throw error;
    }
  }

  /** Answers a ref of a thread, or sends a message to a channel of it. */
  async resume(id: string, ref: string, value?: unknown): Promise<void> {
    json("the value", value);
    await this.#write(threadId(id), JSON.stringify({ ref, value }));
  }

  /** Makes an await of a thread throw `error`, which goes through JSON: a message, or an object of your own. */
  async reject(id: string, ref: string, error: unknown): Promise<void> {
    json("the error", error);
    await this.#write(threadId(id), JSON.stringify({ ref, error: error ?? null }));
  }

  /** The thread sees a CancelToken at its awaits and cleans up. */
  async cancel(id: string, reason?: string): Promise<void> {
    await this.#write(threadId(id), controlValue("cancel", { reason }));
  }

  /**
   * Answers the requests of a topic from now on, until the service or the client is closed. Resolves once it has joined its consumer group.
   * Throws TopicMissing.
   *
   *     await client.serve(reserveCar, async ({ name }, { key, signal }) => garage.reserve(name, { idempotencyKey: key, signal }));
   */
  async serve<Request, Reply, Received, Answer>(
    topic: Topic<Request, Reply, Received, Answer>,
    handler: Handler<Received, Answer>,
    options: ServeOptions = {},
  ): Promise<Service> {
    const service = new Service(this.#log, this.#names, topic as Topic, handler as Handler, options);
    this.#services.add(service);
    void service.closed.then(() => this.#services.delete(service));
    await service.join();
    return service;
  }

  /** What is tried again at this moment, such as a broker that does not answer; empty when all is well. */
  get troubles(): readonly { readonly what: string; readonly error: Error; readonly since: number }[] {
    return this.#log.troubles();
  }

  /** Stops its services as `close` of each does, and waits for no run any more. */
  async close(): Promise<void> {
    await Promise.all([...this.#services].map((service) => service.close()));
    await this.#outcomes.close(new LogClosed("the client is closed"));
    await this.#log.close();
  }

  async #write(key: string, value: string): Promise<Place> {
    const [written] = await this.#log.produce([{ topic: this.#names.resume, key, value }]);
    return written!;
  }
}

/** Throws TypeError. */
function threadId(id: string): string {
  if (typeof id !== "string" || id === "" || id.includes("|"))
    throw new TypeError(`a thread id is text that is not empty and has no "|": found ${JSON.stringify(id)}`);
  return id;
}

/** Throws TypeError for what JSON cannot hold. */
function json(what: string, value: unknown): string | undefined {
  if (value instanceof Error) throw new TypeError(`${what} is an Error, of which JSON keeps nothing: give its message`);
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined && value !== undefined)
    throw new TypeError(`${what} cannot be written as JSON: it is a ${typeof value}`);
  return text;
}
