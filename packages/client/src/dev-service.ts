// Owns a service beside `kwf dev`: the handlers of `serve`, over the HTTP of a log that has no Kafka (docs/dev.md). Neighbours: handling.ts
// owns what becomes of a request, service.ts is the same on Kafka, with its guarantees.
//
// I1. A request that workflow-resume has an answer to is passed over: an earlier life of the service has answered it.
// I2. Requests of one key are handled one after the other, others beside each other.
// I3. Where the log was made anew, it begins anew.

import { setTimeout as sleep } from "node:timers/promises";
import { readRequest, type Topic } from "@kwf/patterns";
import { type LogRecord, letterHeaders } from "kwf/client-kit";
import { type Fate, type Handler, type HandlingOptions, handle } from "./handling.js";

export interface DevServeOptions extends HandlingOptions {
  /** `http://localhost:8484`: what `kwf dev` has printed. */
  readonly url?: string;
}

interface DevRecord {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

const RESUME = "workflow-resume";
const WAIT_MS = 20_000;
const RETRY_MS = 500;

/**
 * Answers the requests of a topic, as `serve` does, where the workflow runs in `kwf dev` without Kafka. Throws where no `kwf dev` answers.
 *
 *     await serveDev(reserveCar, ({ name }) => ({ id: `car of ${name}` }));
 */
export async function serveDev<Request, Reply, Received, Answer>(
  topic: Topic<Request, Reply, Received, Answer>,
  handler: Handler<Received, Answer>,
  options: DevServeOptions = {},
): Promise<DevService> {
  const service = new DevService(topic as Topic, handler as Handler, options);
  await service.open();
  return service;
}

export class DevService {
  readonly #topic: Topic;
  readonly #handler: Handler;
  readonly #options: DevServeOptions;
  readonly #url: string;
  readonly #ending = new AbortController();
  readonly #tails = new Map<string, Promise<void>>();
  #answered = new Set<string>();
  #reading: Promise<void> = Promise.resolve();

  /** `serveDev` makes one. */
  constructor(topic: Topic, handler: Handler, options: DevServeOptions) {
    this.#topic = topic;
    this.#handler = handler;
    this.#options = options;
    this.#url = options.url ?? "http://localhost:8484";
  }

  async open(): Promise<void> {
    await this.#learnAnswers();
    this.#reading = this.#read();
  }

  /** Takes no more; what is being handled is left open, for the next life. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#reading;
    await Promise.all(this.#tails.values());
  }

  async #read(): Promise<void> {
    for (let from = "earliest"; !this.#ending.signal.aborted; ) {
      try {
        const { records, next } = await this.#get(this.#topic.name, from, WAIT_MS);
        for (const record of records) this.#take(record);
        from = next;
      } catch {
        if (this.#ending.signal.aborted) return;
        // `kwf dev` has ended, or the log is another one (I3).
        await sleep(RETRY_MS, undefined, { signal: this.#ending.signal }).catch(() => {});
        from = await this.#learnAnswers().then(
          () => "earliest",
          () => from,
        );
      }
    }
  }

  /** I1 */
  async #learnAnswers(): Promise<void> {
    const answered = new Set<string>();
    for (let from = "earliest"; ; ) {
      const { records, next } = await this.#get(RESUME, from, 0);
      if (records.length === 0) break;
      for (const { key, value } of records) answered.add(`${key}|${refOf(value)}`);
      from = next;
    }
    this.#answered = answered;
  }

  #take(record: DevRecord): void {
    const place = placeOf(record);
    if (place !== undefined && this.#answered.has(place)) return;
    const key = record.key ?? "";
    const done = (this.#tails.get(key) ?? Promise.resolve()).then(() => this.#handle(record)).catch(() => {});
    this.#tails.set(key, done);
  }

  /** Rejects when it is closed, or `kwf dev` has ended: the request is open still. */
  async #handle(record: DevRecord): Promise<void> {
    const { partition, offset, timestamp, key, value, headers } = record;
    const bytes = (text: string | null) => (text === null ? null : Buffer.from(text));
    const logged: LogRecord = {
      offset,
      timestamp,
      key: bytes(key),
      value: bytes(value),
      headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)] as const),
    };
    const name = this.#topic.name;
    const fate = await handle(logged, {
      topic: this.#topic,
      handler: this.#handler,
      options: this.#options,
      partition,
      attempt: (work) => work(),
      signal: this.#ending.signal,
      failed: (error, attempt) =>
        console.error(`kwf: attempt ${attempt} at ${name}/${partition}/${offset}: ${error.stack}`),
    });
    await this.#write(record, fate);
    const place = placeOf(record);
    if (place !== undefined) this.#answered.add(place);
  }

  async #write({ key, value, headers, partition, offset }: DevRecord, fate: Fate): Promise<void> {
    if (fate.type === "nothing") return;
    if (fate.type === "answer") return this.#post(RESUME, { key: fate.thread, value: fate.value });
    const own = letterHeaders(fate, this.#topic.name, partition, offset);
    await this.#post("workflow-dead-letter", { key, value, headers: { ...headers, ...own } });
  }

  async #get(topic: string, from: string, wait: number): Promise<{ records: DevRecord[]; next: string }> {
    const answer = await this.#fetch(`topics/${topic}?from=${from}&wait=${wait}`, {});
    return (await answer.json()) as { records: DevRecord[]; next: string };
  }

  async #post(topic: string, record: object): Promise<void> {
    await this.#fetch(`topics/${topic}`, { method: "POST", body: JSON.stringify(record) });
  }

  async #fetch(path: string, request: RequestInit): Promise<Response> {
    const url = `${this.#url}/${path}`;
    const answer = await fetch(url, { ...request, signal: this.#ending.signal }).catch((cause) => {
      throw new Error(`no kwf dev answers at ${this.#url}: start one, or say its url`, { cause });
    });
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`);
    return answer;
  }
}

/** What a record on workflow-resume answers; undefined for one that is no answer. */
function refOf(value: string | null): string | undefined {
  try {
    return (JSON.parse(value ?? "") as { ref?: string }).ref;
  } catch {
    return undefined;
  }
}

/** Who waits, and with what; undefined for what nobody asked, or cannot be read. */
function placeOf({ key, value }: DevRecord): string | undefined {
  try {
    const { replyTo } = readRequest(key, value);
    return replyTo && `${replyTo.thread}|${replyTo.ref}`;
  } catch {
    return undefined;
  }
}
