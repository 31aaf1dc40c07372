// The runner's HTTP, on loopback unless told otherwise: /healthz, /readyz, /metrics.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Registry } from "prom-client";
import type { Health } from "./health.js";
import { Problem } from "./problem.js";

export const DEFAULT_ADMIN_PORT = 8484;

export interface AdminOptions {
  readonly host: string;
  /** Undefined: the default one, or any free one if that is taken. */
  readonly port: number | undefined;
  readonly health: () => Health;
  readonly metrics: Registry;
  /** Answers what is not known here. False: it does not know it either. */
  readonly more?: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
}

export interface AdminServer {
  /** `host:port` */
  readonly address: string;
  close(): Promise<void>;
}

/** Throws Problem `admin-port` for a port that was asked for and is taken. */
export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: Error) => send(response, 500, { error: error.message }));
  });
  const { host, port } = options;
  try {
    await listen(server, host, port ?? DEFAULT_ADMIN_PORT);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (port !== undefined || code !== "EADDRINUSE") {
      throw new Problem(
        "admin-port",
        `cannot listen on ${host}:${port ?? DEFAULT_ADMIN_PORT} (${code}): give another --admin-port`,
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
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { health, metrics, more }: AdminOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://localhost");
  if (pathname === "/healthz") {
    const now = health();
    return send(response, now.healthy ? 200 : 503, now);
  }
  if (pathname === "/readyz") {
    const now = health();
    return send(response, now.ready ? 200 : 503, now);
  }
  if (pathname === "/metrics") {
    response.writeHead(200, { "content-type": metrics.contentType });
    response.end(await metrics.metrics());
    return;
  }
  if (await more?.(request, response)) return;
  send(response, 404, { error: `there is no ${pathname}: /healthz, /readyz, /metrics` });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
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
