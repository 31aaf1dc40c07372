// Who may ask. The HTTP can end threads and read what they hold, so that it is closed where nothing is said.
//
// A1 Open routes (health, metrics, the description) answer anybody.
// A2 With a token only who has it is answered.
// A3 Without one only this machine is: a server that listens elsewhere answers open routes and nothing else.
// A4 A browser on this machine runs everybody's pages: without a token a request has to be meant for this machine by name (DNS rebinding),
//    and must not come from another place's page.

import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { RequestProblem } from "./route.js";

export interface Access {
  /** What the server listens on. */
  readonly host: string;
  readonly token: string | undefined;
}

/** Throws RequestProblem. */
export function admit({ host, token }: Access, headers: IncomingHttpHeaders): void {
  if (token !== undefined) {
    const given = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    if (given !== undefined && same(given, token)) return;
    const what = given === undefined ? "a token is needed: Authorization: Bearer <token>" : "that is not the token";
    throw new RequestProblem(401, "unauthorized", `${what} (--admin-token or KWF_ADMIN_TOKEN of the runner)`);
  }
  if (!isLoopback(host)) {
    const message = `this runner listens on ${host} and has no token: without --admin-token or KWF_ADMIN_TOKEN it answers /healthz, /readyz and /metrics only`;
    throw new RequestProblem(403, "token-needed", message);
  }
  const { host: asked, origin } = headers;
  if (asked !== undefined && !isLoopback(hostIn(`http://${asked}`)))
    throw new RequestProblem(
      403,
      "foreign-host",
      `this is asked for as "${asked}": without a token only 127.0.0.1 and localhost are answered`,
    );
  if (origin !== undefined && !isLoopback(hostIn(origin)))
    throw new RequestProblem(
      403,
      "foreign-origin",
      `a page of ${origin} asks: without a token only pages of this machine are answered`,
    );
}

export const isLoopback = (host: string): boolean =>
  host === "localhost" ||
  host.endsWith(".localhost") ||
  /^127(\.\d{1,3}){3}$/.test(host) ||
  host === "::1" ||
  host === "[::1]";

/** Empty: that is no address. */
function hostIn(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return "";
  }
}

const same = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
