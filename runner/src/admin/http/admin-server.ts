// The HTTP of a runner: it listens, finds the route, lets in who may, and gives every failure one form. What routes do is theirs (route.ts),
// who may ask is access.ts.
//
// I1 Whatever goes wrong is answered as `{"code", "error"}`: the code is stable, the text says what was expected and found.
// I2 What was begun with a status cannot change it: the last line of a stream says whether it is whole.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LogError } from "../../log/errors.js";
import { Problem } from "../../problem.js";
import { StoreError } from "../../store/store-error.js";
import { type Access, admit } from "./access.js";
import { checkQuery } from "./query.js";
import { type Answer, badRequest, LINES, match, RequestProblem, type Route } from "./route.js";

export const DEFAULT_ADMIN_PORT = 8484;

export interface AdminOptions extends Access {
  /** Undefined: the default one, or any free one if that is taken. */
  readonly port: number | undefined;
  readonly routes: readonly Route[];
}

export interface AdminServer {
  /** `host:port` */
  readonly address: string;
  close(): Promise<void>;
}

const MOST_BYTES = 16 * 1024 * 1024;
const HEARTBEAT_MS = 10_000;

/** No address of this machine. */
const HOST_IS_WRONG = new Set<string | undefined>(["ENOTFOUND", "EADDRNOTAVAIL", "EAI_AGAIN", "EINVAL"]);

/** Throws Problem `admin-port` for an address that cannot be listened on. */
export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const ending = new AbortController();
  const server = createServer((request, response) => {
    answer(options, request, response, ending.signal).catch((error: Error) => fail(response, error));
  });
  const { host, port } = options;
  try {
    await listen(server, host, port ?? DEFAULT_ADMIN_PORT);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (port !== undefined || code !== "EADDRINUSE") {
      throw new Problem(
        "admin-port",
        `cannot listen on ${host}:${port ?? DEFAULT_ADMIN_PORT} (${code}): give another ${HOST_IS_WRONG.has(code) ? "--admin-host" : "--admin-port"}`,
      );
    }
    await listen(server, host, 0);
  }
  server.unref();
  const { port: actual } = server.address() as AddressInfo;
  return {
    address: `${host.includes(":") ? `[${host}]` : host}:${actual}`,
    close: () =>
      new Promise((resolve) => {
        ending.abort();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  options: AdminOptions,
  request: IncomingMessage,
  response: ServerResponse,
  ending: AbortSignal,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const found = options.routes.flatMap((route) => {
    const path = match(route, pathname);
    return path === undefined ? [] : [{ route, path }];
  });
  const method = request.method === "HEAD" ? "GET" : request.method;
  const one = found.find(({ route }) => route.method === method);
  if (one?.route.open !== true) admit(options, request.headers);
  if (one === undefined) {
    throw unknown(
      request.method,
      pathname,
      found.map(({ route }) => route),
    );
  }
  const { route, path } = one;
  checkQuery(route, searchParams);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const signal = AbortSignal.any([gone.signal, ending]);
  const body = await bodyOf(request);
  await send(response, await route.answer({ path, query: searchParams, body, signal }));
}

function unknown(method: string | undefined, pathname: string, others: readonly Route[]): RequestProblem {
  if (others.length === 0)
    return new RequestProblem(
      404,
      "no-such-route",
      `there is no ${pathname}: GET /openapi.json describes what there is`,
    );
  const methods = others.map((route) => route.method).join(", ");
  return new RequestProblem(405, "no-such-method", `${pathname} is not asked for with ${method}: ${methods}`);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) throw new RequestProblem(413, "too-large", `the body has more than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
  } catch {
    throw badRequest("the body is no UTF-8");
  }
}

async function send(response: ServerResponse, answered: Answer): Promise<void> {
  if ("lines" in answered) return stream(response, answered.lines);
  if ("json" in answered) {
    response.writeHead(answered.status, { "content-type": "application/json" });
    response.end(`${JSON.stringify(answered.json)}\n`);
    return;
  }
  response.writeHead(answered.status, { "content-type": answered.type });
  response.end(answered.text);
}

/** A line that is long in coming is preceded by empty ones, so that nobody on the way takes the connection for dead. */
async function stream(response: ServerResponse, lines: AsyncIterable<string>): Promise<void> {
  response.writeHead(200, { "content-type": LINES });
  response.flushHeaders();
  const beat = setInterval(() => response.write("\n"), HEARTBEAT_MS);
  let piece = "";
  let soon: NodeJS.Immediate | undefined;
  const flush = (): boolean => {
    clearImmediate(soon);
    soon = undefined;
    const room = piece === "" || response.write(piece);
    piece = "";
    return room;
  };
  try {
    for await (const line of lines) {
      piece += `${line}\n`;
      if (piece.length > PIECE && !flush()) await drained(response);
      if (response.destroyed) return;
      soon ??= setImmediate(flush);
    }
  } catch (error) {
    const { code, message } = problemOf(error as Error);
    piece += `${JSON.stringify({ code, error: message })}\n`; // I2
  } finally {
    clearInterval(beat);
    flush();
    response.end();
  }
}

const PIECE = 64 * 1024;

/** Or closed. */
function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}

function fail(response: ServerResponse, error: Error): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, code, message } = problemOf(error);
  response.writeHead(status, {
    "content-type": "application/json",
    ...(status === 401 ? { "www-authenticate": 'Bearer realm="kwf"' } : {}),
    ...(status === 413 ? { connection: "close" } : {}),
  });
  response.end(`${JSON.stringify({ code, error: message })}\n`);
}

/** What asking again cannot help. */
const WHAT_WAS_ASKED: ReadonlyMap<string, number> = new Map([
  ["record-too-large", 413],
  ["request-refused", 400],
]);

function problemOf(error: Error): { status: number; code: string; message: string } {
  const { message } = error;
  if (error instanceof RequestProblem) return { status: error.status, code: error.code, message };
  if (error instanceof Problem || error instanceof LogError || error instanceof StoreError)
    return { status: WHAT_WAS_ASKED.get(error.code) ?? 503, code: error.code, message };
  return { status: 500, code: "internal", message };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
