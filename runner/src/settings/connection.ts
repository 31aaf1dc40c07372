// How to reach Kafka, from settings named as Kafka's Java clients name them. tls.ts owns the files, oauth-token.ts the tokens.

import type { KafkaSettings, SaslSettings } from "../log/kafka/settings.js";
import { Problem } from "../problem.js";
import { oauthToken } from "./oauth-token.js";
import { badSetting, type Settings } from "./settings.js";
import { tlsSettings } from "./tls.js";

export const DEFAULT_BROKERS = "localhost:9092";

/** Throws Problem `bad-setting`. */
export function connectionSettings(settings: Settings): KafkaSettings {
  const brokers = settings
    .text("brokers", DEFAULT_BROKERS)
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const protocol = settings.text("security.protocol", settings.get("sasl.mechanism") ? "SASL_PLAINTEXT" : "PLAINTEXT");
  if (!/^(SASL_)?(PLAINTEXT|SSL)$/.test(protocol)) {
    throw badSetting("security.protocol", protocol, "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL");
  }
  const requestTimeoutMs = settings.number("request.timeout.ms", 8_000);
  return {
    brokers,
    clientId: settings.text("client.id", "kwf"),
    requestTimeoutMs,
    connectTimeoutMs: settings.number("socket.connection.setup.timeout.ms", 10_000),
    ...(protocol.endsWith("SSL") ? { tls: tlsSettings(settings) } : {}),
    ...(protocol.startsWith("SASL_") ? { sasl: saslSettings(settings) } : {}),
  };
}

const JAAS = /(username|password|clientId|clientSecret)\s*=\s*"((?:\\.|[^"\\])*)"/g;

function saslSettings(settings: Settings): SaslSettings {
  const mechanism = settings.text("sasl.mechanism", "PLAIN").toUpperCase();
  const jaas = Object.fromEntries(
    [...settings.text("sasl.jaas.config", "").matchAll(JAAS)].map(([, name = "", value = ""]) => [
      name,
      value.replace(/\\(.)/g, "$1"),
    ]),
  );
  switch (mechanism) {
    case "PLAIN":
    case "SCRAM-SHA-256":
    case "SCRAM-SHA-512": {
      const username = settings.get("sasl.username") ?? jaas.username;
      const password = settings.get("sasl.password") ?? jaas.password;
      if (username === undefined || password === undefined) {
        throw new Problem(
          "bad-setting",
          `${mechanism} needs sasl.username and sasl.password (KWF_SASL_USERNAME, KWF_SASL_PASSWORD), or sasl.jaas.config with both`,
        );
      }
      return { mechanism: mechanism.toLowerCase() as "plain" | "scram-sha-256" | "scram-sha-512", username, password };
    }
    case "OAUTHBEARER":
      return { mechanism: "oauthbearer", oauthBearerProvider: oauthToken(settings, jaas) };
    default:
      throw badSetting("sasl.mechanism", mechanism, "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER");
  }
}
