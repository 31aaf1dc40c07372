// What the admin HTTP is made of: each route says what it takes and answers, in the words of OpenAPI, and does it. The server
// (admin-server.ts) knows none of them; openapi.ts prints what they say.

import type { Schema } from "./schema.js";

export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** `{name}` stands for one part of the path. */
  readonly path: string;
  readonly summary: string;
  /** Needs no token: it says nothing about threads. */
  readonly open?: true;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly body?: Content;
  /** By status. What goes wrong in the same way everywhere (openapi.ts) is not here. */
  readonly answers: Readonly<Record<number, Content>>;
  /** Throws RequestProblem. */
  answer(request: RouteRequest): Promise<Answer> | Answer;
}

export interface Parameter {
  readonly description: string;
  readonly schema: Schema;
  readonly required?: true;
}

export interface Content {
  readonly description: string;
  /** `application/json`, if absent. */
  readonly type?: string;
  readonly schema?: Schema;
}

export interface RouteRequest {
  /** What stands in the place of each `{name}`. */
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: string;
  /** The client has gone, or the server ends. */
  readonly signal: AbortSignal;
}

export type Answer =
  | { readonly status: number; readonly json: unknown }
  | { readonly status: number; readonly text: string; readonly type: string }
  /** One JSON text a line, as they come; what comes at once may be several lines. */
  | { readonly lines: AsyncIterable<string> };

export const LINES = "application/x-ndjson";

export const json = (value: unknown, status = 200): Answer => ({ status, json: value });

/** An answer that is not the one that was hoped for. */
export class RequestProblem extends Error {
  override readonly name = "RequestProblem";
  constructor(
    readonly status: number,
    /** Stable; docs/admin-http.md lists them. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const badRequest = (message: string): RequestProblem => new RequestProblem(400, "bad-request", message);

/** The values of a path's `{name}`s; undefined: it is another path. */
export function match({ path }: Pick<Route, "path">, pathname: string): Record<string, string> | undefined {
  const wanted = path.split("/");
  const found = pathname.split("/");
  if (wanted.length !== found.length) return undefined;
  const values: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = found[index]!;
    if (!part.startsWith("{")) {
      if (part !== text) return undefined;
    } else if (text === "") return undefined;
    else values[part.slice(1, -1)] = decoded(text);
  }
  return values;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest(`"${text}" in the path is no percent-encoded UTF-8`);
  }
}
