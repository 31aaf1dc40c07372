// A client of the admin HTTP (http/admin-server.ts), for operators that reach threads through somebody else's process. On node:http:
// to load `fetch` takes a command longer than most answers do, and what it streams comes to hand twice as slowly.

import { type IncomingMessage, request } from "node:http";

/** It answered, and this is what it said. */
export class AdminRefused extends Error {
  override readonly name = "AdminRefused";
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Nobody answers there, or not any more, or not in time. */
export class AdminUnreachable extends Error {
  override readonly name = "AdminUnreachable";
}

export interface AdminClientOptions {
  /** `http://host:port` */
  readonly url: string;
  readonly token: string | undefined;
  /** How long an answer may be in coming; for ever, if absent. */
  readonly patienceMs?: number;
}

export interface AdminRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
}

export class AdminClient {
  readonly #options: AdminClientOptions;

  constructor(options: AdminClientOptions) {
    this.#options = options;
  }

  get url(): string {
    return this.#options.url;
  }

  /** Throws AdminRefused, AdminUnreachable. */
  async json<T>(path: string, request: AdminRequest = {}): Promise<T> {
    const { response, settle } = await this.#ask(path, request);
    try {
      return JSON.parse(await textOf(response)) as T;
    } catch (error) {
      throw this.#unreachable(error, request.signal);
    } finally {
      settle();
    }
  }

  /** The lines of an answer as they come. One that says what went wrong is thrown as AdminRefused; empty ones only keep the line open. */
  async *lines<T>(path: string, request: AdminRequest = {}): AsyncGenerator<T> {
    for await (const texts of this.texts(path, request)) yield* texts.map(lineOf<T>);
  }

  /** The same as they are, as many at a time as have come. */
  async *texts(path: string, request: AdminRequest = {}): AsyncGenerator<string[]> {
    const { response, settle } = await this.#ask(path, request);
    settle();
    let rest = "";
    try {
      for await (const piece of response as AsyncIterable<string>) {
        const parts = (rest + piece).split("\n");
        rest = parts.pop()!;
        yield parts.filter((part) => part !== "");
      }
    } catch (error) {
      throw this.#unreachable(error, request.signal);
    }
  }

  async #ask(path: string, { method = "GET", query = {}, body, signal }: AdminRequest) {
    const { url, token, patienceMs } = this.#options;
    const late = new AbortController();
    const timer = patienceMs === undefined ? undefined : setTimeout(() => late.abort(), patienceMs);
    const settle = () => clearTimeout(timer);
    const search = new URLSearchParams(query).toString();
    try {
      const asked = request(`${url}${path}${search === "" ? "" : `?${search}`}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        // A connection that was kept may be gone when the next question comes.
        agent: false,
        signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
      });
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        asked.on("response", resolve).on("error", reject).end(body);
      });
      response.setEncoding("utf8");
      const status = response.statusCode!;
      if (status >= 300) throw refusal(status, await textOf(response));
      return { response, settle };
    } catch (error) {
      settle();
      if (error instanceof AdminRefused) throw error;
      if (late.signal.aborted) throw new AdminUnreachable(`no answer from ${url} within ${patienceMs} ms`);
      throw this.#unreachable(error, signal);
    }
  }

  #unreachable(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return signal.reason;
    const { message, code } = error as NodeJS.ErrnoException;
    return new AdminUnreachable(`no answer from ${this.url}: ${message || code}`);
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of response as AsyncIterable<string>) text += piece;
  return text;
}

/** Throws AdminRefused. */
export function lineOf<T>(text: string): T {
  const line = JSON.parse(text) as T & { code?: unknown; error?: unknown };
  if (typeof line.code === "string" && typeof line.error === "string")
    throw new AdminRefused(200, line.code, line.error);
  return line;
}

/** Whoever answered is no runner. */
const UNKNOWN = "unknown";

function refusal(status: number, text: string): AdminRefused {
  try {
    const { code = UNKNOWN, error = text } = JSON.parse(text) as { code?: string; error?: string };
    return new AdminRefused(status, code, error);
  } catch {
    return new AdminRefused(status, UNKNOWN, `answered ${status}`);
  }
}
