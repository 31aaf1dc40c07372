// The operator of who has not the log itself, but a process that has it open: `kwf dev`. Every question becomes a request.

import { formatMoment } from "../terminal/duration.js";
import { type AdminClient, AdminRefused, type AdminRequest } from "./admin-client.js";
import type { ListedBundle } from "./bundle-list.js";
import { type DeadLetter, type DeadLetterFilter, NotRedriven, type Redriven } from "./dead-letters.js";
import { MOST_ON_A_PAGE, queryOf } from "./http/query.js";
import { statesIn } from "./http/states.js";
import { readThreadLines } from "./http/thread-lines.js";
import type { ListedThread } from "./listed-thread.js";
import type { Operator, SendOptions, Sent, ThreadRecord } from "./operator.js";
import type { OutcomeOptions, RunOutcome, StatusSeen } from "./run-judge.js";
import type { ThreadDetail } from "./thread-detail.js";
import type { ThreadFilter } from "./thread-filter.js";
import type { HistoryEntry, HistoryQuery } from "./thread-history.js";
import type { Timer, TimerFilter } from "./timer-list.js";

type Query = Readonly<Record<string, string>>;
const LIMIT = { limit: String(MOST_ON_A_PAGE) };

export class HttpOperator implements Operator {
  readonly #client: AdminClient;

  constructor(client: AdminClient) {
    this.#client = client;
  }

  list(filter: ThreadFilter = {}, cursor?: string): AsyncIterable<readonly ListedThread[]> {
    const query = { ...queryOf(filter), ...(cursor === undefined ? {} : { after: cursor }), lines: "true" };
    return readThreadLines(this.#client, "/threads", query);
  }

  show(thread: string): Promise<ThreadDetail | undefined> {
    return this.#found(`/threads/${encodeURIComponent(thread)}`);
  }

  async history(thread: string, { all = false, topics }: HistoryQuery = {}): Promise<HistoryEntry[]> {
    const query = { all: String(all), ...(topics === undefined ? {} : { topics: topics.join(",") }) };
    return (await this.#client.json<{ history: HistoryEntry[] }>(`${pathOf(thread)}/history`, { query })).history;
  }

  async states(threads: readonly string[]): Promise<Map<string, Uint8Array>> {
    const request = { method: "POST", body: JSON.stringify({ threads }) } as const;
    return statesIn((await this.#client.json<{ states: Record<string, string> }>("/states", request)).states);
  }

  async send(records: readonly ThreadRecord[], { untilRun = false, signal }: SendOptions = {}): Promise<Sent[]> {
    const request: AdminRequest = { method: "POST", body: JSON.stringify(records), signal };
    if (!untilRun) return (await this.#client.json<{ sent: Sent[] }>("/records", request)).sent;
    const query = { wait: "true" };
    for await (const { sent } of this.#client.lines<{ sent: Sent[] }>("/records", { ...request, query })) return sent;
    throw brokenOff(this.#client);
  }

  async runToEnd(
    { thread, value }: ThreadRecord,
    tell: (where: Sent) => void,
    { onStatus, signal }: OutcomeOptions = {},
  ): Promise<RunOutcome> {
    const [, how, body = ""] = /^(new|init):(.*)$/s.exec(value) ?? [];
    if (how === undefined) throw new Error(`"${value}" starts no run`);
    const query = { wait: "true", ifAbsent: String(how === "init") };
    const request = { method: "POST", query, body, signal } as const;
    interface Line {
      readonly sent?: Sent;
      readonly status?: StatusSeen;
      readonly outcome?: RunOutcome;
    }
    for await (const { sent, status, outcome } of this.#client.lines<Line>(`${pathOf(thread)}/start`, request)) {
      if (sent !== undefined) tell(sent);
      if (status !== undefined) onStatus?.(status);
      if (outcome !== undefined) return outcome;
    }
    throw brokenOff(this.#client);
  }

  deadLetters({ reason, thread, topic, since, before }: DeadLetterFilter = {}): AsyncIterable<DeadLetter> {
    const query = {
      ...(reason === undefined ? {} : { reason: reason.join(",") }),
      ...(thread === undefined ? {} : { thread }),
      ...(topic === undefined ? {} : { topic }),
      ...(since === undefined ? {} : { since: formatMoment(since) }),
      ...(before === undefined ? {} : { before: before.join(",") }),
    };
    return this.#paged<DeadLetter>("/dead-letters", "deadLetters", query, "before");
  }

  deadLetter(id: string): Promise<DeadLetter | undefined> {
    return this.#found(`/dead-letters/${encodeURIComponent(id)}`);
  }

  async redrive(ids: readonly string[]): Promise<Redriven[]> {
    try {
      const request = { method: "POST", body: JSON.stringify({ ids }) } as const;
      return (await this.#client.json<{ redriven: Redriven[] }>("/dead-letters/redrive", request)).redriven;
    } catch (error) {
      if (error instanceof AdminRefused && error.status === 409)
        throw new NotRedriven(error.code as NotRedriven["code"], error.message);
      throw error;
    }
  }

  async bundles(): Promise<ListedBundle[]> {
    return (await this.#client.json<{ bundles: ListedBundle[] }>("/bundles")).bundles;
  }

  async bundle(hash: string): Promise<string | undefined> {
    return (await this.#found<{ source: string }>(`/bundles/${encodeURIComponent(hash)}`))?.source;
  }

  /** Code does not come in this way: who has the log open publishes what it builds itself. */
  async publishBundle(hash: string): Promise<void> {
    if ((await this.bundle(hash)) !== undefined) return;
    const why = `bundle ${hash} is not there: \`kwf dev\` publishes what it builds itself, when its sources change`;
    throw new AdminRefused(409, "bundle-unknown", why);
  }

  async removeBundle(hash: string): Promise<boolean> {
    const request = { method: "DELETE", query: { force: "true" } } as const;
    return (await this.#found(`/bundles/${encodeURIComponent(hash)}`, request)) !== undefined;
  }

  timers({ thread, dueBefore }: TimerFilter = {}): AsyncIterable<Timer> {
    const query = {
      ...(thread === undefined ? {} : { thread }),
      ...(dueBefore === undefined ? {} : { dueBefore: formatMoment(dueBefore) }),
    };
    return this.#paged<Timer>("/timers", "timers", query, "after");
  }

  async close(): Promise<void> {}

  /** Undefined: there is none. */
  async #found<T>(path: string, request?: AdminRequest): Promise<T | undefined> {
    try {
      return await this.#client.json<T>(path, request);
    } catch (error) {
      if (error instanceof AdminRefused && error.status === 404) return undefined;
      throw error;
    }
  }

  async *#paged<T>(path: string, name: string, query: Query, cursor: string): AsyncGenerator<T> {
    interface Page {
      readonly next?: string;
      readonly [name: string]: unknown;
    }
    for (let more: Query = {}; ; ) {
      const page = await this.#client.json<Page>(path, { query: { ...LIMIT, ...query, ...more } });
      yield* page[name] as T[];
      if (page.next === undefined) return;
      more = { [cursor]: page.next };
    }
  }
}

const pathOf = (thread: string): string => `/threads/${encodeURIComponent(thread)}`;
const brokenOff = ({ url }: AdminClient): Error =>
  new AdminRefused(200, "broken-off", `the answer of ${url} broke off`);
