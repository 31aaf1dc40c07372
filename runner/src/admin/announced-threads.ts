// Threads that other runners have. Each runner says in the metadata of its membership where its HTTP is; who has a partition is asked for it.
//
// I1 A runner that does not answer is complained of once, and not asked again for a while: the log knows all that it knows.

import type { Log } from "../log/log.js";
import type { Names } from "../names.js";
import { AdminClient, AdminRefused, AdminUnreachable } from "./admin-client.js";
import { queryOf } from "./http/query.js";
import { statesIn } from "./http/states.js";
import { readThreadLines } from "./http/thread-lines.js";
import type { ListedThread } from "./listed-thread.js";
import { type LiveThreads, NotHere } from "./live-threads.js";
import type { ThreadDetail } from "./thread-detail.js";
import type { ThreadFilter } from "./thread-filter.js";

export interface AnnouncedThreadsOptions {
  readonly log: Log;
  readonly names: Names;
  readonly token: string | undefined;
  /** A runner that could not be asked, and why. */
  readonly warn: (message: string) => void;
}

const PATIENCE_MS = 3_000;
/** So long it is taken for granted who has what, and that who did not answer would not. */
const TRUST_MS = 2_000;

interface Group {
  readonly at: number;
  readonly runners: ReadonlyMap<number, AdminClient>;
}

export class AnnouncedThreads implements LiveThreads {
  readonly #options: AnnouncedThreadsOptions;
  readonly #silent = new Map<string, number>();
  #group: Promise<Group> | undefined;

  constructor(options: AnnouncedThreadsOptions) {
    this.#options = options;
  }

  async *list(
    partition: number,
    filter: ThreadFilter,
    after: string | undefined,
  ): AsyncGenerator<readonly ListedThread[]> {
    const runner = await this.#runner(partition);
    const query = { ...queryOf(filter), ...(after === undefined ? {} : { after }) };
    try {
      yield* readThreadLines(runner, `/partitions/${partition}/threads`, query);
    } catch (error) {
      throw this.#passedOn(error, runner);
    }
  }

  async show(partition: number, thread: string): Promise<ThreadDetail | undefined> {
    const runner = await this.#runner(partition);
    try {
      return await runner.json(`/partitions/${partition}/threads/${encodeURIComponent(thread)}`);
    } catch (error) {
      if (error instanceof AdminRefused && error.code === "no-such-thread") return undefined;
      throw this.#passedOn(error, runner);
    }
  }

  async states(partition: number, threads: readonly string[]): Promise<Map<string, Uint8Array>> {
    const runner = await this.#runner(partition);
    const request = { method: "POST", body: JSON.stringify({ threads }) } as const;
    try {
      const { states } = await runner.json<{ states: Record<string, string> }>(
        `/partitions/${partition}/states`,
        request,
      );
      return statesIn(states);
    } catch (error) {
      throw this.#passedOn(error, runner);
    }
  }

  async #runner(partition: number): Promise<AdminClient> {
    const now = performance.now();
    if (this.#group === undefined || now - (await this.#group).at > TRUST_MS) this.#group = this.#look();
    const runner = (await this.#group).runners.get(partition);
    if (runner === undefined) throw new NotHere(`no runner says that it has partition ${partition}`);
    if (now - (this.#silent.get(runner.url) ?? Number.NEGATIVE_INFINITY) < TRUST_MS) throw new NotHere(runner.url);
    return runner;
  }

  async #look(): Promise<Group> {
    const { log, names, token } = this.#options;
    const runners = new Map<number, AdminClient>();
    const { members } = await log.describeGroup(names.consumerGroup());
    for (const { metadata, partitions } of members) {
      const address = announcedAddress(metadata);
      if (address === undefined) continue;
      const runner = new AdminClient({ url: `http://${address}`, token, patienceMs: PATIENCE_MS });
      for (const { topic, partition } of partitions) if (topic === names.resume) runners.set(partition, runner);
    }
    return { at: performance.now(), runners };
  }

  /** What the next source can make good. */
  #passedOn(error: unknown, { url }: AdminClient): unknown {
    if (error instanceof AdminRefused && error.status === 421) return new NotHere(error.message);
    if (!(error instanceof AdminRefused) && !(error instanceof AdminUnreachable)) return error;
    const before = this.#silent.get(url);
    this.#silent.set(url, performance.now());
    const why = error instanceof AdminRefused ? `the runner at ${url} refuses: ${error.message}` : error.message;
    if (before === undefined) this.#options.warn(`${why}. The topics are read instead`); // I1
    return new NotHere(error.message);
  }
}

/** Where a runner says that its HTTP is, in the metadata of its membership. */
export function announcedAddress(metadata = ""): string | undefined {
  try {
    const { admin } = JSON.parse(metadata) as { admin?: unknown };
    return typeof admin === "string" && /^[^\s/@?#]+:\d+$/.test(admin) ? admin : undefined;
  } catch {
    return undefined;
  }
}
