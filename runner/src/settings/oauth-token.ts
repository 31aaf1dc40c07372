// A token for OAUTHBEARER: given as it is, or fetched with the client's credentials (RFC 6749, 4.4) and kept until shortly before its end.

import { readFileSync } from "node:fs";
import { WrongCredentials } from "../log/errors.js";
import { Problem } from "../problem.js";
import type { Settings } from "./settings.js";

const EARLIER_MS = 30_000;

export function oauthToken(
  settings: Settings,
  jaas: Readonly<Record<string, string | undefined>>,
): () => Promise<{ readonly value: string }> {
  const given = settings.get("sasl.oauthbearer.token");
  if (given !== undefined) return async () => ({ value: given });
  const file = settings.get("sasl.oauthbearer.token.file");
  if (file !== undefined) return async () => ({ value: readFileSync(file, "utf8").trim() });
  const url = settings.get("sasl.oauthbearer.token.endpoint.url");
  const id = settings.get("sasl.oauthbearer.client.id") ?? jaas.clientId;
  const secret = settings.get("sasl.oauthbearer.client.secret") ?? jaas.clientSecret;
  if (url === undefined || id === undefined || secret === undefined) {
    throw new Problem(
      "bad-setting",
      "OAUTHBEARER needs sasl.oauthbearer.token, sasl.oauthbearer.token.file, or sasl.oauthbearer.token.endpoint.url with sasl.oauthbearer.client.id and .client.secret",
    );
  }
  const scope = settings.get("sasl.oauthbearer.scope");
  let kept: { value: string; until: number } | undefined;
  return async () => {
    if (kept !== undefined && Date.now() < kept.until) return kept;
    const body = new URLSearchParams({ grant_type: "client_credentials", ...(scope === undefined ? {} : { scope }) });
    const authorization = `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;
    const response = await fetch(url, { method: "POST", body, headers: { authorization } });
    const answer = (await response.json().catch(() => ({}))) as { access_token?: string; expires_in?: number };
    if (!response.ok || answer.access_token === undefined) {
      throw new WrongCredentials(`${url} gave no token: status ${response.status}`);
    }
    kept = { value: answer.access_token, until: Date.now() + (answer.expires_in ?? 60) * 1000 - EARLIER_MS };
    return kept;
  };
}
