// A token for OAUTHBEARER: given as it is, or fetched with the client's credentials (RFC 6749, 4.4) and kept until shortly before its end.

import { readFileSync } from "node:fs";
import { NoToken, WrongCredentials } from "../log/errors.js";
import { Problem } from "../problem.js";
import { badSetting, type Settings } from "./settings.js";

const EARLIER_MS = 30_000;
const PATIENCE_MS = 8_000;

export function oauthToken(
  settings: Settings,
  jaas: Readonly<Record<string, string | undefined>>,
): () => Promise<{ readonly value: string }> {
  const given = settings.get("sasl.oauthbearer.token");
  if (given !== undefined) return async () => ({ value: given });
  const file = settings.get("sasl.oauthbearer.token.file");
  if (file !== undefined) return tokenFile(file);
  const url = settings.get("sasl.oauthbearer.token.endpoint.url");
  const id = settings.get("sasl.oauthbearer.client.id") ?? jaas.clientId;
  const secret = settings.get("sasl.oauthbearer.client.secret") ?? jaas.clientSecret;
  if (url === undefined || id === undefined || secret === undefined) {
    throw new Problem(
      "bad-setting",
      "OAUTHBEARER needs sasl.oauthbearer.token, sasl.oauthbearer.token.file, or sasl.oauthbearer.token.endpoint.url with sasl.oauthbearer.client.id and .client.secret",
    );
  }
  if (!URL.canParse(url)) throw badSetting("sasl.oauthbearer.token.endpoint.url", url, "a URL");
  const scope = settings.get("sasl.oauthbearer.scope");
  let kept: { value: string; until: number } | undefined;
  return async () => {
    if (kept !== undefined && Date.now() < kept.until) return kept;
    const body = new URLSearchParams({ grant_type: "client_credentials", ...(scope === undefined ? {} : { scope }) });
    const authorization = `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;
    const request = { method: "POST", body, headers: { authorization }, signal: AbortSignal.timeout(PATIENCE_MS) };
    const response = await fetch(url, request).catch(({ message, cause }: Error) => {
      throw new NoToken(`${url} gave no token: ${(cause as Error | undefined)?.message ?? message}`);
    });
    const answer = (await response.json().catch(() => ({}))) as Answer;
    if (!response.ok || answer.access_token === undefined) {
      const words = `${url} gave no token: status ${response.status}${answer.error ? ` (${answer.error})` : ""}`;
      if (response.status >= 500 || response.status === 429) throw new NoToken(words);
      throw new WrongCredentials(`${words}; are sasl.oauthbearer.client.id and .client.secret right?`);
    }
    kept = { value: answer.access_token, until: Date.now() + (answer.expires_in ?? 60) * 1000 - EARLIER_MS };
    return kept;
  };
}

interface Answer {
  readonly access_token?: string;
  /** Seconds. */
  readonly expires_in?: number;
  readonly error?: string;
}

/** Read each time: others keep it fresh. */
function tokenFile(file: string): () => Promise<{ readonly value: string }> {
  const read = () => ({ value: readFileSync(file, "utf8").trim() });
  try {
    read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw badSetting("sasl.oauthbearer.token.file", file, `a file with a token that can be read (${code})`);
  }
  return async () => {
    try {
      return read();
    } catch (error) {
      throw new NoToken(`there is no token: ${(error as Error).message}`);
    }
  };
}
