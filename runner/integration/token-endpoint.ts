import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token as the brokers of tests take it: not signed. */
export function token(subject: string, seconds: number): string {
  const now = Math.floor(Date.now() / 1000);
  return `${base64({ alg: "none" })}.${base64({ sub: subject, iat: now, exp: now + seconds })}.`;
}

/** Gives tokens for a client's name and secret (RFC 6749, 4.4), as an identity provider does. */
export class TokenEndpoint {
  readonly client = { id: "runner", secret: "client secret: 1+1" } as const;
  /** How many it gave. */
  given = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open({ seconds = 600 }: { seconds?: number } = {}): Promise<TokenEndpoint> {
    const server = createServer();
    const endpoint = new TokenEndpoint(server);
    const { id, secret } = endpoint.client;
    const expected = `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;
    server.on("request", async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const asked = new URLSearchParams(body).get("grant_type");
      if (request.headers.authorization !== expected || asked !== "client_credentials") {
        response.writeHead(401, { "content-type": "application/json" }).end('{"error":"invalid_client"}');
        return;
      }
      endpoint.given += 1;
      response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ access_token: token("kwf", seconds), token_type: "Bearer", expires_in: seconds }));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return endpoint;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/token`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
