// A client of the admin HTTP (http/admin-server.ts), for operators that reach threads through somebody else's process.

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
      return (await response.json()) as T;
    } catch (error) {
      throw this.#unreachable(error, request.signal);
    } finally {
      settle();
    }
  }

  /** The lines of an answer as they come. One that says what went wrong is thrown as AdminRefused; empty ones only keep the line open. */
  async *lines<T>(path: string, request: AdminRequest = {}): AsyncGenerator<T> {
    for await (const some of this.portions<T>(path, request)) yield* some;
  }

  /** The same, as many at a time as have come. */
  async *portions<T>(path: string, request: AdminRequest = {}): AsyncGenerator<T[]> {
    const { response, settle } = await this.#ask(path, request);
    settle();
    const decoder = new TextDecoder();
    let rest = "";
    try {
      for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) {
        const parts = (rest + decoder.decode(piece, { stream: true })).split("\n");
        rest = parts.pop()!;
        yield parts.filter((part) => part !== "").map(lineOf<T>);
      }
    } catch (error) {
      throw error instanceof AdminRefused ? error : this.#unreachable(error, request.signal);
    }
  }

  async #ask(path: string, { method = "GET", query = {}, body, signal }: AdminRequest) {
    const { url, token, patienceMs } = this.#options;
    const late = new AbortController();
    const timer = patienceMs === undefined ? undefined : setTimeout(() => late.abort(), patienceMs);
    const settle = () => clearTimeout(timer);
    const search = new URLSearchParams(query).toString();
    try {
      const response = await fetch(`${url}${path}${search === "" ? "" : `?${search}`}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body }),
        signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
      });
      if (!response.ok) throw refusal(response.status, await response.text());
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
    const { message, cause } = error as Error;
    const why = cause instanceof Error && cause.message !== "" ? cause.message : message;
    return new AdminUnreachable(`no answer from ${this.url}: ${why}`);
  }
}

function lineOf<T>(text: string): T {
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
