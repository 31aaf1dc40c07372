// How to reach Kafka, from settings named as Kafka's Java clients name them. Certificates are PEM files.

import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import type { KafkaSettings, SaslSettings } from "../log/kafka/settings.js";
import { Problem } from "../problem.js";
import { oauthToken } from "./oauth-token.js";
import { badSetting, type Settings } from "./settings.js";

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

function tlsSettings(settings: Settings): ConnectionOptions {
  const file = (name: string) => {
    const path = settings.get(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (error) {
      throw badSetting(name, path, `a PEM file that can be read (${(error as NodeJS.ErrnoException).code})`);
    }
  };
  const ca = file("ssl.ca.location") ?? file("ssl.truststore.location");
  const cert = file("ssl.certificate.location") ?? file("ssl.keystore.location");
  const key = file("ssl.key.location") ?? cert;
  const passphrase = settings.get("ssl.key.password");
  const servername = settings.get("ssl.server.name");
  // As in Java: given and empty means that the name in the certificate is not compared.
  const anyName = settings.given("ssl.endpoint.identification.algorithm") === "";
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(cert === undefined || key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(servername === undefined ? {} : { servername }),
    ...(anyName ? { checkServerIdentity: () => undefined } : {}),
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
